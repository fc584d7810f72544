/** What lies where in the data folder that the processes of one operator share. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { chainFile } from '@flexledger/contracts';
import { logFile } from '@flexledger/event-store';
import { sha256Hex } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import { type PlatformName, PLATFORMS } from '../config/config';

/** What the name of a folder ends in that is being made beside its place. */
export const UNFINISHED = '.unfinished';

export { logFile };

/** Name under which checkpoints are signed where the configuration says no other. */
export const LOG_ORIGIN = 'flexledger/rome';

/**
 * The read models of the platforms that a process runs: one file for all of them in a process that runs
 * everything, else a file a choice of platforms, which every instance with the same choice shares.
 */
export function viewsFile(dataDir: string, platforms: readonly PlatformName[] = PLATFORMS): string {
  const isAll = PLATFORMS.every((name) => platforms.includes(name));
  const name = isAll ? 'views' : `views-${platforms.join('+')}`;
  return path.join(dataDir, `${name}.sqlite`);
}

/** The database of the same read models at a MongoDB; its name may have 63 characters. */
export function viewsDatabase(begins: string, platforms: readonly PlatformName[]): string {
  const name = path.basename(viewsFile('', platforms), '.sqlite').replaceAll('+', '_');
  return `${begins}_${name.length > 40 ? sha256Hex(name).slice(0, 40) : name}`;
}

/** Leases and checkpoints of the processors; without it they read the log again. */
export const processorsFile = (dataDir: string): string => path.join(dataDir, 'processors.sqlite');

/** Secrets, progress and dead letters of the webhooks. */
export const webhooksFile = (dataDir: string): string => path.join(dataDir, 'webhooks.sqlite');

/** Open event streams, counted over all instances; made anew where it is lost. */
export const streamsFile = (dataDir: string): string => path.join(dataDir, 'streams.sqlite');

/** Time series of phasors. */
export const phasorsFile = (dataDir: string): string => path.join(dataDir, 'phasors.sqlite');

/** Hashes of secrets, sign-ins and keys of persons, which never stand in the log. */
export const credentialsFile = (dataDir: string): string => path.join(dataDir, 'identity.sqlite');

/** What the certifier keeps of its tree. */
export const certifierFolder = (dataDir: string): string => path.join(dataDir, 'certifier');

/** A folder that a process cannot keep its data in. */
export class DataFolderUnusable extends Error {
  constructor(dataDir: string, reason: string, options?: ErrorOptions) {
    super(
      `The data folder ${dataDir} cannot be used: ${reason}; choose another with --data, or let this ` +
        'user read and write it.',
      options,
    );
    this.name = 'DataFolderUnusable';
  }
}

/**
 * Makes the data folder where there is none yet, for its owner only.
 *
 * @throws DataFolderUnusable
 */
export function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(path.resolve(dataDir));
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataFolderUnusable(dataDir, messageOf(error), { cause: error });
  }
}

/** One after another: `recursive` of Node never returns where a file system refuses with ENOENT. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
    return;
  }
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process that begins at the same time has made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A part of a data folder is gone that the others belong to; none is ever made in its place. */
export class DataFolderIncomplete extends Error {
  constructor(dataDir: string, missing: string, because: string) {
    super(
      `${path.join(dataDir, missing)} is missing, though ${because}. Restore it from a backup; ` +
        'another in its place would belong to another log. To begin anew, choose an empty folder with --data.',
    );
    this.name = 'DataFolderIncomplete';
  }
}

/** What is made only after the log, and is of no use without it. */
const PARTS_OF_A_LOG = [path.basename(chainFile('')), path.basename(certifierFolder(''))];

/** @throws DataFolderIncomplete when the log is gone, and what was made from it is there */
export function requireNoRestOfALog(dataDir: string): void {
  if (existsSync(logFile(dataDir))) return;
  const rest = PARTS_OF_A_LOG.find((name) => existsSync(path.join(dataDir, name)));
  if (rest === undefined) return;
  throw new DataFolderIncomplete(dataDir, path.basename(logFile(dataDir)), `${rest} is there`);
}
