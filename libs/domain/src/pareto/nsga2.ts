/**
 * NSGA-II (K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic
 * algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6(2), 2002) over rankings of
 * offers. Randomness comes in as an argument, so that a seed decides the outcome.
 */

/**
 * What merit order is to prefer, an exchange rate of price against reliability and offers before all
 * others; and what is decided that it cannot decide.
 */
export interface Ranking {
  /** Index of the exchange rate. */
  readonly rate: number;
  /** 1 for an offer that comes before the others. */
  readonly preferred: Uint8Array;
  /** A decision for each locus. */
  readonly decided: Float64Array;
}

/** What a ranking may hold. */
export interface Genome {
  /** Exchange rates there are. */
  readonly rateCount: number;
  /** A decision at random. */
  readonly draw: (locus: number, random: () => number) => number;
}

/** Values to be minimised, and how far a rule is missed that comes before them (0: it is kept). */
export interface Rated {
  readonly objectives: readonly number[];
  readonly shortfall: number;
}

/** A ranking, its decisions as far as they fitted, with what came of it. */
export interface Individual extends Rated {
  readonly ranking: Ranking;
  /** 1 for an offer of which something is accepted. */
  readonly accepted: Uint8Array;
}

/** How long to search: both whole numbers, the population at least 2. */
export interface SearchEffort {
  readonly populationSize: number;
  readonly generations: number;
}

/** The two-stage comparison of the binary tournament: the front (0 is the best), then the room around. */
export interface Placed {
  readonly individual: Individual;
  readonly front: number;
  readonly crowding: number;
}

/** Chances of the paper's experiments; each offer's own chance of mutation is 1 in their number. */
const CROSSOVER_CHANCE = 0.9;
const RATE_MUTATION_CHANCE = 0.1;

/** Constrained domination (section VI of the paper): the smaller shortfall, then Pareto. */
export function dominates(a: Rated, b: Rated): boolean {
  if (a.shortfall !== b.shortfall) return a.shortfall < b.shortfall;
  const isNoWorse = a.objectives.every((value, k) => value <= b.objectives[k]!);
  return isNoWorse && a.objectives.some((value, k) => value < b.objectives[k]!);
}

/** Fast non-dominated sort: indexes by front, the best front first. */
export function nonDominatedFronts(rated: readonly Rated[]): number[][] {
  const dominated = rated.map((): number[] => []);
  const dominators = new Int32Array(rated.length);
  rated.forEach((a, i) => {
    rated.forEach((b, j) => {
      if (!dominates(a, b)) return;
      dominated[i]!.push(j);
      dominators[j]! += 1;
    });
  });
  const fronts: number[][] = [];
  let front = [...rated.keys()].filter((index) => dominators[index] === 0);
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const index of front) {
      for (const below of dominated[index]!) {
        dominators[below]! -= 1;
        if (dominators[below] === 0) next.push(below);
      }
    }
    front = next;
  }
  return fronts;
}

/** Crowding distance of each member of one front; the ends of every objective have infinite room. */
export function crowdingDistances(front: readonly Rated[]): Float64Array {
  const distances = new Float64Array(front.length);
  for (let k = 0; k < (front[0]?.objectives.length ?? 0); k += 1) {
    const valueOf = (index: number): number => front[index]!.objectives[k]!;
    const order = [...front.keys()].sort((a, b) => valueOf(a) - valueOf(b) || a - b);
    const last = order.length - 1;
    const range = valueOf(order[last]!) - valueOf(order[0]!);
    distances[order[0]!] = Infinity;
    distances[order[last]!] = Infinity;
    if (range === 0) continue;
    for (let at = 1; at < last; at += 1) {
      distances[order[at]!]! += (valueOf(order[at + 1]!) - valueOf(order[at - 1]!)) / range;
    }
  }
  return distances;
}

