import { nodeKeyFrom, sha256Hex, signMessage } from '@flexledger/identity';
import { createSignatureCheck } from './signature-check';

const one = nodeKeyFrom(sha256Hex('one'));
const two = nodeKeyFrom(sha256Hex('two'));

describe('the check of a signature', () => {
  const check = createSignatureCheck(1);
  const signature = signMessage(one.privateKey, 'message');

  it("tells a node's own word from any other", async () => {
    expect(await check.isBy(one.publicKey, 'message', signature)).toBe(true);
    expect(await check.isBy(one.publicKey, 'massage', signature)).toBe(false);
    expect(await check.isBy(two.publicKey, 'message', signature)).toBe(false);
    expect(await check.isBy(one.publicKey, 'message', signature)).toBe(true);
  });

  it.each([
    ['a key off the curve', `04${'11'.repeat(64)}`, signature],
    ['no key', '', signature],
    ['half a signature', one.publicKey, signature.slice(64)],
    ['a signature of zeros', one.publicKey, '0'.repeat(128)],
    ['no signature', one.publicKey, ''],
  ])('says no to %s', async (_, publicKey, given) => {
    expect(await check.isBy(publicKey, 'message', given)).toBe(false);
  });
});
