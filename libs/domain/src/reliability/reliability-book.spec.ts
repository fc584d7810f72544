/** How reliable providers are: by what was settled, halved with time, fair to beginners, the same for all who fold the log. */
import fc from 'fast-check';
import { addDays } from '../time/delivery-day';
import type { SettlementRow } from '../settlement/events';
import {
  type ReliabilityBook,
  type ReliabilityEvent,
  createReliabilityBook,
} from './reliability-book';

const DAY = '2026-03-17';
const gateOn = (day: string): string => `${day}T10:00:00.000Z`;

type Delivery = readonly [podId: string, acceptedW: number, deliveredW: number];

const rowOf = ([podId, accepted, delivered]: Delivery): SettlementRow => ({
  offerId: podId,
  requestId: 'R',
  podId,
  aggregatorId: podId.split('-')[0]!,
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 0,
  acceptedW: [accepted],
  priceMicroEurPerKwh: [1],
  baselineW: [0],
  measuredW: [0],
  deliveredW: [delivered],
  paidMicroEur: [0],
  penaltyMicroEur: [0],
});

const scheduled = (sessionId: string, deliveryDay: string): ReliabilityEvent =>
  ({
    type: 'SessionScheduled',
    data: { sessionId, deliveryDay, gateOpensAt: gateOn(addDays(deliveryDay, -1)) },
  }) as ReliabilityEvent;
const opened = (sessionId: string): ReliabilityEvent => ({
  type: 'SessionOpened',
  data: { sessionId },
});
const whole = { index: 0, of: 1 } as const;
function settled(
  sessionId: string,
  correction: number,
  ...deliveries: Delivery[]
): ReliabilityEvent[] {
  const rows = deliveries.map(rowOf);
  return [
    {
      type: 'SettlementComputed',
      data: { sessionId, correction, part: whole, inputDigest: '', rows },
    },
    {
      type: 'SettlementPublished',
      data: {
        sessionId,
        correction,
        rows: rows.length,
        unmeasuredMtus: 0,
        acceptedWMtu: 0,
        deliveredWMtu: 0,
        netMicroEur: 0,
      },
    },
  ];
}

function bookOf(...events: ReliabilityEvent[]): ReliabilityBook {
  const book = createReliabilityBook();
  for (const event of events) book.take(event);
  return book;
}

/** As it stands for a gate that opens so many days after the delivery. */
const indexAfter = (book: ReliabilityBook, days: number, podId: string): number | undefined =>
  book.indicesAt(gateOn(addDays(DAY, days))).indexOf(podId.split('-')[0]!, podId);

it('knows nothing of who has sold nothing', () => {
  expect(indexAfter(bookOf(), 2, 'A-1')).toBeUndefined();
});

it.each([
  ['nothing was delivered: (0 + 500 x 4000) / 8000, and the PoD from there', 0, 125],
  ['half', 2_000, 500],
  ['all', 4_000, 875],
])('begins at 500 and goes by 1 kWh sold of which %s', (_, delivered, index) => {
  const book = bookOf(scheduled('s', DAY), ...settled('s', 0, ['A-1', 4_000, delivered]));
  expect(indexAfter(book, 2, 'A-1')).toBe(index);
});

it('begins a new PoD with what its aggregator has shown, and one of another with nothing', () => {
  const book = bookOf(scheduled('s', DAY), ...settled('s', 0, ['A-1', 12_000, 12_000]));
  expect(indexAfter(book, 2, 'A-2')).toBe(875);
  expect(indexAfter(book, 2, 'A-1')).toBe(968);
  expect(indexAfter(book, 2, 'B-1')).toBeUndefined();
});

it('goes by deliveries of two days before a gate opens, not by later ones', () => {
  const book = bookOf(scheduled('s', DAY), ...settled('s', 0, ['A-1', 4_000, 0]));
  expect(indexAfter(book, 1, 'A-1')).toBeUndefined();
  expect(indexAfter(book, 2, 'A-1')).toBe(125);
});

it('takes a correction in the place of what it corrects, also of what is counted already', () => {
  const first = [scheduled('s', DAY), ...settled('s', 0, ['A-1', 4_000, 0])];
  const correction = settled('s', 1, ['A-1', 4_000, 4_000]);
  expect(indexAfter(bookOf(...first, ...correction), 2, 'A-1')).toBe(875);
  const counted = bookOf(...first);
  expect(indexAfter(counted, 2, 'A-1')).toBe(125);
  for (const event of correction) counted.take(event);
  expect(indexAfter(counted, 3, 'A-1')).toBe(875);
});

it('forgets: half of it at each turn of thirty days, all of it in the end', () => {
  const book = bookOf(scheduled('s', DAY), ...settled('s', 0, ['A-1', 4_000, 0]));
  const indices = [2, 62, 122, 2_000].map((days) => indexAfter(book, days, 'A-1'));
  expect(indices[0]).toBe(125);
  expect(indices[1]!).toBeGreaterThan(125);
  expect(indices[2]!).toBeGreaterThan(indices[1]!);
  expect(indices[3]).toBeUndefined();
});

it('keeps what a session goes by from its opening to its result, whatever is settled meanwhile', () => {
  const later = addDays(DAY, 3);
  const book = bookOf(
    scheduled('s', DAY),
    scheduled('t', later),
    ...settled('s', 0, ['A-1', 4_000, 0]),
  );
  expect(book.indicesOf('t')).toBeUndefined();
  book.take(opened('t'));
  for (const event of settled('s', 1, ['A-1', 4_000, 4_000])) book.take(event);
  expect(book.indicesOf('t')!.indexOf('A', 'A-1')).toBe(125);
  expect(indexAfter(book, 3, 'A-1')).toBe(875);
  book.take({ type: 'ResultPublished', data: { sessionId: 't', part: whole, rows: [] } });
  expect(book.indicesOf('t')).toBeUndefined();
});

it('is moved by no question: only an opening decides what is counted, in the order of the log', () => {
  const events = (days: number): ReliabilityEvent[] => [
    scheduled('t', addDays(DAY, days)),
    opened('t'),
  ];
  const first = [scheduled('s', DAY), ...settled('s', 0, ['A-1', 4_000, 0])];
  const asked = bookOf(...first);
  expect(indexAfter(asked, 400, 'A-1')).toBeUndefined();
  expect(indexAfter(asked, 2, 'A-1')).toBe(125);
  const [one, other] = [asked, bookOf(...first)];
  for (const event of events(3)) {
    one.take(event);
    other.take(event);
  }
  expect(one.indicesOf('t')!.indexOf('A', 'A-1')).toBe(125);
  expect(other.indicesOf('t')!.indexOf('A', 'A-1')).toBe(125);
});

it('is between 0 and 1000, and never worse for having delivered more', () => {
  const sold = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(sold, sold), { minLength: 1, maxLength: 6 }), (deliveries) => {
      const indexWith = (more: number): number => {
        const rows = deliveries.map(([accepted, delivered]): Delivery => [
          'A-1',
          accepted,
          Math.min(accepted, delivered + more),
        ]);
        const book = bookOf(scheduled('s', DAY), ...settled('s', 0, ...rows));
        return indexAfter(book, 2, 'A-1')!;
      };
      const index = indexWith(0);
      expect(index).toBeGreaterThanOrEqual(0);
      expect(index).toBeLessThanOrEqual(1_000);
      expect(indexWith(1_000)).toBeGreaterThanOrEqual(index);
    }),
  );
});
