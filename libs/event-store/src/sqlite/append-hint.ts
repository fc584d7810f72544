/**
 * A hint that somebody has appended: the write-ahead log beside the file has changed. It may come late,
 * too often or never (network folders, some systems), so who relies on it also looks by itself.
 */
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `onHint` after changes of the log at `path`, by any process. It watches the folder: opening the
 * file itself outside SQLite would drop this process's locks on it (POSIX).
 *
 * @returns what ends the watching
 */
export function watchAppends(path: string, onHint: () => void): () => void {
  const name = `${basename(path)}-wal`;
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, changed) => {
      if (changed === null || changed === name) onHint();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
