/**
 * Every clearing done again: the order book folded from the session's stream, the rule pack from the
 * log, the market's own code; digest and every field of the record compared byte for byte. And what
 * was published is what the DSO left of the cleared rows.
 *
 * Where the solver's time ran out (a `gap` is recorded), doing it again may end elsewhere. Then rows
 * and gap need not be the same, but the recorded rows must keep the rules of the market, prices and
 * request results must follow from them, and clearing anew must not find anything better than the
 * gap admits. Whether the time really ran out nobody can tell later; such rounds are noted.
 */
import {
  type ClearingInstance,
  type ClearingRecord,
  type RulePack,
  type ScheduledSession,
  checkAllocation,
  clearingParameters,
  columnsFromInstance,
  documentDigest,
  finalRows,
  gapFault,
  isFillUpDue,
  recordedAllocation,
  recordedOutcome,
  sessionInput,
} from '@flexledger/domain';
import type { EventCheck, LoggedOf } from '../logged-event';
import { createPartCollector, firstDifferentPart, sameBytes } from '../parts';
import type { Replay } from '../replay';
import type { Findings } from '../report';
import type { Scope } from '../scope';
import { type ReplayTools, clearAgain, withPatience } from '../tools';
import { createWorkUnderWay } from '../work-under-way';

type Cleared = LoggedOf<'MarketCleared'>;
type Published = LoggedOf<'ResultPublished'>;

/** What a round had to solve. */
interface Problem {
  readonly input: ClearingInstance;
  readonly rules: RulePack;
}

/**
 * Rounds that wait to be cleared again, at most; each holds its order book. As many as a day has sessions: a hard one
 * takes the solver seconds, in which the rest of the day can be read.
 */
const UNDER_WAY_AT_MOST = 8;

/** Compares every clearing and result of the sessions in scope. */
export function createClearingCheck(
  replay: Replay,
  scope: Scope,
  tools: ReplayTools,
  findings: Findings,
): EventCheck {
  const clearings = createPartCollector<Cleared>();
  const results = createPartCollector<Published>();
  const underWay = createWorkUnderWay(findings, UNDER_WAY_AT_MOST);

  function cleared(event: Cleared): Promise<void> | void {
    const { sessionId, round } = event.data;
    const parts = clearings.take(`${sessionId}/${round}`, event);
    if (!parts || !scope.market(sessionId)) return;
    findings.checked();
    const state = replay.scheduled(sessionId);
    const session = { ...state, rounds: state.rounds.slice(0, round) };
    const { input, rules } = problemOf(session, replay);
    const turnFault = outOfTurn(session, round, input, rules);
    if (turnFault) return findings.fail(parts[0], turnFault);
    const isInTime = parts[0]!.data.gap === null;
    return underWay.begin(event, async () => {
      const solving = isInTime ? withPatience(tools) : tools;
      compare(parts, { input, rules }, await clearAgain(solving, input, rules, round));
    });
  }

  /** Holds a round as it is recorded beside the same one cleared anew. */
  function compare(
    parts: readonly Cleared[],
    { input, rules }: Problem,
    expected: ClearingRecord,
  ): void {
    const { rows, requests, ...facts } = expected;
    const [first] = parts as [Cleared, ...Cleared[]];
    const { sessionId, round } = first.data;
    // Where the solver's time ran out, another run may come to other rows.
    // Merit order needs no time: only a solver's answer can have a gap.
    const isTimed = first.data.gap !== null && expected.algorithm.startsWith('milp');
    for (const part of parts) {
      for (const [name, value] of Object.entries(facts)) {
        const recorded = part.data[name as keyof typeof facts];
        const wanted = isTimed && name === 'gap' ? first.data.gap : value;
        if (sameBytes(recorded, wanted)) continue;
        const texts = [recorded, wanted].map((fact) => JSON.stringify(fact));
        return findings.fail(part, `${name} is ${texts[0]}, cleared anew ${texts[1]}`);
      }
    }
    if (isTimed) {
      findings.note(
        `${sessionId}: the solver's time ran out in round ${round}, another run may differ`,
      );
      const fault = timedFault(parts, input, rules, expected);
      return fault && findings.fail(fault.part, fault.reason);
    }
    const different = firstDifferentPart(parts, recordOf, [...rows, ...requests]);
    if (!different) return;
    const reason = `row ${different.row} of round ${round} is not what clearing anew gives`;
    findings.fail(different.part, reason);
  }

  function published(event: Published): void {
    const { sessionId } = event.data;
    const parts = results.take(sessionId, event);
    if (!parts || !scope.market(sessionId)) return;
    findings.checked();
    const session = replay.scheduled(sessionId);
    if (session.status !== 'validated') {
      return findings.fail(
        parts[0],
        `a result was published while the session was ${session.status}`,
      );
    }
    const { input, rules } = problemOf(session, replay);
    if (isFillUpDue(session, input, rules)) {
      findings.fail(parts[0], 'it was published while another round of clearing was due');
    }
    const different = firstDifferentPart(parts, ({ data }) => data.rows, finalRows(session));
    if (!different) return;
    findings.fail(different.part, `row ${different.row} is not what clearing and validation left`);
  }

  return {
    findings,
    types: ['RulePackAdopted', 'MarketCleared', 'ResultPublished'],
    see(event) {
      if (event.type === 'MarketCleared') return cleared(event);
      if (event.type === 'ResultPublished') return published(event);
      const { digest, rulePack } = (event as LoggedOf<'RulePackAdopted'>).data;
      const computed = documentDigest(tools.sha256, rulePack);
      if (computed !== digest) findings.fail(event, `the pack's digest is ${computed}`);
    },
    end: () => underWay.end(),
    stop: () => underWay.end(),
  };
}

