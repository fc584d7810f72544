/** What aggregators' operators are alarmed of after a simulated day, by REST and by the stream of events. */
import type { AlarmDocument } from '@flexledger/projections';
import { type ServedDay, serveSimulatedDay } from './testing/served-day';

let served: ServedDay;
beforeAll(async () => {
  served = await serveSimulatedDay(8);
});
afterAll(() => served.close());

const PATH = '/api/v1/portfolio/alarms';
const AGGREGATORS = ['aggregator:AGG1', 'aggregator:AGG2', 'aggregator:AGG3'];

async function alarmsOf(actor: string): Promise<readonly AlarmDocument[]> {
  const { status, body } = await served.as(actor).get(`${PATH}?limit=1000`);
  expect(status).toBe(200);
  return body.items as readonly AlarmDocument[];
}

it('tell each aggregator its own, and every lost offer that was asked about its reason', async () => {
  const kinds = new Set<string>();
  for (const actor of AGGREGATORS) {
    const alarms = await alarmsOf(actor);
    expect(alarms.map(({ raisedAt }) => raisedAt)).toEqual(
      alarms
        .map(({ raisedAt }) => raisedAt)
        .sort()
        .reverse(),
    );
    for (const { aggregatorId, kind, facts } of alarms) {
      kinds.add(kind);
      expect(`aggregator:${aggregatorId}`).toBe(actor);
      if (facts.kind !== 'offersLost') continue;
      const [offer] = facts.offers;
      const session = `/api/v1/sessions/${encodeURIComponent(facts.sessionId)}`;
      const { body } = await served.as(actor).get(`${session}/offers/${offer!.offerId}/why`);
      const { mtus } = (body.rounds as { mtus: { because: string }[] }[]).at(-1)!;
      expect(mtus.map(({ because }) => because)).toContain(offer!.reason);
    }
  }
  expect(kinds).toContain('offersLost');
});

it('come as events too, of which each is shown its own alone', async () => {
  for (const actor of AGGREGATORS) {
    const alarms = await alarmsOf(actor);
    const { body } = await served.as(actor).get('/api/v1/events?types=AlarmRaised&limit=1000');
    const raised = (body.items as { data: { alarmId: string } }[]).map(({ data }) => data.alarmId);
    expect(new Set(raised)).toEqual(new Set(alarms.map(({ alarmId }) => alarmId)));
  }
  const { body } = await served.as('dso').get('/api/v1/events?types=AlarmRaised');
  expect(body.items).toEqual([]);
});

it('are seen to, and that is told by event too', async () => {
  const [actor] = AGGREGATORS as [string];
  const [{ alarmId, status }] = (await alarmsOf(actor)) as [AlarmDocument];
  expect(status).not.toBe('acknowledged');
  const at = `${PATH}/${encodeURIComponent(alarmId)}/acknowledgement`;
  const done = await served.as(actor).put(at, { reason: 'no request reached them' });
  expect([done.status, done.body]).toEqual([200, { changed: true }]);
  const after = (await alarmsOf(actor)).find((one) => one.alarmId === alarmId);
  expect(after).toMatchObject({ reason: 'no request reached them', action: null });
  const { body } = await served.as(actor).get('/api/v1/events?types=AlarmAcknowledged');
  expect((body.items as { data: object }[]).map(({ data }) => data)).toMatchObject([{ alarmId }]);
});
