/** One customer who accepts 70 %, sells, and is settled; what the chain certifies must be just that. */
import { settlementStream } from '@flexledger/domain';
import { agreementDigest } from '@flexledger/identity';
import type { ChainCertificate } from '../chain-snapshot';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, eventIn, failuresOf, smallChain } from '../testing/small-log';
import { createAgreementCheck } from './agreements';

const podId = 'IT002E00000001';
const agreementContract = `0x${'33'.repeat(20)}`;
const terms = {
  podId,
  aggregatorId: 'AGG1',
  aggregatorWallet: `0x${'22'.repeat(20)}`,
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 0,
};
const row = { podId, aggregatorId: 'AGG1' };
const part = { index: 0, of: 1 };
const agreed = (type: SmallEvent['type'], data: object): SmallEvent => ({
  streamId: `agreement-${podId}`,
  type,
  data,
});
const accepting: SmallEvent[] = [
  { streamId: 'certification', type: 'CertifierStarted', data: { agreementContract } },
  agreed('AgreementProposed', terms),
  agreed('AgreementAccepted', { podId }),
];
/** Of the acceptance above, which stands at position 2. */
const digest = agreementDigest(terms, eventIn(smallLog(accepting)[2]!).hash);
const certified = agreed('AgreementCertified', { podId, termsDigest: digest, txHash: '0xcc' });
const sold: SmallEvent = {
  streamId: 'session-A',
  type: 'ResultPublished',
  data: { sessionId: 'A', part, rows: [row] },
};
const settled: SmallEvent = {
  streamId: settlementStream('A'),
  type: 'SettlementComputed',
  data: { sessionId: 'A', correction: 0, part, rows: [row] },
};

const change = (termsDigest = digest, txHash = '0xcc'): ChainCertificate => ({
  change: 'certified',
  termsDigest,
  txHash,
});

async function reasons(
  events: readonly SmallEvent[],
  changes: readonly ChainCertificate[] | string,
): Promise<[number | undefined, string][]> {
  const agreements = new Map([[agreementContract, changes]]);
  const chain = smallChain({ agreements });
  const check = createAgreementCheck(chain, WHOLE_LOG, tools.sha256, createFindings('agreements'));
  const found = await failuresOf(check, smallLog([...accepting, ...events]));
  return found.map(({ position, reason }) => [position, reason]);
}

it('accepts what was accepted, certified and used', async () => {
  expect(await reasons([certified, sold, settled], [change()])).toEqual([]);
});

it('names a certificate of other terms', async () => {
  const other = 'ab'.repeat(32);
  const forged = agreed('AgreementCertified', { podId, termsDigest: other, txHash: '0xcc' });
  expect(await reasons([forged], [change(other)])).toContainEqual([
    3,
    `its digest is not that of any terms that PoD ${podId} accepted`,
  ]);
});

it('names a certificate that the chain does not have, or has elsewhere', async () => {
  expect(await reasons([certified], [])).toEqual([[3, 'the chain knows no such certificate']]);
  expect(await reasons([certified], [change(digest, '0xdd')])).toEqual([
    [3, 'the chain holds it in transaction 0xdd'],
  ]);
});

it('names a settlement by terms that are not certified', async () => {
  expect(await reasons([sold, settled], [])).toEqual([
    [4, `PoD ${podId} is settled by terms that the chain does not certify`],
  ]);
});

it('holds a settlement against the terms at the sale, not those agreed since', async () => {
  const better = { ...terms, customerSharePerMille: 900 };
  const later = [agreed('AgreementProposed', better), agreed('AgreementAccepted', { podId })];
  expect(await reasons([sold, ...later, settled], [change()])).toEqual([]);
});

it('names what the chain certifies beside the log', async () => {
  const [[position, reason]] = (await reasons(
    [certified],
    [change(), change('cd'.repeat(32))],
  )) as [[number | undefined, string]];
  expect(position).toBeUndefined();
  expect(reason).toContain('certifies an agreement that the log does not know');
});

it('is not run without the chain, and says so', async () => {
  expect(await reasons([], 'the chain is silent')).toEqual([
    [undefined, 'not run: the chain is silent'],
  ]);
});