const recordOf = ({ data }: Cleared) => [...data.rows, ...data.requests];

/** What is wrong with a round that has a gap, given the same round cleared anew. */
function timedFault(
  parts: readonly Cleared[],
  input: ClearingInstance,
  rules: RulePack,
  anew: ClearingRecord,
): { readonly part: Cleared; readonly reason: string } | undefined {
  const [part] = parts as [Cleared, ...Cleared[]];
  const columns = columnsFromInstance(input);
  const rows = parts.flatMap(({ data }) => data.rows);
  const allocation = recordedAllocation(input, rows);
  if (!allocation) return { part, reason: 'its rows name what the order book does not have' };
  const broken = checkAllocation(columns, allocation).violations[0];
  if (broken) {
    return { part, reason: `its rows break ${broken.rule} in MTU ${broken.mtu}: ${broken.detail}` };
  }
  const parameters = clearingParameters(rules);
  const outcome = recordedOutcome(input, columns, allocation, parameters.pricing);
  const different = firstDifferentPart(parts, recordOf, [...outcome.rows, ...outcome.requests]);
  if (different) {
    return {
      part: different.part,
      reason: `row ${different.row} does not follow from what is accepted`,
    };
  }
  const other = recordedAllocation(input, anew.rows)!;
  const reason = gapFault(columns, parameters, part.data.gap!, allocation, other);
  return reason === undefined ? undefined : { part, reason };
}

function problemOf(session: ScheduledSession, replay: Replay): Problem {
  const input = sessionInput(session, replay.dayAheadOf(session));
  return { input, rules: replay.rulesOf(session) };
}

function outOfTurn(
  session: ScheduledSession,
  round: number,
  input: ClearingInstance,
  rules: RulePack,
): string | undefined {
  const { status } = session;
  if (round === 0)
    return status === 'closed' ? undefined : `it cleared a session that was ${status}`;
  const isDue =
    status === 'validated' && session.rounds.length === round && isFillUpDue(session, input, rules);
  return isDue ? undefined : `round ${round} was cleared although none was due`;
}
