/**
 * Time series that an aggregator's systems bring over the broker (D3.3 A.2.2.4): on `aggregator/{id}/series` the same files as
 * by REST, CSV, JSON or XML, plain or packed with gzip. Each is answered on a topic of its own, by the digest of what was said,
 * so that the sender knows of which file it is; who hears no answer says the file again, and is answered again.
 */
import { DomainError } from '@flexledger/domain';
import type { Processor } from '@flexledger/event-store';
import { sha256Hex } from '@flexledger/identity';
import {
  type TopicConnection,
  openTopicConnection,
  seriesAnswerTopic,
  seriesTopic,
} from '@flexledger/messaging';
import { messageOf } from '@flexledger/runtime';
import type { BaselineAnswer, BaselineDeclarations } from './baseline-declarations';
import { BaselineFileError } from './parse-baselines';
import { readSeries } from './read-series';

/** The broker, as whom this platform signs in there, and the name of this instance. */
export interface SeriesBroker {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly token: string;
  /** It speaks TLS; `ca` beside the certificates that the machine trusts, PEM. */
  readonly tls?: { readonly ca?: string };
  readonly instance: string;
  /** Whose time series are heard. */
  readonly aggregatorIds: readonly string[];
}

/** What became of a file. */
export type SeriesAnswer =
  | {
      /** SHA-256 of the message, hex. */
      readonly id: string;
      readonly accepted: true;
      /** Each PoD and day by itself: one refusal leaves the others standing. */
      readonly items: readonly BaselineAnswer[];
    }
  | {
      readonly id: string;
      readonly accepted: false;
      readonly code: SeriesRefusal;
      readonly reason: string;
      readonly remedy: string;
      /** Lines or blocks at fault, as by REST. */
      readonly errors: readonly { readonly field: string; readonly reason: string }[];
    };

/** Why a file is not taken, and what its sender can do. */
const REMEDIES = {
  'baseline-file-malformed': 'Mend what errors names, and send the whole file again.',
  'series-too-large': 'Pack it with gzip, or send its PoDs in several files.',
  'series-too-many': 'Wait for the answers to what was sent before, then send it again.',
  'party-disabled': 'Ask the operator of the market why; nothing is taken meanwhile.',
  'series-not-taken': 'Send it again later.',
} as const;
export type SeriesRefusal = keyof typeof REMEDIES;
export const SERIES_REFUSALS = Object.keys(REMEDIES) as readonly SeriesRefusal[];

/** Longest message, packed or not: that of a file by REST. */
export const SERIES_MESSAGE_BYTES = 2_000_000;
/** PoDs and days of a message: each is answered, and a broker takes an answer of 8 MiB at most. */
export const SERIES_MOST = 10_000;
/** What waits of one aggregator while its earlier files are read. */
const WAITING_BYTES_MAX = 8 * SERIES_MESSAGE_BYTES;

export interface SeriesFeedOptions {
  readonly broker: SeriesBroker;
  readonly declarationsOf: (aggregatorId: string) => Pick<BaselineDeclarations, 'declare'>;
  /** Whether an aggregator is disabled now: its user at the broker may be there still. */
  readonly isDisabled: (aggregatorId: string) => Promise<boolean>;
  readonly timeZone: string;
  readonly onProblem: (problem: string) => void;
}

/** What hears the files, under a lease like any other processor. */
export interface SeriesProcess {
  readonly processor: Processor;
  /** Answers what it has begun, and leaves the broker. */
  close(): Promise<void>;
}

/**
 * Hears files while its instance has the lease: each is declared and answered once, however many instances there are. What
 * is said while none of them hears is answered when it is said again.
 */
