/**
 * A witness of another project in the place of ours: litewitness (filippo.io/torchwood) cosigns what our
 * certifier seals. Wants its binary at LITEWITNESS, and OpenSSH, whose agent holds its key.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '@flexledger/identity';
import {
  NOTE_KEY_TYPES,
  emptyRoot,
  parseVerifierKey,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { sleep, freePort } from '@flexledger/runtime';
import Database from 'libsql';
import { ORIGIN, PUBLIC_KEY, openCertifierTrial } from '../testing/certifier-trial';

const binary = process.env['LITEWITNESS'];
const wanted = binary === undefined ? it.skip : it;

const children: ChildProcess[] = [];
let folder: string | undefined;
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

wanted('litewitness cosigns our checkpoints as they are (needs LITEWITNESS)', async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'litewitness-'));
  const file = (name: string): string => path.join(folder!, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('key')]);
  children.push(spawn('ssh-agent', ['-D', '-a', file('agent.sock')]));
  await until(() => {
    const env = { ...process.env, SSH_AUTH_SOCK: file('agent.sock') };
    execFileSync('ssh-add', ['-q', file('key')], { env, stdio: 'ignore' });
  });
  const fingerprint = String(execFileSync('ssh-keygen', ['-lf', file('key.pub')])).split(' ')[1]!;
  const port = await freePort();
  let told = '';
  const witness = spawn(binary!, [
    ...['-db', file('lw.db'), '-name', 'example.org/tso', '-key', fingerprint],
    ...['-ssh-agent', file('agent.sock'), '-listen', `127.0.0.1:${port}`],
  ]);
  children.push(witness);
  for (const stream of [witness.stdout!, witness.stderr!]) {
    stream.on('data', (part) => (told += String(part)));
  }
  const vkey = await until(() => {
    const [key] = /example\.org\/tso\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+/.exec(told)!;
    return key;
  });
  // Its own tool for this is not always to be had.
  const db = new Database(file('lw.db'));
  db.prepare('INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)').run([
    ORIGIN,
    Buffer.from(emptyRoot(sha256)).toString('base64'),
  ]);
  const logKey = verifierKeyText(sha256, { name: ORIGIN, publicKey: PUBLIC_KEY });
  db.prepare('INSERT INTO key (origin, key) VALUES (?, ?)').run([ORIGIN, logKey]);
  db.close();

  const key = parseVerifierKey(sha256, vkey, NOTE_KEY_TYPES.cosignature);
  const trial = await openCertifierTrial('spaced', [{ url: `http://127.0.0.1:${port}`, key }]);
  try {
    const { certifier } = await trial.openOne();
    await certifier.start();
    for (const count of [5, 300, 1]) {
      await trial.happen(count);
      await certifier.seal();
    }
    expect(trial.problems).toEqual([]);
    const types = (await trial.types()).filter((type) => type === 'CheckpointCosigned');
    expect(types).toHaveLength(3);
  } finally {
    await trial.close();
  }
});

async function until<Value>(look: () => Value): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return look();
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
}
