/**
 * Every kind of lie of a market about every flow of data that is mirrored: dropped, altered, delayed, doubled. Two
 * logs held together name it, with both parties, and the liar's signed words beside the other's.
 */
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { type LogComparison, compareLogs } from '@flexledger/audit-cli';
import { logFile } from '@flexledger/event-store';
import { partyLog } from '@flexledger/service-kit';
import { type DayTold, type Follower, PARTIES, tellDay } from './testing/day-told';
import { type Change, type Data, changed, delayed, doubled, dropped } from './testing/lies';

let told: DayTold;
beforeAll(async () => {
  told = await tellDay(4);
});
afterAll(() => told.remove());

/** What is found once the market has changed its log. */
async function found(party: Follower, lie: Change): Promise<LogComparison> {
  const copy = mkdtempSync(path.join(told.folder, 'lie-'));
  const sourceDir = path.join(copy, 'market');
  mkdirSync(sourceDir);
  copyFileSync(logFile(told.inFolder('market')), logFile(sourceDir));
  lie(logFile(sourceDir));
  const dataDir = told.inFolder(party);
  return compareLogs({ dataDir, mirror: 'market', sourceDir, shownOf: partyLog });
}

/** A flow as one party is shown it. */
interface Told {
  readonly flow: string;
  readonly type: string;
  readonly party: Follower;
  /** What the market would have it say. */
  readonly alter: (data: Data) => void;
  /** Of an event with rows of many the party is shown what names it. */
  readonly naming?: string;
}

const AGG1 = '"AGG1"';
const rowsOf = (data: Data): Data[] => data['rows'] as Data[];
const other =
  (field: string) =>
  (data: Data): void =>
    void (data[field] = 'other');

/** Flows 1 and 8 are what others read of flow 7. */
const FLOWS: readonly Told[] = [
  {
    flow: '0',
    type: 'PodRegistered',
    party: 'aggregator:AGG1',
    alter: (data) => (data['contractedPowerW'] = 1),
    naming: AGG1,
  },
  { flow: '0a', type: 'PodLocated', party: 'dso', alter: other('busId') },
  {
    flow: '2a',
    type: 'FlexibilityOffered',
    party: 'aggregator:AGG1',
    alter: other('offerId'),
    naming: AGG1,
  },
  {
    flow: '2b',
    type: 'FlexibilityRequested',
    party: 'dso',
    alter: other('requestId'),
    naming: '"DSO"',
  },
  {
    flow: '3',
    type: 'OutcomeSentForValidation',
    party: 'dso',
    alter: (data) => (data['round'] = 9),
  },
  { flow: '4', type: 'OutcomeValidated', party: 'dso', alter: other('outcomeId') },
  {
    flow: '5',
    type: 'ResultPublished',
    party: 'aggregator:AGG1',
    alter: (data) => (rowsOf(data)[0]!['acceptedW'] = [1]),
    naming: AGG1,
  },
  {
    flow: '5',
    type: 'SettlementPublished',
    party: 'aggregator:AGG1',
    alter: (data) => (data['netMicroEur'] = 1),
  },
  { flow: '6', type: 'SetpointIssued', party: 'dso', alter: (data) => (data['targetW'] = [0]) },
  {
    flow: '7',
    type: 'MeasurementRecorded',
    party: 'dso',
    alter: (data) => (data['sequence'] = 77),
  },
];

/** A place in the market's log that a party is not shown. */
const HIDDEN = { dso: 'FlexibilityOffered', 'aggregator:AGG1': 'GridModelPublished' } as const;

const LIES: readonly [string, (told: Told) => Change, kind: string][] = [
  ['dropped', ({ type, naming }) => dropped(type, naming), 'neverSaid'],
  ['altered', ({ type, alter, naming }) => changed(type, alter, 'anew', naming), 'saidOtherwise'],
  ['delayed', ({ type, naming }) => delayed(type, naming), 'otherTime'],
  ['doubled', ({ type, party, naming }) => doubled(type, HIDDEN[party], naming), 'neverHeard'],
];

it.each(PARTIES)('%s was told the truth', async (party) => {
  const { findings, events } = await found(party, () => undefined);
  expect([findings, events > 50]).toEqual([[], true]);
});

describe.each(LIES)('%s', (_, lie, kind) => {
  it.each(FLOWS)('flow $flow ($type) to $party', async (one) => {
    const { party, flow, type } = one;
    const { findings } = await found(party, lie(one));
    const finding = findings.find((each) => each.kind === kind);
    const names = new RegExp(`${party}.*market|market.*${party}`);
    expect(finding?.reason).toMatch(names);
    expect(finding!.reason).toContain(`flow ${flow} (${type} `);
    // The liar's word, and the other's where it has one.
    if (kind !== 'neverSaid') expect(finding!.said).toMatchObject({ type });
    if (kind !== 'neverHeard') expect(finding!.heard).toMatchObject({ type });
    const isSigned = ['neverSaid', 'saidOtherwise'].includes(kind);
    expect(finding!.speaksAgainst).toBe(isSigned ? 'market' : null);
    // What the market signed is not the log that it shows now; of a time it has signed nothing.
    const note = kind === 'neverHeard' ? signedOf(findings) : finding!.signedNote;
    expect(note).toMatch(/^flexledger\/rome\n\d+\n/);
  });
});

const signedOf = (findings: LogComparison['findings']): string | null | undefined =>
  findings.find(({ kind }) => kind === 'disowned')?.signedNote;
