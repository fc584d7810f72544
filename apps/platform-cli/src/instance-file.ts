/**
 * Who runs on a data folder: each process leaves `instance-{name}.json` there from before it opens
 * anything until it has closed all. A process that was killed leaves its file behind; its number then
 * belongs to nobody.
 */
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PlatformName } from '@flexledger/command-line';

/** What a process says of itself. */
export interface Instance {
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  /** `http://127.0.0.1:8080`; null while it starts, as when it waits for the certifier. */
  readonly url: string | null;
  readonly platforms: readonly PlatformName[];
  /** Where its broker listens; null where it runs none. */
  readonly mqtt: { readonly host: string; readonly port: number } | null;
  /** Where else it listens: TCP of meters and data servers, the log, the chain. */
  readonly otherPorts?: readonly number[];
  /** Id of the chain it writes to; null where it writes to none. */
  readonly chainId: number | null;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
}

/** The file that a process has left. */
export interface InstanceFile {
  /** Says something else from now on. */
  update(instance: Instance): void;
  remove(): void;
}

/**
 * Leaves the file. Beside a process of the same name, which is not
 * meant to be, the file bears the number of the process too, so that neither hides the other.
 */
export function leaveInstanceFile(dataDir: string, instance: Instance): InstanceFile {
  const { instance: name, pid } = instance;
  const hasNamesake = runningInstances(dataDir).some(
    (other) => other.instance === name && other.pid !== pid,
  );
  const file = path.join(dataDir, `instance-${name}${hasNamesake ? `-${pid}` : ''}.json`);
  const update = (said: Instance): void => {
    // Who looks meanwhile finds one or the other.
    const written = `${file}.tmp`;
    try {
      writeFileSync(written, `${JSON.stringify(said)}\n`, { mode: 0o600 });
      renameSync(written, file);
    } catch (error) {
      rmSync(written, { force: true });
      throw error;
    }
  };
  update(instance);
  return { update, remove: () => rmSync(file, { force: true }) };
}

/** The processes that run on a data folder, by their names; files whose process is gone are left out. */
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
      (typeof found?.url === 'string' || found?.url === null) &&
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
