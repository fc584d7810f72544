/** Datasets of the log itself and of its certification. */
import { sessionStream, settlementStream } from '@flexledger/domain';
import { checkpointsView, findCheckpoints } from '@flexledger/projections';
import { type Dataset, allOf } from './dataset';

export const checkpointsDataset: Dataset = {
  name: 'checkpoints',
  about: 'sealed checkpoints and their anchors, the largest first',
  columns: [
    ...['size', 'root', 'sealedAt', 'txHash', 'blockNumber', 'anchoredAt', 'failures'],
    ...['lastFailure'],
  ],
  views: [checkpointsView],
  bySession: false,
  async *rows({ documents }) {
    for await (const checkpoint of allOf((page) => findCheckpoints(documents, page))) {
      const { size, root, sealedAt, anchor, failures, lastFailure } = checkpoint;
      yield {
        ...{ size, root, sealedAt },
        txHash: anchor?.txHash ?? null,
        blockNumber: anchor?.blockNumber ?? null,
        anchoredAt: anchor?.anchoredAt ?? null,
        ...{ failures, lastFailure },
      };
    }
  },
};

export const eventsDataset: Dataset = {
  name: 'events',
  about: 'the log, one row an event; as JSON one object a line',
  columns: [
    ...['position', 'streamId', 'revision', 'type', 'schemaVersion', 'occurredAt', 'recordedAt'],
    ...['actor', 'id', 'correlationId', 'causationId', 'hash', 'data'],
  ],
  views: [],
  bySession: true,
  async *rows({ store, sessionId }) {
    const ofOne = sessionId !== undefined && {
      filter: { streamPrefixes: [sessionStream(sessionId), settlementStream(sessionId)] },
    };
    for await (const event of store.readAll(ofOne || {})) {
      const { position, streamId, revision, type, schemaVersion, occurredAt, recordedAt } = event;
      const { actor, id, correlationId, causationId, hash, data } = event;
      yield {
        ...{ position, streamId, revision, type, schemaVersion, occurredAt, recordedAt },
        ...{ actor, id, correlationId, causationId, hash, data },
      };
    }
  },
};
