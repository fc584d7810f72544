import { MARKET_COUNT, type ClearingColumns } from '../clearing/columns';

/**
 * Rankings of offers by price and unreliability, and which of them differ. At exchange rate r an
 * offer ranks by `price + r x (1000 - reliability)`: 0 is price, reliability among equals; `Infinity`
 * is reliability, price among equals. The order changes only where two offers change places.
 */

/** With more exchange rates than this between the ends, every so many of them count. */
const INNER_RATES = 24;
/** With more offers than this, every so many of them are compared. */
const COMPARED_OFFERS = 200;

/** Rates with different orders of the offers: 0, one between any two places where the order changes, and infinity. */
export function exchangeRates(columns: ClearingColumns): number[] {
  const turns = [...turningPoints(columns)].sort((a, b) => a - b);
  const between = turns.slice(1).map((turn, index) => (turns[index]! + turn) / 2);
  const count = Math.min(between.length, INNER_RATES);
  const inner = Array.from(
    { length: count },
    (_, index) => between[Math.floor(((index + 0.5) * between.length) / count)]!,
  );
  return [0, ...inner, Infinity];
}

/** Rates at which two offers of one market rank equal in some MTU. */
function turningPoints(columns: ClearingColumns): Set<number> {
  const { mtus, offerCount, offerMarket, offerReliability, quantityW } = columns;
  const turns = new Set<number>();
  const step = Math.ceil(offerCount / COMPARED_OFFERS);
  for (let mtu = 0; mtu < mtus; mtu += 1) {
    const base = mtu * offerCount;
    const markets = Array.from({ length: MARKET_COUNT }, (): number[] => []);
    for (let offer = 0; offer < offerCount; offer += step) {
      if (quantityW[base + offer]! > 0) markets[offerMarket[offer]!]!.push(offer);
    }
    for (const offers of markets) {
      for (const a of offers) {
        for (const b of offers) {
          const dearer = priceOf(columns, mtu, b) - priceOf(columns, mtu, a);
          const better = offerReliability[b]! - offerReliability[a]!;
          if (dearer > 0 && better > 0) turns.add(dearer / better);
        }
      }
    }
  }
  return turns;
}

/** `[mtu * offerCount + offer]`: an offer's place in its MTU at a rate, the same for equal price and reliability. */
export function ranksAt(columns: ClearingColumns, rate: number): Uint32Array {
  const { mtus, offerCount, offerReliability } = columns;
  const ranks = new Uint32Array(mtus * offerCount);
  const offers = Uint32Array.from({ length: offerCount }, (_, offer) => offer);
  for (let mtu = 0; mtu < mtus; mtu += 1) {
    const compare = (a: number, b: number): number => {
      const price = priceOf(columns, mtu, a) - priceOf(columns, mtu, b);
      const unreliability = offerReliability[b]! - offerReliability[a]!;
      if (rate === Infinity) return unreliability || price;
      return price + rate * unreliability || price || unreliability;
    };
    offers.sort((a, b) => compare(a, b) || a - b);
    let rank = 0;
    offers.forEach((offer, place) => {
      if (place > 0 && compare(offers[place - 1]!, offer) !== 0) rank = place;
      ranks[mtu * offerCount + offer] = rank;
    });
  }
  return ranks;
}

function priceOf(columns: ClearingColumns, mtu: number, offer: number): number {
  return columns.priceMicroEurPerKwh[mtu * columns.offerCount + offer]!;
}
