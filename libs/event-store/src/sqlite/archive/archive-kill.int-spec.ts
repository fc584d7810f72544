/** Processes that archive are killed between any two steps: each row stands in the file, or in the archive. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compiledScript, startScript } from '../../testing/child-script';
import { appendMeasured, setClock } from '../../testing/measured-months';
import { openSqliteEventStore } from '../sqlite-event-store';
import { archiveEvents } from './archive-events';
import { ArchivedByOthers } from './archive-lease';

let folder: string;
let script: string;
let shortening: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-archive-kill-'));
  script = compiledScript('archive-child', join(folder, 'build'));
  shortening = join(dirname(script), 'shortening-child.js');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('loses nothing wherever it is killed, and goes on from there', async () => {
  const path = join(folder, 'events.db');
  const fromMs = Date.parse('2026-01-31T06:00:00.000Z');
  const clock = setClock(fromMs);
  const first = openSqliteEventStore({ path, clock });
  await appendMeasured(first, clock, { nodes: 30, quarterHours: 100, fromMs });
  const rows = [...first.readRawRows()];
  await first.close();

  const kills: [string, number][] = [
    ['archive/written', 1],
    ['archive/verified', 1],
    ['archive/named', 1],
    ['archive/removing', 1],
    ['archive/removed', 1],
    ['archive/written', 2],
    ['archive/named', 2],
    ['archive/removing', 2],
  ];
  for (const [point, nth] of kills) {
    const child = startScript(script, path, point, `${nth}`);
    await child.printed(1);
    expect(child.lines()).toEqual([point]);
    await child.kill();
    for (const readOnly of [true, false]) {
      const opened = openSqliteEventStore({ path, clock, readOnly });
      expect([...opened.readRawRows()]).toEqual(rows);
      await opened.close();
    }
  }
  const last = startScript(script, path);
  await last.ended();
  const opened = openSqliteEventStore({ path, clock });
  expect([...opened.readRawRows()]).toEqual(rows);
  await opened.close();
});

it('is as it was where making its file shorter is killed, for who only reads too', async () => {
  const path = join(folder, 'shortened.db');
  const fromMs = Date.parse('2026-01-31T06:00:00.000Z');
  const clock = setClock(fromMs);
  const first = openSqliteEventStore({ path, clock });
  await appendMeasured(first, clock, { nodes: 30, quarterHours: 20, fromMs });
  const rows = [...first.readRawRows()];
  await first.close();
  for (const readOnly of [true, false]) {
    const child = startScript(shortening, path);
    await child.printed(1);
    await child.kill();
    expect(existsSync(`${path}-journal`)).toBe(true);
    const opened = openSqliteEventStore({ path, clock, readOnly });
    expect([...opened.readRawRows()]).toEqual(rows);
    await opened.close();
  }
});

it('may archive as soon as another that did was killed, and not before', async () => {
  const path = join(folder, 'leased.db');
  const fromMs = Date.parse('2026-01-31T06:00:00.000Z');
  const clock = setClock(fromMs);
  const first = openSqliteEventStore({ path, clock });
  await appendMeasured(first, clock, { nodes: 10, quarterHours: 100, fromMs });
  const rows = [...first.readRawRows()];
  await first.close();
  const child = startScript(script, path, 'archive/named', '1');
  await child.printed(1);
  const archive = () => archiveEvents({ path, before: '2026-03', streamPrefix: 'meter-' });
  await expect(archive()).rejects.toBeInstanceOf(ArchivedByOthers);
  await child.kill();
  expect((await archive()).files.length).toBeGreaterThan(0);
  const opened = openSqliteEventStore({ path, clock, readOnly: true });
  expect([...opened.readRawRows()]).toEqual(rows);
  await opened.close();
});
