/** A log of some nodes' packets over months, in the form that they have, for tests of its archive. */
import type { ProposedEvent } from '@flexledger/domain';
import { documentDigest, sha256Hex } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { recurringContextOf } from '../command-context';
import { propose } from '../decide-together';
import { eventIdOf, recurringEventId, recurringId as recurringIdOf } from '../event-id';
import type { EventStore } from '../port';

const QUARTER_HOUR_MS = 900_000;

/** A clock that stands where it is put. */
export interface SetClock {
  nowMs(): number;
  set(epochMs: number): void;
}

export function setClock(epochMs: number): SetClock {
  let nowMs = epochMs;
  return { nowMs: () => nowMs, set: (to) => void (nowMs = to) };
}

/** What is measured, node by node and quarter-hour by quarter-hour, from an instant on. */
export interface Measured {
  readonly nodes: number;
  readonly quarterHours: number;
  readonly fromMs: number;
}

/** Appends what the nodes measure as the access layer would, and now and then something else. */
export async function appendMeasured(
  store: EventStore,
  clock: SetClock,
  { nodes, quarterHours, fromMs }: Measured,
): Promise<void> {
  const revisions = new Map<string, number>();
  for (let quarterHour = 0; quarterHour < quarterHours; quarterHour += 1) {
    const startMs = fromMs + quarterHour * QUARTER_HOUR_MS;
    clock.set(startMs + QUARTER_HOUR_MS + 1_234);
    const appends = Array.from({ length: nodes }, (_, node) => {
      const podId = `IT002E${String(10_000_000 + node)}`;
      const streamId = `meter-${podId}-${isoFromMs(startMs).slice(0, 7)}`;
      const revision = revisions.get(streamId) ?? -1;
      revisions.set(streamId, revision + 1);
      const event = measured(podId, quarterHour, startMs, revision, clock.nowMs() - 7);
      return store.append(streamId, revision < 0 ? 'noStream' : revision, [event]);
    });
    await Promise.all(appends);
    if (quarterHour % 16 === 3) {
      const name = `note/${startMs}`;
      const context = recurringContextOf(name, name, 'dso');
      const note = { type: 'NoteMade', data: { quarterHour, text: 'not of a meter' } };
      const id = eventIdOf({ commandId: name }, 0, true);
      await store.append('notes', 'any', [propose(note, id, context, isoFromMs(startMs))]);
    }
  }
}

function measured(
  podId: string,
  sequence: number,
  startMs: number,
  revision: number,
  atMs: number,
): ProposedEvent {
  const drawn = sha256Hex(`${podId}/${startMs}`);
  const withdrawnWh = parseInt(drawn.slice(0, 3), 16) % 700;
  const inputData = {
    podId,
    sequence,
    mtuStart: isoFromMs(startMs),
    withdrawnWh,
    injectedWh: 0,
    reactiveVarh: (parseInt(drawn.slice(3, 5), 16) % 90) - 30,
    withdrawnTotalWh: 4_000_000 + sequence * 700 + withdrawnWh,
    injectedTotalWh: 0,
  };
  const name = `measurement/${podId}/${drawn}`;
  const context = recurringContextOf(name, name, `node:${podId}`);
  const recurringId = recurringIdOf(context.commandId, revision);
  const occurredAt = isoFromMs(atMs);
  // Of some as ids were once given, without the instant.
  const id = podId.endsWith('0')
    ? eventIdOf({ commandId: recurringId }, 0, true)
    : recurringEventId({ recurringId, index: 0, isLast: true, occurredAt });
  const hash = documentDigest(inputData);
  const signedHash = sha256Hex(`${drawn}r`) + sha256Hex(`${drawn}s`);
  // Now and then one is refused.
  const event =
    withdrawnWh % 50 === 7
      ? {
          type: 'PacketRejected',
          data: {
            podId,
            reason: 'malformed',
            detail: 'not JSON: "{"',
            packet: `{ \ufffd ${drawn}`,
          },
        }
      : { type: 'MeasurementRecorded', data: { podId, sequence, inputData, hash, signedHash } };
  return propose(event as never, id, context, occurredAt);
}
