/**
 * The same code audits in a browser: loaded into a realm without Node, it comes to the same report on
 * the same log, with JavaScript's own SHA-256 and signatures in the place of Node's.
 */
import type * as audit from '@flexledger/audit';
import { type ChainSnapshot, type LogContents, auditRows } from '@flexledger/audit';
import type { StoredRow } from '@flexledger/domain';
import { loadHighsSolver } from '@flexledger/solver';
import type * as edwards from '@noble/curves/ed25519.js';
import type * as nist from '@noble/curves/nist.js';
import type * as sha2 from '@noble/hashes/sha2.js';
import { logFile } from '@flexledger/event-store';
import { readContents, readChain, createNodeTools, openStoredLog } from '@flexledger/audit-cli';
import { type BrowserRealm, openBrowserRealm } from './testing/browser-realm';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { checkOf, failing, positionsNamed } from './testing/simulated-day';

jest.setTimeout(600_000);

let day: ReleasedDay;
let rows: readonly StoredRow[];
let contents: LogContents;
let chain: ChainSnapshot | string;
let realm: BrowserRealm;

beforeAll(async () => {
  realm = openBrowserRealm();
  day = unpackReleasedDay('0.1.0');
  const log = openStoredLog(logFile(day.dataDir));
  rows = [...log.rows()];
  contents = await readContents(log);
  await log.close();
  chain = await readChain(day, contents);
});

afterAll(() => day.remove());

/** JavaScript's own, as a page would pass them in. */
function browserTools(): audit.AuditTools {
  const { sha256 } = realm.load<typeof sha2>('@noble/hashes/sha2.js');
  const { p256 } = realm.load<typeof nist>('@noble/curves/nist.js');
  const { ed25519 } = realm.load<typeof edwards>('@noble/curves/ed25519.js');
  const orNo = (verify: () => boolean): boolean => {
    try {
      return verify();
    } catch {
      return false; // malformed
    }
  };
  return {
    sha256,
    loadSolver: loadHighsSolver,
    verifyP256: (publicKey, message, signature) =>
      orNo(() => p256.verify(signature, message, publicKey, { prehash: true, lowS: false })),
    verifyEd25519: (publicKey, message, signature) =>
      orNo(() => ed25519.verify(signature, message, publicKey)),
  };
}

const logOf = (stored: readonly StoredRow[]): audit.StoredRows => ({
  rows: () => stored,
  faults: [],
  rowFault: () => undefined,
});

it('needs the pure libraries and two packages, nothing of Node', () => {
  realm.load('@flexledger/audit');
  expect(realm.loaded()).toEqual([
    '@js-temporal/polyfill',
    'canonicalize',
    'jsbi',
    'libs/audit',
    'libs/domain',
    'libs/grid',
    'libs/grid-operations',
    'libs/merkle-log',
  ]);
});

it.each(['node:fs', 'crypto', '@flexledger/identity'])('would not load %s', (name) => {
  expect(() => openBrowserRealm().load(name)).toThrow(/which is Node's own/);
});

it('comes to the report that Node comes to, of what holds and of what was forged', async () => {
  const page = realm.load<typeof audit>('@flexledger/audit');
  const tools = browserTools();
  const at = rows.findIndex(({ type }) => type === 'MeasurementRecorded');
  const forged = rows.map((row, index) =>
    index === at ? page.rehashed(tools.sha256, withOtherSignature(row)) : row,
  );
  const basis = { contents, chain, sessionId: undefined };
  const there = await page.auditRows(logOf(forged), basis, tools);
  const here = await auditRows(logOf(forged), basis, createNodeTools());
  expect(JSON.parse(JSON.stringify(there))).toEqual(JSON.parse(JSON.stringify(here)));
  expect(failing(here)).toEqual(['signatures', 'checkpoints', 'inclusion']);
  expect(positionsNamed(here, 'signatures')).toEqual([rows[at]!.position]);
  expect(checkOf(there, 'signatures').count).toBe(20 * 96);
});

function withOtherSignature(row: StoredRow): StoredRow {
  const data = row.data.replace(/"signedHash":"(.)/, (_, digit: string) => {
    return `"signedHash":"${digit === '0' ? '1' : '0'}`;
  });
  return { ...row, data };
}
