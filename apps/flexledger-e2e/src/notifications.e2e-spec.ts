/** What customers are notified of after a simulated day, by REST: each kind, what is read, and whose they are. */
import { podIdOf } from '@flexledger/domain';
import type { Notification } from '@flexledger/projections';
import { DATE, type ServedDay, serveSimulatedDay } from './testing/served-day';

const PODS = 4;
let served: ServedDay;
beforeAll(async () => {
  const customers = Array.from({ length: PODS }, (_, index) => `customer:${podIdOf(index)}`);
  served = await serveSimulatedDay(PODS, customers);
});
afterAll(() => served.close());

interface Notified {
  readonly unread: number;
  readonly items: readonly Notification[];
}

const pathOf = (podId: string): string => `/api/v1/pods/${podId}/notifications`;

async function notified(actor: string, podId: string, days = 31): Promise<Notified> {
  const { status, body } = await served.as(actor).get(`${pathOf(podId)}?days=${days}`);
  expect(status).toBe(200);
  return body as Notified;
}

const ofKind = <Kind extends Notification['kind']>(items: readonly Notification[], kind: Kind) =>
  items.filter((each): each is Extract<Notification, { kind: Kind }> => each.kind === kind);

async function soldPod(): Promise<string> {
  const rows: { podId: string }[] = [];
  const { body } = await served.as('auditor').get(`/api/v1/results?deliveryDay=${DATE}`);
  for (const session of body.items as { rows: { podId: string }[] }[]) rows.push(...session.rows);
  return rows[0]!.podId;
}

it('say what was accepted, when an activation began and what it brought, the newest first', async () => {
  const podId = await soldPod();
  const { items, unread } = await notified(`customer:${podId}`, podId);
  expect(unread).toBe(items.length);
  const times = items.map(({ at }) => at);
  expect(times).toEqual([...times].sort().reverse());
  const session = (id: string): string => `/api/v1/sessions/${encodeURIComponent(id)}`;
  const accepted = ofKind(items, 'offerAccepted');
  expect(accepted.length).toBeGreaterThan(0);
  const customer = served.as(`customer:${podId}`);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  for (const { sessionId, acceptedWh } of accepted) {
    const { body } = await customer.get(`${session(sessionId)}/outcomes?limit=1000`);
    const rows = body.items as { acceptedW: number[] }[];
    expect(acceptedWh).toBe(sum(rows.map(({ acceptedW }) => sum(acceptedW))) / 4);
  }
  for (const { sessionId, netMicroEur } of ofKind(items, 'economicResult')) {
    const { body } = await customer.get(`${session(sessionId)}/settlement/rows?limit=1000`);
    const rows = body.items as Record<'paidMicroEur' | 'penaltyMicroEur', number[]>[];
    const net = rows.map(({ paidMicroEur, penaltyMicroEur }) => {
      return sum(paidMicroEur) - sum(penaltyMicroEur);
    });
    expect(netMicroEur).toBe(sum(net));
  }
  expect(ofKind(items, 'economicResult')).toHaveLength(accepted.length);
  const { body } = await customer.get('/api/v1/setpoints?limit=1000');
  const begun = (body.items as { appliedAt: string | null; setpointId: string }[])
    .filter(({ appliedAt }) => appliedAt !== null)
    .map(({ setpointId }) => setpointId);
  const told = ofKind(items, 'activationBegun').map(({ setpointId }) => setpointId);
  expect(told.sort()).toEqual(begun.sort());
  // The day was a week ago: asked for the last days only, there is nothing.
  expect((await notified(`customer:${podId}`, podId, 1)).items).toEqual([]);
});

it('stay read once their customer has read them, and nobody else reads in its name', async () => {
  const podId = await soldPod();
  const { items } = await notified(`customer:${podId}`, podId);
  const upTo = items[1]!.at;
  const { body: pod } = await served.as('auditor').get(`/api/v1/pods/${podId}`);
  const aggregator = `aggregator:${pod.aggregatorId}`;
  const read = (actor: string, body: object) => served.as(actor).put(`${pathOf(podId)}/read`, body);
  expect((await read(aggregator, { upTo })).status).toBe(403);
  expect((await read(`customer:${podId}`, { upTo: 'now' })).body.errors).toMatchObject([
    { field: 'upTo' },
  ]);
  const ahead = await read(`customer:${podId}`, { upTo: '2026-12-01T00:00:00Z' });
  expect([ahead.status, ahead.body.code]).toEqual([400, 'input-malformed']);
  expect((await read(`customer:${podId}`, { upTo })).status).toBe(200);
  const after = await notified(aggregator, podId);
  expect(after.items.filter((each) => !each.read).map(({ at }) => at)).toEqual(
    items.filter(({ at }) => at > upTo).map(({ at }) => at),
  );
  expect(after.unread).toBe(after.items.filter((each) => !each.read).length);
  const unknown = await served.as('auditor').get(pathOf('IT002E69999999'));
  expect([unknown.status, unknown.body.code]).toEqual([404, 'pod-unknown']);
  const foreign = ['aggregator:AGG1', 'aggregator:AGG2', 'aggregator:AGG3'].find(
    (each) => each !== aggregator,
  )!;
  expect((await served.as(foreign).get(pathOf(podId))).status).toBe(403);
});

it('are those that the customer wants to be told of, which nobody else says in its name', async () => {
  const podId = await soldPod();
  const customer = served.as(`customer:${podId}`);
  const path = `${pathOf(podId)}/preferences`;
  const before = await notified(`customer:${podId}`, podId);
  const all = ['offerAccepted', 'activationBegun', 'economicResult'];
  expect((before as { kinds?: unknown }).kinds).toEqual(all);
  const { body: pod } = await served.as('auditor').get(`/api/v1/pods/${podId}`);
  const aggregator = served.as(`aggregator:${pod.aggregatorId}`);
  expect((await aggregator.put(path, { kinds: [] })).status).toBe(403);
  const wrong = await customer.put(path, { kinds: ['weather'] });
  expect([wrong.status, wrong.body.errors]).toMatchObject([400, [{ field: 'kinds' }]]);
  const kinds = ['economicResult'];
  const chosen = await customer.put(path, { kinds });
  expect([chosen.status, chosen.body]).toEqual([200, { podId, kinds }]);
  const after = await notified(`customer:${podId}`, podId);
  expect(after).toMatchObject({ kinds });
  expect(after.items).toEqual(ofKind(before.items, 'economicResult'));
  expect(after.unread).toBe(after.items.filter(({ read }) => !read).length);
  expect((await customer.put(path, { kinds: all })).status).toBe(200);
  expect((await notified(`customer:${podId}`, podId)).items).toEqual(before.items);
});
