/** Offers by REST: each aggregator its own, until the gate closes, and why each won or lost. */
import { type ServedMarket, expectAnswers } from '../testing/served-market';
import {
  DAY_AHEAD,
  PODS,
  WINDOW,
  offerOf,
  openTradingDay,
  requestOf,
} from '../testing/trading-day';

let served: ServedMarket;
beforeAll(async () => {
  served = await openTradingDay();
});
afterAll(() => served.close());

const session = `/api/v1/sessions/${encodeURIComponent(DAY_AHEAD.sessionId)}`;
const shut = `/api/v1/sessions/${encodeURIComponent(WINDOW.sessionId)}`;
const [FIRST, SECOND, THIRD, FOREIGN] = PODS;
const offers = [offerOf(FIRST, DAY_AHEAD), offerOf(SECOND, DAY_AHEAD, 900_000)];
const bid = { bidId: 'b1', offers };

it('answers each with what it may', () =>
  expectAnswers(served, [
    [undefined, `POST ${session}/offers`, bid, 401, 'invalid-token'],
    ['dso', `POST ${session}/offers`, bid, 403, 'forbidden'],
    [
      'aggregator:AGG1',
      `POST ${session}/offers`,
      { bidId: 'b', offers: [] },
      400,
      'input-malformed',
    ],
    ['aggregator:AGG1', `POST ${session}/offers`, { ...bid, offers: [7] }, 400, 'input-malformed'],
    ['aggregator:AGG2', `POST ${session}/offers`, bid, 400, 'bid-refused'],
    ['aggregator:AGG1', `POST ${shut}/offers`, bid, 409, 'gate-closed'],
    ['aggregator:AGG1', 'POST /api/v1/sessions/never/offers', bid, 404, 'session-unknown'],
    ['customer:IT002E60000001', `GET ${session}/offers`, undefined, 403, 'forbidden'],
    ['aggregator:AGG1', 'GET /api/v1/sessions/never/offers', undefined, 404, 'session-unknown'],
  ]));

it('tells a bidder which rows stand, and the same of the same bid again', async () => {
  const sent = { ...bid, offers: [...offers, offerOf(FOREIGN, DAY_AHEAD)] };
  const answer = await served.send('aggregator:AGG1', 'POST', `${session}/offers`, sent);
  expect(answer).toMatchObject({
    status: 201,
    body: { bidId: 'b1', aggregatorId: 'AGG1', accepted: 2, refused: [{ index: 2 }] },
  });
  expect(await served.send('aggregator:AGG1', 'POST', `${session}/offers`, sent)).toEqual(answer);
});

it('shows an aggregator its own', async () => {
  const seenBy = async (actor: string): Promise<unknown[]> => {
    const { body } = await served.send(actor, 'GET', `${session}/offers`);
    return (body['items'] as { offerId: string }[]).map(({ offerId }) => offerId);
  };
  expect(await seenBy('aggregator:AGG1')).toEqual([FIRST, SECOND]);
  expect(await seenBy('aggregator:AGG2')).toEqual([]);
  expect(await seenBy('auditor')).toEqual([FIRST, SECOND]);
});

it('takes back what stands and is one’s own', async () => {
  const path = `${session}/withdrawals`;
  const asked = { offerIds: [SECOND, 'never'] };
  await expectAnswers(served, [
    ['dso', `POST ${path}`, asked, 403, 'forbidden'],
    ['aggregator:AGG1', `POST ${path}`, { offerIds: [] }, 400, 'input-malformed'],
    ['aggregator:AGG1', `POST ${shut}/withdrawals`, asked, 409, 'gate-closed'],
  ]);
  const foreign = await served.send('aggregator:AGG2', 'POST', path, asked);
  expect(foreign).toMatchObject({ status: 200, body: { withdrawn: [] } });
  const own = await served.send('aggregator:AGG1', 'POST', path, asked);
  expect(own).toMatchObject({ status: 200, body: { withdrawn: [SECOND] } });
});

it('explains, once cleared, why an offer was taken, to whose it is', async () => {
  const why = `${session}/offers/${FIRST}/why`;
  await expectAnswers(served, [['aggregator:AGG1', `GET ${why}`, undefined, 409, 'not-cleared']]);
  await served.send('dso', 'POST', `${session}/requests`, requestOf([FIRST], DAY_AHEAD, 400));
  await served.until(DAY_AHEAD.gateClosesMs);
  const { body } = await served.send('aggregator:AGG1', 'GET', why);
  const [round] = body['rounds'] as { mtus: { acceptedW: number }[] }[];
  expect(round!.mtus.map(({ acceptedW }) => acceptedW)).toEqual(
    new Array<number>(DAY_AHEAD.period.mtuCount).fill(400),
  );
  await expectAnswers(served, [
    ['aggregator:AGG2', `GET ${why}`, undefined, 404, 'offer-unknown'],
    ['dso', `GET ${why}`, undefined, 403, 'forbidden'],
    ['auditor', `GET ${why}`, undefined, 200],
    ['auditor', `GET ${session}/offers/never/why`, undefined, 404, 'offer-unknown'],
  ]);
});

describe('a PoD that declares by the clock', () => {
  /** A kilowatt before noon, 300 W from then on. */
  const curve = Array.from({ length: 96 }, (_, quarter) => (quarter < 48 ? 1_000 : 300));
  const path = `${session}/offers`;
  let served: ServedMarket;
  beforeAll(async () => {
    served = await openTradingDay();
  });
  afterAll(() => served.close());
  const whole = offerOf(THIRD, DAY_AHEAD);
  const within = { ...whole, quantityW: curve };

  it('is refused where an offer is more, by the first MTU of it', async () => {
    const declared = { ...served.pods.get(THIRD)!.flexibility, upW: curve };
    served.pods.set(THIRD, { ...served.pods.get(THIRD)!, flexibility: declared });
    const bids = [
      ['above', [whole], 400],
      ['within', [within], 201],
    ] as const;
    for (const [bidId, rows, status] of bids) {
      const asked = { bidId, offers: rows };
      const answer = await served.send('aggregator:AGG1', 'POST', path, asked);
      expect([bidId, answer.status]).toEqual([bidId, status]);
      if (status === 201) continue;
      const errors = answer.body['errors'] as { reason: string }[];
      expect(errors.map(({ reason }) => reason)).toEqual([
        `quantityW 1000 is above the 300 declared for ${THIRD} in MTU 48`,
      ]);
    }
  });

  it('is sold within what stood when the gate closed, whatever is declared later', async () => {
    const asked = { ...requestOf([THIRD], DAY_AHEAD, 900), requestId: 'by-clock' };
    await served.send('dso', 'POST', `${session}/requests`, asked);
    await served.until(DAY_AHEAD.gateClosesMs - 1);
    const more = { upW: 5_000, downW: 0, upVar: 0, downVar: 0 };
    served.pods.set(THIRD, { ...served.pods.get(THIRD)!, flexibility: more });
    await served.until(DAY_AHEAD.gateClosesMs);
    const late = { bidId: 'late', offers: [whole] };
    await expectAnswers(served, [['aggregator:AGG1', `POST ${path}`, late, 409, 'gate-closed']]);
    const { body } = await served.send('aggregator:AGG1', 'GET', `${path}/${THIRD}/why`);
    const [round] = body['rounds'] as { mtus: { acceptedW: number }[] }[];
    expect(round!.mtus.map(({ acceptedW }) => acceptedW)).toEqual(
      curve.map((limitW) => Math.min(900, limitW)),
    );
  });
});
