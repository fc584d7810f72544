/** A PostgreSQL for tests and benches: the one of POSTGRES_URL, else the programs of the machine on a folder of their own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@flexledger/runtime';

const PACKAGES = '/usr/lib/postgresql';

/** Why there is none to test with; undefined where there is. */
export function whyNoPostgres(): string | undefined {
  if (process.env['POSTGRES_URL'] || programs()) return undefined;
  return 'POSTGRES_URL is not set, and the machine has no PostgreSQL';
}

/** Why there are none of which one can be killed and another promoted; undefined where there are. */
export function whyNoPostgresPrograms(): string | undefined {
  return programs() ? undefined : 'the machine has no PostgreSQL';
}

function programs(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined;
  const folders = readdirSync(PACKAGES)
    .toSorted((one, other) => Number(other) - Number(one))
    .map((release) => path.join(PACKAGES, release, 'bin'));
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')));
}

export interface PostgresServer {
  readonly url: string;
  /** Whether it can be ended here. */
  readonly isOurs: boolean;
  /** Ends it at once, as a crash would: it has to recover from its write-ahead log. */
  crash(): void;
  start(): void;
  close(): void;
}

export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env['POSTGRES_URL'];
  const nothing = (): void => undefined;
  if (given) return { url: given, isOurs: false, crash: nothing, start: nothing, close: nothing };
  const folder = ownFolder();
  const server = serverIn(folder, 'data', await freePort());
  server.make();
  server.start();
  return {
    url: `postgres://postgres@${server.host}/postgres`,
    isOurs: true,
    crash: server.crash,
    start: server.start,
    close() {
      server.crash();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A primary whose commits count when its replica has them too. */
export interface ReplicatedPostgres {
  /** Of both, the primary first. */
  readonly url: string;
  /** Of both, the replica first. */
  readonly urlOfReplicaFirst: string;
  /** Of the replica alone. */
  readonly replicaUrl: string;
  /** Ends the primary as a power cut would; it never comes back. */
  killPrimary(): void;
  /** Makes the replica the primary. */
  promote(): void;
  close(): void;
}

/** Of this machine's programs, with synchronous streaming replication. */
export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  const folder = ownFolder();
  const primary = serverIn(folder, 'primary', await freePort());
  const replica = serverIn(folder, 'replica', await freePort());
  primary.make();
  primary.start();
  const [host, port] = primary.host.split(':') as [string, string];
  const from = ['-h', host, '-p', port, '-U', 'postgres'];
  // Writes where it streams from into the replica's settings.
  primary.run('pg_basebackup', ...from, '-D', path.join(folder, 'replica'), '-R', '-X', 'stream');
  replica.start();
  // From here on a commit waits for the replica; the replica itself was copied before, and waits for nobody.
  for (const sql of [
    `ALTER SYSTEM SET synchronous_standby_names = '*'`,
    'SELECT pg_reload_conf()',
  ]) {
    primary.run('psql', ...from, '-d', 'postgres', '-c', sql);
  }
  const urlOf = (...hosts: string[]): string =>
    `postgres://postgres@${hosts.join(',')}/postgres?target_session_attrs=read-write`;
  return {
    url: urlOf(primary.host, replica.host),
    urlOfReplicaFirst: urlOf(replica.host, primary.host),
    replicaUrl: `postgres://postgres@${replica.host}/postgres`,
    killPrimary: primary.kill,
    promote: () => replica.run('pg_ctl', '-D', path.join(folder, 'replica'), '-w', 'promote'),
    close() {
      for (const server of [primary, replica]) server.kill();
      rmSync(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

/** The server refuses to run as root. */
const isRoot = (): boolean => process.getuid?.() === 0;

/** A folder that the server's user may write. */
function ownFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'postgres-'));
  if (isRoot()) execFileSync('chown', ['postgres', folder]);
  else chmodSync(folder, 0o700);
  return folder;
}

/** A server with its data in a folder of that name. */
function serverIn(folder: string, name: string, port: number) {
  const bin = programs()!;
  const data = path.join(folder, name);
  const run = (program: string, ...args: string[]): void => {
    const command = [path.join(bin, program), ...args];
    const options = { cwd: folder, stdio: 'ignore' as const };
    if (isRoot()) execFileSync('runuser', ['-u', 'postgres', '--', ...command], options);
    else execFileSync(command[0]!, command.slice(1), options);
  };
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const log = path.join(folder, `${name}.log`);
  return {
    host: `127.0.0.1:${port}`,
    run,
    make: () =>
      run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-locale', '-E', 'UTF8'),
    start: () => run('pg_ctl', '-D', data, '-w', '-o', settings, '-l', log, 'start'),
    crash: () => run('pg_ctl', '-D', data, '-m', 'immediate', 'stop'),
    kill() {
      const file = path.join(data, 'postmaster.pid');
      if (!existsSync(file)) return;
      try {
        process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
      } catch {
        // It is gone, and could not take its file away.
      }
    },
  };
}
