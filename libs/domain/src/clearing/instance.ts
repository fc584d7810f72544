import { DomainError, type Violation } from '../log/decider';
import type { Direction, Product, Requester } from '../units/units';

/**
 * A clearing problem as people and files write it: strings for ids, one array per offer. The
 * position of an offer in `offers` is its place in the log, the last tie-break (DESIGN 8); the
 * position of a request decides between requests of the same scope and requester.
 */

/** One limit for every MTU, or one for each. */
export type LimitByMtu = number | readonly number[];

/**
 * The most a PoD may be accepted for in one MTU, all its offers of one direction together. With
 * `upVar` or `downVar`, reactive power is bounded by itself (where one is absent, by the number of
 * active power) and has a direction of its own; without, the offers of both products count together.
 */
export interface PodLimit {
  readonly upW: LimitByMtu;
  readonly downW: LimitByMtu;
  readonly upVar?: LimitByMtu;
  readonly downVar?: LimitByMtu;
}

/** What an SO asks for: W (var for product Q) per MTU, in a list of PoDs or under a PoM. */
export interface ClearingRequest {
  readonly id: string;
  readonly requester: Requester;
  readonly product: Product;
  readonly direction: Direction;
  /** The scope: exactly one of `pods` and `pom`. */
  readonly pods?: readonly string[];
  readonly pom?: string;
  readonly quantityW: readonly number[];
  /** Offers priced above it cannot serve this request; null is no cap. */
  readonly priceCapMicroEurPerKwh: number | null;
}

interface ClearingOfferBase {
  readonly id: string;
  readonly pod: string;
  readonly pom: string;
  readonly aggregator: string;
  readonly product: Product;
  readonly direction: Direction;
  /** Per mille, higher is better; 500 where nothing is known. */
  readonly reliability: number;
}

/** Whole numbers below 2^31, one for each MTU; in 32 bits where there are many. */
export type MtuSeries = readonly number[] | Int32Array;

/** A quantity and a price for each MTU. */
export interface SingleClearingOffer extends ClearingOfferBase {
  readonly kind: 'single';
  /** False: all or nothing, each MTU by itself. */
  readonly divisible: boolean;
  readonly quantityW: MtuSeries;
  readonly priceMicroEurPerKwh: MtuSeries;
  /** Accepted is 0, or at least this; 0 is no minimum. */
  readonly minQuantityW: number;
}

/** One quantity over `durationMtus` consecutive MTUs, all of them inside `window`; the market picks the start. */
export interface BlockClearingOffer extends ClearingOfferBase {
  readonly kind: 'block';
  /** False: the whole quantity or nothing. True: one level for the whole block, up to the quantity. */
  readonly divisible: boolean;
  readonly quantityW: number;
  readonly priceMicroEurPerKwh: number;
  readonly durationMtus: number;
  /** First and last MTU the block may cover, both included. */
  readonly window: readonly [number, number];
  readonly minQuantityW: number;
  /** The most energy the block may carry; null is no limit. */
  readonly energyLimitWh: number | null;
}

export type ClearingOffer = SingleClearingOffer | BlockClearingOffer;

export interface ClearingInstance {
  readonly mtus: number;
  readonly podLimits: ReadonlyMap<string, PodLimit>;
  readonly requests: readonly ClearingRequest[];
  readonly offers: readonly ClearingOffer[];
}

/** Quantities and prices live in 32-bit columns. */
export const LARGEST_QUANTITY_W = 2 ** 31 - 1;
export const LARGEST_PRICE_MICRO_EUR_PER_KWH = 2 ** 31 - 1;
const LARGEST_MTU_COUNT = 65_535;
const VIOLATIONS_TOLD = 100;

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads the JSON form of a clearing problem (the form of `clearing-instances/README.md`, plus the
 * optional fields `reliability`, `energyLimitWh`, `upVar`, `downVar`). Unknown fields of the document
 * itself are left alone (`expected`); in a request, an offer or a limit they are refused, since a
 * misspelt optional field would silently change the outcome. Every offer's PoD must stand in
 * `podLimits` and hang under one PoM; a request may name PoDs that offer nothing. A limit is a number,
 * or a list of one number for each MTU.
 *
 * @throws DomainError `bad-clearing-instance` listing each wrong field
 */
export function parseClearingInstance(json: unknown): ClearingInstance {
  const reader = new FieldReader();
  const document = reader.row(json, 'instance');
  const mtus = reader.integer(document['mtus'], 'mtus', 1, LARGEST_MTU_COUNT);
  const podLimits = readPodLimits(reader, document['podLimits'], mtus);
  const requests = reader
    .list(document['requests'], 'requests')
    .map((row, index) => readRequest(reader, row, `requests[${index}]`, mtus));
  const offers = reader
    .list(document['offers'], 'offers')
    .map((row, index) => readOffer(reader, row, `offers[${index}]`, mtus));
  checkReferences(reader, podLimits, requests, offers);
  if (reader.violations.length > 0) {
    const told = reader.violations.slice(0, VIOLATIONS_TOLD);
    const first = told[0]!;
    throw new DomainError(
      'bad-clearing-instance',
      `${first.field} ${first.reason} (${reader.violations.length} wrong in all); correct the file and clear again`,
      told,
    );
  }
  return { mtus, podLimits, requests, offers };
}

