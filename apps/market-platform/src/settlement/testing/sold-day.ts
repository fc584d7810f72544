/**
 * A delivery day that is sold already, for tests of its settlement: a real log with contracts and
 * published sessions, meters that speak when the test says so, and a token ledger that keeps the
 * rules of `FlexToken.sol` and refuses what breaks them.
 */
import path from 'node:path';
import {
  type AgreementEvent,
  type CalendarEntry,
  type MarketSessionEvent,
  type MeteringSource,
  type OutcomeRow,
  type PodEvent,
  type RulePack,
  agreementStream,
  deliveryDay,
  podStream,
  sessionStream,
  sessionsDelivering,
  MTU_MS,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { type Clock, type VirtualClock, isoFromMs } from '@flexledger/runtime';
import { createMarketSessions } from '../../sessions/market-sessions';
import { createRulesOfLog } from '../../sessions/rules-of-log';
import { adoptRules, append } from '../../testing/append';
import { createAwardsOfLog } from '../../wallets/awards-of-log';
import type { TokenLedger } from '../../wallets/token-ledger';
import { createSettlementProcess } from '../settlement-process';

export const DAY = '2026-03-17';
export const PODS = ['IT002E60000001', 'IT002E60000002'];
const RULES_DIGEST = 'the pack of the test';
/** 1 EUR for each kW of one MTU. */
const PRICE = 4_000_000;

/** A row sold up, price 1 EUR for each kW of one MTU. */
export function sold(podId: string, firstMtu: number, acceptedW: readonly number[]): OutcomeRow {
  return {
    offerId: `${podId}-P-up`,
    requestId: 'R1',
    podId,
    aggregatorId: 'AGG1',
    requester: 'DSO',
    product: 'P',
    direction: 'up',
    firstMtu,
    acceptedW,
    priceMicroEurPerKwh: acceptedW.map(() => PRICE),
  };
}

/** Sessions of the day: 0 is day-ahead, then the real-time windows. */
export function sessionOf(rules: RulePack, index: number): CalendarEntry {
  return sessionsDelivering(DAY, rules)[index]!;
}

/** Meters whose quarter-hours are known from an instant on. */
export function createMeters(clock: Clock, baselineW: number, rules: RulePack) {
  const known = new Map<string, { readonly watts: number; readonly fromMs: number }>();
  const source: MeteringSource = {
    baselinesOf: async (podIds, day) => {
      const { mtuCount } = deliveryDay(day, rules.timeZone);
      return new Map(podIds.map((podId) => [podId, new Array<number>(mtuCount).fill(baselineW)]));
    },
    measuredW: async (podIds, startMs, mtuCount) => {
      const at = (podId: string, mtu: number): number | null => {
        const entry = known.get(`${podId}/${startMs + mtu * MTU_MS}`);
        return entry && entry.fromMs <= clock.nowMs() ? entry.watts : null;
      };
      const mtus = Array.from({ length: mtuCount }, (_, mtu) => mtu);
      return new Map(podIds.map((podId) => [podId, mtus.map((mtu) => at(podId, mtu))]));
    },
    activatedOn: async () => new Map(),
  };
  return {
    source,
    /** Says what was measured in an MTU of a session; at once, or from an instant on. */
    measure(session: CalendarEntry, podId: string, mtu: number, watts: number, fromMs = 0): void {
      known.set(`${podId}/${session.period.startMs + mtu * MTU_MS}`, { watts, fromMs });
    },
  };
}

/** What `FlexToken` would hold. */
export function createLedger() {
  const awards = new Map<string, number>();
  let leaves: ReadonlyMap<string, number> = new Map();
  let supplyMicroEur = 0;
  let isSilent = false;
  const ledger: TokenLedger = {
    address: `0x${'70'.repeat(20)}`,
    async award({ sessionId, correction, amountMicroEur, cumulative }) {
      if (isSilent) throw new Error('the chain is silent');
      const key = `${sessionId}/${correction}`;
      const blockNumber = awards.size + 1;
      const proof = { distributionRoot: `0x${key}`, txHash: `0x${key}`, blockNumber };
      if (awards.has(key)) return proof;
      if (amountMicroEur < 0) throw new Error(`${key} mints ${amountMicroEur}`);
      for (const [wallet, before] of leaves) {
        if ((cumulative.get(wallet) ?? 0) < before) throw new Error(`${wallet} shrinks in ${key}`);
      }
      supplyMicroEur += amountMicroEur;
      const claimable = [...cumulative.values()].reduce((sum, microEur) => sum + microEur, 0);
      if (claimable !== supplyMicroEur) throw new Error(`${key}: ${claimable} can be claimed`);
      awards.set(key, amountMicroEur);
      leaves = cumulative;
      return proof;
    },
  };
  return {
    ledger,
    awards,
    supplyMicroEur: () => supplyMicroEur,
    setSilent: (silent: boolean) => void (isSilent = silent),
  };
}

/**
 * Adopts the pack, and registers the PoDs and their agreements: the customer has 70 % and bears half of
 * penalties.
 */
export async function signContracts(
  store: EventStore,
  clock: Clock,
  rulePack: RulePack,
): Promise<void> {
  await adoptRules(store, clock, { digest: RULES_DIGEST, rulePack });
  for (const [index, podId] of PODS.entries()) {
    const registered: PodEvent = {
      type: 'PodRegistered',
      data: {
        podId,
        aggregatorId: 'AGG1',
        customerKind: 'household',
        contractedPowerW: 3_000,
        annualEnergyKwh: 2_000,
        pvPeakW: 0,
        wallet: `0x${`c${index}`.repeat(20)}`,
      },
    };
    const agreed: AgreementEvent[] = [
      {
        type: 'AgreementProposed',
        data: {
          podId,
          aggregatorId: 'AGG1',
          customerSharePerMille: 700,
          customerPenaltySharePerMille: 500,
          aggregatorWallet: `0x${'a1'.repeat(20)}`,
        },
      },
      { type: 'AgreementAccepted', data: { podId } },
    ];
    await append(store, clock, podStream(podId), [registered]);
    await append(store, clock, agreementStream(podId), agreed);
  }
}

/** Puts a session into the log as it is when its result has been published. */
export async function publishSold(
  store: EventStore,
  clock: Clock,
  entry: CalendarEntry,
  rows: readonly OutcomeRow[],
): Promise<void> {
  const { sessionId, kind, period } = entry;
  const part = { index: 0, of: 1 };
  const round = 0;
  const outcomeId = `${sessionId}/0`;
  const facts = { algorithm: 'test', version: '1', parameters: {}, inputDigest: '', gap: null };
  const events: MarketSessionEvent[] = [
    {
      type: 'SessionScheduled',
      data: {
        sessionId,
        kind,
        deliveryDay: DAY,
        deliveryStart: isoFromMs(period.startMs),
        mtuCount: period.mtuCount,
        gateOpensAt: isoFromMs(entry.gateOpensMs),
        gateClosesAt: isoFromMs(entry.gateClosesMs),
        resultDueAt: isoFromMs(entry.resultDueMs),
        rulePackDigest: RULES_DIGEST,
        registerPosition: 0,
      },
    },
    { type: 'MarketCleared', data: { sessionId, round, part, ...facts, rows, requests: [] } },
    {
      type: 'OutcomeValidated',
      data: { sessionId, outcomeId, round, part, validatedBy: 'DSO', exceptions: [] },
    },
    { type: 'ResultPublished', data: { sessionId, part, rows } },
  ];
  await append(store, clock, sessionStream(sessionId), events);
}

/**
 * One life of the market over the log in a folder.
 *
 * @param appendsLeft how often the settlement may write before its power is gone
 */
export async function openSettlement(
  folder: string,
  clock: VirtualClock,
  { metering, tokens }: { readonly metering: MeteringSource; readonly tokens: TokenLedger },
  appendsLeft = Infinity,
) {
  const log = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  const store = dying(log, appendsLeft);
  const register = {
    lookUp: () => Promise.reject(new Error('settlement asks nothing of the register')),
  };
  const rulesOf = createRulesOfLog(store);
  const sessions = createMarketSessions({ store, clock, register, rulesOf });
  const problems: string[] = [];
  const process = createSettlementProcess({
    store,
    sessions,
    rulesOf,
    metering,
    tokens,
    clock,
    timers: clock,
    awards: createAwardsOfLog(store),
    saltKey: '5a'.repeat(32),
    onError: (sessionId, error) => problems.push(`${sessionId}: ${(error as Error).message}`),
  });
  return { store, sessions, process, problems, resume: () => process.processor.begin() };
}

/** The log, until it has been written so many times. */
function dying(log: EventStore, appendsLeft: number): EventStore {
  let left = appendsLeft;
  return {
    append: async (...args) => {
      if (left === 0) throw new Error('the power is gone');
      left -= 1;
      return log.append(...args);
    },
    readStream: (...args) => log.readStream(...args),
    readAll: (...args) => log.readAll(...args),
    subscribe: (...args) => log.subscribe(...args),
    head: () => log.head(),
    close: () => log.close(),
  };
}
