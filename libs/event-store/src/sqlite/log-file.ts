import path from 'node:path';

/** The embedded log of a data folder. */
export const logFile = (dataDir: string): string => path.join(dataDir, 'events.sqlite');
