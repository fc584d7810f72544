/** The data folder: made on first use, told when it cannot be used. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataFolderUnusable, makeDataFolder } from './data-folder';

let parent: string;
beforeEach(() => (parent = mkdtempSync(path.join(tmpdir(), 'data-folder-'))));
afterEach(() => rmSync(parent, { recursive: true }));

describe('the data folder', () => {
  it('is made with all above it, for its owner only, and left as it is the second time', () => {
    const folder = path.join(parent, 'deep/er/data');
    for (let time = 0; time < 2; time += 1) makeDataFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
    if (process.platform !== 'win32') expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('is refused where a file has its name, or that of a folder above', () => {
    const file = path.join(parent, 'file');
    writeFileSync(file, '');
    for (const folder of [file, path.join(file, 'data')]) {
      expect(() => makeDataFolder(folder)).toThrow(DataFolderUnusable);
      expect(() => makeDataFolder(folder)).toThrow(
        `The data folder ${folder} cannot be used: ${file} is not a folder; choose another with --data`,
      );
    }
  });

  const onLinux = existsSync('/proc/self') ? it : it.skip;
  onLinux('is refused where nothing can be made (a file system of the kernel)', () => {
    expect(() => makeDataFolder('/proc/flexledger')).toThrow('choose another with --data');
  });
});
