/**
 * The power calculation (D2.15 2.1.2): what phasor measurement units say on `raw/bal` every second is kept as a time
 * series and said again on `processed/bal`, with active and reactive power beside the measured values.
 */
import { PROCESSED_PHASORS, RAW_PHASORS } from '@flexledger/messaging';
import { type Clock, messageOf } from '@flexledger/runtime';
import { payloadOf } from '../feeds/payload';
import { parseReading, processed } from './phasor-reading';
import type { PhasorSeries } from './phasor-series';

export interface PhasorFeedOptions {
  readonly series: PhasorSeries;
  readonly clock: Clock;
  readonly publish: (topic: string, message: object) => Promise<void>;
  /** Told what is not processed, and why; of one topic once a minute. */
  readonly onProblem: (problem: string) => void;
}

/** What is subscribed to. */
export const PHASOR_FILTERS: readonly string[] = [RAW_PHASORS, `${RAW_PHASORS}/+`];

const TELL_EVERY_MS = 60_000;
/** A clock of a device may be fast by so much; what is later would keep everything else out of the latest. */
const CLOCK_FAST_MS = 60_000;

/** Takes a message of `raw/bal`; other topics are not its own. */
export function createPhasorFeed(options: PhasorFeedOptions) {
  const { series, clock, publish, onProblem } = options;
  const toldMs = new Map<string, number>();

  function complain(topic: string, reason: string): void {
    const nowMs = clock.nowMs();
    if (nowMs - (toldMs.get(topic) ?? -Infinity) < TELL_EVERY_MS) return;
    if (toldMs.size > 1_000) toldMs.clear();
    toldMs.set(topic, nowMs);
    onProblem(`A reading on ${topic} is not processed: ${reason}`);
  }

  return function receive(topic: string, payload: Buffer): void {
    const device = topic === RAW_PHASORS ? undefined : topic.slice(RAW_PHASORS.length + 1);
    let said: unknown;
    try {
      said = payloadOf(payload);
    } catch (error) {
      return complain(topic, `it is neither JSON nor XML (${messageOf(error)})`);
    }
    const parsed = parseReading(said, device);
    if (!parsed.ok) return complain(topic, parsed.reason);
    const { reading } = parsed;
    if (Date.parse(reading.at) > clock.nowMs() + CLOCK_FAST_MS) {
      return complain(topic, `its clock says ${reading.at}, which is not yet; set it right`);
    }
    // Of several instances that hear it, one adds it and says what it means.
    if (!series.add(reading)) return;
    const out = device === undefined ? PROCESSED_PHASORS : `${PROCESSED_PHASORS}/${device}`;
    publish(out, processed(reading)).catch((error: unknown) => complain(out, messageOf(error)));
  };
}
