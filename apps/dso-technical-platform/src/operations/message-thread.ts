/** What a message of a data server says, by the topic that it came on; of a long one in the thread of `readMessage`. */
import type { OperatingLimits } from '@flexledger/domain';
import { type Weather, parseWeatherJson } from '@flexledger/grid';
import { isCim, listOf, membersOf, parseCgmesXml, payloadOf } from '@flexledger/service-kit';
import { parseDerReport } from '../der-control/parse-report';
import { type Places, parseCimMeasurements } from './cim-measurements';
import type { TimedMeasurement } from './live-operations';
import { modelOf } from './model-of-message';
import { parseCurves, parseTimed } from './parse-operations';

/** By topic. */
export interface MessageContents {
  readonly scada: readonly TimedMeasurement[];
  readonly meters: readonly TimedMeasurement[];
  readonly measurements: readonly TimedMeasurement[];
  readonly weather: { readonly source: string; readonly weather: Weather };
  readonly model: { readonly model: object; readonly limits: OperatingLimits | undefined };
  readonly 'der-control': ReturnType<typeof parseDerReport>;
}

/** Below the topic of a grid. */
export type OperationTopic = keyof MessageContents;

export interface MessageJob {
  readonly kind: OperationTopic;
  readonly bytes: Uint8Array;
  /** Of the published model, where the message is CIM. */
  readonly places: Places | undefined;
}

const READERS: {
  readonly [Kind in OperationTopic]: (
    payload: Buffer,
    places: Places | undefined,
  ) => MessageContents[Kind];
} = {
  scada: measured,
  meters: (payload) => parseCurves(payloadOf(payload)),
  measurements: measured,
  weather(payload) {
    const { source = 'feed', hours } = membersOf(payloadOf(payload));
    const file = { schema: 'flexledger-weather/1', hours: listOf(hours) };
    return { source: String(source).slice(0, 100), weather: parseWeatherJson(file) };
  },
  model: modelOf,
  'der-control': (payload) => parseDerReport(payloadOf(payload)),
};

/** @throws Error, GridModelError saying what of it cannot be read */
export function work({ kind, bytes, places }: MessageJob): MessageContents[OperationTopic] {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return READERS[kind](payload, places);
}

function measured(payload: Buffer, places: Places | undefined): TimedMeasurement[] {
  return isCim(payload) && places
    ? parseCimMeasurements(parseCgmesXml(payload.toString('utf8'), 'message'), places)
    : parseTimed(payloadOf(payload));
}
