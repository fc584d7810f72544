/** NSGA-II on order books whose exact front is known: ours beside that of pymoo, with as many evaluations. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type ClearingInstance,
  DEFAULT_CLEARING_PARAMETERS,
  clearMarket,
  columnsFromInstance,
  mulberry32,
  paretoFront,
  parseClearingInstance,
} from '@flexledger/domain';
import { repositoryRoot } from '@flexledger/service-kit';
import { loadHighsSolver } from '@flexledger/solver';
import type { BenchWish } from '../bench';
import { installedPython, runPython } from '../python-peer';

/** One program on one order book of offers that are sold whole. */
export interface ParetoBench {
  readonly offers: number;
  readonly program: string;
  /** Null where the program could not be had; `skipped` says why. */
  readonly seconds: number | null;
  readonly points: number | null;
  /** Points of the exact front. */
  readonly exactPoints: number;
  /** What the points dominate, of what the exact front does (hypervolume), per mille. */
  readonly dominatedPerMille: number | null;
  readonly skipped?: string;
}

type Point = readonly [cost: number, unreliability: number];

const SIZES = [12, 20];
const EFFORT = { populationSize: 60, generations: 60 };
const SEED = 1;
const QUANTITY_W = 100;
const RUN_LIMIT_MS = 240_000;

/** Searches the fronts of drawn order books. @param folder where the peer is installed, once */
export async function benchPareto(
  onResult: (result: ParetoBench) => void,
  _wish: BenchWish = {},
  folder = path.join(tmpdir(), 'flexledger-bench-pymoo'),
): Promise<{ readonly results: readonly ParetoBench[] }> {
  const results: ParetoBench[] = [];
  const tell = (result: ParetoBench): void => {
    results.push(result);
    onResult(result);
  };
  for (const offers of SIZES) {
    const book = drawnBook(offers);
    const exact = exactFront(book);
    const judged = (program: string, seconds: number, points: readonly Point[]): ParetoBench => ({
      offers,
      program,
      seconds,
      points: points.length,
      exactPoints: exact.length,
      dominatedPerMille: (1000 * dominatedArea(points, book)) / dominatedArea(exact, book),
    });
    tell(await oursOf(book, judged));
    try {
      const python = await installedPython(folder, { pymoo: 'pymoo' });
      const script = path.join(repositoryRoot(), 'apps/bench/src/pareto/peer.py');
      const input = JSON.stringify({ ...book, ...EFFORT, seed: SEED });
      const answer = JSON.parse(await runPython(python, [script], RUN_LIMIT_MS, input)) as {
        readonly version: string;
        readonly seconds: number;
        readonly points: readonly Point[];
      };
      tell(judged(`pymoo ${answer.version}`, answer.seconds, answer.points));
    } catch (error) {
      const nothing = { seconds: null, points: null, dominatedPerMille: null };
      const skipped = (error as Error).message;
      tell({ offers, program: 'pymoo', ...nothing, exactPoints: exact.length, skipped });
    }
  }
  return { results };
}

/** Offers of one size, each sold whole, of which so many are to be chosen. */
interface Book {
  readonly cost: readonly number[];
  readonly unreliability: readonly number[];
  readonly chosen: number;
}

function drawnBook(offers: number): Book {
  const draw = mulberry32(offers);
  const drawn = (): number[] => Array.from({ length: offers }, () => 1 + Math.floor(draw() * 900));
  return { cost: drawn(), unreliability: drawn(), chosen: Math.floor(offers / 2) };
}

function instanceOf({ cost, unreliability, chosen }: Book): ClearingInstance {
  const active = { product: 'P', direction: 'up' };
  const limit = { upW: QUANTITY_W, downW: 0 };
  return parseClearingInstance({
    mtus: 1,
    podLimits: Object.fromEntries(cost.map((_, pod) => [`POD${pod}`, limit])),
    requests: [
      { id: 'r', requester: 'DSO', pom: 'POM', ...active, quantityW: [QUANTITY_W * chosen] },
    ],
    offers: cost.map((price, pod) => ({
      ...{ id: `o${pod}`, pod: `POD${pod}`, pom: 'POM', aggregator: 'A', kind: 'single' },
      ...{ ...active, divisible: false, minQuantityW: 0 },
      reliability: 1000 - unreliability[pod]!,
      quantityW: [QUANTITY_W],
      priceMicroEurPerKwh: [price],
    })),
  });
}

async function oursOf(
  book: Book,
  judged: (program: string, seconds: number, points: readonly Point[]) => ParetoBench,
): Promise<ParetoBench> {
  const columns = columnsFromInstance(instanceOf(book));
  const solver = await loadHighsSolver();
  const startedMs = performance.now();
  const optimum = await clearMarket(columns, DEFAULT_CLEARING_PARAMETERS, solver);
  const points = paretoFront(columns, optimum.allocation, {
    random: mulberry32(SEED),
    objectives: ['cost', 'unreliability'],
    effort: EFFORT,
  });
  const seconds = (performance.now() - startedMs) / 1e3;
  const told = points.map(({ costWMtuPrice, unreliabilityWMtu }): Point => [
    Number(costWMtuPrice) / QUANTITY_W,
    unreliabilityWMtu / QUANTITY_W,
  ]);
  return judged('flexledger', seconds, told);
}

/** The whole front, by trying every choice. */
function exactFront({ cost, unreliability, chosen }: Book): Point[] {
  const points = new Map<number, number>();
  const pick = (from: number, left: number, price: number, risk: number): void => {
    if (left === 0) {
      points.set(price, Math.min(risk, points.get(price) ?? Infinity));
      return;
    }
    for (let at = from; at <= cost.length - left; at += 1) {
      pick(at + 1, left - 1, price + cost[at]!, risk + unreliability[at]!);
    }
  };
  pick(0, chosen, 0, 0);
  let least = Infinity;
  return [...points]
    .sort(([a], [b]) => a - b)
    .filter(([, risk]) => {
      const isBetter = risk < least;
      least = Math.min(least, risk);
      return isBetter;
    });
}

/** The area that points dominate, below the cost and the unreliability of all offers together. */
function dominatedArea(points: readonly Point[], book: Book): number {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const [mostCost, mostRisk] = [sum(book.cost), sum(book.unreliability)];
  let ceiling = mostRisk;
  let area = 0;
  for (const [price, risk] of [...points].sort((a, b) => a[0] - b[0])) {
    if (risk >= ceiling) continue;
    area += (mostCost - price) * (ceiling - risk);
    ceiling = risk;
  }
  return area;
}