/** Reads typed fields and remembers what was wrong, so that one pass tells all of it. */
class FieldReader {
  readonly violations: Violation[] = [];

  wrong(field: string, reason: string): void {
    this.violations.push({ field, reason });
  }

  row(value: unknown, field: string): Row {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
    this.wrong(field, 'must be an object');
    return {};
  }

  known(row: Row, field: string, names: readonly string[]): void {
    for (const name of Object.keys(row)) {
      if (!names.includes(name)) this.wrong(`${field}.${name}`, 'is not a known field');
    }
  }

  list(value: unknown, field: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.wrong(field, 'must be a list');
    return [];
  }

  text(value: unknown, field: string): string {
    if (typeof value === 'string' && value !== '') return value;
    this.wrong(field, 'must be a text that is not empty');
    return '';
  }

  oneOf<Choice extends string>(value: unknown, field: string, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.wrong(field, `must be ${choices.join(' or ')}`);
    return found ?? choices[0]!;
  }

  bool(value: unknown, field: string): boolean {
    if (typeof value !== 'boolean') this.wrong(field, 'must be true or false');
    return value === true;
  }

  integer(value: unknown, field: string, least: number, most: number): number {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
      return (value as number) + 0; // -0 becomes 0
    }
    this.wrong(field, `must be a whole number from ${least} to ${most}`);
    return least;
  }

  integers(value: unknown, field: string, count: number, most: number): readonly number[] {
    const items = this.list(value, field);
    if (Array.isArray(value) && items.length !== count) {
      this.wrong(field, `must have ${count} values, one for each MTU, and has ${items.length}`);
    }
    return items.map((item, index) => this.integer(item, `${field}[${index}]`, 0, most));
  }
}

function readPodLimits(reader: FieldReader, json: unknown, mtus: number): Map<string, PodLimit> {
  const limits = new Map<string, PodLimit>();
  for (const [pod, value] of Object.entries(reader.row(json, 'podLimits'))) {
    const field = `podLimits.${pod}`;
    const row = reader.row(value, field);
    reader.known(row, field, ['upW', 'downW', 'upVar', 'downVar']);
    const bound = (name: string): LimitByMtu =>
      Array.isArray(row[name])
        ? reader.integers(row[name], `${field}.${name}`, mtus, LARGEST_QUANTITY_W)
        : reader.integer(row[name], `${field}.${name}`, 0, LARGEST_QUANTITY_W);
    limits.set(pod, {
      upW: bound('upW'),
      downW: bound('downW'),
      ...(row['upVar'] === undefined ? {} : { upVar: bound('upVar') }),
      ...(row['downVar'] === undefined ? {} : { downVar: bound('downVar') }),
    });
  }
  return limits;
}

const REQUEST_FIELDS = [
  ...['id', 'requester', 'product', 'direction', 'pods', 'pom', 'quantityW'],
  'priceCapMicroEurPerKwh',
];

function readRequest(
  reader: FieldReader,
  json: unknown,
  field: string,
  mtus: number,
): ClearingRequest {
  const row = reader.row(json, field);
  reader.known(row, field, REQUEST_FIELDS);
  const cap = row['priceCapMicroEurPerKwh'] ?? null;
  return {
    id: reader.text(row['id'], `${field}.id`),
    requester: reader.oneOf(row['requester'], `${field}.requester`, ['DSO', 'TSO']),
    product: reader.oneOf(row['product'], `${field}.product`, ['P', 'Q']),
    direction: reader.oneOf(row['direction'], `${field}.direction`, ['up', 'down']),
    ...readScope(reader, row, field),
    quantityW: reader.integers(row['quantityW'], `${field}.quantityW`, mtus, LARGEST_QUANTITY_W),
    priceCapMicroEurPerKwh:
      cap === null
        ? null
        : reader.integer(
            cap,
            `${field}.priceCapMicroEurPerKwh`,
            0,
            LARGEST_PRICE_MICRO_EUR_PER_KWH,
          ),
  };
}

function readScope(
  reader: FieldReader,
  row: Row,
  field: string,
): { pods: string[] } | { pom: string } {
  const pods = row['pods'] ?? null;
  const pom = row['pom'] ?? null;
  if ((pods === null) === (pom === null)) {
    reader.wrong(`${field}.pods`, 'or pom must be given, exactly one of them');
  }
  if (pods === null) return { pom: pom === null ? '' : reader.text(pom, `${field}.pom`) };
  return {
    pods: reader
      .list(pods, `${field}.pods`)
      .map((pod, i) => reader.text(pod, `${field}.pods[${i}]`)),
  };
}

