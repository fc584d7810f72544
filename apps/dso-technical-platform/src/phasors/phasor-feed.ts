/**
 * The power calculation (D2.15 2.1.2): what phasor measurement units say on `raw/bal` every second is kept as a time
 * series and said again on `processed/bal`, with active and reactive power beside the measured values.
 */
import { PROCESSED_PHASORS, RAW_PHASORS } from '@flexledger/messaging';
import { type Clock, messageOf, msFromIso } from '@flexledger/runtime';
import { parseReading, payloadOf, type PhasorReading, processed } from '@flexledger/service-kit';
import { CLOCK_FAST_MS, toldOnceAMinute } from '../feeds/told-once';
import type { PhasorSeries } from './phasor-series';

/** Where readings are kept, and where they are said again. */
export interface PhasorFeedOptions {
  readonly series: PhasorSeries;
  readonly clock: Clock;
  readonly publish: (topic: string, message: object) => Promise<void>;
  /** Told what is not processed, and why; of one topic once a minute. */
  readonly onProblem: (problem: string) => void;
}

/** What is subscribed to. */
export const PHASOR_FILTERS: readonly string[] = [RAW_PHASORS, `${RAW_PHASORS}/+`];

/** Takes a message of `raw/bal`; other topics are not its own. */
export function createPhasorFeed(options: PhasorFeedOptions) {
  const { series, clock, publish } = options;
  const tell = toldOnceAMinute(clock, options.onProblem);
  const complain = (topic: string, reason: string): void =>
    tell(topic, `A reading on ${topic} is not processed: ${reason}`);

  return function receive(topic: string, payload: Buffer): void {
    const device = topic === RAW_PHASORS ? undefined : topic.slice(RAW_PHASORS.length + 1);
    let reading: PhasorReading;
    try {
      reading = parseReading(payloadOf(payload), device);
    } catch (error) {
      return complain(topic, messageOf(error));
    }
    if (msFromIso(reading.at) > clock.nowMs() + CLOCK_FAST_MS) {
      return complain(topic, `its clock says ${reading.at}, which is not yet; set it right`);
    }
    // Of several instances that hear it, one adds it and says what it means.
    if (!series.add(reading)) return;
    const out = device === undefined ? PROCESSED_PHASORS : `${PROCESSED_PHASORS}/${device}`;
    publish(out, processed(reading)).catch((error: unknown) => complain(out, messageOf(error)));
  };
}
