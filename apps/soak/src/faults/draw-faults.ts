import { type Random, drawInteger, drawOne, seededRandom } from '@flexledger/runtime';
import type { Fault, FaultKind } from './fault';

/** What faults can be about. */
export interface DrawnFrom {
  readonly seed: number;
  readonly processes: readonly string[];
  readonly pods: number;
  /** When they begin. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Instants at which much happens: gates, results, settlements. Every second fault begins just before one. */
  readonly busyMs: readonly number[];
}

const MINUTE_MS = 60_000;
const FAULTS_MOST = 24;

/** How often each kind comes, against the others. */
const WEIGHTS: readonly (readonly [FaultKind, number])[] = [
  ['crash', 30],
  ['powerCut', 5],
  ['failedWrite', 12],
  ['fullDisk', 4],
  ['pause', 6],
  ['clockStep', 4],
  ['chainOutage', 4],
  ['lostReceipt', 5],
  ['reorganisation', 3],
  ['call', 12],
  ['messages', 5],
  ['silentNode', 5],
  ['lateValidator', 3],
  ['hostileBid', 6],
  ['hostilePacket', 6],
];

/** Places at which a crash tells most: between an effect and the word of it. */
const CRASH_POINTS = [
  'store/append',
  'store/appended',
  'chain/award',
  'chain/award/done',
  'chain/anchor/done',
  'chain/certify/done',
  'state/saveCheckpoint',
  'state/saveCheckpoint/done',
  'views/commit',
  'mqtt/publish',
  'processor/market/clearing/handling',
  'processor/market/clearing/handled',
  'processor/market/settlement/handled',
  'processor/dso/validation/handling',
  'processor/dso/validation/handled',
  'processor/dso/setpoint-carrying/handled',
];

/** Faults of a seed, by time. */
export function drawFaults(from: DrawnFrom): Fault[] {
  const random = seededRandom(from.seed, 'faults');
  const count = drawInteger(random, 1, FAULTS_MOST);
  const faults = Array.from({ length: count }, () => drawFault(from, random));
  return faults.sort((one, other) => one.atMs - other.atMs);
}

function drawFault(from: DrawnFrom, random: Random): Fault {
  const atMs = drawMoment(from, random);
  const process = drawOne(random, from.processes);
  const lastsMs = drawInteger(random, 1, 90) * MINUTE_MS;
  const kind = drawKind(random);
  switch (kind) {
    case 'crash': {
      const isNamed = drawInteger(random, 0, 1) === 0;
      const point = isNamed ? drawOne(random, CRASH_POINTS) : null;
      const count = drawInteger(random, 1, isNamed ? 3 : 60);
      return { kind, atMs, process, point, count, downMs: drawDown(random) };
    }
    case 'powerCut':
      return { kind, atMs, count: drawInteger(random, 1, 60), downMs: drawDown(random) };
    case 'failedWrite': {
      const isWritten = drawInteger(random, 0, 1) === 1;
      return { kind, atMs, isWritten, count: drawInteger(random, 1, 10) };
    }
    case 'pause':
      return { kind, atMs, process, lastsMs };
    case 'clockStep': {
      // Within what an audit takes for a clock that is set; beyond it, it says so.
      const stepMs = drawInteger(random, -45, 45) * 1_000;
      return { kind, atMs, process, stepMs, lastsMs };
    }
    case 'fullDisk':
    case 'chainOutage':
    case 'lateValidator':
      return { kind, atMs, lastsMs };
    case 'lostReceipt':
    case 'reorganisation':
      return { kind, atMs, count: drawInteger(random, 1, 3) };
    case 'call': {
      const what = drawOne(random, ['lost', 'answerLost', 'twice', 'late'] as const);
      return { kind, atMs, what, count: drawInteger(random, 1, 10) };
    }
    case 'messages':
      return { kind, atMs, what: drawOne(random, ['twice', 'late', 'lost'] as const), lastsMs };
    case 'silentNode':
      return { kind, atMs, pod: drawInteger(random, 0, from.pods - 1), lastsMs: lastsMs * 4 };
    case 'hostileBid':
      return { kind, atMs, variant: drawInteger(random, 0, 2 ** 16) };
    case 'hostilePacket': {
      const pod = drawInteger(random, 0, from.pods - 1);
      return { kind, atMs, pod, variant: drawInteger(random, 0, 2 ** 16) };
    }
  }
}

function drawMoment({ fromMs, untilMs, busyMs }: DrawnFrom, random: Random): number {
  const isBusy = drawInteger(random, 0, 1) === 0;
  const any = drawInteger(random, fromMs, untilMs);
  const busy = drawOne(random, busyMs) - drawInteger(random, 0, 3) * MINUTE_MS;
  return isBusy ? Math.min(Math.max(busy, fromMs), untilMs) : any;
}

/** A service manager starts it again at once, or somebody has to come. */
function drawDown(random: Random): number {
  return drawInteger(random, 0, 3) === 0
    ? drawInteger(random, 10, 180) * MINUTE_MS
    : drawInteger(random, 1, 60) * 1_000;
}

function drawKind(random: Random): FaultKind {
  let left = drawInteger(
    random,
    1,
    WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [kind, weight] of WEIGHTS) {
    left -= weight;
    if (left <= 0) return kind;
  }
  return 'crash';
}
