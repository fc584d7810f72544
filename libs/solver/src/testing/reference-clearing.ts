import type {
  ClearingInstance,
  ClearingOffer,
  ClearingRequest,
  LimitByMtu,
  MilpModel,
} from '@flexledger/domain';

/**
 * The market rules written down as plainly as possible, offer by offer and request by request, as
 * an independent yardstick: no classes, no parts, no merit order. Objectives: DSO served, TSO
 * served, weighted cost, unreliability, place in the log; each minimised (served quantities negated).
 */
export function referenceModel(
  instance: ClearingInstance,
  weights: { readonly costWeight: number; readonly reliabilityWeight: number },
): MilpModel {
  const draft = new Draft();
  const usage = new Map<string, [number, number][]>();
  const note = (key: string, column: number, factor = 1): void => {
    const terms = usage.get(key) ?? [];
    terms.push([column, factor]);
    usage.set(key, terms);
  };
  instance.offers.forEach((offer, place) => {
    for (let mtu = 0; mtu < instance.mtus; mtu += 1) {
      const accepted = draft.column(Infinity, false);
      note(`accepted ${place} ${mtu}`, accepted);
      note(`pod ${offer.pod} ${offer.product} ${offer.direction} ${mtu}`, accepted);
      const price = priceOf(offer, mtu);
      const parts: [number, number][] = [[accepted, -1]];
      instance.requests.forEach((request, index) => {
        if (!canServe(offer, request, price)) return;
        const isDso = request.requester === 'DSO' ? 1 : 0;
        const unreliability = 1000 - offer.reliability;
        const rank = weights.costWeight * price + weights.reliabilityWeight * unreliability;
        const objectives = [-isDso, isDso - 1, rank, unreliability, place];
        const part = draft.column(Infinity, false, objectives);
        parts.push([part, 1]);
        note(`request ${index} ${mtu}`, part);
      });
      draft.row(0, 0, parts);
    }
    limitOffer(instance, draft, offer, (mtu) => usage.get(`accepted ${place} ${mtu}`)![0]![0]);
  });
  instance.requests.forEach((request, index) => {
    request.quantityW.forEach((watts, mtu) => {
      draft.row(-Infinity, watts, usage.get(`request ${index} ${mtu}`) ?? []);
    });
  });
  limitPods(instance, draft, usage);
  return draft.freeze();
}

function priceOf(offer: ClearingOffer, mtu: number): number {
  return offer.kind === 'block' ? offer.priceMicroEurPerKwh : offer.priceMicroEurPerKwh[mtu]!;
}

function canServe(offer: ClearingOffer, request: ClearingRequest, price: number): boolean {
  const inScope = request.pods?.includes(offer.pod) ?? request.pom === offer.pom;
  const isSameMarket = request.product === offer.product && request.direction === offer.direction;
  return inScope && isSameMarket && price <= (request.priceCapMicroEurPerKwh ?? Infinity);
}

function limitOffer(
  instance: ClearingInstance,
  draft: Draft,
  offer: ClearingOffer,
  accepted: (mtu: number) => number,
): void {
  const mtus = Array.from({ length: instance.mtus }, (_, mtu) => mtu);
  if (offer.kind === 'single') {
    for (const mtu of mtus) {
      const quantityW = offer.quantityW[mtu]!;
      const on = draft.column(1, true);
      draft.row(-Infinity, 0, [
        [accepted(mtu), 1],
        [on, -quantityW],
      ]);
      const least = offer.divisible ? offer.minQuantityW : Math.max(quantityW, offer.minQuantityW);
      draft.row(0, Infinity, [
        [accepted(mtu), 1],
        [on, -least],
      ]);
    }
    return;
  }
  const [first, last] = offer.window;
  const runs = mtus
    .filter((start) => start >= first && start + offer.durationMtus - 1 <= last)
    .map((start) => {
      const on = draft.column(1, true);
      const level = draft.column(Infinity, true);
      draft.row(-Infinity, 0, [
        [level, 1],
        [on, -offer.quantityW],
      ]);
      const least = offer.divisible
        ? offer.minQuantityW
        : Math.max(offer.quantityW, offer.minQuantityW);
      draft.row(0, Infinity, [
        [level, 1],
        [on, -least],
      ]);
      return { start, on, level };
    });
  draft.row(
    -Infinity,
    1,
    runs.map(({ on }) => [on, 1]),
  );
  for (const mtu of mtus) {
    const covering = runs.filter(({ start }) => start <= mtu && mtu < start + offer.durationMtus);
    draft.row(0, 0, [
      [accepted(mtu), -1],
      ...covering.map(({ level }): [number, number] => [level, 1]),
    ]);
  }
}

function limitPods(
  instance: ClearingInstance,
  draft: Draft,
  usage: ReadonlyMap<string, [number, number][]>,
): void {
  for (const [pod, limit] of instance.podLimits) {
    const { upW, downW, upVar, downVar } = limit;
    // Without limits for reactive power, both products count together.
    const isShared = upVar === undefined && downVar === undefined;
    const markets: [string[], LimitByMtu, LimitByMtu][] = isShared
      ? [[['P', 'Q'], upW, downW]]
      : [
          [['P'], upW, downW],
          [['Q'], upVar ?? upW, downVar ?? downW],
        ];
    for (const [products, up, down] of markets) {
      for (let mtu = 0; mtu < instance.mtus; mtu += 1) {
        const isUp = draft.column(1, true);
        const [upLimit, downLimit] = [up, down].map((limitW) =>
          typeof limitW === 'number' ? limitW : limitW[mtu]!,
        ) as [number, number];
        const used = (direction: string): [number, number][] =>
          products.flatMap(
            (product) => usage.get(`pod ${pod} ${product} ${direction} ${mtu}`) ?? [],
          );
        draft.row(-Infinity, 0, [...used('up'), [isUp, -upLimit]]);
        draft.row(-Infinity, downLimit, [...used('down'), [isUp, downLimit]]);
      }
    }
  }
}

class Draft {
  private readonly upper: number[] = [];
  private readonly isInteger: number[] = [];
  private readonly objectives: number[][] = [[], [], [], [], []];
  private readonly rows: { lower: number; upper: number; terms: [number, number][] }[] = [];

  column(upper: number, isInteger: boolean, objectives: readonly number[] = []): number {
    this.upper.push(upper);
    this.isInteger.push(isInteger ? 1 : 0);
    this.objectives.forEach((coefficients, k) => coefficients.push(objectives[k] ?? 0));
    return this.upper.length - 1;
  }

  row(lower: number, upper: number, terms: [number, number][]): void {
    this.rows.push({ lower, upper, terms });
  }

  freeze(): MilpModel {
    const starts = [0];
    for (const { terms } of this.rows) starts.push(starts.at(-1)! + terms.length);
    return {
      columnLower: new Float64Array(this.upper.length),
      columnUpper: Float64Array.from(this.upper),
      isInteger: Uint8Array.from(this.isInteger),
      rowLower: Float64Array.from(this.rows, ({ lower }) => lower),
      rowUpper: Float64Array.from(this.rows, ({ upper }) => upper),
      rowStart: Int32Array.from(starts),
      rowColumn: Int32Array.from(this.rows.flatMap(({ terms }) => terms.map(([column]) => column))),
      rowValue: Float64Array.from(
        this.rows.flatMap(({ terms }) => terms.map(([, value]) => value)),
      ),
      objectives: this.objectives.map((coefficients) => Float64Array.from(coefficients)),
      start: { columns: new Int32Array(0), values: new Float64Array(0) },
      limits: { timeLimitSeconds: 60, nodeLimit: null },
    };
  }
}
