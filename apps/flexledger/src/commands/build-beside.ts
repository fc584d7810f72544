/**
 * A data folder that is there whole or not at all: it is made beside, as `{folder}.unfinished`, and moved
 * into its place at the end. What a crash or Ctrl-C leaves never looks like a day.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { UsageError, tell } from '@flexledger/command-line';
import { takeChain } from '../platform/chain-guard';
import { logFile, makeDataFolder } from '../platform/data-folder';
import { runningInstances } from '../platform/instance-file';

/** What the name of a folder that is being made ends in. */
export const UNFINISHED = '.unfinished';

/**
 * @param isReplaced a folder that holds an event log is replaced by the new one
 * @param make is given the folder to fill
 * @throws UsageError where the folder holds something and is not to be replaced, or holds no log of ours
 * @throws ChainInUse while another process fills the folder beside, or runs on the one to be replaced
 */
export async function buildBeside<Result>(
  data: string,
  isReplaced: boolean,
  make: (unfinished: string) => Promise<Result>,
): Promise<Result> {
  const folder = path.resolve(data);
  requireFree(folder, data, isReplaced);
  const unfinished = `${folder}${UNFINISHED}`;
  if (existsSync(unfinished)) {
    // Whoever fills it now has its chain; what a crash left has nobody.
    takeChain(unfinished)();
    tell(`What was cut off in ${data}${UNFINISHED} is removed and done anew.`);
    rmSync(unfinished, { recursive: true });
  }
  makeDataFolder(path.dirname(unfinished));
  try {
    const result = await make(unfinished);
    requireFree(folder, data, isReplaced);
    moveInto(folder, unfinished);
    return result;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

function requireFree(folder: string, data: string, isReplaced: boolean): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  if (!existsSync(logFile(folder))) {
    throw new UsageError(
      `${data} holds files but no event log; choose another folder with --data.`,
    );
  }
  if (!isReplaced) {
    throw new UsageError(
      `${data} holds an event log already; choose another folder with --data, or replace it by --force.`,
    );
  }
  const [running] = runningInstances(folder);
  if (running) {
    throw new UsageError(
      `${data} is not replaced while ${running.instance} (process ${running.pid}) runs on it; stop it first.`,
    );
  }
  takeChain(folder)();
}

function moveInto(folder: string, unfinished: string): void {
  const before = `${folder}.replaced`;
  rmSync(before, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, before);
  renameSync(unfinished, folder);
  rmSync(before, { recursive: true, force: true });
}
