import { VirtualClock } from '@flexledger/runtime';
import { FIRST_MTU_MS, type TestLog, openTestLog } from '../testing/field';
import { FORGOTTEN_AFTER_MS, type LivePower, createLivePower } from './live-power';

// Goal: what is shown is the power now, of enrolled nodes, in bounded memory whatever they send.

const POD = 'IT002E00000001';
const OTHER = 'IT002E00000002';
let clock: VirtualClock;
let log: TestLog;
let live: LivePower;
let enrolled: Set<string>;
let problems: string[];

beforeEach(() => {
  clock = new VirtualClock(FIRST_MTU_MS);
  log = openTestLog(clock);
  enrolled = new Set([POD, OTHER]);
  problems = [];
  live = createLivePower({
    log: log.store,
    clock,
    enrolment: { keyOf: (podId) => (enrolled.has(podId) ? 'key' : undefined) },
    power: { maxPowerWOf: () => 6_000 },
    onProblem: (problem) => problems.push(problem),
  });
});
afterEach(() => log.remove());

const at = (): string => new Date(clock.nowMs()).toISOString();
const send = (podId: string, message: object): void =>
  live.receive({ podId, kind: 'power', payload: Buffer.from(JSON.stringify(message)) });
const tell = (podId: string, withdrawnW: number, change: object = {}): void =>
  send(podId, { at: at(), withdrawnW, injectedW: 0, ...change });
const powers = async (place = 0) =>
  (await live.since(place)).powers.map(({ podId, withdrawnW }) => [podId, withdrawnW]);

it('each PoD has its last word, and behind a place what was told since', async () => {
  tell(OTHER, 50);
  tell(POD, 100);
  const { next } = await live.since(0);
  await clock.advanceTo(FIRST_MTU_MS + 1_000);
  tell(POD, 110);
  expect(await powers()).toEqual([
    [POD, 110],
    [OTHER, 50],
  ]);
  expect(await powers(next)).toEqual([[POD, 110]]);
});

it('more than one word a second is not looked at', async () => {
  tell(POD, 100);
  for (let more = 0; more < 50; more += 1) tell(POD, 200 + more);
  expect(await powers()).toEqual([[POD, 100]]);
  await clock.advanceTo(FIRST_MTU_MS + 900);
  tell(POD, 300);
  expect(await powers()).toEqual([[POD, 300]]);
});

it('a word is forgotten after a minute: it is not the power now', async () => {
  tell(POD, 100);
  await clock.advanceTo(FIRST_MTU_MS + FORGOTTEN_AFTER_MS + 1);
  expect(await powers()).toEqual([]);
});

it('a node that is revoked is shown no more', async () => {
  tell(POD, 100);
  enrolled.delete(POD);
  await clock.advanceTo(FIRST_MTU_MS + 1_000);
  tell(POD, 120);
  expect(await powers()).toEqual([]);
  expect(problems).toEqual([`The power of ${POD} is not shown: its node is not enrolled`]);
});

it.each<[string, object, string]>([
  ['more than its PoD can take', { withdrawnW: 6_001 }, '6001 W are more than the 6000 W'],
  ['more fed in than that', { injectedW: 6_001 }, '6001 W are more than the 6000 W'],
  ['a fraction', { withdrawnW: 0.5 }, 'withdrawnW must be integer'],
  ['a negative power', { injectedW: -1 }, 'injectedW must be >= 0'],
  ['an hour ahead', { at: '2026-03-17T01:00:00.000Z' }, '3600 s off; set it right'],
  ['an hour behind', { at: '2026-03-16T23:00:00.000Z' }, '-3600 s off; set it right'],
  ['more than was asked', { mood: 'good' }, 'must NOT have additional properties'],
])('%s is not shown, which is told once a minute', async (_, change, reason) => {
  tell(POD, 100, change);
  tell(POD, 100, change);
  expect(await powers()).toEqual([]);
  expect(problems).toEqual([expect.stringContaining(reason)]);
});
