/** A day's log goes to a server and is audited, served and continued there; what is no copy of it is refused by name. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep } from '@flexledger/runtime';
import request from 'supertest';
import { simulatedCopy } from '../testing/simulated-copy';
import { type BuiltCli, type Running, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
let server: Running;
let address: string;
const inFolder = (name: string): string => path.join(folder, name);
const migrate = (from: string, to: string) => cli.run('migrate', '--from', from, '--to', to);

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-migrate-'));
  await simulatedCopy({ pods: 6 }, inFolder('day'));
  await cli.run('trust', 'export', '--data', inFolder('day'), '--out', inFolder('trust.json'));
  server = cli.start(
    ...['log', 'serve', '--data', inFolder('server'), '--port', '0'],
    ...['--local-appends', '--writers-clock', '--json'],
  );
  address = (JSON.parse(await server.said('}')) as { address: string }).address;
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.ended;
  cli.remove();
  rmSync(folder, { recursive: true });
});

it('is the same log there: digest, audit, trust, and a platform that goes on with it', async () => {
  const migrated = await migrate(inFolder('day'), address);
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toMatch(/(\d+) events stand in both.*; \1 were written now\./);

  const here = await cli.run('digest', '--data', inFolder('day'));
  const there = await cli.run('digest', '--log', address);
  expect(there.stdout).toBe(here.stdout);

  // The log that was left is out of the way; the rest of the folder belongs to the one at the server.
  renameSync(inFolder('day/events.sqlite'), inFolder('left.sqlite'));
  writeFileSync(inFolder('flexledger.yaml'), `log:\n  url: ${address}\n`);
  const up = cli.start(
    ...['up', '--data', inFolder('day'), '--config', inFolder('flexledger.yaml')],
    ...['--port', '0', '--mqtt-port', '0'],
  );
  const url = await up.url;
  const status = () => request(url).get('/api/v1/status');
  let answer = await status();
  // Its read models are made anew.
  for (; answer.status === 503; answer = await status()) await sleep(200);
  expect(answer.body).toMatchObject({
    certification: { publicKey: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  up.kill('SIGTERM');
  expect(await up.ended).toMatchObject({ code: 0 });

  const audited = await cli.run(
    ...['audit', '--all', '--log', address, '--data', inFolder('day')],
    ...['--trust', inFolder('trust.json')],
  );
  expect(audited).toMatchObject({ code: 0 });
});

it('goes back to the embedded engine, with what was written meanwhile', async () => {
  const back = await migrate(address, inFolder('back'));
  expect(back).toMatchObject({ code: 0 });
  expect((await cli.run('digest', '--data', inFolder('back'))).stdout).toBe(
    (await cli.run('digest', '--log', address)).stdout,
  );
});

it('refuses by name what is no copy, no place, or not there', async () => {
  const other = ['--pods', '2', '--date', '2026-03-17', '--seed', '2'];
  await cli.run('simulate', ...other, '--data', inFolder('other'), '--json');
  const refusals = await Promise.all([
    migrate(inFolder('other'), address),
    migrate(inFolder('other'), inFolder('other')),
    migrate(inFolder('nothing'), inFolder('copy')),
    migrate(inFolder('other'), 'redis://127.0.0.1:1'),
    cli.run('migrate', '--from', inFolder('other'), '--to', address, '--from-namespace', 'rome'),
  ]);
  expect(refusals.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
  expect(refusals.map(({ stderr }) => stderr)).toEqual([
    expect.stringMatching(
      /The two are not one log: event 1 is GridModelPublished .* another event of that place in the copy. Nothing was written/,
    ),
    expect.stringContaining('is where the log is; name another place'),
    expect.stringContaining('nothing'),
    expect.stringContaining('redis://127.0.0.1:1 is no address of a log'),
    expect.stringContaining('has no namespace; leave it out'),
  ]);
});
