/** Organisations as processes with a folder each: what one shows, another keeps, and both can be held together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MirroredCheckpoint, MirroredEvent } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { callAs } from '../testing/http-client';
import { allEvents } from '../testing/own-events';
import { type BuiltCli, type Running, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
let market: Running;
let regulator: Running;
const inFolder = (name: string): string => path.join(folder, name);

function configured(name: string, config: object): string {
  const file = inFolder(`${name}.json`);
  const own = { dataDir: inFolder(name), http: { port: 0 }, ...config };
  writeFileSync(file, JSON.stringify(own));
  return file;
}

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-apart-'));
  const config = { mqtt: { port: 0 }, certifier: { sealEverySeconds: 1 } };
  market = cli.start('up', '--config', configured('market', config));
  const url = await market.url;
  const secretFile = inFolder('regulator.secret');
  writeFileSync(secretFile, readClientSecret(inFolder('market'), clientIdOf('auditor')));
  const mirrors = [{ name: 'market', url, party: 'auditor', secretFile }];
  const platforms = ['identity-provider'];
  regulator = cli.start('up', '--config', configured('regulator', { platforms, mirrors }));
  await regulator.url;
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const eventsOf = async (name: string, running: Running) =>
  allEvents(callAs(await running.url, inFolder(name))('operator'));
const dataOf = async <Data>(type: string): Promise<Data[]> =>
  (await eventsOf('regulator', regulator))
    .filter((event) => event.type === `flexledger.${type}`)
    .map(({ data }) => data as unknown as Data);

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 2_500) throw new Error('It never came to it.');
    await sleep(100);
  }
}

it('a regulator who only mirrors has the calendar as the market has it, with proofs', async () => {
  await until(async () =>
    (await dataOf<MirroredCheckpoint>('CheckpointMirrored')).some(
      ({ inclusions }) => inclusions.length > 0,
    ),
  );
  const ofSessions = async (name: string, running: Running) =>
    (await eventsOf(name, running))
      .filter(({ type }) => type === 'flexledger.SessionScheduled')
      .map(({ data }) => data);
  const scheduled = await ofSessions('market', market);
  expect(scheduled.length).toBeGreaterThan(0);
  expect(await ofSessions('regulator', regulator)).toEqual(scheduled);
  expect(await dataOf('MirrorAlarmRaised')).toEqual([]);
  const named = (await dataOf<{ events: MirroredEvent[] }>('EventsMirrored'))
    .flatMap(({ events }) => events)
    .filter(({ became }) => became === 'named')
    .map(({ type }) => type);
  expect(named).toEqual(expect.arrayContaining(['CertifierStarted', 'CheckpointSealed']));
});
