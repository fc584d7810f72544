/** Agreements on the chain: certified once, ended once, by the certifier alone. Method: a real anvil. */
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import {
  AGREEMENTS_AT_ONCE,
  deployFlexibilityAgreement,
  type FlexibilityAgreement,
  flexibilityAgreementAt,
} from './flexibility-agreement';

const keyOf = (digits: string): string => `0x${digits.repeat(32)}`;
const digestOf = (index: number): string => index.toString(16).padStart(64, '0');
const NOW_MS = Date.parse('2026-03-17T10:00:00Z');

let anvil: Anvil;
let operator: Chain;
let stranger: Chain;
let agreements: FlexibilityAgreement;

beforeAll(async () => {
  const fundedAddresses = ['01', '02'].map((digits) => new Wallet(keyOf(digits)).address);
  const genesisTimestampS = NOW_MS / 1_000 - 3_600;
  anvil = await startAnvil({ fundedAddresses, genesisTimestampS });
  const options = { rpcUrl: anvil.rpcUrl, timeoutMs: 5_000, ownDevelopmentChain: true };
  operator = await connectChain({ ...options, privateKey: keyOf('01') });
  stranger = await connectChain({ ...options, privateKey: keyOf('02') });
});
beforeEach(async () => {
  agreements = await deployFlexibilityAgreement(operator);
});
afterAll(() => anvil.stop());

it('are certified, then ended, each with an event that names who said so', async () => {
  const options = { blockTimeMs: NOW_MS };
  const certified = await agreements.certify([digestOf(1), digestOf(2)], options);
  const ended = await agreements.end([digestOf(1)], { blockTimeMs: NOW_MS + 60_000 });
  const certifier = operator.senderAddress;
  expect(await agreements.readChanges()).toEqual([
    { change: 'certified', termsDigest: digestOf(1), certifier, ...placeOf(certified) },
    { change: 'certified', termsDigest: digestOf(2), certifier, ...placeOf(certified) },
    { change: 'ended', termsDigest: digestOf(1), certifier, ...placeOf(ended) },
  ]);
  const [first, second] = await Promise.all(
    [1, 2].map((n) => agreements.certificateOf(digestOf(n))),
  );
  expect(second).toEqual({ certifiedAtS: NOW_MS / 1_000, endedAtS: 0 });
  expect(first!.endedAtS).toBe(NOW_MS / 1_000 + 60);
  expect(await agreements.certificateOf(digestOf(3))).toEqual({ certifiedAtS: 0, endedAtS: 0 });
});

it('are certified once, and ended only in force', async () => {
  await expect(agreements.end([digestOf(1)])).rejects.toMatchObject({ errorName: 'NotInForce' });
  await agreements.certify([digestOf(1)]);
  await expect(agreements.certify([digestOf(2), digestOf(1)])).rejects.toMatchObject({
    errorName: 'AlreadyCertified',
    reason: `AlreadyCertified(0x${digestOf(1)})`,
  });
  expect((await agreements.certificateOf(digestOf(2))).certifiedAtS).toBe(0);
  await agreements.end([digestOf(1)]);
  await expect(agreements.end([digestOf(1)])).rejects.toMatchObject({ errorName: 'NotInForce' });
  await expect(agreements.certify([digestOf(1)])).rejects.toMatchObject({
    errorName: 'AlreadyCertified',
  });
});

it('are a matter of the certifier alone', async () => {
  const asStranger = await flexibilityAgreementAt(stranger, agreements.address);
  const refused = { errorName: 'AccessControlUnauthorizedAccount' };
  await expect(asStranger.certify([digestOf(1)])).rejects.toMatchObject(refused);
  await agreements.certify([digestOf(1)]);
  await expect(asStranger.end([digestOf(1)])).rejects.toMatchObject(refused);
});

it('fit a transaction by the hundred, and no more', async () => {
  const digests = Array.from({ length: AGREEMENTS_AT_ONCE }, (_, index) => digestOf(index + 1));
  await agreements.certify(digests);
  await agreements.end(digests);
  expect(await agreements.readChanges()).toHaveLength(2 * AGREEMENTS_AT_ONCE);
  await expect(agreements.certify([...digests, digestOf(0)])).rejects.toThrow(RangeError);
});

function placeOf({ txHash, blockNumber }: { txHash: string; blockNumber: number }) {
  return { txHash, blockNumber };
}
