/** MeterReadings of IEC 61968-9 as a meter or a head-end system writes them, for tests. */
import { type MeasurementPacket, MTU_MS } from '@flexledger/domain';
import { isoFromMs, msFromIso } from '@flexledger/runtime';
import { READING_TYPES } from '../meter-readings/reading-types';
import type { PowerMessage } from '../mqtt/messages';

/** A packet as an EventMessage of IEC 61968-100: the MeterReadings, and the signature beside them. */
export function signedMeterReadings({ inputData, ...rest }: MeasurementPacket): string {
  const { podId, sequence, mtuStart, chain2Full, ...energies } = inputData;
  const { hash, signedHash, publicKey } = rest;
  const property = ([name, value]: [string, unknown]): string =>
    `<Property><Name>${name}</Name><Value>${value}</Value></Property>`;
  const properties = Object.entries({ sequence, hash, signedHash, publicKey }).map(property);
  const readings = meterReadings(podId, isoFromMs(msFromIso(mtuStart) + MTU_MS), {
    ...energies,
    ...chain2Full,
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message"><Header><Verb>created</Verb>' +
    `<Noun>MeterReadings</Noun>${properties.join('')}</Header><Payload>${readings}</Payload></EventMessage>`
  );
}

/** Power now; nothing of it is signed. */
export function powerReadings(podId: string, { at, withdrawnW, injectedW }: PowerMessage): string {
  return meterReadings(podId, at, { withdrawnW, injectedW });
}

/** Values of one instant by the member that each becomes; deltas in blocks of intervals, the rest as readings. */
export function meterReadings(
  podId: string,
  timeStamp: string,
  values: Readonly<Record<string, number>>,
): string {
  const readings = Object.entries(values).map(([member, value]) => {
    const code = READING_TYPES[member as keyof typeof READING_TYPES];
    const type = `<ReadingType ref="${code}"/>`;
    const reading = `<timeStamp>${timeStamp}</timeStamp><value>${value}</value>`;
    return code.startsWith('0.0.2.')
      ? `<IntervalBlocks><IntervalReadings>${reading}</IntervalReadings>${type}</IntervalBlocks>`
      : `<Readings>${reading}${type}</Readings>`;
  });
  return (
    '<m:MeterReadings xmlns:m="http://iec.ch/TC57/2011/MeterReadings#"><m:MeterReading>' +
    readings.map((one) => one.replaceAll(/<(\/?)(\w)/g, '<$1m:$2')).join('') +
    `<m:UsagePoint><m:mRID>${podId}</m:mRID></m:UsagePoint></m:MeterReading></m:MeterReadings>`
  );
}
