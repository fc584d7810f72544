/**
 * A data folder that is there whole or not at all: it is made beside, as `{folder}.unfinished`, and moved
 * into its place at the end. What a crash or Ctrl-C leaves never looks like a day. Each folder that is
 * removed has a mark that was made here: a folder of somebody else's under such a name stays as it is.
 */
import { existsSync, readdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError, tell } from '@flexledger/command-line';
import { takeChain } from '../platform/chain-guard';
import { UNFINISHED, logFile, makeDataFolder } from '../platform/data-folder';
import { runningInstances } from '@flexledger/platform-cli';

/** What the name of a folder ends in that is being replaced. */
const REPLACED = '.replaced';
/** A file that says of a folder that it may go. */
const MARK = '.made-beside';

/**
 * @param isReplaced a folder that holds an event log is replaced by the new one
 * @param make is given the folder to fill
 * @throws UsageError where the folder holds something and is not to be replaced, or holds no log of ours;
 *   where a folder beside it, of the names that are used here, was not made here
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
  requireOwn(`${data}${REPLACED}`);
  requireOwn(`${data}${UNFINISHED}`);
  if (existsSync(unfinished)) {
    // Whoever fills it now has its chain; what a crash left has nobody.
    takeChain(unfinished)();
    tell(`What was cut off in ${data}${UNFINISHED} is removed and done anew.`);
    rmSync(unfinished, { recursive: true });
  }
  makeDataFolder(unfinished);
  mark(unfinished);
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
  const [running] = runningInstances(folder);
  if (running) {
    throw new UsageError(
      `${data} is left as it is while ${running.instance} (process ${running.pid}) runs on it; stop it first.`,
    );
  }
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
  takeChain(folder)();
}

/** @throws UsageError where a folder is there that was not made here */
function requireOwn(beside: string): void {
  if (!existsSync(beside) || existsSync(path.join(beside, MARK))) return;
  throw new UsageError(
    `${beside} is in the way and is not what an interrupted run has left: move it elsewhere, or choose ` +
      'another folder with --data.',
  );
}

function mark(folder: string): void {
  writeFileSync(path.join(folder, MARK), 'A folder that a command makes or replaces.\n');
}

function moveInto(folder: string, unfinished: string): void {
  const before = `${folder}${REPLACED}`;
  requireOwn(before);
  rmSync(before, { recursive: true, force: true });
  if (existsSync(folder)) {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
    else {
      mark(folder);
      renameSync(folder, before);
    }
  }
  renameSync(unfinished, folder);
  rmSync(path.join(folder, MARK));
  rmSync(before, { recursive: true, force: true });
}
