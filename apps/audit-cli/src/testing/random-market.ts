/**
 * Random markets that settle: what sessions of a day sold, meters that speak late or never, customers
 * who come, go and change their terms in between. Lived by the deciders and the award book themselves,
 * so that a test can say what must hold of the tokens at every moment.
 */
import {
  type AgreementTerms,
  type AwardBookEvent,
  type Direction,
  type DueAward,
  type MeteringSource,
  type OutcomeRow,
  type Product,
  type RulePack,
  type SessionSales,
  type SettlementCommand,
  type SettlementState,
  AWARD_BOOK_TYPES,
  createAwardBook,
  deliveryDay,
  fromHex,
  gatherMetering,
  isUnsettled,
  netMicroEur,
  podsSold,
  sessionsDelivering,
  settleSession,
  settlementDecider,
  settlementStream,
  toHex,
  withoutSalt,
  MTU_MS,
} from '@flexledger/domain';
import { canonicalJson, sha256 } from '@flexledger/identity';
import { leafHash } from '@flexledger/merkle-log';
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import fc from 'fast-check';
import { type SmallEvent, storedRowsOf } from '@flexledger/audit';

/** Where awards go: a model of the contract, or the contract itself. */
export interface Ledger {
  readonly tokenContract: string;
  /** @param settlementLeaf of the event that ends the settlement, hex */
  award(
    due: DueAward,
    settlementLeaf: () => string,
  ): Promise<{
    readonly distributionRoot: string;
    readonly txHash: string;
    readonly blockNumber: number;
  }>;
  /** Claims all that a wallet can; nothing where it has all. */
  claim(wallet: string): Promise<void>;
}

const PODS = ['IT002E00000001', 'IT002E00000002', 'IT002E00000003', 'IT002E00000004'];
const AGGREGATORS = ['AGG1', 'AGG2'];
const STEPS = 5;
const LAST_SESSION = 2;
/** Of the day: those that the sessions' rows can reach. */
const METERED_MTUS = 32;
const { rulePack: platone } = loadRulePack('platone');
const { rulePack: graded } = loadRulePack('graded-penalty');

/** Wallets of customers, fewer than PoDs, so that some share one; then those of aggregators. */
export const WALLETS = ['c1', 'c2', 'c3', 'a1', 'a2'].map((pair) => `0x${pair.repeat(20)}`);

const perMille = fc.nat(1_000);
const somePod = fc.nat(PODS.length - 1);
const someStep = fc.nat(STEPS - 1);
const someSale = fc.record({
  session: fc.nat(LAST_SESSION),
  pod: somePod,
  product: fc.constantFrom<Product>('P', 'P', 'Q'),
  direction: fc.constantFrom<Direction>('up', 'down'),
  firstMtu: fc.nat(6),
  acceptedW: fc.array(fc.nat(2_000), { minLength: 1, maxLength: 4 }),
  price: fc.nat(100_000_000),
});
const someChange = fc.record({
  step: someStep,
  pod: somePod,
  kind: fc.constantFrom('terms', 'wallet', 'left'),
  terms: fc.tuple(perMille, perMille),
  wallet: fc.nat(2),
});

/** Days, methods, terms, sales, readings, and in which order sessions are settled at each step. */
export const someMarket = fc.record({
  day: fc.constantFrom('2026-03-17', '2026-03-29', '2026-10-25'),
  method: fc.constantFrom<RulePack['baseline']['method']>('nominated', 'meterBefore', 'zero'),
  isGraded: fc.boolean(),
  nominated: fc.tuple(...PODS.map(() => fc.option(fc.nat(5_000), { freq: 8 }))),
  agreed: fc.tuple(...PODS.map(() => fc.option(fc.tuple(perMille, perMille), { freq: 30 }))),
  sales: fc.array(someSale, { minLength: 3, maxLength: 8 }),
  /** Meters follow from it. */
  seed: fc.nat(),
  changes: fc.array(someChange, { maxLength: 5 }),
  settledAt: fc.tuple(
    ...Array.from({ length: STEPS }, () =>
      fc.shuffledSubarray([0, 1, LAST_SESSION], { minLength: 1 }),
    ),
  ),
  claimsAt: fc.tuple(...Array.from({ length: STEPS }, () => fc.shuffledSubarray([...WALLETS]))),
});
export type RandomMarket = typeof someMarket extends fc.Arbitrary<infer Market> ? Market : never;

/** What stands after an award. */
export interface Told {
  readonly due: DueAward;
  readonly mintedMicroEur: number;
  /** Net of the settlement awarded last, by session. */
  readonly nets: ReadonlyMap<string, number>;
}

/** The step before which other contracts follow, where they do. */
const CONTRACTS_CHANGE_AT = 2;

/**
 * Lives a market and returns its log.
 *
 * @param next another token contract, which follows in the middle; the same one to the end where absent
 */
