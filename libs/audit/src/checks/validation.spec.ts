/** The DSO's answer to one outcome on a grid whose first line bears about a fifth of it. */
import {
  type OutcomeRow,
  type RowValidation,
  gridForecastStream,
  gridModelStream,
} from '@flexledger/domain';
import {
  OPEN,
  feederFile,
  operateGrid,
  outcomeRow,
  validateOutcome,
} from '@flexledger/grid-operations';
import { documentDigest } from '@flexledger/identity';
import { createReplay } from '../replay';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { inSession, rulesAdopted, schedules } from '../testing/session-log';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createValidationCheck } from './validation';

const GRID = 'feeder';
const limits = { ...OPEN, lineLimitA: { l1: 30, l2: 1_000 } };
const podIds = ['IT002E00000001', 'IT002E00000002'];
const model = {
  ...feederFile([
    { parent: 0, rOhm: 0.005 },
    { parent: 1, rOhm: 0.005 },
  ]),
  pods: podIds.map((id) => ({ id, bus: 'n2' })),
};
const published = { gridId: GRID, digest: documentDigest(model), model, limits };

const schedule = schedules[1]!;
const { sessionId, mtuCount } = schedule;
/** At `mv` and `n0` to `n2`. */
const nothing = Array.from({ length: 4 }, () => new Array<number>(mtuCount).fill(0));
const forecast = {
  forecastId: 'f',
  gridId: GRID,
  sessionId,
  modelDigest: published.digest,
  mtuCount,
  busW: nothing,
  busVar: nothing,
  violations: 0,
};
const rows: OutcomeRow[] = podIds.map((podId, index) =>
  outcomeRow(podId, {
    requester: 'TSO',
    direction: 'down',
    acceptedW: [100_000, index === 0 ? 1_000 : 0],
    priceMicroEurPerKwh: [1, 1],
  }),
);
const outcomeId = `${sessionId}/0`;
const part = { index: 0, of: 1 };
const answerDueAt = '2026-03-16T22:00:00.000Z';

const before: SmallEvent[] = [
  rulesAdopted,
  { streamId: gridModelStream(GRID), type: 'GridModelPublished', data: published },
  {
    streamId: gridForecastStream(GRID, '2026-03-16T23:00Z'),
    type: 'ForecastComputed',
    data: forecast,
  },
  inSession('SessionScheduled', schedule),
  inSession('SessionClosed', { sessionId }),
  inSession('MarketCleared', { sessionId, round: 0, part, rows, requests: [] }),
  inSession('OutcomeSentForValidation', { sessionId, outcomeId, round: 0, answerDueAt }),
];
const answered = (
  exceptions: readonly RowValidation[],
  validatedBy = 'DSO',
  at = answerDueAt,
): SmallEvent =>
  inSession(
    'OutcomeValidated',
    { sessionId, outcomeId, round: 0, part, validatedBy, exceptions },
    at,
  );

const word = validateOutcome(operateGrid(published), forecast, new Map(), rows);

async function reasons(log: readonly SmallEvent[]): Promise<string[]> {
  const replay = createReplay();
  const check = createValidationCheck(
    replay,
    WHOLE_LOG,
    tools.sha256,
    createFindings('validation'),
  );
  const failures = await failuresOf(check, smallLog(log), replay.take);
  expect(failures.every(({ type }) => type === 'OutcomeValidated')).toBe(true);
  return failures.map(({ reason }) => reason);
}

/** The DSO's word with the first row's first quarter-hour permitted otherwise. */
const moved = (watts: number): RowValidation[] => [
  { ...word[0]!, permittedW: [word[0]!.permittedW[0]! + watts, word[0]!.permittedW[1]!] },
  ...word.slice(1),
];

it('accepts the word of the DSO, to one step of its search', async () => {
  expect(word.map(({ status }) => status)).toEqual(['partial', 'KO']);
  expect(await reasons([...before, answered(word)])).toEqual([]);
  expect(await reasons([...before, answered(moved(-10))])).toEqual([]);
});

