import { existsSync } from 'node:fs';
import path from 'node:path';

/** The embedded log of a data folder. */
export const logFile = (dataDir: string): string => path.join(dataDir, 'events.sqlite');

/** A data folder, or a server, without a log where one is to be read. */
export class LogAbsent extends Error {
  constructor(dataDir: string, url?: string) {
    super(
      url === undefined
        ? `${dataDir} holds no event log; name the data folder with --data.`
        : `${url} holds no event log; name the server of one with --log.`,
    );
    this.name = 'LogAbsent';
  }
}

/** @throws LogAbsent when a data folder holds no log */
export function requireLog(dataDir: string): void {
  if (!existsSync(logFile(dataDir))) throw new LogAbsent(dataDir);
}
