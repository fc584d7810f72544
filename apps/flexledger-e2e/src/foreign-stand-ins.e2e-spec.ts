/**
 * One platform of ours is left out, a program of `docs/examples/python`, written from the documents alone, takes
 * its place, and the day-ahead session completes up to its settlement. It needs Python with packages that are
 * not everywhere.
 */
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { type MarketWithout, openMarketWithout } from './testing/market-without';
import { hasPython, runPaced } from './testing/python';

const MTUS = 96;
const PRICE = 100_000;
/** Small enough for any PoD, so that all that is asked for can be had. */
const ASKED_W = 200;

let market: MarketWithout;
afterEach(() => market.close());

const itWithPython = hasPython ? it : it.skip;
const session = (): string => `/api/v1/sessions/${market.dayAhead}`;

/** Runs a stand-in as a party of the market. */
function standIn(program: string, party: string, ...more: string[]): Promise<readonly string[]> {
  const clientId = clientIdOf(party);
  const secret = readClientSecret(market.dataDir, clientId);
  const { url, clock, platform } = market;
  return runPaced(program, [url, clientId, secret, ...more], clock, () =>
    platform.processors.drain(),
  );
}

/** At the gate: what a requester and an aggregator do by hand, whose platforms are not what is tried. */
async function atGate(hands: {
  readonly asks?: 'dso' | 'tso';
  readonly offers?: boolean;
}): Promise<void> {
  const { as, clock, platform } = market;
  const { body } = await as('operator').get(session());
  clock.at(Date.parse(body.gateOpensAt as string) + 60_000, 'by hand', async () => {
    const pods = (await as('operator').get('/api/v1/pods')).body.items as {
      podId: string;
      pom: string;
      aggregatorId: string;
      flexibility: { upW: number };
    }[];
    const { asks, offers } = hands;
    if (asks) {
      const podIds = pods.map(({ podId }) => podId);
      const request = {
        requestId: 'by-hand',
        requester: asks.toUpperCase(),
        product: 'P',
        direction: 'up',
        scope: asks === 'dso' ? { podIds } : { pom: pods[0]!.pom },
        quantityW: new Array<number>(MTUS).fill(ASKED_W),
        priceCapMicroEurPerKwh: null,
      };
      expect((await as(asks).post(`${session()}/requests`, request)).status).toBe(201);
    }
    if (!offers) return;
    for (const { podId, aggregatorId, flexibility } of pods) {
      const offer = {
        offerId: `of-${podId}`,
        podId,
        product: 'P',
        direction: 'up',
        kind: 'single',
        quantityW: new Array<number>(MTUS).fill(flexibility.upW),
        priceMicroEurPerKwh: new Array<number>(MTUS).fill(PRICE),
        divisible: true,
        minQuantityW: 0,
      };
      const bid = { bidId: podId, offers: [offer] };
      const as1 = as(`aggregator:${aggregatorId}`);
      expect((await as1.post(`${session()}/offers`, bid)).status).toBe(201);
    }
    await platform.processors.drain();
  });
}

/** After the day of delivery: the session as everybody sees it, settled. */
async function completed() {
  await market.until('01:30', 2);
  const { body } = await market.as('operator').get(session());
  const settlement = await market.as('auditor').get(`${session()}/settlement`);
  expect(settlement.body.published).not.toBeNull();
  return body;
}

describe('a DSO that validates by its own rule (Python with its packages)', () => {
  itWithPython.each([
    ['accept', ASKED_W * MTUS, 'DSO'],
    // What was taken off is cleared again twice, and halved again.
    ['halve', (ASKED_W - ASKED_W / 8) * MTUS, 'DSO'],
    ['late', 0, 'no-answer'],
  ])('%s', async (rule, acceptedWMtu, validatedBy) => {
    market = await openMarketWithout('dso-technical-platform');
    await atGate({ asks: 'tso', offers: true });
    const said = await standIn('dso.py', 'dso', rule);
    expect(said.at(-1)).toBe(`${market.dayAhead} is published, validated by ${validatedBy}`);
    const { result, validation } = await completed();
    expect(result.acceptedWMtu).toBe(acceptedWMtu);
    expect(validation.validatedBy).toBe(validatedBy);
    if (rule === 'late') expect(said.at(-2)).toMatch(/^too late: 409 /);
  });
});

itWithPython('a TSO that asks under its substations (Python with its packages)', async () => {
  market = await openMarketWithout('tso-simulator');
  await atGate({ offers: true });
  const said = await standIn('tso.py', 'tso', String(ASKED_W));
  expect(said[0]).toMatch(/^asked under \S+/);
  expect(said.at(-1)).toMatch(new RegExp(`^${market.dayAhead} is published: \\d+ W`));
  const { result } = await completed();
  expect(result.acceptedWMtu).toBeGreaterThan(0);
});

itWithPython(
  'a small aggregator that offers all at one price, and dispatches (Python with its packages)',
  async () => {
    market = await openMarketWithout('aggregator-platform');
    await atGate({ asks: 'tso' });
    const own = market.scenario.pods.filter(({ aggregatorId }) => aggregatorId === 'AGG1');
    const said = await standIn('aggregator.py', 'aggregator:AGG1', String(PRICE));
    expect(said[0]).toBe(`${own.length} offers stand`);
    expect(said.at(-1)).toMatch(/^[1-9]\d* PoDs sold, [1-9]\d* setpoints are sent$/);
    const { result } = await completed();
    expect(result.acceptedWMtu).toBe(ASKED_W * MTUS);
    const setpoints = await market.as('dso').get('/api/v1/setpoints');
    expect(setpoints.body.items.length).toBeGreaterThan(0);
  },
);
