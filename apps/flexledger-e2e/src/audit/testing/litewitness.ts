/** litewitness (filippo.io/torchwood), a witness of another project, its key in an agent of OpenSSH. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '@flexledger/identity';
import { emptyRoot } from '@flexledger/merkle-log';
import { freePort, sleep } from '@flexledger/runtime';
import Database from 'libsql';

/** Programs of other projects, as `npm run engines` provides them. */
export type OthersProgram = 'litewitness' | 'tlog-client';

/** Why one is not there to test with; undefined where it is. */
export function whyNoProgram(name: OthersProgram): string | undefined {
  if (!process.env['FLEX_ENGINES']) return 'FLEX_ENGINES is not set; run "npm run test:engines"';
  return existsSync(programOf(name))
    ? undefined
    : `${programOf(name)} is missing; run "npm run engines"`;
}

/** The file of one. */
export const programOf = (name: OthersProgram): string =>
  path.join(process.env['FLEX_ENGINES'] ?? '', 'bin', name);

export interface Litewitness {
  readonly url: string;
  /** By which its cosignatures are trusted. */
  readonly key: string;
  /** Ends it and its agent, and removes what it has kept. */
  close(): void;
}

/** Starts one that has seen nothing of a log yet. */
export async function startLitewitness(log: {
  readonly origin: string;
  /** Verifier key. */
  readonly logKey: string;
}): Promise<Litewitness> {
  const folder = mkdtempSync(path.join(tmpdir(), 'litewitness-'));
  const file = (name: string): string => path.join(folder, name);
  const children: ChildProcess[] = [];
  const close = (): void => {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('key')]);
    children.push(spawn('ssh-agent', ['-D', '-a', file('agent.sock')], { stdio: 'ignore' }));
    await until(() => {
      const env = { ...process.env, SSH_AUTH_SOCK: file('agent.sock') };
      execFileSync('ssh-add', ['-q', file('key')], { env, stdio: 'ignore' });
    });
    const fingerprint = String(execFileSync('ssh-keygen', ['-lf', file('key.pub')])).split(' ')[1]!;
    const port = await freePort();
    let told = '';
    const witness = spawn(programOf('litewitness'), [
      ...['-db', file('lw.db'), '-name', 'example.org/tso', '-key', fingerprint],
      ...['-ssh-agent', file('agent.sock'), '-listen', `127.0.0.1:${port}`],
    ]);
    children.push(witness);
    for (const stream of [witness.stdout, witness.stderr]) {
      stream.on('data', (part) => (told += String(part)));
    }
    const key = await until(() => {
      const [text] = /example\.org\/tso\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+/.exec(told)!;
      return text;
    });
    knowLog(file('lw.db'), log);
    return { url: `http://127.0.0.1:${port}`, key, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Its own tool for this is not always to be had. */
function knowLog(
  file: string,
  { origin, logKey }: { readonly origin: string; readonly logKey: string },
): void {
  const db = new Database(file);
  db.prepare('INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)').run([
    origin,
    Buffer.from(emptyRoot(sha256)).toString('base64'),
  ]);
  db.prepare('INSERT INTO key (origin, key) VALUES (?, ?)').run([origin, logKey]);
  db.close();
}

async function until<Value>(look: () => Value): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return look();
    } catch (error) {
      if (tries === 1_000) throw error;
      await sleep(100);
    }
  }
}