export async function live(
  market: RandomMarket,
  first: Ledger,
  onAward: (told: Told) => void = () => undefined,
  next?: Ledger,
): Promise<SmallEvent[]> {
  let ledger = first;
  const log: SmallEvent[] = [];
  const book = createAwardBook();
  const states = new Map<string, SettlementState>();
  const nets = new Map<string, number>();
  let mintedMicroEur = 0;
  const emit = (streamId: string, { type, data }: Pick<SmallEvent, 'type' | 'data'>): void => {
    log.push({ streamId, type, data });
    const isOfBook = (AWARD_BOOK_TYPES as readonly string[]).includes(type);
    if (isOfBook) book.take({ type, data } as AwardBookEvent);
  };
  const stateOf = (sessionId: string): SettlementState =>
    states.get(sessionId) ?? settlementDecider.initialState;
  const handle = (sessionId: string, command: SettlementCommand): void => {
    for (const event of settlementDecider.decide(command, stateOf(sessionId))) {
      states.set(sessionId, settlementDecider.evolve(stateOf(sessionId), event));
      emit(settlementStream(sessionId), event);
    }
  };
  const awardAll = async (): Promise<void> => {
    for (let due = book.due(); due; due = book.due()) {
      const { sessionId, correction, amountMicroEur, carriedMicroEur, cumulative } = due;
      const proof = await ledger.award(due, () => leafIn(log, due));
      const sums = { amountMicroEur, carriedMicroEur, accounts: cumulative.size };
      const award = { sessionId, correction, ...sums, ...proof };
      mintedMicroEur += amountMicroEur;
      nets.set(sessionId, netMicroEur(stateOf(sessionId).settlements[correction]!.rows));
      handle(sessionId, { kind: 'recordAward', award });
      onAward({ due, mintedMicroEur, nets });
    }
  };

  const { rules, sales } = soldIn(market);
  emit('certification', {
    type: 'CertifierStarted',
    data: { tokenContract: ledger.tokenContract },
  });
  signAll(market, emit);
  for (let step = 0; step < STEPS; step += 1) {
    if (next && step === CONTRACTS_CHANGE_AT) {
      changeContracts(ledger, next, emit);
      ledger = next;
    }
    for (const change of market.changes) if (change.step === step) applyChange(change, emit);
    for (const { sessionId, rows } of step === 0 ? sales : []) {
      const data = { sessionId, part: { index: 0, of: 1 }, rows };
      emit(`session-${sessionId}`, { type: 'ResultPublished', data });
    }
    for (const index of market.settledAt[step]!) {
      const { sessionId } = sales[index]!;
      const last = stateOf(sessionId).settlements.at(-1);
      if (last && !last.rows.some(isUnsettled)) continue;
      const rows = await settled(market, sales, index, rules, step);
      if (last && canonicalJson(last.rows.map(withoutSalt)) === canonicalJson(rows)) continue;
      const correction = last ? last.correction + 1 : 0;
      const salted = rows.map((row, place) => ({ ...row, salt: `${place}`.padStart(32, '0') }));
      const facts = { sessionId, correction, inputDigest: '', rowsRoot: '', rows: salted };
      handle(sessionId, { kind: 'recordSettlement', ...facts });
      await awardAll();
      if (book.waitsFor(sessionId) === undefined) {
        handle(sessionId, { kind: 'publishSettlement', sessionId });
      }
    }
    await awardAll();
    for (const wallet of market.claimsAt[step]!) await ledger.claim(wallet);
  }
  return log;
}

function changeContracts(before: Ledger, after: Ledger, emit: Emit): void {
  const data = {
    former: { tokenContract: before.tokenContract },
    next: { tokenContract: { address: after.tokenContract } },
  };
  emit('certification', { type: 'ContractsChanged', data });
  emit('certification', {
    type: 'CertifierStarted',
    data: { tokenContract: after.tokenContract },
  });
}

type Emit = (streamId: string, event: Pick<SmallEvent, 'type' | 'data'>) => void;

function soldIn(market: RandomMarket): { rules: RulePack; sales: SessionSales[] } {
  const baseline = { ...platone.baseline, method: market.method };
  const rules = { ...(market.isGraded ? graded : platone), baseline };
  const sales = sessionsDelivering(market.day, rules)
    .slice(0, LAST_SESSION + 1)
    .map(({ sessionId, period }, session): SessionSales => {
      const rows = market.sales.filter((sale) => sale.session === session).map(outcomeRow);
      return { sessionId, ...period, rows };
    });
  return { rules, sales };
}

function outcomeRow(sale: RandomMarket['sales'][number], index: number): OutcomeRow {
  const { pod, product, direction, firstMtu, acceptedW, price } = sale;
  return {
    offerId: `offer${index}`,
    requestId: 'R',
    podId: PODS[pod]!,
    requester: 'DSO',
    aggregatorId: aggregatorOf(pod),
    product,
    direction,
    firstMtu,
    acceptedW,
    priceMicroEurPerKwh: acceptedW.map((_, mtu) => Math.floor(price / (mtu + 1))),
  };
}

