/** Datasets of the log itself and of its certification. */
import { sessionStream, settlementStream } from '@flexledger/domain';
import { checkpointsView, findCheckpoints, eachOf } from '@flexledger/projections';
import { type Dataset } from './dataset';

export const checkpointsDataset: Dataset = {
  name: 'checkpoints',
  about: 'sealed checkpoints and their anchors, the largest first',
  columns: {
    size: 'integer',
    root: 'text',
    sealedAt: 'timestamp',
    txHash: 'text',
    blockNumber: 'integer',
    anchoredAt: 'timestamp',
    failures: 'integer',
    lastFailure: 'text',
  },
  views: [checkpointsView],
  narrows: false,
  async *rows({ documents }) {
    for await (const checkpoint of eachOf((page) => findCheckpoints(documents, page))) {
      const { size, root, sealedAt, anchor, failures, lastFailure } = checkpoint;
      yield {
        size,
        root,
        sealedAt,
        txHash: anchor?.txHash ?? null,
        blockNumber: anchor?.blockNumber ?? null,
        anchoredAt: anchor?.anchoredAt ?? null,
        failures,
        lastFailure,
      };
    }
  },
};

export const eventsDataset: Dataset = {
  name: 'events',
  about: 'the log, one row an event; as JSON one object a line',
  columns: {
    position: 'integer',
    streamId: 'text',
    revision: 'integer',
    type: 'text',
    schemaVersion: 'integer',
    occurredAt: 'timestamp',
    recordedAt: 'timestamp',
    actor: 'text',
    id: 'text',
    correlationId: 'text',
    causationId: 'text',
    hash: 'text',
    data: 'json',
  },
  views: [],
  narrows: true,
  async *rows({ store, narrowed }) {
    const streams = narrowed?.sessionIds.flatMap((id) => [sessionStream(id), settlementStream(id)]);
    const events = store.readAll(streams ? { filter: { streamPrefixes: streams } } : {});
    for await (const event of events) {
      const { position, streamId, revision, type, schemaVersion, occurredAt, recordedAt } = event;
      const { actor, id, correlationId, causationId, hash, data } = event;
      yield {
        position,
        streamId,
        revision,
        type,
        schemaVersion,
        occurredAt,
        recordedAt,
        actor,
        id,
        correlationId,
        causationId,
        hash,
        data,
      };
    }
  },
};
