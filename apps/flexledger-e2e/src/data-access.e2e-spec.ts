/**
 * A customer lets another aggregator read its data, and takes it back, on a served market: in force at the next read
 * by REST, by events and for Kafka; nobody else does it in its name.
 */
import { podIdOf } from '@flexledger/domain';
import { messagesOf, topicsOf } from '@flexledger/kafka-publisher';
import { type ServedDay, DATE, serveSimulatedDay } from './testing/served-day';

const PODS = 4;
const DAY = 'from=2026-03-16T23:00:00Z&to=2026-03-17T23:00:00Z';

let served: ServedDay;
/** A PoD that was sent setpoints; whose it is. */
let pod: string;
let window: string;
let customer: string;
let own: string;
let reader: string;
let access: string;
beforeAll(async () => {
  const customers = Array.from({ length: PODS }, (_, index) => `customer:${podIdOf(index)}`);
  served = await serveSimulatedDay(PODS, customers);
  const { body } = await served.as('auditor').get('/api/v1/setpoints?limit=1');
  const [sent] = body.items as Record<'podId' | 'windowStart' | 'aggregatorId', string>[];
  pod = sent!.podId;
  window = sent!.windowStart;
  customer = `customer:${pod}`;
  own = `aggregator:${sent!.aggregatorId}`;
  access = `/api/v1/data-access/${pod}`;
  reader = ['aggregator:AGG1', 'aggregator:AGG2'].find((party) => party !== own)!;
});
afterAll(() => served.close());

/** What the reader is answered by each route that reads data which the customer can grant. */
async function statuses(): Promise<Record<string, number>> {
  const at = {
    measurements: `/api/v1/pods/${pod}/measurements?${DAY}`,
    baselines: `/api/v1/pods/${pod}/baselines/${DATE}`,
    setpoints: `/api/v1/setpoints/${pod}/${window}`,
  };
  const found: Record<string, number> = {};
  for (const [dataSet, where] of Object.entries(at)) {
    found[dataSet] = (await served.as(reader).get(where)).status;
  }
  const query = { podIds: [pod], fromMs: Date.parse(DATE), untilMs: Date.parse(DATE) + 3_600_000 };
  const many = await served.as(reader).post('/api/v1/measurements/query', query);
  found['measurements of many'] = many.status;
  return found;
}

const none = { measurements: 403, baselines: 403, setpoints: 403, 'measurements of many': 403 };

/** A packet more of the PoD, as its node's would be recorded; whom Kafka would publish it to. */
async function measureOnce(): Promise<readonly string[]> {
  const { store, shown } = served.platform;
  let last;
  const filter = { types: ['MeasurementRecorded'], streamPrefixes: [`meter-${pod}`] };
  for await (const event of store.readAll({ filter })) last = event;
  const { streamId, data, schemaVersion, occurredAt, actor } = last!;
  const id = crypto.randomUUID();
  const caused = { occurredAt, actor, correlationId: id, causationId: id };
  await store.append(streamId, 'any', [
    { id, type: 'MeasurementRecorded', schemaVersion, ...caused, data },
  ]);
  for await (const event of store.readAll({ after: last!.position, filter })) last = event;
  const topics = topicsOf([own, reader].map((party) => party.split(':')[1]!));
  return (await messagesOf(shown, last!, topics)).map(({ topic }) => topic);
}

async function measuredEvents(): Promise<number> {
  let count = 0;
  for (let after: number | null = -1; after !== null;) {
    const asked: string = after < 0 ? '' : `&after=${after}`;
    const { body } = await served
      .as(reader)
      .get(`/api/v1/events?types=MeasurementRecorded&limit=1000${asked}`);
    const items = body.items as { data: { podId: string } }[];
    count += items.filter(({ data }) => data.podId === pod).length;
    after = body.next as number | null;
  }
  return count;
}

it('is asked for, granted, read, and revoked, from each next read on', async () => {
  expect(await statuses()).toEqual(none);
  const topic = `measurements_${reader.split(':')[1]}`;
  expect(await measureOnce()).not.toContain(topic);

  const dataSets = ['measurements', 'baselines', 'setpoints'];
  const asked = await served
    .as(reader)
    .post(`${access}/requests`, { dataSets, purpose: 'an offer to the household' });
  expect([asked.status, asked.body.changed]).toEqual([200, true]);
  expect(await statuses()).toEqual(none);

  const { body } = await served.as(customer).get(access);
  expect(body.owner).toBe(customer);
  expect(body.byRight).toContainEqual(expect.objectContaining({ reader: own, right: 'agreement' }));
  expect(body.others).toMatchObject([{ reader, status: 'requested', request: { dataSets } }]);

  const granted = await served.as(customer).put(`${access}/readers/${reader}`, { dataSets });
  expect(granted.status).toBe(200);
  const all = {
    measurements: 200,
    baselines: 200,
    setpoints: 200,
    'measurements of many': 200,
  };
  expect(await statuses()).toEqual(all);
  const { body: read } = await served.as(reader).get(`/api/v1/pods/${pod}/measurements?${DAY}`);
  expect(read.items).toHaveLength(96);
  expect(await measuredEvents()).toBe(0);
  expect(await measureOnce()).toContain(topic);
  expect(await measuredEvents()).toBe(1);
  const mine = await served.as(reader).get('/api/v1/data-access?status=granted');
  expect(mine.body.items).toMatchObject([{ source: pod, dataSets }]);

  const revoked = await served
    .as(customer)
    .post(`${access}/readers/${reader}/revocation`, { reason: 'I have moved on' });
  expect(revoked.status).toBe(200);
  expect(await statuses()).toEqual(none);
  expect(await measuredEvents()).toBe(0);
  expect(await measureOnce()).not.toContain(topic);
});

it('is never granted by who does not own the data, who is told whose they are', async () => {
  for (const party of [
    own,
    reader,
    'dso',
    `customer:${podIdOf(0) === pod ? podIdOf(1) : podIdOf(0)}`,
  ]) {
    const { status, body } = await served
      .as(party)
      .put(`${access}/readers/${reader}`, { dataSets: ['measurements'] });
    expect([status, body.detail]).toEqual([
      403,
      `${party} has no right to access:write of ${customer}.`,
    ]);
  }
  expect(await statuses()).toEqual(none);
});

it('lets who has no scope for the grid read it by REST while the DSO grants it, and write nothing', async () => {
  const at = '/api/v1/grids/ieee33';
  expect((await served.as(reader).get(at)).status).toBe(403);
  const readers = `/api/v1/data-access/grid/readers/${reader}`;
  expect((await served.as('dso').put(readers, { dataSets: ['grid'] })).status).toBe(200);
  const { status, body } = await served.as(reader).get(at);
  expect(status).toBe(200);
  expect((await served.as(reader).put(at, { model: body.model })).status).toBe(403);
  await served.as('dso').post(`${readers}/revocation`, { reason: 'over' });
  expect((await served.as(reader).get(at)).status).toBe(403);
});