const aggregatorOf = (pod: number): string => AGGREGATORS[pod % AGGREGATORS.length]!;

function signAll({ agreed }: RandomMarket, emit: Emit): void {
  for (const [pod, podId] of PODS.entries()) {
    const data = { podId, wallet: WALLETS[pod % 3]! };
    emit(`pod-${podId}`, { type: 'PodRegistered', data });
    const terms = agreed[pod];
    if (terms) agree(pod, terms, emit);
  }
}

function agree(pod: number, [share, penaltyShare]: readonly [number, number], emit: Emit): void {
  const podId = PODS[pod]!;
  const terms: AgreementTerms = {
    podId,
    aggregatorId: aggregatorOf(pod),
    customerSharePerMille: share,
    customerPenaltySharePerMille: penaltyShare,
    aggregatorWallet: WALLETS[3 + (pod % AGGREGATORS.length)]!,
  };
  emit(`agreement-${podId}`, { type: 'AgreementProposed', data: terms });
  emit(`agreement-${podId}`, { type: 'AgreementAccepted', data: { podId } });
}

function applyChange(
  { pod, kind, terms, wallet }: RandomMarket['changes'][number],
  emit: Emit,
): void {
  const podId = PODS[pod]!;
  if (kind === 'terms') return agree(pod, terms, emit);
  if (kind === 'left') {
    emit(`agreement-${podId}`, { type: 'AgreementEnded', data: { podId, reason: 'moved' } });
    emit(`pod-${podId}`, { type: 'PodUnregistered', data: { podId } });
    return;
  }
  emit(`pod-${podId}`, { type: 'PodDetailsChanged', data: { podId, wallet: WALLETS[wallet]! } });
}

interface Reading {
  readonly watts: number;
  readonly var: number;
}

/** What meters have said by a step: most in time, some later, some never. */
function readingsBy(step: number, seed: number, startMs: number): ReadonlyMap<string, Reading> {
  const random = seededRandom(seed, 'readings');
  const known = new Map<string, Reading>();
  for (const podId of PODS) {
    for (let mtu = 0; mtu < METERED_MTUS; mtu += 1) {
      const watts = drawInteger(random, -1_000, 5_000);
      const reading = { watts, var: drawInteger(random, -2_000, 2_000) };
      const comes = Math.max(0, drawInteger(random, -3, STEPS));
      if (comes <= step) known.set(`${podId}/${startMs + mtu * MTU_MS}`, reading);
    }
  }
  return known;
}

/** The rows of a session as meters have them known at a step. */
async function settled(
  { day, nominated, seed }: RandomMarket,
  sales: readonly SessionSales[],
  index: number,
  rules: RulePack,
  step: number,
) {
  const { startMs, mtuCount } = deliveryDay(day, rules.timeZone);
  const known = readingsBy(step, seed, startMs);
  const measured =
    (quantity: 'watts' | 'var'): MeteringSource['measuredW'] =>
    async (podIds, fromMs, count) => {
      const at = (podId: string, mtu: number): number | null =>
        known.get(`${podId}/${fromMs + mtu * MTU_MS}`)?.[quantity] ?? null;
      const mtus = Array.from({ length: count }, (_, mtu) => mtu);
      return new Map(podIds.map((podId) => [podId, mtus.map((mtu) => at(podId, mtu))]));
    };
  const source: MeteringSource = {
    baselinesOf: async () =>
      new Map(
        PODS.flatMap((podId, pod) => {
          const watts = nominated[pod] ?? null;
          return watts === null ? [] : [[podId, new Array<number>(mtuCount).fill(watts)] as const];
        }),
      ),
    measuredW: measured('watts'),
    measuredVar: measured('var'),
    activatedOn: async () => new Map(),
  };
  const { sessionId, rows, ...period } = sales[index]!;
  const { podIds, reactivePodIds } = podsSold(rows);
  const session = { deliveryDay: day, ...period, gateClosesMs: 0, reactivePodIds };
  const metering = await gatherMetering(source, podIds, session, rules);
  return settleSession(sessionId, day, sales, metering, rules).rows;
}

/** Leaf of the event with which a settlement of the log is complete, hex. */
function leafIn(
  log: readonly SmallEvent[],
  { sessionId, correction }: Pick<DueAward, 'sessionId' | 'correction'>,
): string {
  const settled = storedRowsOf(sha256, log).findLast(({ type, data }) => {
    if (type !== 'SettlementComputed') return false;
    const of = JSON.parse(data) as { sessionId: string; correction: number };
    return of.sessionId === sessionId && of.correction === correction;
  })!;
  return toHex(leafHash(sha256, fromHex(settled.hash)));
}
