/** A stored day-ahead session of any size, for the clearing bench: Rome's structure in small or whole. */
import {
  type FlexibilityRequest,
  type MarketSessionEvent,
  type ProposedEvent,
  type RecordedOffer,
  inParts,
  sessionStream,
  podIdOf,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { type Random, drawInteger, seededRandom } from '@flexledger/runtime';

export const BENCH_SESSION = 'dayAhead-2026-03-16T23:00Z';
export const BENCH_MTUS = 96;

/** PoDs under one secondary substation and one medium-voltage feeder of Rome, about. */
const PODS_OF_SUBSTATION = 120;
const PODS_OF_FEEDER = 4_000;
const AGGREGATORS = 3;
/** Offers drawn before they are split into events. */
const ROWS_AT_ONCE = 10_000;
const NOW = '2026-03-16T10:00:00.000Z';

/**
 * Appends a whole session up to its closing: one offer a PoD, requests of the DSO for every fourth feeder
 * and for some substations below it, one request of the TSO for each of two PoMs.
 */
export async function writeBenchSession(store: EventStore, pods: number): Promise<void> {
  const random = seededRandom(pods, 'bench/clearing');
  const stream = sessionStream(BENCH_SESSION);
  let revision = -1;
  const append = async (events: readonly MarketSessionEvent[]): Promise<void> => {
    for (const event of events) {
      const proposed = propose(event, revision + 1);
      await store.append(stream, revision < 0 ? 'noStream' : revision, [proposed]);
      revision += 1;
    }
  };
  await append([scheduled(), { type: 'SessionOpened', data: { sessionId: BENCH_SESSION } }]);
  const requests = drawRequests(pods, random);
  await append(
    requests.map((request) => ({
      type: 'FlexibilityRequested',
      data: { sessionId: BENCH_SESSION, ...request },
    })),
  );
  for (let from = 0; from < pods; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, pods - from);
    const rows = Array.from({ length: count }, (_, index) => drawOffer(from + index, pods, random));
    const aggregatorId = `AGG${1 + ((from / ROWS_AT_ONCE) % AGGREGATORS)}`;
    await append(
      inParts(rows).map(({ part, rows: offers }) => ({
        type: 'FlexibilityOffered',
        data: {
          sessionId: BENCH_SESSION,
          bidId: `bid-${from}`,
          aggregatorId,
          part,
          offers,
          refused: [],
        },
      })),
    );
  }
  const closed = { sessionId: BENCH_SESSION, requests: requests.length, offers: pods };
  await append([{ type: 'SessionClosed', data: closed }]);
}

/** The offer of a PoD: some of its power in every MTU. */
export function drawOffer(index: number, pods: number, random: Random): RecordedOffer {
  const podId = podIdOf(index);
  const limitW = drawInteger(random, 50, 300) * 10;
  const price = drawInteger(random, 80, 260) * 1_000;
  return {
    kind: 'single',
    offerId: `${podId}-P-up`,
    podId,
    product: 'P',
    direction: 'up',
    quantityW: Array.from({ length: BENCH_MTUS }, () => drawInteger(random, 0, limitW / 10) * 10),
    priceMicroEurPerKwh: Array.from(
      { length: BENCH_MTUS },
      () => price + drawInteger(random, 0, 20) * 500,
    ),
    divisible: true,
    minQuantityW: 0,
    pom: index < feederPods(pods) * 4 ? 'PS-1' : 'PS-2',
    podLimitW: limitW,
  };
}

/** PoDs of a feeder: those of Rome, or an eighth of a small market. The first four feeders hang under PS-1. */
function feederPods(pods: number): number {
  return Math.min(PODS_OF_FEEDER, Math.max(4, Math.floor(pods / 8)));
}

/** What the DSO asks for of feeders and substations, and the TSO of PoMs. */
export function drawRequests(pods: number, random: Random): FlexibilityRequest[] {
  const feeder = feederPods(pods);
  const substation = Math.min(PODS_OF_SUBSTATION, Math.max(2, Math.floor(feeder / 4)));
  const requests: FlexibilityRequest[] = [];
  const ask = (name: string, from: number, count: number): void => {
    // The last feeder's substations may lie beyond the last PoD.
    if (from >= pods) return;
    const podIds = Array.from({ length: Math.min(count, pods - from) }, (_, index) =>
      podIdOf(from + index),
    );
    const need = { requestId: name, requester: 'DSO', scope: { podIds } } as const;
    requests.push(requestOf(need, count * 200, random));
  };
  for (let from = 0; from < pods; from += 4 * feeder) {
    ask(`feeder-${from}`, from, feeder);
    for (const part of [0, 1, 2])
      ask(`substation-${from}-${part}`, from + part * substation, substation);
  }
  for (const pom of ['PS-1', 'PS-2']) {
    const need = { requestId: `tso-${pom}`, requester: 'TSO', scope: { pom } } as const;
    requests.push(requestOf(need, pods * 100, random));
  }
  return requests;
}

function requestOf(
  need: Pick<FlexibilityRequest, 'requestId' | 'requester' | 'scope'>,
  largestW: number,
  random: Random,
): FlexibilityRequest {
  const quantityW = Array.from(
    { length: BENCH_MTUS },
    () => drawInteger(random, 0, Math.floor(largestW / 10)) * 10,
  );
  return { ...need, product: 'P', direction: 'up', quantityW, priceCapMicroEurPerKwh: null };
}

function scheduled(): MarketSessionEvent {
  return {
    type: 'SessionScheduled',
    data: {
      sessionId: BENCH_SESSION,
      kind: 'dayAhead',
      deliveryDay: '2026-03-17',
      deliveryStart: '2026-03-16T23:00:00.000Z',
      mtuCount: BENCH_MTUS,
      gateOpensAt: NOW,
      gateClosesAt: '2026-03-16T14:30:00.000Z',
      resultDueAt: '2026-03-16T16:30:00.000Z',
      rulePackDigest: ''.padEnd(64, '0'),
      registerPosition: -1,
    },
  };
}

function propose(event: MarketSessionEvent, revision: number): ProposedEvent {
  const id = uuidFrom(`bench/clearing/${revision}`);
  return {
    ...event,
    id,
    schemaVersion: 1,
    occurredAt: NOW,
    correlationId: id,
    causationId: id,
    actor: 'platform:bench',
  };
}
