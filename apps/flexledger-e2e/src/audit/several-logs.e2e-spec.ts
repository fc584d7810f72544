/**
 * Logs of several organisations held together: of a whole day, which a DSO and an aggregator followed by their
 * mirrors, nothing is said otherwise; each lie of either side is named, with the liar's signed words where
 * there are any.
 */
import { cpSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { LogComparison } from '@flexledger/audit-cli';
import { logFile } from '@flexledger/event-store';
import { type DayTold, type Follower, PARTIES, tellDay } from './testing/day-told';
import {
  type Change,
  type Data,
  changed,
  cutOff,
  doubled,
  dropped,
  recorded,
} from './testing/lies';
import { runAudit } from './testing/run-audit';

let told: DayTold;
beforeAll(async () => {
  told = await tellDay(6);
});
afterAll(() => told.remove());

/** Copies of both logs, changed by one of the two, and what the audit finds. */
async function found(
  party: Follower,
  lie: { readonly market?: Change; readonly own?: Change } = {},
): Promise<LogComparison & { readonly exitCode: unknown }> {
  const copies = mkdtempSync(path.join(told.folder, 'lie-'));
  const [market, own] = ['market', 'own'].map((name) => path.join(copies, name));
  cpSync(told.inFolder('market'), market!, { recursive: true });
  cpSync(told.inFolder(party), own!, { recursive: true });
  lie.market?.(logFile(market!));
  lie.own?.(logFile(own!));
  const { text, exitCode } = await runAudit(
    ...['--data', own!, '--against', `market=${market!}`, '--json'],
  );
  const { comparisons } = JSON.parse(text) as { comparisons: LogComparison[] };
  return { ...comparisons[0]!, exitCode };
}

it.each(PARTIES)('an honest day: the market says what it showed %s', async (party) => {
  const { findings, events, checkpoints, exitCode } = await found(party);
  expect(findings).toEqual([]);
  expect([events > 100, checkpoints > 0, exitCode]).toEqual([true, true, 0]);
});

const OTHER_HASH = 'f'.repeat(64);
const anyRow = (data: Data): Data => (data['rows'] as Data[])[0]!;

describe('a lie of the market is named', () => {
  it.each<[string, Follower, Change, string]>([
    ['flow 3 is dropped', 'dso', dropped('OutcomeSentForValidation'), 'neverSaid'],
    [
      'flow 3 is altered, its hash kept',
      'dso',
      changed('OutcomeSentForValidation', (data) => (data['round'] = 9), 'kept'),
      'contentAltered',
    ],
    [
      'flow 4 is altered',
      'dso',
      changed('OutcomeValidated', (data) => (data['outcomeId'] = 'other')),
      'saidOtherwise',
    ],
    [
      'flow 5 is altered for the DSO',
      'dso',
      changed('ResultPublished', (data) => (anyRow(data)['acceptedW'] = [1])),
      'saidOtherwise',
    ],
    [
      'flow 5 is altered for an aggregator',
      'aggregator:AGG1',
      changed('ResultPublished', (data) => (anyRow(data)['acceptedW'] = [1])),
      'saidOtherwise',
    ],
    ['flow 6 is dropped', 'dso', dropped('SetpointIssued'), 'neverSaid'],
    [
      'flow 7 is altered',
      'aggregator:AGG1',
      changed('MeasurementRecorded', (data) => (data['sequence'] = 77)),
      'saidOtherwise',
    ],
    ['flow 0 is dropped', 'aggregator:AGG1', dropped('PodRegistered'), 'neverSaid'],
  ])('%s', async (_, party, market, kind) => {
    const { findings, exitCode } = await found(party, { market });
    const finding = findings.find((one) => one.kind === kind);
    expect(finding).toMatchObject({ speaksAgainst: 'market', heard: expect.any(Object) });
    expect(finding!.signedNote).toMatch(/^flexledger\/rome\n\d+\n/);
    expect(finding!.reason).toMatch(/market.*flow \d/);
    expect(exitCode).toBe(1);
  });

  it('its log ends before what it has signed', async () => {
    const { findings } = await found('dso', { market: cutOff });
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'neverSaid', speaksAgainst: 'market' }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'disowned', speaksAgainst: 'market' }),
    );
  });

  it('it says that it showed what was never heard, word against word', async () => {
    const { findings } = await found('dso', {
      market: doubled('OutcomeSentForValidation', 'FlexibilityOffered'),
    });
    const finding = findings.find(({ kind }) => kind === 'neverHeard');
    expect(finding).toMatchObject({ speaksAgainst: null, said: expect.any(Object), heard: null });
    expect(finding!.reason).toMatch(
      /^market says that it showed dso flow 3 \(OutcomeSentForValidation .*; dso never had it$/,
    );
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'disowned' }));
  });
});

describe('a lie of who followed is named', () => {
  it.each<[string, Follower, Change, string, string | null]>([
    [
      'a copy is altered',
      'dso',
      changed('OutcomeSentForValidation', (data) => (data['round'] = 9)),
      'copyAltered',
      'dso',
    ],
    ['a copy is removed', 'dso', dropped('OutcomeSentForValidation'), 'copyLost', 'dso'],
    [
      'what was shown is not recorded',
      'dso',
      recorded('OutcomeSentForValidation', (events, index) => void events.splice(index, 1)),
      'neverHeard',
      null,
    ],
    [
      'another event is recorded as shown',
      'dso',
      recorded('OutcomeSentForValidation', (events, index) => {
        events[index] = { ...events[index]!, hash: OTHER_HASH };
      }),
      'saidOtherwise',
      null,
    ],
    [
      'other own rows are recorded as shown',
      'aggregator:AGG1',
      recorded('ResultPublished', (events, index) => {
        events[index] = { ...events[index]!, shownDigest: OTHER_HASH };
      }),
      'otherRows',
      null,
    ],
  ])('%s', async (_, party, own, kind, against) => {
    const { findings, exitCode } = await found(party, { own });
    const finding = findings.find((one) => one.kind === kind);
    expect(finding).toMatchObject({ speaksAgainst: against });
    expect(finding!.reason).toContain('market');
    expect(finding!.reason).toContain(party);
    expect(exitCode).toBe(1);
  });
});

it('is told for people too, with both sides’ words', async () => {
  const { text } = await runAudit(
    ...['--data', told.inFolder('dso'), '--against', `market=${told.inFolder('market')}`],
  );
  expect(text).toMatch(
    /^market, followed as dso: \d+ events shown, \d+ checkpoints held, .*behind/,
  );
  expect(text).toContain('Both say the same.');
});

it('names the mirrors there are when another is asked for', async () => {
  const against = `other=${told.inFolder('market')}`;
  await expect(runAudit('--data', told.inFolder('dso'), '--against', against)).rejects.toThrow(
    'The log has no mirror "other"; it has market.',
  );
});
