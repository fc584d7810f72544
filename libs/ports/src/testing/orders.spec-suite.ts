/**
 * What `OrdersPort` promises, as tests for each of its forms. Whoever serves the port opens a market for
 * it; the same sentences are then true of the port within its process and over HTTP. A spec imports this
 * file by its path; `index.ts` leaves it out, since it needs Jest.
 */
import type {
  CommandContext,
  FlexibilityRequest,
  RefusedRow,
  SingleOffer,
} from '@flexledger/domain';
import type { OrdersPort } from '../orders';
import { refusalOf, testContext } from './expectations';

/** A market for one test: its gate is open, AGG1 has the PoDs `ownPods`, AGG2 has `foreignPod`. */
export interface OrdersUnderTest {
  /** The port as a party holds it: `dso`, `aggregator:AGG1`, `aggregator:AGG2`. */
  as(actor: string): OrdersPort;
  /** A session whose gate is open, and one whose gate is still to open. */
  readonly open: { readonly sessionId: string; readonly mtuCount: number };
  readonly scheduled: { readonly sessionId: string };
  readonly ownPods: readonly string[];
  readonly foreignPod: string;
  /** Requests that stand according to the log alone. */
  requestIds(sessionId: string): Promise<readonly string[]>;
  /** How many events the log has. */
  events(): Promise<number>;
  close(): Promise<void>;
}

/** More rows than fit one page of a list, and more than fit one request. */
const MANY = 1_300;

