/** A PostgreSQL for tests and benches: the one of POSTGRES_URL, else the programs of the machine on a folder of their own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@flexledger/runtime';

const PACKAGES = '/usr/lib/postgresql';

/** Why there is none to test with; undefined where there is. */
export function whyNoPostgres(): string | undefined {
  if (process.env['POSTGRES_URL'] || programs()) return undefined;
  return 'POSTGRES_URL is not set, and the machine has no PostgreSQL';
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
  const folder = mkdtempSync(path.join(tmpdir(), 'postgres-'));
  const port = await freePort();
  const bin = programs()!;
  const data = path.join(folder, 'data');
  // The server refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  else chmodSync(folder, 0o700);
  const run = (program: string, ...args: string[]): void => {
    const command = [path.join(bin, program), ...args];
    const options = { cwd: folder, stdio: 'ignore' as const };
    if (isRoot) execFileSync('runuser', ['-u', 'postgres', '--', ...command], options);
    else execFileSync(command[0]!, command.slice(1), options);
  };
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
  const start = (): void =>
    run('pg_ctl', '-D', data, '-w', '-o', settings, '-l', path.join(folder, 'log'), 'start');
  const crash = (): void => run('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
  run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-locale', '-E', 'UTF8');
  start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    isOurs: true,
    crash,
    start,
    close() {
      crash();
      rmSync(folder, { recursive: true });
    },
  };
}
