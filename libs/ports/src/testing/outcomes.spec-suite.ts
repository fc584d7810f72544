/**
 * What `OutcomesPort` promises, as tests for each of its forms. A spec imports this file by its path;
 * `index.ts` leaves it out, since it needs Jest.
 */
import type { OutcomeRow, RowValidation } from '@flexledger/domain';
import type { OutcomesPort } from '../outcomes';
import { refusalOf, testContext } from './expectations';

/** A market for one test, in which the outcome of round 0 of a real-time session waits for an answer. */
export interface OutcomesUnderTest {
  /** As the DSO holds it. */
  readonly outcomes: OutcomesPort;
  readonly sessionId: string;
  /** The session whose outcome was answered before, on the same delivery day. */
  readonly dayAheadId: string;
  /** Rows of the outcome as the log has them, more than one. */
  readonly rows: readonly OutcomeRow[];
  /** What the day-ahead session sold, as it falls into the real-time session's MTUs. */
  readonly soldDayAhead: readonly OutcomeRow[];
  /** Whether the log has the outcome of a round answered. */
  isAnswered(round: number): Promise<boolean>;
  /** Lets the market go on with an answer, to the next round or to publication. */
  goOn(): Promise<void>;
  /** How many events the log has. */
  events(): Promise<number>;
  close(): Promise<void>;
}

/** @param openMarket opens a fresh market; each time alike */
export function outcomesPromises(name: string, openMarket: () => Promise<OutcomesUnderTest>): void {
  describe(`the outcomes port ${name}`, () => {
    let market: OutcomesUnderTest;
    beforeEach(async () => {
      market = await openMarket();
    });
    afterEach(() => market.close());

    const context = (id: string) => testContext(`${name}/${id}`, 'dso');
    const refusal = ({ acceptedW }: OutcomeRow, index: number): RowValidation => ({
      index,
      status: 'KO',
      permittedW: acceptedW.map(() => 0),
      violatedElement: 'line-4',
    });

    it('gives the rows in the order of the outcome, and what earlier sessions sold', async () => {
      const { outcomes, sessionId, dayAheadId } = market;
      expect(market.rows.length).toBeGreaterThan(1);
      expect(market.soldDayAhead.length).toBeGreaterThan(0);
      const outcome = await outcomes.outcome(sessionId, 0);
      expect(outcome).toEqual({ rows: market.rows, sold: market.soldDayAhead });
      expect(await outcomes.soldBefore(sessionId)).toEqual(market.soldDayAhead);
      expect(await outcomes.soldBefore(dayAheadId)).toEqual([]);
    });

    it('has an answer in the log once it resolves, and the same again changes nothing', async () => {
      const { outcomes, sessionId } = market;
      const answer = {
        outcomeId: `${sessionId}/0`,
        exceptions: [refusal(market.rows[0]!, 0)],
      };
      await outcomes.answer(sessionId, answer, context('answer'));
      expect(await market.isAnswered(0)).toBe(true);
      const before = await market.events();
      await outcomes.answer(sessionId, answer, context('answer'));
      await outcomes.answer(sessionId, answer, context('answer once more'));
      expect(await market.events()).toBe(before);
      const other = { ...answer, exceptions: [] };
      const late = await refusalOf(outcomes.answer(sessionId, other, context('another answer')));
      expect(late.code).toBe('outcome-decided');
    });

    it('counts in a later round what the rounds before have sold', async () => {
      const { outcomes, sessionId, rows, soldDayAhead } = market;
      const answer = { outcomeId: `${sessionId}/0`, exceptions: [refusal(rows[0]!, 0)] };
      await outcomes.answer(sessionId, answer, context('cut'));
      await market.goOn();
      const filledUp = await outcomes.outcome(sessionId, 1);
      expect(filledUp.rows.length).toBeGreaterThan(0);
      const kept = rows.slice(1);
      expect(filledUp.sold).toEqual([...soldDayAhead, ...kept]);
      // What the first round was judged on does not change with its answer.
      expect(await outcomes.outcome(sessionId, 0)).toEqual({ rows, sold: soldDayAhead });
    });

    it('refuses with the code that says why', async () => {
      const { outcomes, sessionId, rows } = market;
      const answer = { outcomeId: `${sessionId}/0`, exceptions: [] };
      const foreign = { outcomeId: 'never', exceptions: [] };
      const malformed = { ...answer, exceptions: [refusal(rows[0]!, 99)] };
      const calls = {
        'an outcome that is not': () => outcomes.answer(sessionId, foreign, context('r1')),
        'a session that is not': () => outcomes.answer('never', answer, context('r2')),
        'a row that is not': () => outcomes.answer(sessionId, malformed, context('r3')),
        'a round that was not sent': () => outcomes.outcome(sessionId, 1),
        'rows of no session': () => outcomes.outcome('never', 0),
        'sold before no session': () => outcomes.soldBefore('never'),
      };
      const found: Record<string, string> = {};
      for (const [what, call] of Object.entries(calls))
        found[what] = (await refusalOf(call())).code;
      expect(found).toEqual({
        'an outcome that is not': 'outcome-unknown',
        'a session that is not': 'session-unknown',
        'a row that is not': 'validation-malformed',
        'a round that was not sent': 'outcome-unknown',
        'rows of no session': 'session-unknown',
        'sold before no session': 'session-unknown',
      });
      expect(await market.isAnswered(0)).toBe(false);
    });
  });
}
