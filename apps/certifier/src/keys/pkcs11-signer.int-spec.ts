/**
 * Goal: a token that refuses the PIN is not brought to lock itself. Method: a program in the place of pkcs11-tool that
 * counts how often it is asked and refuses on demand; a real token is tried in the end-to-end tests.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPkcs11Signer } from './pkcs11-signer';

const TOOL = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { createPrivateKey, createPublicKey, sign } = require('node:crypto');
const at = (name) => require('node:path').join(__dirname, name);
appendFileSync(at('asked'), '.');
if (existsSync(at('fault'))) {
  process.stderr.write('error: PKCS11 function C_Login failed: rv = ' + readFileSync(at('fault'), 'utf8'));
  process.exit(1);
}
const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]);
const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
const isSigning = process.argv.includes('--sign');
if (existsSync(at('slow'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
if (existsSync(at('silent'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
process.stdout.write(
  isSigning
    ? sign(null, readFileSync(0), key)
    : createPublicKey(key).export({ format: 'der', type: 'spki' }),
);
`;

let folder: string;
let searched: string | undefined;
const at = (name: string): string => path.join(folder, name);
const asked = (): number => readFileSync(at('asked'), 'utf8').length;
const open = () =>
  openPkcs11Signer('flexledger/test', {
    module: '/usr/lib/token.so',
    token: 'flexledger',
    keyId: '01',
    pinFile: at('pin'),
  });
const checkpoint = new TextEncoder().encode('flexledger/test\n12\n');

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-pkcs11-'));
  writeFileSync(at('pkcs11-tool'), TOOL);
  chmodSync(at('pkcs11-tool'), 0o700);
  writeFileSync(at('pin'), '1234\n');
  searched = process.env['PATH'];
  process.env['PATH'] = `${folder}${path.delimiter}${searched}`;
});
afterEach(() => {
  process.env['PATH'] = searched;
  rmSync(folder, { recursive: true });
});

it.each(['CKR_PIN_INCORRECT (0xa0)', 'CKR_PIN_LOCKED (0xa4)'])(
  'a PIN that was refused (%s) is not tried again, which is said; another one is',
  async (fault) => {
    const { sign } = await open();
    writeFileSync(at('fault'), fault);
    await expect(sign(checkpoint)).rejects.toThrow(fault);
    const before = asked();
    rmSync(at('fault'));
    await expect(sign(checkpoint)).rejects.toThrow(
      /CKR_PIN_.*this PIN is not tried again, as the token would lock itself: put .*pin right/,
    );
    expect(asked()).toBe(before);
    writeFileSync(at('pin'), '4321');
    expect(await sign(checkpoint)).toHaveLength(64);
    expect(await (await open()).sign(checkpoint)).toHaveLength(64);
  },
);

it('a PIN that was refused is known as that, whatever else is told before it', async () => {
  const { sign } = await open();
  writeFileSync(
    at('fault'),
    `CKR_FUNCTION_FAILED\nerror: rv = CKR_PIN_INCORRECT (0xa0)\nAborting.\n`,
  );
  await expect(sign(checkpoint)).rejects.toThrow('CKR_PIN_INCORRECT');
  const before = asked();
  await expect(sign(checkpoint)).rejects.toThrow('this PIN is not tried again');
  expect(asked()).toBe(before);
});

it('a token that is away is asked again', async () => {
  const { sign } = await open();
  writeFileSync(at('fault'), 'CKR_TOKEN_NOT_PRESENT (0xe0)');
  await expect(sign(checkpoint)).rejects.toThrow('CKR_TOKEN_NOT_PRESENT');
  rmSync(at('fault'));
  expect(await sign(checkpoint)).toHaveLength(64);
});

it('a token that takes its time holds nothing else up', async () => {
  const { sign } = await open();
  writeFileSync(at('slow'), '');
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 5);
  expect(await sign(checkpoint)).toHaveLength(64);
  clearInterval(turning);
  expect(turns).toBeGreaterThan(20);
});

it('a token that never answers is given up, by name', async () => {
  const { sign } = await open();
  writeFileSync(at('silent'), '');
  await expect(sign(checkpoint)).rejects.toThrow('it did not answer within 5 s');
}, 15_000);
