/** What must hold between the members of a rule pack and no JSON Schema can say. */
import type { Calendar, LocalTime, RulePack, Violation } from '@flexledger/domain';

/** What is wrong with a pack whose shape is right; empty when nothing is. */
export function rulePackViolations(pack: RulePack): Violation[] {
  return [
    ...timeZoneViolations(pack),
    ...dayAheadViolations(pack.calendar),
    ...realTimeViolations(pack.calendar),
    ...validationViolations(pack),
    ...objectiveViolations(pack),
    ...baselineViolations(pack),
    ...penaltyViolations(pack),
  ];
}

function unless(holds: boolean, field: string, reason: string): Violation[] {
  return holds ? [] : [{ field, reason }];
}

function timeZoneViolations({ timeZone }: RulePack): Violation[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return [];
  } catch {
    return [{ field: 'timeZone', reason: `${timeZone} is not a zone of the IANA database` }];
  }
}

/** Minutes from local midnight of the delivery day, negative before it. */
function minutesOf({ dayOffset, time }: LocalTime): number {
  const [hours, minutes] = time.split(':').map(Number);
  return dayOffset * 1_440 + hours! * 60 + minutes!;
}

function dayAheadViolations({ dayAhead, setpointsBeforeMinutes }: Calendar): Violation[] {
  const opens = minutesOf(dayAhead.gateOpens);
  const closes = minutesOf(dayAhead.gateCloses);
  const due = minutesOf(dayAhead.resultDue);
  return [
    ...unless(opens < closes, 'calendar.dayAhead.gateCloses', 'must be after gateOpens'),
    ...unless(closes < due, 'calendar.dayAhead.resultDue', 'must be after gateCloses'),
    ...unless(
      due <= -setpointsBeforeMinutes,
      'calendar.dayAhead.resultDue',
      'must not be after the setpoints leave for the delivery day',
    ),
  ];
}

function realTimeViolations({ realTime, setpointsBeforeMinutes }: Calendar): Violation[] {
  const { gateOpensBeforeMinutes, gateClosesBeforeMinutes, resultDueBeforeMinutes } = realTime;
  const field = (name: string): string => `calendar.realTime.${name}`;
  return [
    ...unless(24 % realTime.windowHours === 0, field('windowHours'), 'must divide 24'),
    ...unless(
      gateOpensBeforeMinutes > gateClosesBeforeMinutes,
      field('gateClosesBeforeMinutes'),
      'must be less than gateOpensBeforeMinutes',
    ),
    ...unless(
      gateClosesBeforeMinutes > resultDueBeforeMinutes,
      field('resultDueBeforeMinutes'),
      'must be less than gateClosesBeforeMinutes',
    ),
    ...unless(
      resultDueBeforeMinutes >= setpointsBeforeMinutes,
      'calendar.setpointsBeforeMinutes',
      'must not be more than realTime.resultDueBeforeMinutes',
    ),
  ];
}

/** Every round may take the whole answer time, and the result must still be in time. */
function validationViolations({ calendar, validation }: RulePack): Violation[] {
  const { dayAhead, realTime } = calendar;
  const answersMinutes = validation.answerWithinMinutes * (validation.fillUpRounds + 1);
  const leftMinutes = Math.min(
    minutesOf(dayAhead.resultDue) - minutesOf(dayAhead.gateCloses),
    realTime.gateClosesBeforeMinutes - realTime.resultDueBeforeMinutes,
  );
  return unless(
    answersMinutes <= leftMinutes,
    'validation.answerWithinMinutes',
    `of ${validation.fillUpRounds + 1} rounds makes ${answersMinutes} minutes, ` +
      `but a result is due ${leftMinutes} minutes after its gate closes`,
  );
}

function objectiveViolations({ objective }: RulePack): Violation[] {
  const { costWeight, reliabilityWeight } = objective;
  return unless(costWeight + reliabilityWeight > 0, 'objective', 'must have a weight above 0');
}

function baselineViolations({ baseline }: RulePack): Violation[] {
  return unless(baseline.daysX <= baseline.daysY, 'baseline.daysX', 'must not be above daysY');
}

function penaltyViolations({ settlement }: RulePack): Violation[] {
  const { points } = settlement.penalty;
  return points.slice(1).flatMap((point, index) => {
    const before = points[index]!;
    const field = `settlement.penalty.points[${index + 1}]`;
    return [
      ...unless(
        point.deviationPerMille > before.deviationPerMille,
        `${field}.deviationPerMille`,
        'must be above that of the point before',
      ),
      ...unless(
        point.penaltyPerMille >= before.penaltyPerMille,
        `${field}.penaltyPerMille`,
        'must not be below that of the point before',
      ),
    ];
  });
}
