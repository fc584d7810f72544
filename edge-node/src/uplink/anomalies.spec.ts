import { canonicalJson, nodeKeyFrom, verifyMessage } from '@flexledger/identity';
import { type AnomalyMessage, parseDeviceMessage } from '@flexledger/messaging';
import { VirtualClock } from '@flexledger/runtime';
import { nodeSigner } from '../signing/node-signer';
import { type AnomalyShelf, type ToldAnomalies, createAnomalies } from './anomalies';

// Goal: each begin and each end reaches the platform, signed and under one id, whatever breaks in between.

const podId = 'IT002E60776854';
const key = nodeKeyFrom('05'.repeat(32));

/** A node's anomalies with a broker that may be down, and a shelf that outlives the node. */
function trial() {
  const clock = new VirtualClock(Date.parse('2026-03-17T08:00:00Z'));
  const taken: AnomalyMessage[] = [];
  const broker = { isUp: true };
  const problems: string[] = [];
  const kept = { told: { last: [], untaken: [] } as ToldAnomalies, isFull: false };
  const shelf = (): AnomalyShelf => ({
    told: JSON.parse(JSON.stringify(kept.told)) as ToldAnomalies,
    async keep(told) {
      if (kept.isFull) throw new Error('the disk is full');
      kept.told = JSON.parse(JSON.stringify(told)) as ToldAnomalies;
    },
  });
  const start = () =>
    createAnomalies({
      podId,
      signer: nodeSigner(key),
      clock,
      publish: async (message) => {
        if (!broker.isUp) throw new Error('no connection');
        taken.push(message);
      },
      shelf: shelf(),
      onProblem: (problem) => problems.push(problem),
    });
  const told = (): (string | undefined)[][] =>
    taken.map(({ content }) => [content.kind, content.code, content.startedAt, content.endedAt]);
  return { clock, taken, broker, problems, kept, start, told };
}

const EIGHT = '2026-03-17T08:00:00.000Z';
const TEN_PAST = '2026-03-17T08:10:00.000Z';

it('a begin and its end have one id, start, code and cause, and are signed', async () => {
  const { clock, taken, start, told } = trial();
  const anomalies = start();
  anomalies.raise('meter', 'meter-unreadable', 'no answer');
  anomalies.raise('meter', 'counter-backwards', 'another cause while it lasts');
  await clock.advanceTo(Date.parse(TEN_PAST));
  anomalies.clear('meter');
  anomalies.clear('meter');
  await anomalies.settled();
  expect(told()).toEqual([
    ['meter', 'meter-unreadable', EIGHT, undefined],
    ['meter', 'meter-unreadable', EIGHT, TEN_PAST],
  ]);
  expect(new Set(taken.map(({ content }) => content.anomalyId)).size).toBe(1);
  for (const message of taken) {
    const { content, signature, publicKey } = message;
    expect(verifyMessage(publicKey, canonicalJson(content), signature)).toBe(true);
    const bytes = Buffer.from(JSON.stringify(message));
    expect(parseDeviceMessage('anomaly', bytes)).toEqual({ ok: true, message });
  }
});

it('one that was found late has begun when it did', async () => {
  const { start, told } = trial();
  const anomalies = start();
  anomalies.raise('internet', 'no-route', 'cut off', Date.parse('2026-03-17T07:50:00Z'));
  await anomalies.settled();
  expect(told()).toEqual([['internet', 'no-route', '2026-03-17T07:50:00.000Z', undefined]]);
});

it('of one cause is not ended by what ends another', async () => {
  const { start } = trial();
  const anomalies = start();
  anomalies.raise('ems', 'setpoint-refused', 'battery empty');
  anomalies.clear('ems', 'ems-unreachable');
  expect(anomalies.standing()).toHaveLength(1);
  anomalies.clear('ems');
  expect(anomalies.standing()).toEqual([]);
});

it('what no broker took goes when one is there, every begin and every end in order', async () => {
  const { clock, broker, taken, start, told } = trial();
  const anomalies = start();
  broker.isUp = false;
  anomalies.raise('meter', 'meter-unreadable', 'no answer');
  anomalies.clear('meter');
  await clock.advanceTo(Date.parse(TEN_PAST));
  anomalies.raise('meter', 'meter-unreadable', 'no answer');
  await anomalies.settled();
  expect(taken).toEqual([]);
  broker.isUp = true;
  anomalies.repeat();
  await anomalies.settled();
  expect(told().slice(0, 3)).toEqual([
    ['meter', 'meter-unreadable', EIGHT, undefined],
    ['meter', 'meter-unreadable', EIGHT, EIGHT],
    ['meter', 'meter-unreadable', TEN_PAST, undefined],
  ]);
});

it('a broker that acknowledged and forgot is told the last again, word for word', async () => {
  const { taken, start } = trial();
  const anomalies = start();
  anomalies.raise('meter', 'meter-unreadable', 'no answer');
  anomalies.clear('meter');
  await anomalies.settled();
  const before = [...taken];
  anomalies.repeat();
  await anomalies.settled();
  expect(taken.slice(2)).toEqual(before);
});

it('a restart forgets neither what stands nor what waits', async () => {
  const { broker, start, told, clock } = trial();
  broker.isUp = false;
  const first = start();
  first.raise('meter', 'meter-unreadable', 'no answer');
  await first.settled();
  await clock.advanceTo(Date.parse(TEN_PAST));
  broker.isUp = true;
  const second = start();
  expect(second.standing().map(({ startedAt }) => startedAt)).toEqual([EIGHT]);
  second.clear('meter');
  await second.settled();
  expect(told()).toEqual([
    ['meter', 'meter-unreadable', EIGHT, undefined],
    ['meter', 'meter-unreadable', EIGHT, TEN_PAST],
  ]);
});

it('on a full disk is told all the same', async () => {
  const { kept, start, told, problems } = trial();
  kept.isFull = true;
  const anomalies = start();
  anomalies.raise('node', 'packet-not-kept', 'the disk is full');
  await anomalies.settled();
  expect(told()).toHaveLength(1);
  expect(problems).toEqual([expect.stringContaining('could not be kept: Error: the disk is full')]);
});

it('a cut of days leaves the newest two hundred', async () => {
  const { broker, kept, start } = trial();
  broker.isUp = false;
  const anomalies = start();
  for (let times = 0; times < 150; times += 1) {
    anomalies.raise('meter', 'meter-unreadable', `${times}`);
    anomalies.clear('meter');
  }
  await anomalies.settled();
  expect(kept.told.untaken).toHaveLength(200);
  expect(kept.told.untaken.at(-1)!.content.detail).toBe('149');
});

it('a detail is cut to what is read, and holds what can be signed', async () => {
  const { taken, start } = trial();
  const anomalies = start();
  anomalies.raise('meter', 'meter-unreadable', `a\0b\ud800${'x'.repeat(400)}`);
  anomalies.raise('ems', 'ems-unreachable', '');
  await anomalies.settled();
  const [long, empty] = taken.map(({ content }) => content.detail);
  expect(long).toHaveLength(300);
  expect(long!.startsWith('a\ufffdb\ufffdx')).toBe(true);
  expect(empty).toBe('no detail');
});
