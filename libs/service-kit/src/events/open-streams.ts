/**
 * How many event streams may be open. Each of them reads the log by itself and holds a connection, so
 * that one client's many would slow everybody down.
 */

import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import { type StreamPlaces, ownPlaces } from './stream-places';

/** One more stream would be too many. */
export class StreamsExhausted extends Error {
  constructor(
    /** `client`: of this one client; `process`: of all together. */
    readonly of: 'client' | 'process',
    message: string,
  ) {
    super(message);
    this.name = 'StreamsExhausted';
  }
}

interface StreamLimits {
  readonly perClient: number;
  readonly inAll: number;
}

export const STREAM_LIMITS: StreamLimits = { perClient: 8, inAll: 64 };

/** The streams of a process: how many there are, and whose turn it is to read. */
export interface OpenStreams {
  /** Resolves when it is the caller's turn; between two turns whatever else waits is seen to. */
  turn(): Promise<void>;

  /**
   * Takes a place for one more stream of a client; what it gives back gives the place free, once.
   *
   * @throws StreamsExhausted
   */
  take(clientId: string): () => void;
}

/**
 * The streams of one process.
 *
 * @param places where a client's are counted, with those of other instances where these share them; in all
 *   a process holds no more than it can, whoever else serves
 */
export function openStreams(
  { perClient, inAll }: StreamLimits = STREAM_LIMITS,
  places: StreamPlaces = ownPlaces(),
): OpenStreams {
  let open = 0;
  let turns = Promise.resolve();
  return {
    turn: () => (turns = turns.then(() => nextTurnOfLoop())),
    take(clientId) {
      if (open >= inAll && places.countOf(clientId) < perClient) {
        throw new StreamsExhausted(
          'process',
          `There are ${open} event streams open, as many as this server holds: try again later, read ` +
            'pages of events instead, or have events sent to you (POST /api/v1/webhooks).',
        );
      }
      const free = places.take(clientId, perClient);
      if (!free) {
        throw new StreamsExhausted(
          'client',
          `Client ${clientId} has ${perClient} event streams open, as many as one may have: close one, ` +
            'join several by naming all their types in one, or have events sent to you ' +
            '(POST /api/v1/webhooks).',
        );
      }
      open += 1;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        open -= 1;
        free();
      };
    },
  };
}