/** @param openMarket opens a fresh market with at least 1,300 PoDs of AGG1 */
export function ordersPromises(name: string, openMarket: () => Promise<OrdersUnderTest>): void {
  describe(`the orders port ${name}`, () => {
    let market: OrdersUnderTest;
    let sessionId: string;
    let aggregator: OrdersPort;
    let dso: OrdersPort;

    beforeAll(async () => {
      market = await openMarket();
      ({ sessionId } = market.open);
      aggregator = market.as('aggregator:AGG1');
      dso = market.as('dso');
    });
    afterAll(() => market.close());

    const offer = (podId: string, quantityW = 100, offerId = podId): SingleOffer => ({
      kind: 'single',
      offerId,
      podId,
      product: 'P',
      direction: 'up',
      quantityW: new Array<number>(market.open.mtuCount).fill(quantityW),
      priceMicroEurPerKwh: new Array<number>(market.open.mtuCount).fill(100_000),
      divisible: true,
      minQuantityW: 0,
    });
    const bid = (bidId: string, offers: readonly SingleOffer[]) => ({
      bidId,
      aggregatorId: 'AGG1',
      offers,
    });
    const request = (requestId: string, podId = market.ownPods[0]!): FlexibilityRequest => ({
      requestId,
      requester: 'DSO',
      product: 'P',
      direction: 'up',
      scope: { podIds: [podId] },
      quantityW: new Array<number>(market.open.mtuCount).fill(500),
      priceCapMicroEurPerKwh: null,
    });
    const context = (id: string, actor = 'aggregator:AGG1'): CommandContext =>
      testContext(`${name}/${id}`, actor);
    const standing = async (): Promise<string[]> =>
      (await aggregator.standingOffers(sessionId, 'AGG1')).map(({ offerId }) => offerId).sort();

    it('keeps a request once it resolves, and amends it under its id', async () => {
      await dso.requestFlexibility(sessionId, request('r1'), context('ask', 'dso'));
      expect(await market.requestIds(sessionId)).toEqual(['r1']);
      const more = { ...request('r1'), priceCapMicroEurPerKwh: 200_000 };
      await dso.requestFlexibility(sessionId, more, context('amend', 'dso'));
      expect(await market.requestIds(sessionId)).toEqual(['r1']);
    });

    it('takes a request back, and does nothing where none stands', async () => {
      await dso.requestFlexibility(sessionId, request('r2'), context('ask 2', 'dso'));
      await dso.withdrawRequest(sessionId, 'r2', context('back', 'dso'));
      expect(await market.requestIds(sessionId)).toEqual(['r1']);
      const before = await market.events();
      await dso.withdrawRequest(sessionId, 'r2', context('back', 'dso'));
      await dso.withdrawRequest(sessionId, 'never', context('back again', 'dso'));
      expect(await market.events()).toBe(before);
    });

    it('lets the good rows of a bid stand and names the others', async () => {
      const [first, second] = market.ownPods as [string, string];
      const offers = [offer(first), offer(market.foreignPod), offer(second), offer('nowhere')];
      const refused = await aggregator.offerFlexibility(
        sessionId,
        bid('b1', offers),
        context('b1'),
      );
      expect(refused).toEqual<RefusedRow[]>([
        { index: 1, offerId: market.foreignPod, reason: expect.any(String) },
        { index: 3, offerId: 'nowhere', reason: expect.any(String) },
      ]);
      expect(await standing()).toEqual([first, second].sort());
    });

    it('does nothing twice under one command id, and answers the same', async () => {
      const offers = [offer(market.ownPods[2]!), offer(market.foreignPod)];
      const first = await aggregator.offerFlexibility(sessionId, bid('b2', offers), context('b2'));
      const before = await market.events();
      expect(first).toHaveLength(1);
      expect(
        await aggregator.offerFlexibility(sessionId, bid('b2', offers), context('b2')),
      ).toEqual(first);
      const asked = request('r3');
      await dso.requestFlexibility(sessionId, asked, context('ask 3', 'dso'));
      await dso.requestFlexibility(sessionId, asked, context('ask 3', 'dso'));
      expect(await market.events()).toBe(before + 1);
    });

    it('withdraws an aggregator’s own offers only; others are passed over', async () => {
      const [first, second, third] = market.ownPods as [string, string, string];
      const other = market.as('aggregator:AGG2');
      await other.withdrawOffers(sessionId, 'AGG2', [first], context('steal', 'aggregator:AGG2'));
      expect(await standing()).toEqual([first, second, third].sort());
      await aggregator.withdrawOffers(sessionId, 'AGG1', [first, 'never'], context('withdraw'));
      expect(await standing()).toEqual([second, third].sort());
      expect(await other.standingOffers(sessionId, 'AGG2')).toEqual([]);
    });

    it('takes a bid of any size, and lists all that stands', async () => {
      const pods = market.ownPods.slice(0, MANY);
      expect(pods).toHaveLength(MANY);
      const offers = [...pods.map((podId) => offer(podId)), offer(market.foreignPod)];
      const refused = await aggregator.offerFlexibility(
        sessionId,
        bid('b3', offers),
        context('b3'),
      );
      expect(refused).toMatchObject([{ index: MANY, offerId: market.foreignPod }]);
      expect(await standing()).toEqual([...pods].sort());
      const found = await aggregator.standingOffers(sessionId, 'AGG1');
      expect(found.every(({ offerId, podId }) => offerId === podId)).toBe(true);
    });

    it('refuses with the code that says why', async () => {
      const { sessionId: shut } = market.scheduled;
      const good = bid('b4', [offer(market.ownPods[0]!)]);
      const bad = bid('b5', [offer(market.foreignPod)]);
      const codes = {
        'a gate that is shut': aggregator.offerFlexibility(shut, good, context('r1')),
        'a session that is not': aggregator.offerFlexibility('never', good, context('r2')),
        'a bid without a good row': aggregator.offerFlexibility(sessionId, bad, context('r3')),
        'another bid under the id': aggregator.offerFlexibility(
          sessionId,
          bid('b1', [offer(market.ownPods[4]!)]),
          context('r4'),
        ),
        'a request at a shut gate': dso.requestFlexibility(
          shut,
          request('r9'),
          context('r5', 'dso'),
        ),
        'a request of nothing': dso.requestFlexibility(
          sessionId,
          request('r9', 'nowhere'),
          context('r6', 'dso'),
        ),
        'withdrawing at a shut gate': aggregator.withdrawOffers(shut, 'AGG1', ['o'], context('r7')),
        'offers of no session': aggregator.standingOffers('never', 'AGG1'),
        'a request back from nowhere': dso.withdrawRequest('never', 'r1', context('r8', 'dso')),
      };
      // All are awaited at once: a refusal that came before its turn would be one that nobody handles.
      const found = await Promise.all(
        Object.entries(codes).map(async ([what, refused]) => [
          what,
          (await refusalOf(refused)).code,
        ]),
      );
      expect(Object.fromEntries(found)).toEqual({
        'a gate that is shut': 'gate-closed',
        'a session that is not': 'session-unknown',
        'a bid without a good row': 'bid-refused',
        'another bid under the id': 'bid-id-taken',
        'a request at a shut gate': 'gate-closed',
        'a request of nothing': 'request-malformed',
        'withdrawing at a shut gate': 'gate-closed',
        'offers of no session': 'session-unknown',
        'a request back from nowhere': 'session-unknown',
      });
    });
  });
}
