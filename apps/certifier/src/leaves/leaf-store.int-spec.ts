/** The certifier's file of leaves may be damaged: nothing of it is believed, and the log makes it anew. */
import path from 'node:path';
import { sha256 } from '@flexledger/identity';
import { HashesMissing, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import Database from 'libsql';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';
import { createCertifiedLog } from './certified-log';
import { openLeafStore } from './leaf-store';

const SIZE = 600;
/** Of the tree's lower left, which its root does not need once it is built. */
const LEAF = 3;

let trial: CertifierTrial;
beforeAll(async () => {
  trial = await openCertifierTrial('dense');
  await trial.happen(SIZE);
  const { certifier, close } = await trial.openOne();
  await certifier.seal();
  await close();
});
afterAll(() => trial.close());

function openLog() {
  const onProblem = (): void => {};
  const leaves = openLeafStore(trial.folder, onProblem);
  return { leaves, certified: createCertifiedLog({ log: trial.log, leaves, onProblem }) };
}

function harm(sql: string): void {
  const db = new Database(path.join(trial.folder, 'leaves.sqlite'));
  db.exec(sql);
  db.close();
}

const level0 = 'WHERE level = 0 AND block = 0';

it.each<[string, string]>([
  ['is of other hashes', `UPDATE blocks SET hashes = zeroblob(8192) ${level0}`],
  ['is cut short', `UPDATE blocks SET hashes = substr(hashes, 1, 100) ${level0}`],
  ['has another hash beside it', `UPDATE blocks SET sha256 = zeroblob(32) ${level0}`],
  ['is missing', `DELETE FROM blocks ${level0}`],
])('a block that %s gives no proof, and is made anew for the next', async (_, sql) => {
  harm(sql);
  const { leaves, certified } = openLog();
  try {
    const proved = async (): Promise<boolean> => {
      const tree = await certified.ofSize(SIZE);
      const event = (await trial.events())[LEAF]!;
      return verifyInclusion(sha256, {
        leafHash: leafHash(sha256, Buffer.from(event.hash, 'hex')),
        index: LEAF,
        size: SIZE,
        root: tree.root(SIZE),
        proof: tree.inclusionProof(LEAF, SIZE),
      });
    };
    if (!sql.startsWith('DELETE')) await expect(proved()).rejects.toThrow(HashesMissing);
    expect(await proved()).toBe(true);
  } finally {
    leaves.close();
  }
});

it('a block that the tree is opened with and that is damaged is made anew at once', async () => {
  harm('UPDATE blocks SET hashes = zeroblob(8192) WHERE level = 1 AND block = 0');
  const { leaves, certified } = openLog();
  await certified.readOn();
  expect(certified.tree().size).toBeGreaterThanOrEqual(SIZE);
  expect(leaves.blocks.read(1, 0)).toHaveLength(8192);
  leaves.close();
});

it('a file of a release that kept no hash beside its blocks is made anew', async () => {
  harm('ALTER TABLE blocks DROP COLUMN sha256; UPDATE blocks SET hashes = zeroblob(8192)');
  const { leaves, certified } = openLog();
  await certified.readOn();
  const tree = await certified.ofSize(SIZE);
  expect(tree.inclusionProof(LEAF, SIZE)).not.toContainEqual(new Uint8Array(32));
  leaves.close();
});
