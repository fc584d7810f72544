/**
 * One process a data folder runs its embedded chain: two of them would begin with one state and part
 * ways. The guard is a turn by a file (`turnOf`) that lasts as long as the chain runs here.
 */
import path from 'node:path';
import { turnOf } from '@flexledger/service-kit';

/** Another process runs the embedded chain of the data folder. */
export class ChainInUse extends Error {
  constructor(readonly dataDir: string) {
    super(
      `The embedded chain of ${dataDir} runs in another process. Stop that process, choose another ` +
        'folder with --data, or run this one without the certifier (--without certifier) or on a ' +
        'chain elsewhere (chain.rpcUrl).',
    );
    this.name = 'ChainInUse';
  }
}

/**
 * Takes the chain of a folder, which exists; returns what gives it free.
 *
 * @throws ChainInUse when it is taken, by this process or another
 */
export function takeChain(dataDir: string): () => void {
  const guard = turnOf(path.join(dataDir, 'chain.lock'));
  let isTaken = false;
  try {
    isTaken = guard.take();
  } finally {
    if (!isTaken) guard.end();
  }
  if (!isTaken) throw new ChainInUse(dataDir);
  return () => guard.end();
}
