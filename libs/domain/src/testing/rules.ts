import type { RulePack } from '../rule-pack/rule-pack';

/** Rules as the Italian demonstration had them, for tests of pure code, which reads no files. */
export const someRules: RulePack = {
  id: 'some-rules',
  version: 1,
  title: 'Rules for tests',
  timeZone: 'Europe/Rome',
  calendar: {
    dayAhead: {
      gateOpens: { dayOffset: -1, time: '11:00' },
      gateCloses: { dayOffset: -1, time: '15:30' },
      resultDue: { dayOffset: -1, time: '17:30' },
    },
    realTime: {
      windowHours: 4,
      gateOpensBeforeMinutes: 180,
      gateClosesBeforeMinutes: 120,
      resultDueBeforeMinutes: 60,
    },
    setpointsBeforeMinutes: 15,
  },
  pricing: 'payAsBid',
  objective: { costWeight: 1, reliabilityWeight: 0 },
  validation: { fillUpRounds: 2, answerWithinMinutes: 20 },
  baseline: { method: 'nominated', daysX: 5, daysY: 10, adjustmentMinutes: 0 },
  settlement: {
    afterMinutes: 60,
    penalty: {
      interpolation: 'step',
      points: [
        { deviationPerMille: 0, penaltyPerMille: 0 },
        { deviationPerMille: 300, penaltyPerMille: 200 },
      ],
    },
  },
};
