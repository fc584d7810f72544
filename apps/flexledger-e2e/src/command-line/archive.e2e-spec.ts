/** A day whose measurements are in the archive is the same day: audited, replayed, exported, served, backed up. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import request from 'supertest';
import { simulatedCopy } from '../testing/simulated-copy';
import { type BuiltCli, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const onDay = (...command: readonly string[]) => cli.run(...command, '--data', inFolder('day'));
/** What is said of the day by commands that read all of it, or one packet. */
let before: readonly string[];
/** Of a measurement. */
let position: number;

async function told(): Promise<readonly string[]> {
  const out = inFolder('told');
  const written = async (...command: readonly string[]): Promise<string> => {
    expect(await onDay(...command, '--out', out)).toMatchObject({ code: 0 });
    const text = readFileSync(out, 'utf8');
    rmSync(out);
    return text;
  };
  const { stdout } = await onDay('digest', '--json');
  return [
    stdout,
    (
      await onDay(
        'replay',
        '--session',
        'dayAhead-2026-03-16T23:00Z',
        ...['--rules', 'd3.3'],
        '--json',
      )
    ).stdout,
    await written('bundle', 'DSO'),
    await written('bundle', `${position}`),
    await written('bundle', `${position}`, '--event'),
    await written('export', 'measurements'),
  ];
}

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-archive-'));
  await simulatedCopy({ pods: 6 }, inFolder('day'));
  position = measurementOf(inFolder('day/events.sqlite'));
  before = await told();
  cpSync(inFolder('day'), inFolder('live'), { recursive: true });
  const { code, stdout } = await onDay('log', 'archive', '--before', '2026-04', '--json');
  expect(code).toBe(0);
  const { events, bytes, bytesAfter, bytesBefore, months } = JSON.parse(stdout);
  expect(months).toEqual(['2026-03']);
  expect(events).toBeGreaterThan(500);
  expect(bytes / events).toBeLessThan(200);
  expect(bytesAfter).toBeLessThan(bytesBefore);
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

function measurementOf(file: string): number {
  const db = new Database(file);
  const [[found]] = db
    .prepare("SELECT position FROM events WHERE type = 'MeasurementRecorded' LIMIT 1 OFFSET 100")
    .raw()
    .all() as [[number]];
  db.close();
  return found;
}

it('is read as before by digest, replay, bundles, proofs and export', async () => {
  expect(before.map((text) => text.length > 50)).toEqual(before.map(() => true));
  expect(await told()).toEqual(before);
});

it('holds, and so does its copy', async () => {
  expect(await onDay('audit', '--all')).toMatchObject({ code: 0 });
  const copied = await onDay('backup', '--out', inFolder('copy'));
  expect(copied).toMatchObject({ code: 0, stderr: '' });
  const restored = ['restore', '--from', inFolder('copy'), '--data', inFolder('again')];
  expect(await cli.run(...restored)).toMatchObject({ code: 0 });
});

it('may be archived while it is served: what was sealed is proved before and after', async () => {
  const live = ['--data', inFolder('live')];
  const running = cli.start('up', ...live, '--port', '0', '--mqtt-port', '0');
  const url = await running.url;
  const proof = () => request(url).get('/api/v1/log/inclusion').query({ position });
  const proved = await proof();
  const archived = await cli.run('log', 'archive', ...live, '--before', '2026-04');
  expect(archived).toMatchObject({ code: 0 });
  expect(archived.stdout).toContain('Others have the log open');
  expect([proved.status, (await proof()).body.index]).toEqual([200, proved.body.index]);
  running.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
  const again = cli.start('up', ...live, '--port', '0', '--mqtt-port', '0');
  const { body } = await request(await again.url)
    .get('/api/v1/log/inclusion')
    .query({ position });
  expect(body.index).toBe(proved.body.index);
  again.kill('SIGTERM');
  await again.ended;
  expect(await cli.run('audit', '--all', ...live)).toMatchObject({ code: 0 });
});

it('names a file of the archive that is damaged, in the audit and at the start', async () => {
  const archive = inFolder('again/events.sqlite-archive');
  const [name] = readdirSync(archive) as [string];
  const file = path.join(archive, name);
  const whole = readFileSync(file);
  const again = ['--data', inFolder('again')];

  writeFileSync(
    file,
    whole.map((byte, at) => (at === 500 ? byte ^ 1 : byte)),
  );
  const audited = await cli.run('audit', '--all', ...again);
  expect(audited.code).toBe(1);
  expect(audited.stdout).toContain(name);
  expect(audited.stdout).toContain('put it back from a backup');

  writeFileSync(file, whole.subarray(0, 4_000));
  const started = await cli.run('up', ...again, '--port', '0', '--mqtt-port', '0');
  expect(started.code).not.toBe(0);
  expect(started.stderr).toContain(name);
  expect(started.stderr).toContain('has 4000 bytes instead of');
  writeFileSync(file, whole);
});

it('asks for a month that is over, and for a log', async () => {
  const wrong = await onDay('log', 'archive', '--before', 'March');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('is no month')]);
  const late = await onDay('log', 'archive', '--before', '9999-01');
  expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('is not over')]);
  const none = await cli.run('log', 'archive', '--data', inFolder('nothing'));
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('holds no event log')]);
  const again = await onDay('log', 'archive', '--before', '2026-04');
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringContaining('has no measurements to archive'),
  ]);
});