const OFFER_FIELDS = [
  ...['id', 'pod', 'pom', 'aggregator', 'product', 'direction', 'kind', 'divisible', 'quantityW'],
  ...['priceMicroEurPerKwh', 'minQuantityW', 'reliability'],
];
const BLOCK_FIELDS = [...OFFER_FIELDS, 'durationMtus', 'window', 'energyLimitWh'];

function readOffer(reader: FieldReader, json: unknown, field: string, mtus: number): ClearingOffer {
  const row = reader.row(json, field);
  const kind = reader.oneOf(row['kind'], `${field}.kind`, ['single', 'block']);
  reader.known(row, field, kind === 'block' ? BLOCK_FIELDS : OFFER_FIELDS);
  const base = {
    id: reader.text(row['id'], `${field}.id`),
    pod: reader.text(row['pod'], `${field}.pod`),
    pom: reader.text(row['pom'], `${field}.pom`),
    aggregator:
      row['aggregator'] === undefined ? '' : reader.text(row['aggregator'], `${field}.aggregator`),
    product: reader.oneOf(row['product'], `${field}.product`, ['P', 'Q']),
    direction: reader.oneOf(row['direction'], `${field}.direction`, ['up', 'down']),
    reliability: reader.integer(row['reliability'] ?? 500, `${field}.reliability`, 0, 1000),
    divisible:
      kind === 'block' && row['divisible'] === undefined
        ? false
        : reader.bool(row['divisible'], `${field}.divisible`),
    minQuantityW: reader.integer(
      row['minQuantityW'] ?? 0,
      `${field}.minQuantityW`,
      0,
      LARGEST_QUANTITY_W,
    ),
  };
  if (kind === 'block') return { ...base, kind, ...readBlock(reader, row, field, mtus) };
  const quantityW = reader.integers(
    row['quantityW'],
    `${field}.quantityW`,
    mtus,
    LARGEST_QUANTITY_W,
  );
  const priceMicroEurPerKwh = reader.integers(
    row['priceMicroEurPerKwh'],
    `${field}.priceMicroEurPerKwh`,
    mtus,
    LARGEST_PRICE_MICRO_EUR_PER_KWH,
  );
  return { ...base, kind, quantityW, priceMicroEurPerKwh };
}

function readBlock(
  reader: FieldReader,
  row: Row,
  field: string,
  mtus: number,
): Pick<
  BlockClearingOffer,
  'quantityW' | 'priceMicroEurPerKwh' | 'durationMtus' | 'window' | 'energyLimitWh'
> {
  const window = reader.list(row['window'], `${field}.window`);
  if (window.length !== 2) reader.wrong(`${field}.window`, 'must be [first, last]');
  const first = reader.integer(window[0], `${field}.window[0]`, 0, mtus - 1);
  const last = reader.integer(window[1], `${field}.window[1]`, first, mtus - 1);
  const limit = row['energyLimitWh'] ?? null;
  return {
    quantityW: reader.integer(row['quantityW'], `${field}.quantityW`, 0, LARGEST_QUANTITY_W),
    priceMicroEurPerKwh: reader.integer(
      row['priceMicroEurPerKwh'],
      `${field}.priceMicroEurPerKwh`,
      0,
      LARGEST_PRICE_MICRO_EUR_PER_KWH,
    ),
    durationMtus: reader.integer(row['durationMtus'], `${field}.durationMtus`, 1, last - first + 1),
    window: [first, last],
    energyLimitWh:
      limit === null
        ? null
        : reader.integer(limit, `${field}.energyLimitWh`, 0, Number.MAX_SAFE_INTEGER),
  };
}

function checkReferences(
  reader: FieldReader,
  podLimits: ReadonlyMap<string, PodLimit>,
  requests: readonly ClearingRequest[],
  offers: readonly ClearingOffer[],
): void {
  const pomOfPod = new Map<string, string>();
  const unique = (kind: string, rows: readonly { id: string }[]): void => {
    const seen = new Set<string>();
    rows.forEach((row, index) => {
      if (seen.has(row.id)) reader.wrong(`${kind}[${index}].id`, `repeats ${row.id}`);
      seen.add(row.id);
    });
  };
  unique('requests', requests);
  unique('offers', offers);
  offers.forEach((offer, index) => {
    if (!podLimits.has(offer.pod)) {
      reader.wrong(`offers[${index}].pod`, `${offer.pod} has no entry in podLimits`);
    }
    const pom = pomOfPod.get(offer.pod) ?? offer.pom;
    pomOfPod.set(offer.pod, pom);
    if (pom !== offer.pom) {
      reader.wrong(`offers[${index}].pom`, `differs from ${pom}, where ${offer.pod} hangs already`);
    }
  });
}
