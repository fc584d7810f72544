/**
 * What is larger than one append comes in parts that count together with the last. A writer cut off
 * between two parts repeats its command, and goes on where the stream ends.
 */
import fc from 'fast-check';
import {
  answer,
  bid,
  clear,
  closed,
  cleared,
  offer,
  opened,
  result,
  row,
  scheduled,
  sent,
  validated,
} from '../testing/session-story';
import type { MarketSessionCommand } from './commands';
import { marketSessionDecider } from './decider';
import type { FlexibilityOffer, MarketSessionEvent, OutcomeRow } from './events';
import { inParts, remainingParts, sameJson } from './parts';
import { type MarketSessionState, type ScheduledSession, standingOffers } from './state';

const APPEND_LIMIT_BYTES = 1_024 * 1_024;
const { decide, evolve, initialState } = marketSessionDecider;
const after = (...events: readonly MarketSessionEvent[]): MarketSessionState =>
  events.reduce(evolve, initialState);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('rows in parts', () => {
  const someRows = fc.array(
    fc.record({ id: fc.nat(), text: fc.string({ unit: 'grapheme', maxLength: 20 }) }),
    { maxLength: 20 },
  );
  /** Rows of some 100 kB, so that a few make a part. */
  const large = (rows: readonly { id: number; text: string }[]) =>
    rows.map((one) => ({ ...one, padding: `${one.text}${'x'.repeat(100_000)}` }));

  it('are all there, in order, none empty, each below one append', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const parts = inParts(large(rows));
        expect(parts.flatMap((part) => part.rows)).toEqual(large(rows));
        expect(parts.map(({ part }) => part)).toEqual(
          parts.map((_, index) => ({ index, of: parts.length })),
        );
        for (const part of parts) {
          expect(part.rows.length > 0 || parts.length === 1).toBe(true);
          expect(bytes(part)).toBeLessThan(APPEND_LIMIT_BYTES);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('are measured in bytes: characters of several bytes make smaller parts', () => {
    const rows = Array.from({ length: 20 }, () => '電'.repeat(50_000));
    for (const part of inParts(rows)) expect(bytes(part)).toBeLessThan(APPEND_LIMIT_BYTES);
  });

  it('go on after those that stand, whenever the writer was cut off', () => {
    fc.assert(
      fc.property(someRows, fc.nat(20), (rows, cutAfter) => {
        const parts = inParts(large(rows));
        fc.pre(cutAfter < parts.length);
        const standing = parts.slice(0, cutAfter).flatMap((part) => part.rows);
        expect(remainingParts(large(rows), standing)).toEqual(parts.slice(cutAfter));
      }),
      { numRuns: 20 },
    );
  });

  it('begin anew where other rows stand', () => {
    const rows = Array.from({ length: 12 }, (_, id) => ({ id, text: 'x'.repeat(100_000) }));
    const [first] = inParts(rows);
    const others = first!.rows.with(2, { id: 99, text: '' });
    expect(remainingParts(rows, others)).toEqual(inParts(rows));
    expect(remainingParts(rows, rows.slice(0, 1))).toEqual(inParts(rows));
    expect(remainingParts(rows.slice(0, 2), rows.slice(0, 5))).toEqual(inParts(rows.slice(0, 2)));
  });
});

describe('equal as JSON', () => {
  it('is what has the same canonical form', () => {
    const shuffled = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_, member: unknown) =>
        typeof member === 'object' && member !== null && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).reverse())
          : member,
      );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(sameJson(shuffled(one), JSON.parse(JSON.stringify(one)))).toBe(true);
        expect(sameJson(one, other)).toBe(sameJson(other, one));
      }),
    );
    expect(sameJson([], {})).toBe(false);
    expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameJson({ a: [1, { b: null }] }, { a: [1, { b: 0 }] })).toBe(false);
  });
});

