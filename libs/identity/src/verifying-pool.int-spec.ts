import { sha256Hex } from './hash';
import { nodeKeyFrom, signMessage } from './signatures';
import { createVerifyingPool } from './verifying-pool';

const one = nodeKeyFrom(sha256Hex('one'));
const two = nodeKeyFrom(sha256Hex('two'));

describe('the check of a signature in threads', () => {
  const check = createVerifyingPool({ workers: 2, keysKept: 1 });
  afterAll(() => check.close());
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

  it('answers each of many in its place', async () => {
    const asked = Array.from({ length: 300 }, (_, index) => index);
    const answers = await Promise.all(
      asked.map((index) =>
        check.isBy((index % 3 === 0 ? one : two).publicKey, 'message', signature),
      ),
    );
    expect(answers).toEqual(asked.map((index) => index % 3 === 0));
  });

  it('answers several of one key together, each by itself', async () => {
    const signed = [
      ['message', signature],
      ['massage', signature],
      ['message', ''],
      ['message', signature],
    ] as const;
    expect(await check.areBy(one.publicKey, signed)).toEqual([true, false, false, true]);
    expect(await check.areBy(two.publicKey, signed)).toEqual([false, false, false, false]);
    expect(await check.areBy('', signed)).toEqual([false, false, false, false]);
  });

  it('rejects what comes after its end', async () => {
    const closed = createVerifyingPool({ workers: 1, keysKept: 1 });
    const underWay = closed.isBy(one.publicKey, 'message', signature);
    const ended = expect(underWay).rejects.toThrow('The verifying pool is closed');
    await closed.close();
    await ended;
    await expect(closed.isBy(one.publicKey, 'message', signature)).rejects.toThrow('is closed');
    expect(() => createVerifyingPool({ workers: 0, keysKept: 1 })).toThrow(RangeError);
  });
});