/**
 * Evolves a population; pauses after each ranking that it has evaluated, so that who runs it may do
 * something else between.
 *
 * @param seeds the first rankings; random ones fill up the population
 * @param evaluate what comes of a ranking; the same for the same ranking
 * @param random uniform in [0, 1)
 * @returns the first front of the last population, each combination of objectives once
 */
export function* evolve(
  seeds: readonly Ranking[],
  evaluate: (ranking: Ranking) => Individual,
  genome: Genome,
  { populationSize, generations }: SearchEffort,
  random: () => number,
): Generator<void, Individual[]> {
  const { preferred: offers, decided: loci } = seeds[0]!;
  const individuals: Individual[] = [];
  for (const seed of seeds) {
    individuals.push(evaluate(seed));
    yield;
  }
  while (individuals.length < populationSize) {
    const preferred = offers.map(() => (random() < 0.5 ? 1 : 0));
    const rate = Math.floor(random() * genome.rateCount);
    const decided = loci.map((_, locus) => genome.draw(locus, random));
    individuals.push(evaluate({ rate, preferred, decided }));
    yield;
  }
  let population = survivors(individuals, populationSize);
  for (let generation = 0; generation < generations; generation += 1) {
    const children: Individual[] = [];
    while (children.length < populationSize) {
      const parents = [tournament(population, random), tournament(population, random)] as const;
      children.push(evaluate(mutated(crossed(...parents, random), genome, random)));
      yield;
    }
    const parents = population.map(({ individual }) => individual);
    population = survivors([...parents, ...children], populationSize);
  }
  return population.filter(({ front }) => front === 0).map(({ individual }) => individual);
}

/** The best by front, then by room. Of those with equal objectives one stays, so that they do not crowd out others. */
function survivors(individuals: readonly Individual[], count: number): Placed[] {
  const distinct = [
    ...new Map(
      individuals.map((individual) => [
        [individual.shortfall, ...individual.objectives].join(),
        individual,
      ]),
    ).values(),
  ];
  return nonDominatedFronts(distinct)
    .flatMap((indexes, front) => {
      const members = indexes.map((index) => distinct[index]!);
      const distances = crowdingDistances(members);
      return members
        .map((individual, at): Placed => ({ individual, front, crowding: distances[at]! }))
        .sort(byPlace);
    })
    .slice(0, count);
}

/** Negative when `a` is the better placed. */
function byPlace(a: Placed, b: Placed): number {
  if (a.front !== b.front) return a.front - b.front;
  return a.crowding === b.crowding ? 0 : b.crowding - a.crowding;
}

function tournament(population: readonly Placed[], random: () => number): Individual {
  const draw = (): Placed => population[Math.floor(random() * population.length)]!;
  const [first, second] = [draw(), draw()];
  return (byPlace(first, second) <= 0 ? first : second).individual;
}

/** Uniform crossover of what the parents accepted, which says more than what they preferred. */
function crossed(mother: Individual, father: Individual, random: () => number): Ranking {
  if (random() >= CROSSOVER_CHANCE) {
    return { ...mother.ranking, preferred: mother.accepted };
  }
  const oneOf = (): Individual => (random() < 0.5 ? mother : father);
  return {
    rate: oneOf().ranking.rate,
    preferred: mother.accepted.map((_, offer) => oneOf().accepted[offer]!),
    decided: mother.ranking.decided.map((_, locus) => oneOf().ranking.decided[locus]!),
  };
}

function mutated(
  { rate, preferred, decided }: Ranking,
  genome: Genome,
  random: () => number,
): Ranking {
  const chance = 1 / preferred.length;
  const decisionChance = 1 / decided.length;
  return {
    rate: random() < RATE_MUTATION_CHANCE ? Math.floor(random() * genome.rateCount) : rate,
    preferred: preferred.map((isPreferred) => (random() < chance ? 1 - isPreferred : isPreferred)),
    decided: decided.map((gene, locus) =>
      random() < decisionChance ? genome.draw(locus, random) : gene,
    ),
  };
}
