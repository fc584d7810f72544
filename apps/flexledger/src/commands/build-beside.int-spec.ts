/** A folder is there whole or not at all, and nothing but a log of ours is ever replaced. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeChain } from '../platform/chain-guard';
import { leaveInstanceFile } from '../platform/instance-file';
import { buildBeside } from './build-beside';

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'beside-'));
  data = path.join(root, 'day');
});
afterEach(() => rmSync(root, { recursive: true }));

const log = (): string => path.join(data, 'events.sqlite');
const fill = (text: string) => async (folder: string) => {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'events.sqlite'), text);
  expect(existsSync(log()) ? readFileSync(log(), 'utf8') : '').not.toBe(text);
};

it('comes into its place when it is whole, also where an empty folder stands', async () => {
  mkdirSync(data);
  await buildBeside(data, false, fill('whole'));
  expect(readFileSync(log(), 'utf8')).toBe('whole');
  expect(existsSync(`${data}.unfinished`)).toBe(false);
});

it('is not there at all when it fails, nor what was cut off before', async () => {
  mkdirSync(`${data}.unfinished`);
  writeFileSync(`${data}.unfinished/events.sqlite`, 'cut off');
  const failing = buildBeside(data, false, async (folder) => {
    await fill('half')(folder);
    throw new Error('power cut');
  });
  await expect(failing).rejects.toThrow('power cut');
  expect([existsSync(data), existsSync(`${data}.unfinished`)]).toEqual([false, false]);
});

describe('where there is a log', () => {
  beforeEach(() => buildBeside(data, false, fill('old')));

  it('it is kept without being told otherwise, and while the new one is not whole', async () => {
    await expect(buildBeside(data, false, fill('new'))).rejects.toThrow('replace it by --force');
    const failing = buildBeside(data, true, async () => Promise.reject(new Error('power cut')));
    await expect(failing).rejects.toThrow('power cut');
    expect(readFileSync(log(), 'utf8')).toBe('old');
    await buildBeside(data, true, fill('new'));
    expect(readFileSync(log(), 'utf8')).toBe('new');
    expect(existsSync(`${data}.replaced`)).toBe(false);
  });

  it('it is kept while somebody runs on it', async () => {
    const remove = leaveInstanceFile(data, {
      instance: 'one',
      version: '0.1.0',
      pid: process.pid,
      url: 'http://127.0.0.1:1',
      platforms: [],
      mqtt: null,
      chainId: null,
      startedAt: '2026-03-17T10:00:00.000Z',
    });
    await expect(buildBeside(data, true, fill('new'))).rejects.toThrow('while one (process');
    remove();
    const giveFree = takeChain(data);
    await expect(buildBeside(data, true, fill('new'))).rejects.toThrow('runs in another process');
    giveFree();
    await buildBeside(data, true, fill('new'));
  });
});

it('a folder of other files is never replaced', async () => {
  mkdirSync(data);
  writeFileSync(path.join(data, 'thesis.txt'), 'years of work');
  for (const isReplaced of [false, true]) {
    await expect(buildBeside(data, isReplaced, fill('new'))).rejects.toThrow('no event log');
  }
  expect(readFileSync(path.join(data, 'thesis.txt'), 'utf8')).toBe('years of work');
});
