/** What the worker does, each a job. */
import {
  type Bundle,
  type BundleTrust,
  auditBundle,
  auditTlogProof,
  compareReplay,
  readBundle,
  readSessionRecord,
  replaySession,
} from '@flexledger/audit';
import {
  type Allocation,
  type ClearingColumns,
  checkAllocation,
  clearingParameters,
  clearMarket,
  columnsFromInstance,
  mulberry32,
  paretoFront,
  sessionInput,
} from '@flexledger/domain';
import { isTlogProof, parseTlogProof } from '@flexledger/merkle-log';
import { browserTools } from './audit-tools';
import type { Answer, Job, Rival } from './jobs';
import { readerOf, recordedOf } from './recorded';
import { sessionBundle, withChangedByte } from './session-bundle';
import { readTrust } from './trust';

type Of<Kind extends Job['kind']> = Extract<Job, { readonly kind: Kind }>;

/** Far above a session of a small market; what is larger is for the command line. */
const BYTES_AT_MOST = 200_000_000;
const NO_CHAIN = 'the chain is asked by the page, not with the bundle';
/** The same front for everybody who looks. */
const SEED = 1;
/** `costWMtuPrice` by this is micro-euro. */
const PER_MICRO_EUR = 4_000;

export async function makeAndAudit(job: Of<'session'>): Promise<Answer> {
  const events = job.events.map(recordedOf);
  const bundle = await sessionBundle(job.sessionId, events, job.log);
  return reaudit(bundle, job.trust, false);
}

export async function reaudit(
  bundle: Bundle,
  trust: BundleTrust,
  isChanged: boolean,
): Promise<Answer> {
  const begunMs = performance.now();
  const looked = isChanged ? withChangedByte(bundle) : bundle;
  const report = await auditBundle(looked, { trust, chain: NO_CHAIN }, browserTools);
  return {
    kind: 'audited',
    of: bundle.of,
    events: bundle.events.length,
    report,
    bundle,
    tookMs: performance.now() - begunMs,
  };
}

/** @throws Error saying what is wrong with the files */
export async function auditFile(
  file: File,
  trustFile: File | undefined,
  keys: BundleTrust | undefined,
): Promise<Answer> {
  if (file.size > BYTES_AT_MOST) {
    throw new Error(
      `${file.name} has more than ${BYTES_AT_MOST / 1_000_000} MB; check it by "flexledger audit --bundle FILE".`,
    );
  }
  const trust = trustFile ? await trustOf(trustFile) : keys;
  if (!trust) {
    throw new Error('This browser has met no log yet, so choose the trust file to go by as well.');
  }
  const text = await file.text();
  try {
    if (!isTlogProof(text)) return await reaudit(readBundle(JSON.parse(text)), trust, false);
    const begunMs = performance.now();
    const basis = { trust, chain: NO_CHAIN };
    const report = await auditTlogProof(parseTlogProof(text), basis, browserTools);
    const tookMs = performance.now() - begunMs;
    return { kind: 'audited', of: undefined, events: 1, report, bundle: undefined, tookMs };
  } catch (error) {
    throw new Error(`${file.name} is no bundle that can be used: ${(error as Error).message}.`);
  }
}

async function trustOf(file: File): Promise<BundleTrust> {
  try {
    return readTrust(await file.text());
  } catch (error) {
    throw new Error(`${file.name} is no trust file that can be used: ${(error as Error).message}.`);
  }
}

/** What the session would have come to under other rules. */
export async function replayUnder({ sessionId, events, rules }: Of<'replay'>): Promise<Answer> {
  const begunMs = performance.now();
  const record = await readSessionRecord(readerOf(events.map(recordedOf)), sessionId);
  const comparison = compareReplay(record, await replaySession(record, rules, browserTools));
  return { kind: 'replayed', comparison, tookMs: performance.now() - begunMs };
}

/** The front of the order book as the gate left it, and where the market's own choice lies. */
export async function rivalsOf({ sessionId, events }: Of<'rivals'>): Promise<Answer> {
  const begunMs = performance.now();
  const record = await readSessionRecord(readerOf(events.map(recordedOf)), sessionId);
  const columns = columnsFromInstance(sessionInput(record.closed, record.dayAhead));
  const chosen = await clearMarket(
    columns,
    clearingParameters(record.rules),
    await browserTools.loadSolver(),
  );
  const points = paretoFront(columns, chosen.allocation, {
    random: mulberry32(SEED),
  }).map(({ allocation, podsActivated }) => rivalOf(columns, allocation, podsActivated));
  const pods = podsIn(columns, chosen.allocation);
  return {
    kind: 'rivals',
    points,
    chosen: rivalOf(columns, chosen.allocation, pods),
    tookMs: performance.now() - begunMs,
  };
}

function rivalOf(columns: ClearingColumns, allocation: Allocation, podsActivated: number): Rival {
  const { totals } = checkAllocation(columns, allocation);
  const servedWMtu = Number(totals.dsoServedWMtu) + Number(totals.tsoServedWMtu);
  return {
    costMicroEur: Number(totals.costWMtuPrice) / PER_MICRO_EUR,
    reliabilityPerMille: servedWMtu === 0 ? null : Number(totals.reliabilityWMtu) / servedWMtu,
    podsActivated,
    servedWMtu,
  };
}

function podsIn({ offerPod }: ClearingColumns, allocation: Allocation): number {
  return new Set(allocation.flatMap(({ offer }) => [...offer].map((one) => offerPod[one]!))).size;
}
