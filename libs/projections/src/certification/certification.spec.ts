/** Checkpoints and anchors -> one document a size; the certifier -> one document. */
import { CERTIFICATION_STREAM, type CertificationEvent } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { certifierView } from './certifier-view';
import { checkpointsView } from './checkpoints-view';

const log = (...events: readonly CertificationEvent[]) => inStream(CERTIFICATION_STREAM, events);
const of = { size: 100, root: 'aa' };
const sealed: CertificationEvent = {
  type: 'CheckpointSealed',
  data: { ...of, note: 'signed', lastPosition: 99 },
};
const anchored: CertificationEvent = {
  type: 'CheckpointAnchored',
  data: { ...of, txHash: '0xbb', blockNumber: 7 },
};
const failed: CertificationEvent = { type: 'AnchorFailed', data: { ...of, reason: 'no chain' } };

it('a checkpoint is sealed, fails to be anchored, and is anchored', () => {
  const seal = { ...of, lastPosition: 99, note: 'signed', sealedAt: timeAt(0) };
  const unanchored = { ...seal, anchoredSize: null, anchor: null };
  expect(documentsAfter(checkpointsView, log(sealed))).toEqual([
    { ...unanchored, failures: 0, lastFailure: null },
  ]);
  expect(documentsAfter(checkpointsView, log(sealed, failed))).toEqual([
    { ...unanchored, failures: 1, lastFailure: 'no chain' },
  ]);
  expect(documentsAfter(checkpointsView, log(sealed, failed, anchored))).toEqual([
    {
      ...seal,
      anchoredSize: 100,
      anchor: { txHash: '0xbb', blockNumber: 7, anchoredAt: timeAt(2) },
      failures: 1,
      lastFailure: 'no chain',
    },
  ]);
});

it('an anchor without its checkpoint is shown all the same', () => {
  expect(documentsAfter(checkpointsView, log(anchored))).toMatchObject([
    { size: 100, lastPosition: null, note: null, sealedAt: null, anchoredSize: 100 },
  ]);
});

it('the certifier is the one that started last', () => {
  const started = (origin: string): CertificationEvent => ({
    type: 'CertifierStarted',
    data: { origin, publicKey: 'cc', chainId: 1, anchorContract: '0x1', tokenContract: '0x2' },
  });
  expect(documentsAfter(certifierView, log(started('a'), started('b')))).toEqual([
    {
      origin: 'b',
      publicKey: 'cc',
      chainId: 1,
      anchorContract: '0x1',
      tokenContract: '0x2',
      startedAt: timeAt(1),
    },
  ]);
});
