/** A folder is there whole or not at all, and nothing but a log of ours is ever replaced. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeChain } from '../platform/chain-guard';
import { leaveInstanceFile } from '@flexledger/platform-cli';
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
  writeFileSync(path.join(folder, 'events.sqlite'), text);
  expect(existsSync(log()) ? readFileSync(log(), 'utf8') : '').not.toBe(text);
};

it('comes into its place when it is whole, also where an empty folder stands', async () => {
  mkdirSync(data);
  await buildBeside(data, false, fill('whole'));
  expect(readFileSync(log(), 'utf8')).toBe('whole');
  expect(existsSync(`${data}.unfinished`)).toBe(false);
  expect(readdirSync(data)).toEqual(['events.sqlite']);
});

it.each(['unfinished', 'replaced'])('what it did not make stays, also under %s', async (name) => {
  await buildBeside(data, false, fill('old'));
  const theirs = path.join(root, `day.${name}`);
  mkdirSync(theirs);
  writeFileSync(path.join(theirs, 'events.sqlite'), 'years of work');
  const refused = buildBeside(data, true, fill('new'));
  await expect(refused).rejects.toThrow(`day.${name} is in the way`);
  expect(readFileSync(path.join(theirs, 'events.sqlite'), 'utf8')).toBe('years of work');
  expect(readFileSync(log(), 'utf8')).toBe('old');
});

it('what was being replaced when the power went is removed by the next', async () => {
  await cutOff();
  renameSync(`${data}.unfinished`, `${data}.replaced`);
  await buildBeside(data, false, fill('new'));
  expect(existsSync(`${data}.replaced`)).toBe(false);
});

/** As a crash leaves it: what would be removed is kept aside and put back. */
const cutOff = async (): Promise<void> => {
  const failing = buildBeside(data, false, async (folder) => {
    await fill('cut off')(folder);
    cpSync(folder, path.join(root, 'kept'), { recursive: true });
    throw new Error('power cut');
  });
  await expect(failing).rejects.toThrow('power cut');
  renameSync(path.join(root, 'kept'), `${data}.unfinished`);
};

it('is not there at all when it fails, nor what was cut off before', async () => {
  await cutOff();
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

  it.each([
    ['serves it', 'http://127.0.0.1:1'],
    ['is starting on it', null],
  ])('it is kept while somebody %s', async (_, url) => {
    const file = leaveInstanceFile(data, {
      instance: 'one',
      version: '0.1.0',
      pid: process.pid,
      url,
      platforms: [],
      mqtt: null,
      chainId: null,
      startedAt: '2026-03-17T10:00:00.000Z',
    });
    await expect(buildBeside(data, true, fill('new'))).rejects.toThrow('while one (process');
    file.remove();
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
