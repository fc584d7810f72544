/**
 * Active power at each PoD as its node tells it every few seconds (D3.5 3.1.5), kept in memory: the last word
 * of each. It is no evidence and settles nothing; what is certified are the quarter-hours.
 */
import type { PodEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { type PowerMessage, type ReceivedMessage, parseDeviceMessage } from '@flexledger/messaging';
import { type Clock, msFromIso } from '@flexledger/runtime';
import { foldOfLog } from '@flexledger/service-kit';
import type { Enrolment } from '../enrolment/enrolment';
import type { PlausiblePower } from '../measurement-ingress/plausible-power';

export interface LivePowerOptions {
  readonly log: EventStore;
  readonly clock: Clock;
  readonly enrolment: Pick<Enrolment, 'keyOf'>;
  readonly power: Pick<PlausiblePower, 'maxPowerWOf'>;
  /** Told what is not shown, and why; of one PoD once a minute. */
  readonly onProblem: (problem: string) => void;
}

/** Power at a PoD now. */
export interface PodPower extends PowerMessage {
  readonly podId: string;
  /** Of the PoD as it is registered; null where it is not. */
  readonly aggregatorId: string | null;
}

/** What was told after a place, and the place behind it. */
export interface PowersSince {
  readonly powers: readonly PodPower[];
  readonly next: number;
}

export interface LivePower {
  /** Takes a message of the topic `power`. */
  receive(message: ReceivedMessage): void;
  /**
   * The last word of each PoD that was told behind a place, by PoD; 0 gives all. A word is forgotten after
   * `FORGOTTEN_AFTER_MS`: it is not the power now.
   */
  since(place: number): Promise<PowersSince>;
}

/** A node tells once in 1 to 10 s; what comes more often is not looked at. Some jitter is let through. */
const SHOWN_EVERY_MS = 900;
export const FORGOTTEN_AFTER_MS = 60_000;
/** How far a node's clock may be off; by more, its word is not the power now. */
const CLOCK_OFF_MS = 60_000;
const TELL_EVERY_MS = 60_000;

interface Told {
  readonly message: PowerMessage;
  readonly cameMs: number;
  readonly place: number;
}

export function createLivePower(options: LivePowerOptions): LivePower {
  const { log, clock, enrolment, power, onProblem } = options;
  /** Of enrolled nodes only, so that nobody else can fill it. */
  const told = new Map<string, Told>();
  const complainedMs = new Map<string, number>();
  const aggregators = new Map<string, string | null>();
  const types: PodEvent['type'][] = ['PodRegistered', 'PodDetailsChanged', 'PodUnregistered'];
  const readOn = foldOfLog(log, types, ({ type, data }) => {
    const { podId, aggregatorId } = data as { readonly podId: string; aggregatorId: string };
    aggregators.set(podId, type === 'PodUnregistered' ? null : aggregatorId);
  });
  let place = 0;

  function complain(podId: string, reason: string): void {
    const nowMs = clock.nowMs();
    if (nowMs - (complainedMs.get(podId) ?? -Infinity) < TELL_EVERY_MS) return;
    complainedMs.set(podId, nowMs);
    onProblem(`The power of ${podId} is not shown: ${reason}`);
  }

  function faultOf(podId: string, message: PowerMessage): string | undefined {
    const { at, withdrawnW, injectedW, podId: named } = message;
    if (named !== undefined && named !== podId) return `its node tells of ${named}`;
    const offMs = msFromIso(at) - clock.nowMs();
    if (Math.abs(offMs) > CLOCK_OFF_MS) {
      return `the node's clock says ${at}, ${Math.round(offMs / 1_000)} s off; set it right`;
    }
    const largestW = power.maxPowerWOf(podId);
    const wordW = Math.max(withdrawnW, injectedW);
    return wordW > largestW
      ? `${wordW} W are more than the ${largestW} W that its PoD is believed`
      : undefined;
  }

  return {
    receive({ podId, payload }) {
      const nowMs = clock.nowMs();
      const before = told.get(podId);
      if (before && nowMs - before.cameMs < SHOWN_EVERY_MS && nowMs >= before.cameMs) return;
      if (enrolment.keyOf(podId) === undefined) {
        told.delete(podId);
        // At the broker's own nodes alone: as many as there were enrolments.
        return complain(podId, 'its node is not enrolled');
      }
      const parsed = parseDeviceMessage('power', payload);
      const fault = parsed.ok ? faultOf(podId, parsed.message) : parsed.reason;
      if (!parsed.ok || fault !== undefined) return complain(podId, fault!);
      place += 1;
      told.set(podId, { message: parsed.message, cameMs: nowMs, place });
    },
    async since(after) {
      await readOn(await log.head());
      const nowMs = clock.nowMs();
      const powers: PodPower[] = [];
      for (const [podId, { message, cameMs, place: toldAt }] of told) {
        if (nowMs - cameMs > FORGOTTEN_AFTER_MS) told.delete(podId);
        else if (toldAt > after) {
          powers.push({ aggregatorId: aggregators.get(podId) ?? null, ...message, podId });
        }
      }
      powers.sort((one, other) => (one.podId < other.podId ? -1 : 1));
      return { powers, next: place };
    },
  };
}
