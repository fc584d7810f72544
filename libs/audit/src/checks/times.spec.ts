import { createFindings } from '../report';
import { smallLog } from '../testing/node-tools';
import { type SmallEvent, eventIn, smallChain } from '../testing/small-log';
import { timed } from '../stretches/examine-stretch';
import { createTimeCheck } from './times';

/**
 * Goal: `recordedAt`, which no hash of an event covers, cannot be moved past the seals around it, and
 * `occurredAt`, which one covers, not before it was recorded.
 */
const START = Date.parse('2026-03-16T10:00:00Z');
const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();
const anchorContract = `0x${'a'.repeat(40)}`;

const market = (minutes: number): SmallEvent => ({
  streamId: `session-${minutes}`,
  type: 'SessionOpened',
  data: {},
  occurredAt: at(minutes),
});
const started: SmallEvent = {
  streamId: 'certification',
  type: 'CertifierStarted',
  data: { anchorContract },
  occurredAt: at(0),
};
const sealed = (size: number, minutes: number): SmallEvent => ({
  streamId: 'certification',
  type: 'CheckpointSealed',
  data: { size, root: '', note: '', lastPosition: size - 1 },
  occurredAt: at(minutes),
});
const anchored = (size: number, minutes: number): SmallEvent => ({
  streamId: 'certification',
  type: 'CheckpointAnchored',
  data: { size, root: '', txHash: '0x', blockNumber: 1 },
  occurredAt: at(minutes),
});

/** @param times of events by position: what they say of both, or of each */
function faults(
  events: readonly SmallEvent[],
  times: Readonly<Record<number, string | { occurredAt: string; recordedAt: string }>> = {},
  blockMinutes: Readonly<Record<number, number>> = {},
) {
  const anchors = Object.entries(blockMinutes).map(([size, minutes]) => ({
    size: Number(size),
    rootHex: '',
    timestampS: (START + minutes * 60_000) / 1_000,
  }));
  const chain = smallChain({ anchors: new Map([[anchorContract, anchors]]) });
  const findings = createFindings('times');
  const check = createTimeCheck(chain, 120, findings);
  for (const row of smallLog(events)) {
    const said = times[row.position] ?? row.recordedAt;
    const both = typeof said === 'string' ? { occurredAt: said, recordedAt: said } : said;
    const stored = { ...row, ...both };
    check.recorded(timed(stored), false);
    const event = eventIn(stored);
    if (check.types.includes(event.type)) void check.see(event, stored);
  }
  return findings.report().failures.map(({ position, reason }) => [position, reason]);
}

const day = [
  started,
  market(1),
  sealed(2, 10),
  market(20),
  market(30),
  sealed(5, 40),
  anchored(5, 41),
];

it('an event recorded between the seals around it holds', () => {
  expect(faults(day, {}, { 5: 40 })).toEqual([]);
  // Clocks may be set by a little.
  expect(faults(day, { 3: at(8.5), 4: at(41.5) })).toEqual([]);
});

it('an event moved before the seal that did not hold it yet is named', () => {
  expect(faults(day, { 3: at(5) })).toEqual([[3, expect.stringContaining('not sealed by')]]);
});

it('an event moved behind the seal that held it already is named', () => {
  expect(faults(day, { 3: at(50) })).toEqual([[3, expect.stringContaining('sealed by')]]);
});

it('an event backdated before it was recorded is named', () => {
  const backdated = { occurredAt: at(12), recordedAt: at(20) };
  expect(faults(day, { 3: backdated })).toEqual([
    [3, `it says to have occurred at ${at(12)}, 480 s before it was recorded`],
  ]);
  // Deciding and storing take their time.
  expect(faults(day, { 3: { occurredAt: at(19), recordedAt: at(20) } })).toEqual([]);
});

it('a clock set back at the seam of two days is no fault', () => {
  const seam = [started, market(1_000), sealed(2, 1_001), market(20), sealed(4, 40)];
  expect(faults(seam)).toEqual([]);
});

it('a seal later than the block that anchors it is named', () => {
  expect(faults(day, {}, { 5: 20 })).toEqual([[5, expect.stringContaining('and anchored at')]]);
});
