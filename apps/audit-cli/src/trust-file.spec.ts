/** How many witnesses a trust file may ask for: more than half of those it names, or none; and what is never written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TRUST_DEFAULTS, type TrustPolicy } from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import { ed25519KeyFrom, sha256 } from '@flexledger/identity';
import { NOTE_KEY_TYPES, type NoteKeyType, verifierKeyText } from '@flexledger/merkle-log';
import { readTrustFile, writeTrustFile } from './trust-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-trust-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function verifierKey(name: string, type: NoteKeyType = NOTE_KEY_TYPES.cosignature): string {
  const seed = Buffer.from(sha256(Buffer.from(name))).toString('hex');
  const publicKey = Buffer.from(ed25519KeyFrom(seed).publicKey, 'hex');
  return verifierKeyText(sha256, { name, publicKey }, type);
}

/** Reads a file that asks for so many of so many witnesses. */
function read(quorum: number, witnesses: number): TrustPolicy {
  const keys = Array.from({ length: witnesses }, (_, index) => verifierKey(`w.example/${index}`));
  return readWitnesses({ quorum, keys });
}

function readWitnesses(witnesses: TrustPolicy['witnesses']): TrustPolicy {
  const file = path.join(folder, 'trust.json');
  writeFileSync(file, JSON.stringify({ ...policy(), witnesses }));
  return readTrustFile(file);
}

function policy(): TrustPolicy {
  const address = `0x${'1'.repeat(40)}`;
  const contract = { address, codeHash: `0x${'2'.repeat(64)}` };
  return {
    ...TRUST_DEFAULTS,
    origin: 'flexledger/rome',
    logKey: verifierKey('flexledger/rome', NOTE_KEY_TYPES.signature),
    chain: {
      chainId: 1,
      genesisHash: `0x${'3'.repeat(64)}`,
      certifier: address,
      anchorContract: contract,
      tokenContract: contract,
      agreementContract: contract,
    },
  };
}

it.each([
  [0, 0],
  [0, 3],
  [1, 1],
  [2, 2],
  [2, 3],
  [3, 4],
])('%d of %d is more than half, or none', (quorum, witnesses) => {
  expect(read(quorum, witnesses).witnesses.quorum).toBe(quorum);
});

it.each([
  [1, 2, 2],
  [1, 3, 2],
  [2, 4, 3],
])('%d of %d is refused: two such quorums may have no witness in common', (quorum, of, least) => {
  const reason = `asks for ${quorum} of ${of} witnesses; ask for ${least} at least, more than half`;
  expect(() => read(quorum, of)).toThrow(UsageError);
  expect(() => read(quorum, of)).toThrow(reason);
});

it('one witness under two names is refused: it would be a quorum by itself', () => {
  const publicKey = Buffer.from(ed25519KeyFrom('1'.repeat(64)).publicKey, 'hex');
  const keys = ['one.example', 'two.example'].map((name) =>
    verifierKeyText(sha256, { name, publicKey }, NOTE_KEY_TYPES.cosignature),
  );
  expect(() => readWitnesses({ quorum: 2, keys })).toThrow(
    'names the same key twice, as one.example and two.example',
  );
});

it('what could not be read again is not written, and what was there stays', () => {
  const file = path.join(folder, 'trust.json');
  const before = policy();
  writeTrustFile(file, before);
  const { anchorContract, tokenContract, agreementContract } = before.chain;
  const contracts = { anchorContract, tokenContract, agreementContract };
  const lastAnchor = { size: 1, root: '4'.repeat(64) };
  // A note may have any number of lines beneath it that nobody can verify.
  const statement = `one\n\n${'\u2014 somebody AAAA\n'.repeat(1_000)}`;
  const formerContracts = [{ ...contracts, lastAnchor, statement }];
  expect(() => writeTrustFile(file, { ...before, formerContracts })).toThrow(
    'is not written, as it could not be read again: formerContracts.0.statement must NOT have more than 4000',
  );
  const certifier = `0X${'1'.repeat(40)}`;
  expect(() => writeTrustFile(file, { ...before, chain: { ...before.chain, certifier } })).toThrow(
    'chain.certifier must match pattern',
  );
  expect(readTrustFile(file)).toEqual(before);
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(before, null, 2)}\n`);
});
