/** When a day of organisations is right, beside the same day in one process. */
import { type ComparedSession, areRight } from './compare-days';
import type { Cut } from './mishaps';

const session = (sessionId: string, more: Partial<ComparedSession> = {}): ComparedSession => ({
  sessionId,
  isSame: true,
  isSettledAlike: true,
  gateClosedAt: '2026-03-17T05:00:00.000Z',
  settledAt: '2026-03-17T12:00:00.000Z',
  missing: [],
  more: [],
  ...more,
});
const cut: Cut = {
  organisation: 'aggregator-AGG1',
  sessionId: 'cut',
  fromMs: Date.parse('2026-03-17T08:00:00.000Z'),
  untilMs: Date.parse('2026-03-17T09:00:00.000Z'),
};
const gateClosedAt = '2026-03-17T09:00:00.000Z';
const missing = [{ party: 'aggregator:AGG1', type: 'FlexibilityOffered' }];

it.each<[string, ComparedSession, boolean]>([
  ['all as in one process', session('s'), true],
  ['a session that came out otherwise', session('s', { isSame: false }), false],
  ['a settlement that came out otherwise', session('s', { isSettledAlike: false }), false],
  ['one that is not settled', session('s', { settledAt: null }), false],
])('without a cut: %s', (_, compared, isRight) => {
  expect(areRight([session('first'), compared])).toBe(isRight);
});

it.each<[string, ComparedSession, boolean]>([
  [
    'only what the cut-off one had to say is missing',
    session('cut', { gateClosedAt, missing }),
    true,
  ],
  [
    'something of another party is missing',
    session('cut', { gateClosedAt, missing: [{ party: 'dso', type: 'FlexibilityRequested' }] }),
    false,
  ],
  ['something was said that was not', session('cut', { gateClosedAt, more: missing }), false],
  ['an earlier session came out otherwise', session('before', { isSame: false }), false],
  [
    'what was settled before came out otherwise',
    session('before', { isSettledAlike: false, settledAt: '2026-03-17T07:00:00.000Z' }),
    false,
  ],
  [
    'what is settled after it came out otherwise',
    session('before', { isSettledAlike: false }),
    true,
  ],
  ['a later session came out otherwise', session('s', { gateClosedAt, isSame: false }), true],
  ['a later session is not settled', session('s', { gateClosedAt, settledAt: null }), false],
])('where one was cut off for a gate: %s', (_, compared, isRight) => {
  expect(areRight([compared], cut)).toBe(isRight);
});