it('reads a forecast that came in two events, and none that is half there', async () => {
  const half = Math.floor(nothing.length / 2);
  const at = before.findIndex(({ type }) => type === 'ForecastComputed');
  const { streamId } = before[at]!;
  const slice = (from: number, until?: number) => ({
    busW: nothing.slice(from, until),
    busVar: nothing.slice(from, until),
  });
  const begun = { ...forecast, ...slice(0, half), continued: 1 };
  const rest = { forecastId: 'f', gridId: GRID, sessionId, ...slice(half) };
  const parts: SmallEvent[] = [
    { streamId, type: 'ForecastComputed', data: begun },
    { streamId, type: 'ForecastContinued', data: rest },
  ];
  const logWith = (forecasts: SmallEvent[]): SmallEvent[] => [
    ...before.toSpliced(at, 1, ...forecasts),
    answered(word),
  ];
  expect(await reasons(logWith(parts))).toEqual([]);
  await expect(reasons(logWith(parts.slice(0, 1)))).rejects.toThrow(
    'the log holds no forecast for session',
  );
});

it('asks on the grid as an operator switched it, from when that was decided', async () => {
  const limits = { ...published.limits, lineLimitA: { l1: 1_000, l2: 1_000 } };
  const model = { ...published.model, title: 'switched' };
  const switched = { ...published, model, limits, digest: documentDigest(model) };
  const streamId = gridForecastStream(GRID, '2026-03-16T23:00Z');
  const modelPublished: SmallEvent = {
    streamId: gridModelStream(GRID),
    type: 'GridModelPublished',
    data: switched,
  };
  const { forecastId } = forecast;
  const decided: SmallEvent = {
    streamId,
    type: 'GridReconfigured',
    data: { forecastId, gridId: GRID, sessionId, modelDigest: switched.digest },
  };
  expect(await reasons([...before, modelPublished, decided, answered([])])).toEqual([]);
  expect(await reasons([...before, modelPublished, answered(word), decided])).toEqual([]);
});

it.each<[string, readonly RowValidation[], RegExp]>([
  ['another quantity', moved(-20), /row 0 was judged partial for l1, asked again partial/],
  ['another element', [{ ...word[0]!, violatedElement: 'l2' }, word[1]!], /partial for l2/],
  ['a refusal left out', word.slice(0, 1), /row 1 was judged OK, asked again KO for l1/],
  ['no refusal', [], /row 0 was judged OK, asked again partial for l1/],
  ['a status of its own', [{ ...word[0]!, status: 'KO' }, word[1]!], /row 0 was judged KO/],
  ['a row twice', [...word, word[1]!], /row 1 is not there, or named twice/],
  ['a row that is not there', [...word, { ...word[1]!, index: 2 }], /row 2 is not there/],
])('names %s', async (_, exceptions, reason) => {
  expect(await reasons([...before, answered(exceptions)])).toEqual([expect.stringMatching(reason)]);
});

describe('silence of the DSO', () => {
  const refused = rows.map((_, index): RowValidation => ({
    index,
    status: 'KO',
    permittedW: [0, 0],
    violatedElement: 'no-answer',
  }));

  it('refuses every row, once the time is over', async () => {
    expect(await reasons([...before, answered(refused, 'no-answer')])).toEqual([]);
    const some = answered(refused.slice(1), 'no-answer');
    expect(await reasons([...before, some])).toEqual([
      expect.stringMatching(/row 0 was judged OK/),
    ]);
    const early = answered(refused, 'no-answer', '2026-03-16T21:59:59.999Z');
    expect(await reasons([...before, early])).toEqual([
      `the DSO was given up at 2026-03-16T21:59:59.999Z, its answer was due at ${answerDueAt}`,
    ]);
  });
});

it('wants the outcome, the forecast and the model in the log', async () => {
  const without = (type: SmallEvent['type']) =>
    reasons([...before.filter((event) => event.type !== type), answered(word)]);
  expect(await without('OutcomeSentForValidation')).toEqual([
    `it answers outcome ${outcomeId}, which was not sent before it`,
  ]);
  await expect(without('ForecastComputed')).rejects.toThrow(/holds no forecast for session/);
  await expect(without('GridModelPublished')).rejects.toThrow(/grid model .* is not in the log/);
});
