/** A folder is copied while it is served, and the copy goes on in its place; one that may not is refused by name. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import request from 'supertest';
import { simulatedCopy } from '../testing/simulated-copy';
import { type BuiltCli, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const up = (data: string): string[] => [
  ...['up', '--data', inFolder(data), '--port', '0', '--mqtt-port', '0'],
];
const restore = (from: string, data: string, ...more: string[]) =>
  cli.run('restore', '--from', inFolder(from), '--data', inFolder(data), ...more);

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-backup-'));
  await simulatedCopy({ pods: 6 }, inFolder('day'));
  await cli.run('trust', 'export', '--data', inFolder('day'), '--out', inFolder('trust.json'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

it('copies a folder that is served, and the copy is served in its place', async () => {
  const running = cli.start(...up('day'));
  await running.url;
  const backedUp = await cli.run('backup', '--data', inFolder('day'), '--out', inFolder('copy'));
  running.kill('SIGTERM');
  await running.ended;
  expect(backedUp).toMatchObject({ code: 0, stderr: '' });
  expect(backedUp.stdout).toMatch(
    /holds \d+ events, \d+ of them sealed, in [\d.]+ MB; the log holds\./,
  );
  expect(existsSync(inFolder('copy/views.sqlite'))).toBe(false);

  const restored = await restore('copy', 'again', '--trust', inFolder('trust.json'), '--json');
  expect(JSON.parse(restored.stdout)).toMatchObject({ folder: inFolder('again') });
  const again = cli.start(...up('again'));
  const { status, body } = await request(await again.url).get('/api/v1/status');
  expect([status, body.certification.publicKey]).toEqual([
    200,
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
  again.kill('SIGTERM');
  await again.ended;
  const audited = await cli.run('audit', '--all', '--data', inFolder('again'));
  expect(audited).toMatchObject({ code: 0 });
});

it('is not restored where a later state was seen', async () => {
  const trust = inFolder('trust-seen.json');
  const policy = JSON.parse(readFileSync(inFolder('trust.json'), 'utf8')) as object;
  const lastCheckpoint = { size: 1_000_000, root: 'ab'.repeat(32) };
  writeFileSync(trust, JSON.stringify({ ...policy, lastCheckpoint }));
  const refused = await restore('copy', 'older', '--trust', trust);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('it shrank');
  expect(refused.stderr).toContain('fork the log');
  expect(existsSync(inFolder('older'))).toBe(false);
});

it('says without a trust file what it cannot know', async () => {
  const { code, stderr } = await restore('copy', 'untrusted');
  expect([code, stderr]).toEqual([0, expect.stringContaining('Without --trust')]);
});

it('is restored as it stood at a moment, to be read and not to go on from', async () => {
  const at = '2026-03-17T05:00:00.000Z';
  const { code, stdout } = await restore('copy', 'past', '--at', at, '--json');
  const cut = JSON.parse(stdout) as { events: number; of: number };
  expect([code, cut]).toEqual([0, expect.objectContaining({ folder: inFolder('past'), at })]);
  const db = new Database(inFolder('past/events.sqlite'));
  const stands = db.prepare('SELECT count(*) AS events, max(recordedAt) AS last FROM events');
  expect(stands.get()).toMatchObject({ events: cut.events });
  expect((stands.get() as { last: string }).last <= at).toBe(true);
  db.close();
  expect(cut.events).toBeGreaterThan(0);
  expect(cut.events).toBeLessThan(cut.of);
  const read = await cli.run('digest', '--data', inFolder('past'));
  expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}/) });

  const refused = await cli.run(...up('past'));
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('keys.json')]);
});

it.each([
  ['yesterday', 'no instant'],
  ['2020-01-01T00:00:00Z', 'no event that was recorded until'],
])('is not restored at %s', async (at, reason) => {
  const { code, stderr } = await restore('copy', 'nowhere', '--at', at);
  expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  expect(existsSync(inFolder('nowhere'))).toBe(false);
});

it('is neither made nor restored of a log that was changed', async () => {
  cpSync(inFolder('copy'), inFolder('changed'), { recursive: true });
  const db = new Database(inFolder('changed/events.sqlite'));
  db.exec("UPDATE events SET actor = 'somebody' WHERE position = 20");
  db.close();
  const made = await cli.run('backup', '--data', inFolder('changed'), '--out', inFolder('made'));
  expect([made.code, made.stderr]).toEqual([2, expect.stringContaining('does not hold (hashes')]);
  const refused = await restore('changed', 'made');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('hashes')]);
  expect(existsSync(inFolder('made'))).toBe(false);
});

it('leaves a folder alone that holds something, and asks for a log', async () => {
  const taken = await cli.run('backup', '--data', inFolder('day'), '--out', inFolder('copy'));
  expect([taken.code, taken.stderr]).toEqual([
    2,
    expect.stringContaining('holds an event log already'),
  ]);
  const absent = await cli.run('backup', '--data', inFolder('nothing'), '--out', inFolder('new'));
  expect(absent.code).toBe(2);
  expect(existsSync(inFolder('new'))).toBe(false);
});
