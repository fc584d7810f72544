/** A server that speaks MongoDB’s protocol, for tests and benches: the one of MONGODB_URL, else FerretDB in the folder of FLEX_ENGINES. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep, freePort } from '@flexledger/runtime';

/** Why there is none to test with; undefined where there is. */
export function whyNoMongo(): string | undefined {
  if (process.env['MONGODB_URL']) return undefined;
  const engines = process.env['FLEX_ENGINES'];
  if (!engines) return 'neither MONGODB_URL nor FLEX_ENGINES is set; run "npm run engines"';
  return existsSync(ferretOf(engines))
    ? undefined
    : `${ferretOf(engines)} is missing; run "npm run engines"`;
}

const ferretOf = (engines: string): string => path.join(engines, 'bin', 'ferretdb');

export interface MongoServer {
  readonly url: string;
  /** Ends the server as a power cut would, and starts it on what it has stored; FerretDB only. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startMongo(): Promise<MongoServer> {
  const given = process.env['MONGODB_URL'];
  if (given) return { url: given, restart: async () => undefined, close: async () => undefined };
  const folder = mkdtempSync(path.join(tmpdir(), 'ferretdb-'));
  const port = await freePort();
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const flags = ['--handler=sqlite', `--sqlite-url=file:${folder}/`, `--state-dir=${folder}`];
    const quiet = ['--debug-addr=-', '--telemetry=disable', '--log-level=error'];
    const listen = `--listen-addr=127.0.0.1:${port}`;
    child = spawn(ferretOf(process.env['FLEX_ENGINES']!), [...flags, ...quiet, listen], {
      stdio: 'ignore',
    });
    await sleep(500);
  };
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    async restart() {
      await end();
      await start();
    },
    async close() {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}