describe('a bid larger than a part', () => {
  const open = [scheduled, opened];
  const day = Array.from({ length: 4 }, () => 1_000_000);
  const offers: FlexibilityOffer[] = Array.from({ length: 6_000 }, (_, index) =>
    offer({ offerId: `offer-${String(index).padStart(60, '0')}`, priceMicroEurPerKwh: day }),
  );
  const events = decide(bid({ offers }), after(...open));
  const book = (past: readonly MarketSessionEvent[]): number =>
    standingOffers(after(...open, ...past) as ScheduledSession).length;

  it('comes in several events, each below one append', () => {
    expect(events.length).toBeGreaterThan(2);
    for (const event of events) expect(bytes(event)).toBeLessThan(APPEND_LIMIT_BYTES);
  });

  it('counts with its last part and not before', () => {
    expect(book(events.slice(0, -1))).toBe(0);
    expect(book(events)).toBe(6_000);
  });

  it('cut off between parts and repeated goes on, and ends as if never cut off', () => {
    const whole = after(...open, ...events);
    events.forEach((_, cutAfter) => {
      const standing = after(...open, ...events.slice(0, cutAfter));
      const rest = decide(bid({ offers }), standing);
      expect(rest).toEqual(events.slice(cutAfter));
      expect(rest.reduce(evolve, standing)).toEqual(whole);
    });
    expect(decide(bid({ offers }), whole)).toEqual([]);
  });

  it('cut off and sent with other rows is refused; the beginning never counts', () => {
    const begun = after(...open, events[0]!);
    const others = [offer({ offerId: 'new' }), ...offers];
    expect(() => decide(bid({ offers: others }), begun)).toThrow('own');
    const renamed = decide(bid({ bidId: 'bid2', offers: others }), begun);
    expect(book([events[0]!, ...renamed])).toBe(6_001);
  });

  it('names every refused row, though their list alone is larger than a part', () => {
    const bad = Array.from({ length: 20_000 }, () => ({}) as FlexibilityOffer);
    const parts = decide(bid({ offers: [...bad, offer()] }), after(...open));
    expect(parts.length).toBeGreaterThan(1);
    const refused = parts.flatMap((event) =>
      event.type === 'FlexibilityOffered' ? event.data.refused : [],
    );
    expect(refused.map(({ index }) => index)).toEqual(bad.map((_, index) => index));
    for (const part of parts) expect(bytes(part)).toBeLessThan(APPEND_LIMIT_BYTES);
    expect(book(parts)).toBe(1);
  });
});

describe('a round larger than a part', () => {
  const rows: OutcomeRow[] = Array.from({ length: 5_000 }, (_, index) =>
    row({ offerId: `offer-${String(index).padStart(60, '0')}` }),
  );
  const results = Array.from({ length: 3_000 }, (_, index) => ({
    ...result,
    requestId: `request-${String(index).padStart(60, '0')}`,
  }));
  const closedGate = [scheduled, opened, closed(3_000, 5_000)];
  const exceptions = rows.map((_, index) => ({
    index,
    status: 'partial' as const,
    permittedW: [100, 100, 100, 100],
    violatedElement: 'a line with a rather long name, as grid models have them'.repeat(3),
  }));
  const clearedWhole = [...closedGate, cleared(0, { rows, requests: results })];

  const story: [string, MarketSessionCommand, MarketSessionEvent[]][] = [
    ['clearing', clear(0, rows, results), closedGate],
    ['validation', answer(0, exceptions), [...clearedWhole, sent(0, 5_000)]],
    ['publication', { kind: 'publish' }, [...clearedWhole, sent(0, 5_000), validated(0)]],
  ];

  it.each(story)('(%s) is cut off anywhere, repeated, and ends the same', (_, command, past) => {
    const before = after(...past);
    const events = decide(command, before);
    expect(events.length).toBeGreaterThan(1);
    const whole = events.reduce(evolve, before);
    events.forEach((event, cutAfter) => {
      expect(bytes(event)).toBeLessThan(APPEND_LIMIT_BYTES);
      const standing = events.slice(0, cutAfter).reduce(evolve, before);
      expect(standing.status).toBe(before.status);
      const rest = decide(command, standing);
      expect(rest).toEqual(events.slice(cutAfter));
      expect(rest.reduce(evolve, standing)).toEqual(whole);
    });
    expect(whole.status).not.toBe(before.status);
  });

  it('cleared anew with another outcome after a cut forgets the first beginning', () => {
    const [first] = decide(clear(0, rows, results), after(...closedGate));
    const others = [row({ offerId: 'other' }), ...rows];
    const begun = after(...closedGate, first!);
    const state = decide(clear(0, others, results), begun).reduce(evolve, begun);
    expect(state).toMatchObject({ status: 'cleared', rounds: [{ cleared: true }] });
    expect((state as ScheduledSession).rounds[0]!.rows).toEqual(others);
    expect((state as ScheduledSession).rounds[0]!.requests).toEqual(results);
  });

  it('half answered by the DSO and then out of time is KO as a whole', () => {
    const before = after(...clearedWhole, sent(0, 5_000));
    const [first] = decide(answer(0, exceptions), before);
    const begun = evolve(before, first!);
    const silence = decide({ ...answer(0), validatedBy: 'no-answer' }, begun);
    const state = silence.reduce(evolve, begun) as ScheduledSession;
    expect(state.rounds[0]!.exceptions).toHaveLength(5_000);
    expect(state.rounds[0]!.exceptions.every(({ status }) => status === 'KO')).toBe(true);
  });

  it('half published cannot be cancelled', () => {
    const before = after(...clearedWhole, sent(0, 5_000), validated(0));
    const [first] = decide({ kind: 'publish' }, before);
    expect(() => decide({ kind: 'cancel', reason: 'x' }, evolve(before, first!))).toThrow(
      'published',
    );
  });
});
