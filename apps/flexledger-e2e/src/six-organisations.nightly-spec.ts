/**
 * The demonstration day of organisations that share nothing, as `flexledger simulate --organisations` runs it: market
 * operator, DSO, TSO, aggregators, access layer and regulator, each a process with a folder, a log and keys of its own.
 * Each is killed once, and one cannot reach the market while a gate is open. Sessions and settlements come to what they
 * come to in one process, but for what could not get over; that is told by name, and each pair of logs says the same.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OrganisationsDay } from '@flexledger/composer';
import { type BuiltCli, type Ended, buildCli } from './command-line/built-cli';

// Eight processes, and what is sent between them in real time.
jest.setTimeout(900_000);

const ARGUMENTS = ['--pods', '6', '--date', '2026-03-17', '--seed', '1'];

let cli: BuiltCli;
let folder: string;
let ended: Ended;
let day: OrganisationsDay;
beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-six-'));
  const mishaps = ['--kills', '7', '--cut', '1'];
  const data = ['--json', '--data', path.join(folder, 'day')];
  ended = await cli.run('simulate', '--organisations', ...ARGUMENTS, ...mishaps, ...data);
  day = JSON.parse(ended.stdout) as OrganisationsDay;
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const folderOf = (name: string): string => path.join(folder, 'day', 'organisations', name);

it('ends right, though each was killed once', () => {
  expect([ended.code, day.isRight]).toEqual([0, true]);
  expect(day.organisations.map(({ name }) => name).sort()).toEqual([
    'access-layer',
    'aggregator-AGG1',
    'aggregator-AGG2',
    'aggregator-AGG3',
    'dso',
    'market-operator',
    'regulator',
    'tso',
  ]);
  expect(new Set(day.organisations.map(({ lives }) => lives))).toEqual(new Set([2]));
});

it('every session but that of the gate is as in one process, and so is what was settled before', () => {
  const { sessionId: cut, from } = day.cut!;
  const others = day.compared.filter(({ sessionId }) => sessionId !== cut);
  expect(others).toHaveLength(6);
  for (const { sessionId, isSame, isSettledAlike, missing, more, settledAt } of others) {
    expect([sessionId, isSame, missing, more]).toEqual([sessionId, true, [], []]);
    expect([sessionId, settledAt! > from || isSettledAlike]).toEqual([sessionId, true]);
  }
});

it('what could not get over the wire is told by name, by the day and by who had to say it', () => {
  const { organisation, sessionId } = day.cut!;
  const party = organisation.replace('aggregator-', 'aggregator:');
  expect(day.missed.length).toBeGreaterThan(0);
  for (const said of day.missed) expect(said.party).toBe(party);
  const told = ended.stderr.split('\n').filter((line) => line.includes(`${organisation}: `));
  expect(told.filter((line) => line.includes(sessionId))).not.toEqual([]);
});

it('each log says what the others recorded as shown', () => {
  expect(day.audits).toHaveLength(10);
  for (const { taker, giver, findings, events } of day.audits) {
    expect([taker, giver, findings, events > 0]).toEqual([taker, giver, [], true]);
  }
});

it('the market’s own log is audited whole, and the regulator’s beside it', async () => {
  const audited = await cli.run('audit', '--all', '--json', '--data', folderOf('market-operator'));
  expect([audited.code, audited.stderr]).toEqual([0, expect.any(String)]);
  const against = `market=${folderOf('market-operator')}`;
  const beside = await cli.run('audit', '--data', folderOf('regulator'), '--against', against);
  expect([beside.code, beside.stdout]).toEqual([0, expect.stringContaining('Both say the same.')]);
});

it('nobody has a key of another', () => {
  const keys = day.organisations.map(({ name }) =>
    readFileSync(path.join(folderOf(name), 'keys.json'), 'utf8'),
  );
  expect(new Set(keys).size).toBe(day.organisations.length);
});
