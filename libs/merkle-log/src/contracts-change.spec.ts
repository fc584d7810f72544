import {
  createPrivateKey,
  createPublicKey,
  hash,
  sign,
  verify as verifySignature,
} from 'node:crypto';
import {
  type ContractsChange,
  type VerifyEd25519,
  reasonFault,
  signContractsChange,
  verifyContractsChange,
} from './index';

/** Goal: a change of contracts is said by the log's key, and by nobody else, word for word. */
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const ORIGIN = 'flexledger/test';
const spki = (publicKey: Uint8Array) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
    format: 'der',
    type: 'spki',
  });
const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) =>
  verifySignature(null, message, spki(publicKey), signature);
const signer = (digit: string) => {
  const privateKey = createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${digit.repeat(64)}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = { name: ORIGIN, publicKey: Uint8Array.from(der.subarray(-32)) };
  return { key, sign: (message: Uint8Array): Uint8Array => sign(null, message, privateKey) };
};
const own = signer('1');
const log = { origin: ORIGIN, key: own.key };
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const contract = (digit: string) => ({
  address: address(digit),
  codeHash: `0x${digit.repeat(64)}`,
});
const change: ContractsChange = {
  chainId: 1,
  former: {
    anchorContract: address('a'),
    tokenContract: address('b'),
    agreementContract: address('c'),
  },
  lastAnchor: { size: 7, root: '12'.repeat(32), txHash: `0x${'3'.repeat(64)}`, blockNumber: 9 },
  next: {
    anchorContract: contract('d'),
    tokenContract: contract('e'),
    agreementContract: contract('f'),
    admin: address('1'),
  },
  reason: 'contracts of release 0.2.0',
};
const statement = signContractsChange(sha256, ORIGIN, change, own);
const verify =
  (said: ContractsChange, text = statement, known = log) =>
  () =>
    verifyContractsChange(sha256, text, said, known, verifyEd25519);

it('is a note that anybody can read', () => {
  expect(statement.split('\n').slice(3, 10)).toEqual([
    'contracts-chain 1',
    `contracts-until ${address('a')} ${address('b')} ${address('c')}`,
    `last-anchor 9 0x${'3'.repeat(64)}`,
    `contracts-from ${address('d')} ${address('e')} ${address('f')}`,
    `code-hashes 0x${'d'.repeat(64)} 0x${'e'.repeat(64)} 0x${'f'.repeat(64)}`,
    `admin ${address('1')}`,
    'reason contracts of release 0.2.0',
  ]);
});

it('holds by the key of the log, and by no other', () => {
  expect(verify(change)).not.toThrow();
  expect(verify(change, signContractsChange(sha256, ORIGIN, change, signer('2')))).toThrow(
    'not signed by',
  );
  expect(verify(change, statement, { ...log, origin: 'flexledger/other' })).toThrow('is of log');
});

it.each<[string, object]>([
  ['chain', { chainId: 2 }],
  ['contract before', { former: { ...change.former, tokenContract: address('9') } }],
  ['contract after', { next: { ...change.next, anchorContract: contract('9') } }],
  [
    'code',
    { next: { ...change.next, tokenContract: { ...change.next.tokenContract, codeHash: '' } } },
  ],
  ['admin', { next: { ...change.next, admin: address('9') } }],
  ['size', { lastAnchor: { ...change.lastAnchor, size: 8 } }],
  ['root', { lastAnchor: { ...change.lastAnchor, root: '13'.repeat(32) } }],
  ['transaction', { lastAnchor: { ...change.lastAnchor, txHash: '0x' } }],
  ['reason', { reason: 'another' }],
])('is of no change with another %s', (_, other) => {
  expect(verify({ ...change, ...other })).toThrow('says otherwise');
});

it.each([
  ['', 'is empty'],
  ['two\nlines', 'is more than one line of text'],
  ['x'.repeat(501), 'has more than 500 characters'],
])('has one line as its reason: %j', (reason, fault) => {
  expect(reasonFault(reason)).toBe(fault);
  expect(() => signContractsChange(sha256, ORIGIN, { ...change, reason }, own)).toThrow(fault);
});
