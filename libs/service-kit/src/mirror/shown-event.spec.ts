/** What of another log's words counts as an event, before it is read. */
import { positionShown } from './shown-event';

const event = {
  id: '5f1c8f5e-0000-4000-8000-000000000001',
  type: 'flexledger.SessionOpened',
  subject: 'session-s',
  time: '2026-03-17T10:00:00.000Z',
  recordedtime: '2026-03-17T10:00:00.000Z',
  position: 4,
  revision: 0,
  schemaversion: 1,
  correlationid: 'c',
  causationid: 'c',
  actor: 'platform:market',
  hash: 'a'.repeat(64),
  data: {},
};

it('an event names its position', () => {
  expect(positionShown(JSON.stringify(event))).toBe(4);
});

it.each([
  ['nothing', ''],
  ['no JSON', '\u{1f600}'],
  ['null', 'null'],
  ['a position alone, which would move the order of what comes behind it', '{"position":9e15}'],
  ['half a pair in a name', JSON.stringify({ ...event, subject: 'half-\ud83d' })],
  ['a control character in a name', JSON.stringify({ ...event, type: 'flexledger.A\n' })],
  ['depth without end', `{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
])('%s names none', (_, text) => {
  expect(positionShown(text)).toBeUndefined();
});
