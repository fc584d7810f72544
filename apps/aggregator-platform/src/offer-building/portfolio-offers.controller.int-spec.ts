/** Offers by an operator's hand over HTTP: previewed, sent, replaced and taken back. */
import { type Served, serveTrial } from '../testing/serve';
import { A, B, FOREIGN, STRANGER, type Trial, openTrial } from '../testing/trial';

let trial: Trial;
let served: Served;
beforeEach(async () => {
  trial = await openTrial();
  served = await serveTrial(trial);
});
afterEach(async () => {
  await served.close();
  await trial.close();
});

const post = (
  way: 'preview' | 'offers' | 'withdrawals',
  body: object = {},
  actor: string | null = 'aggregator:AGG1',
  headers = {},
) =>
  served.call(
    actor,
    'POST',
    `/api/v1/portfolio/sessions/${encodeURIComponent(trial.dayAhead.sessionId)}/${way}`,
    body,
    headers,
  );
const podsOf = (offers: readonly { podId: string }[]): string[] => offers.map(({ podId }) => podId);
const standing = async () =>
  podsOf(await trial.ports.orders.standingOffers(trial.dayAhead.sessionId, 'AGG1'));

async function openGate(): Promise<void> {
  await trial.schedule(trial.dayAhead);
  await trial.clock.advanceTo(trial.dayAhead.gateOpensMs);
  await trial.open(trial.dayAhead.sessionId);
}

it('previews what it would send, and sends it', async () => {
  await openGate();
  const { offers, leftOut } = (await post('preview')).body;
  expect([podsOf(offers), leftOut]).toEqual([[A, B], []]);
  expect(await standing()).toEqual([]);
  const sent = await post('offers', { bidId: 'hand-1' });
  expect(sent.status).toBe(201);
  expect(sent.body).toMatchObject({ offers, replaced: [], refused: [], leftOut: [] });
  expect(await standing()).toEqual([A, B]);
});

it('sends those it is asked for, on terms it is asked for, and says why it leaves others out', async () => {
  await openGate();
  const wishes = { podIds: [A, FOREIGN], marginPerMille: 0, sharePerMille: 1_000 };
  const { offers, leftOut } = (await post('preview', wishes)).body;
  expect(offers).toMatchObject([{ podId: A, kind: 'single' }]);
  expect([offers[0].quantityW[0], offers[0].priceMicroEurPerKwh[0]]).toEqual([500, 80_000]);
  expect(leftOut).toEqual([{ podId: FOREIGN, reason: 'it is not one of your registered PoDs' }]);
});

it('replaces an offer under new terms, and takes one back as often as it is sent', async () => {
  await openGate();
  await post('offers', { bidId: 'hand-1' });
  const dearer = await post('offers', { bidId: 'hand-2', podIds: [A], marginPerMille: 900 });
  expect(dearer.body.replaced).toEqual([`${A}-P-up`]);
  for (const bidId of ['hand-3', 'hand-4']) {
    expect((await post('withdrawals', { podIds: [A] })).body.withdrawn).toEqual([`${A}-P-up`]);
    expect(await standing()).toEqual([B]);
    await post('offers', { bidId, podIds: [A] });
    expect((await standing()).sort()).toEqual([A, B]);
  }
  expect((await post('withdrawals')).body.withdrawn).toHaveLength(2);
  expect((await post('withdrawals')).body.withdrawn).toEqual([]);
});

it('leaves what was offered by hand out of the automatic bid', async () => {
  await openGate();
  await trial.handOn();
  await post('offers', { bidId: 'hand-1', podIds: [A] });
  await trial.until(trial.dayAhead.gateClosesMs - 1);
  const bids = await trial.events('FlexibilityOffered');
  expect(bids.map(({ data }) => podsOf((data as { offers: { podId: string }[] }).offers))).toEqual([
    [A],
    [B],
  ]);
});

it('may be sent again when the market did not answer, and stands once', async () => {
  await openGate();
  trial.faults.set('orders.offerFlexibility', ['answerLost']);
  const key = { 'Idempotency-Key': 'bid-1' };
  const bid = { bidId: 'hand-1' };
  expect((await post('offers', bid, 'aggregator:AGG1', key)).status).toBe(503);
  expect((await post('offers', bid, 'aggregator:AGG1', key)).status).toBe(201);
  expect(new Set(trial.calls.get('orders.offerFlexibility')).size).toBe(1);
  expect(await trial.events('FlexibilityOffered')).toHaveLength(1);
});

it('builds on what was written before: a PoD flagged out a moment ago is left out', async () => {
  await openGate();
  const flags = { podIds: [A], automaticOffers: false };
  await served.call('aggregator:AGG1', 'PUT', '/api/v1/portfolio/automatic-offers', flags);
  expect(podsOf((await post('offers', { bidId: 'hand-1' })).body.offers)).toEqual([B]);
});

it('says of a PoD that a system operator refuses who does and why', async () => {
  await openGate();
  const refusal = { service: 'congestionManagement', requester: 'TSO', reason: 'no data' } as const;
  await trial.register([{ kind: 'refuseService', podId: B, ...refusal }]);
  await trial.handOn();
  const { offers, leftOut } = (await post('preview')).body;
  expect(podsOf(offers)).toEqual([A]);
  expect(leftOut).toEqual([
    { podId: B, reason: 'it is refused for congestionManagement by the TSO: no data' },
  ]);
});

it('has nothing to offer of an aggregator whose costs nobody knows, and says so', async () => {
  await openGate();
  const { status, body } = await post('offers', { bidId: 'x' }, 'aggregator:AGG9');
  expect([status, body.code]).toEqual([409, 'nothing-to-offer']);
  expect(body.detail).toContain(`PoD ${STRANGER}: its costs are not declared`);
});

it('is refused before the gate opens, as the market says', async () => {
  await trial.schedule(trial.dayAhead);
  const { status, body } = await post('offers', { bidId: 'early' });
  expect([status, body.code]).toEqual([409, 'gate-closed']);
});

it.each<[string, () => ReturnType<typeof post>, number]>([
  ['no token', () => served.call(null, 'POST', '/api/v1/portfolio/sessions/x/preview', {}), 401],
  ['a DSO', () => post('withdrawals', {}, 'dso'), 403],
  ['an operator, who may read orders', () => post('preview', {}, 'operator'), 403],
  ['a session that does not exist', () => post('preview'), 404],
  ['a bid without an id', () => post('offers'), 400],
  ['a share of nothing', () => post('preview', { sharePerMille: 0 }), 400],
  ['no PoDs', () => post('withdrawals', { podIds: [] }), 400],
])('refuses %s', async (_, send, status) => {
  expect((await send()).status).toBe(status);
});