export function createSeriesProcess(options: SeriesFeedOptions): SeriesProcess {
  let closed: Promise<void> = Promise.resolve();
  let leave: (() => void) | undefined;
  const processor: Processor = {
    name: 'aggregator/series',
    types: [],
    handle: async () => {},
    async begin({ signal }) {
      await closed;
      if (signal.aborted) return;
      const feed = openSeriesFeed(options);
      leave = () => {
        leave = undefined;
        closed = feed.close();
      };
      signal.addEventListener('abort', () => leave?.(), { once: true });
    },
  };
  return {
    processor,
    async close() {
      leave?.();
      await closed;
    },
  };
}

interface SeriesFeed {
  close(): Promise<void>;
}

/** Begins to connect. */
function openSeriesFeed(options: SeriesFeedOptions): SeriesFeed {
  const { broker, onProblem } = options;
  const { aggregatorIds, instance, ...place } = broker;
  const queues = new Map(aggregatorIds.map((id) => [seriesTopic(id), openQueue(id)]));

  function openQueue(aggregatorId: string) {
    let before: Promise<void> = Promise.resolve();
    let waitingBytes = 0;
    const answer = (said: SeriesAnswer): Promise<void> =>
      connection
        .publish(seriesAnswerTopic(aggregatorId), JSON.stringify(said), { qos: 1, retain: false })
        // It is asked for by the same file again.
        .catch(() => undefined);
    return {
      idle: () => before,
      receive(payload: Buffer): void {
        const id = sha256Hex(payload);
        if (payload.length > SERIES_MESSAGE_BYTES) {
          const reason = `It has ${payload.length} bytes, above ${SERIES_MESSAGE_BYTES}.`;
          return void answer(refusal(id, 'series-too-large', reason));
        }
        if (waitingBytes + payload.length > WAITING_BYTES_MAX) {
          const reason = `Files of ${waitingBytes} bytes wait already.`;
          return void answer(refusal(id, 'series-too-many', reason));
        }
        waitingBytes += payload.length;
        before = before
          .then(() => answered(aggregatorId, id, payload))
          .then(answer)
          .finally(() => (waitingBytes -= payload.length));
      },
    };
  }

  async function answered(
    aggregatorId: string,
    id: string,
    payload: Buffer,
  ): Promise<SeriesAnswer> {
    try {
      if (await options.isDisabled(aggregatorId)) {
        return refusal(id, 'party-disabled', `aggregator:${aggregatorId} is disabled.`);
      }
      const { timeZone } = options;
      const baselines = await readSeries({ file: payload, timeZone });
      if (baselines.length > SERIES_MOST) {
        const reason = `It holds ${baselines.length} PoDs and days, above ${SERIES_MOST}.`;
        return refusal(id, 'series-too-large', reason);
      }
      // Under the name of what it declares: said again it is known, unless something else was declared since.
      const items = await options.declarationsOf(aggregatorId).declare(baselines, 'imported');
      return { id, accepted: true, items };
    } catch (error) {
      if (error instanceof BaselineFileError) {
        const errors = error.faults.map(({ line, reason }) => ({
          field: `${error.place} ${line}`,
          reason,
        }));
        return refusal(id, 'baseline-file-malformed', error.message, errors);
      }
      const reason = messageOf(error);
      if (!(error instanceof DomainError)) {
        onProblem(`Time series of ${aggregatorId} over the broker were not taken: ${reason}`);
      }
      return refusal(id, 'series-not-taken', reason);
    }
  }

  const connection: TopicConnection = openTopicConnection({
    ...place,
    clientId: `aggregator-series-${instance}`,
    subscribe: [...queues.keys()],
    onMessage: (topic, payload) => queues.get(topic)?.receive(payload),
    onProblem,
  });
  return {
    async close() {
      await Promise.all([...queues.values()].map(({ idle }) => idle()));
      await connection.close();
    },
  };
}

function refusal(
  id: string,
  code: SeriesRefusal,
  reason: string,
  errors: readonly { readonly field: string; readonly reason: string }[] = [],
): SeriesAnswer {
  return { id, accepted: false, code, reason, remedy: REMEDIES[code], errors };
}
