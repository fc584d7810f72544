/**
 * Who runs on a data folder: each serving process leaves `instance-{name}.json` there as long as it
 * serves. A process that was killed leaves its file behind; its number then belongs to nobody.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PlatformName } from '@flexledger/command-line';

/** What a serving process says of itself. */
export interface Instance {
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly platforms: readonly PlatformName[];
  /** Where its broker listens; null where it runs none. */
  readonly mqtt: { readonly host: string; readonly port: number } | null;
  /** Id of the chain it writes to; null where it writes to none. */
  readonly chainId: number | null;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
}

/**
 * Leaves the file; what it gives back removes it again. Beside a process of the same name, which is not
 * meant to be, the file bears the number of the process too, so that neither hides the other.
 */
export function leaveInstanceFile(dataDir: string, instance: Instance): () => void {
  const { instance: name, pid } = instance;
  const hasNamesake = runningInstances(dataDir).some(
    (other) => other.instance === name && other.pid !== pid,
  );
  const file = path.join(dataDir, `instance-${name}${hasNamesake ? `-${pid}` : ''}.json`);
  writeFileSync(file, `${JSON.stringify(instance)}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The processes that serve a data folder, by their names; files whose process is gone are left out. */
export function runningInstances(dataDir: string): readonly Instance[] {
  return namesIn(dataDir)
    .filter((name) => /^instance-.+\.json$/.test(name))
    .sort()
    .flatMap((name) => readInstance(path.join(dataDir, name)) ?? [])
    .filter(({ pid }) => isAlive(pid));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file that is being written, or was damaged, says nothing. */
function readInstance(file: string): Instance | undefined {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Instance> | null;
    const isWhole =
      typeof found?.url === 'string' &&
      typeof found.pid === 'number' &&
      typeof found.instance === 'string' &&
      Array.isArray(found.platforms);
    return isWhole ? (found as Instance) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
