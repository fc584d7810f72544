/** Weather as the log holds it: reported by whom, found again for a period. */
import { type WeatherReported, weatherStream } from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Weather } from '@flexledger/grid';
import { documentDigest } from '@flexledger/identity';
import { type DocumentStore, weatherBetween } from '@flexledger/projections';
import { type Clock, isoFromMs } from '@flexledger/runtime';

/** Hours in one event: a quarter of a year. */
const HOURS_PER_EVENT = 2_208;

/** Puts weather into the log, what is the same as reported last not again. */
export async function reportWeather(
  { store, clock }: { readonly store: EventStore; readonly clock: Clock },
  report: { readonly gridId: string; readonly source: string; readonly weather: Weather },
  context: CommandContext,
): Promise<void> {
  const { gridId, source, weather } = report;
  const hours = [...weather].sort(([one], [other]) => one - other);
  const parts = Array.from({ length: Math.ceil(hours.length / HOURS_PER_EVENT) }, (_, part) =>
    hours.slice(part * HOURS_PER_EVENT, (part + 1) * HOURS_PER_EVENT),
  );
  const events = parts.map((rows): WeatherReported => ({
    type: 'WeatherReported',
    data: {
      gridId,
      source,
      hours: rows.map(([startMs]) => isoFromMs(startMs)),
      irradianceDeciWPerM2: rows.map(([, hour]) => tenths(hour.globalIrradianceWPerM2)),
      temperatureDeciC: rows.map(([, hour]) => tenths(hour.temperatureC)),
      windCmPerS: rows.map(([, hour]) => Math.round(hour.windSpeedMPerS * 100)),
    },
  }));
  // The state is the digest of the last report: only the same twice running is left out.
  const handler = createCommandHandler<string, readonly WeatherReported[], WeatherReported>({
    store,
    clock,
    cachedStreams: 1,
    decider: {
      initialState: '',
      decide: (wanted, last) =>
        wanted.length === 1 && documentDigest(wanted[0]!.data) === last ? [] : [...wanted],
      evolve: (_, { data }) => documentDigest(data),
    },
  });
  await handler.handle(weatherStream(gridId), events, context);
}

const tenths = (value: number): number => Math.round(value * 10);

/** The weather of a period, where any was reported. */
export async function reportedWeather(
  documents: DocumentStore,
  gridId: string,
  fromMs: number,
  untilMs: number,
): Promise<Weather> {
  const hours = await weatherBetween(documents, gridId, fromMs, untilMs);
  return new Map(
    hours.map(({ startMs, irradianceDeciWPerM2, temperatureDeciC, windCmPerS }) => [
      startMs,
      {
        globalIrradianceWPerM2: irradianceDeciWPerM2 / 10,
        temperatureC: temperatureDeciC / 10,
        windSpeedMPerS: windCmPerS / 100,
      },
    ]),
  );
}
