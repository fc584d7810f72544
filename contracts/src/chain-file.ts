import path from 'node:path';

/** Where a data folder keeps the embedded chain between runs. */
export const chainFile = (dataDir: string): string => path.join(dataDir, 'chain.json');
