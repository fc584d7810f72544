/** Disks that are full or read-only, and files that are damaged. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { type TortureCase, CannotTry, must } from './torture-case';
import {
  end,
  eventually,
  launch,
  lostOf,
  register,
  served,
  startWriting,
  statusOf,
  untilReady,
} from './tortured-platform';

const SIZE_MB = 24;

/** Does something with a file system of its own. @throws CannotTry where none can be made */
async function onOwnDisk<Done>(folder: string, task: (dir: string) => Promise<Done>) {
  const dir = path.join(folder, 'disk');
  mkdirSync(dir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dir], {
      stdio: 'pipe',
    });
  } catch (error) {
    throw new CannotTry(`no tmpfs can be mounted here (${messageOf(error).split('\n')[0]})`);
  }
  try {
    return await task(dir);
  } finally {
    execFileSync('umount', ['-l', dir], { stdio: 'pipe' });
  }
}

/** Writes a file until the disk takes no more. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (let block = Buffer.alloc(65_536); block.length > 0;) {
      try {
        writeSync(handle, block);
      } catch {
        block = block.subarray(0, block.length >> 1);
      }
    }
  } finally {
    closeSync(handle);
  }
}

export const STORAGE_CASES: readonly TortureCase[] = [
  {
    name: 'a disk that is full, and has room again',
    run: (folder) =>
      onOwnDisk(folder, async (dataDir) => {
        const platform = await served({ dataDir });
        try {
          const writer = startWriting(dataDir, () => platform.url);
          await eventually('writing', () => (writer.acknowledged.length > 3 ? true : undefined));
          const ballast = path.join(dataDir, 'ballast');
          fill(ballast);
          await eventually('503 on writing', () => (writer.statuses.get(503) ? true : undefined));
          await eventually('503 on readiness', async () =>
            (await statusOf(`${platform.url}/health/ready`)) === 503 ? true : undefined,
          );
          must((await statusOf(`${platform.url}/health/live`)) === 200, 'it does not live');
          rmSync(ballast);
          const before = writer.acknowledged.length;
          const seconds = await untilReady(platform);
          await eventually('writing again', () =>
            writer.acknowledged.length > before ? true : undefined,
          );
          await writer.stop();
          must(!writer.statuses.get(500), `${writer.statuses.get(500)} answers were 500`);
          const lost = await lostOf(dataDir, writer.acknowledged);
          must(lost.length === 0, `lost or twice: ${lost.slice(0, 5).join(', ')}`);
          const lines = platform.complaints().split('\n').length;
          must(lines < 50, `${lines} lines on its error stream`);
          return `${writer.statuses.get(503)} writes refused with 503, by itself ready after ${seconds} s, ${writer.acknowledged.length} acknowledged, 0 lost`;
        } finally {
          await end(platform);
        }
      }),
  },
  {
    name: 'a folder that cannot be written',
    run: (folder) =>
      onOwnDisk(folder, async (dataDir) => {
        execFileSync('mount', ['-o', 'remount,ro', dataDir], { stdio: 'pipe' });
        const { ended, complaints } = launch({ dataDir });
        const code = await ended;
        must(code === 2 || code === 1, `exit ${code}`);
        must(complaints().includes(dataDir), `the folder is not named: ${complaints()}`);
        return `exit code ${code}, the folder named`;
      }),
  },
  {
    name: 'a page of the log that is overwritten',
    async run(folder) {
      const dataDir = path.join(folder, 'data');
      const platform = await served({ dataDir });
      for (let count = 0; count < 60; count += 1) {
        await register(dataDir, platform.url, `aggregator:P${count}`);
      }
      await end(platform);
      const file = path.join(dataDir, 'events.sqlite');
      const handle = openSync(file, 'r+');
      const page = Math.floor(statSync(file).size / 4_096 / 2);
      writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096);
      closeSync(handle);
      const main = path.join(repositoryRoot(), 'dist/apps/flexledger/src/main.js');
      const audited = run([main, 'audit', '--all', '--data', dataDir, '--json']);
      must(audited.code === 1 || audited.code === 2, `the audit ends with ${audited.code}`);
      must(!/^\s+at /m.test(audited.text), 'the audit prints a stack');
      return `page ${page} of the log: the audit ends with ${audited.code} and names what it cannot read`;
    },
  },
];

function run(args: readonly string[]): { readonly code: number | null; readonly text: string } {
  try {
    return {
      code: 0,
      text: execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }),
    };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, text: stdout + stderr };
  }
}
