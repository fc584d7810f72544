/** What lies where in the data folder that the processes of one operator share. */
import path from 'node:path';
import { type PlatformName, PLATFORMS } from '../config/config';

export { logFile } from '@flexledger/event-store';

/** Name under which checkpoints are signed. */
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

/** Leases and checkpoints of the processors; without it they read the log again. */
export const processorsFile = (dataDir: string): string => path.join(dataDir, 'processors.sqlite');

/** The embedded chain between runs. */
export const chainFile = (dataDir: string): string => path.join(dataDir, 'chain.json');

/** What the certifier keeps of its tree. */
export const certifierFolder = (dataDir: string): string => path.join(dataDir, 'certifier');
