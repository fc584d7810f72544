/** One program at a time in a node's folder: two would sign and count for the same PoD. */
import { existsSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { sha256Hex } from '@flexledger/identity';
import { NodeFolderUnusable } from './node-folder';

/**
 * Holds a folder until it is let go or the process ends, however that ends: by a socket with the folder's
 * name, which the system takes back. Where there are none of that kind (outside Linux) nothing is held.
 *
 * @returns what lets go of it
 * @throws NodeFolderUnusable when another program holds it
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => {};
  const name = existsSync(folder) ? realpathSync(folder) : path.resolve(folder);
  const server = createServer().unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new NodeFolderUnusable(
              `${folder} is in use by a node's program that runs; stop it first, or name another folder.`,
            )
          : error,
      ),
    );
    // A name that begins with a zero byte is no file: see unix(7), abstract sockets.
    server.listen(`\0flexledger-node-${sha256Hex(name)}`, resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
