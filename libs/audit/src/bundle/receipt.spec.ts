/** Goal: no time that the operator chooses itself gives it more time to reorder. */
import { createFindings } from '../report';
import { smallLog } from '../testing/node-tools';
import { inSession, schedules } from '../testing/session-log';
import { eventIn } from '../testing/small-log';
import { TRUST_DEFAULTS } from '../trust-policy';
import { createReceiptCheck } from './receipt';

const [scheduled] = schedules;
const { sessionId, gateClosesAt } = scheduled!;
const bidderId = 'AGG1';
const HOUR_S = 3_600;
const afterGate = (seconds: number): string =>
  new Date(Date.parse(gateClosesAt) + seconds * 1_000).toISOString();

/** What is found of times where the operator closes, and a witness sees it, so long after the gate. */
function timesFound(closedS: number, seenS: number): readonly string[] {
  const rows = smallLog([
    inSession('SessionScheduled', scheduled!),
    inSession('FlexibilityOffered', { sessionId, aggregatorId: bidderId }, afterGate(-60)),
    inSession('SessionClosed', { sessionId }, afterGate(closedS)),
  ]);
  const times = createFindings('times');
  const findings = {
    times,
    gates: createFindings('gates'),
    inclusion: createFindings('inclusion'),
  };
  const check = createReceiptCheck(
    { kind: 'receipt', sessionId, bidderId },
    TRUST_DEFAULTS,
    findings,
  );
  for (const row of rows) check.see(eventIn(row));
  check.end([Date.parse(afterGate(seenS)) / 1_000]);
  expect(findings.gates.report().failures).toEqual([]);
  return times.report().failures.map(({ reason }) => reason);
}

describe('a receipt', () => {
  it('holds where a witness sees the closing soon after the gate', () => {
    expect(timesFound(0, 60)).toEqual([]);
    expect(timesFound(600, HOUR_S)).toEqual([]);
  });

  it('does not hold where the operator closed hours late, however soon a witness saw that', () => {
    expect(timesFound(6 * HOUR_S, 6 * HOUR_S + 60)).toEqual([
      `a witness has seen its checkpoint at ${afterGate(6 * HOUR_S + 60)} only`,
    ]);
  });
});
