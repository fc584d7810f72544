/** Packets of a node on a day, as the log recorded them, and the transaction that certifies one. */
import type { Schemas } from '@flexledger/api-client';
import { api, take, takeAll } from '../data/client';

/** Of a month, a packet a quarter-hour, and those that were refused. */
const MOST = 6_000;
const PAGE = 1_000;

export interface PacketRow {
  readonly sequence: number;
  /** Begin of its quarter-hour, epoch ms. */
  readonly mtuStartMs: number;
  readonly position: number;
  readonly eventId: string;
  /** Of what the node signed, hex. */
  readonly hash: string;
}

interface Recorded {
  readonly sequence: number;
  readonly hash: string;
  readonly inputData: { readonly mtuStart: string };
}

/** The packets whose quarter-hours begin in a span, the last first. @throws Problem */
export async function readPackets(
  podId: string,
  fromMs: number,
  toMs: number,
): Promise<readonly PacketRow[]> {
  const months = new Set([fromMs, toMs - 1].map((ms) => new Date(ms).toISOString().slice(0, 7)));
  const read = [...months].map((month) =>
    takeAll(async (cursor) => {
      const query = {
        stream: `meter-${podId}-${month}`,
        types: 'MeasurementRecorded',
        limit: PAGE,
        ...(cursor !== undefined && { after: Number(cursor) }),
      };
      const page = await take(api.GET('/api/v1/events', { params: { query } }));
      // The same address gives a stream, as text, to who asks for one.
      const { items, next } = page as Exclude<typeof page, string>;
      return { items, next: next === null ? null : String(next) };
    }, MOST),
  );
  return (await Promise.all(read))
    .flat()
    .map(({ id, position, data }): PacketRow => {
      const { sequence, hash, inputData } = data as unknown as Recorded;
      const mtuStartMs = Date.parse(inputData.mtuStart);
      return { sequence, mtuStartMs, position, eventId: id, hash };
    })
    .filter(({ mtuStartMs }) => mtuStartMs >= fromMs && mtuStartMs < toMs)
    .sort((a, b) => b.sequence - a.sequence);
}

export type Certified = Schemas['CertifiedPacket2'];

/** A packet as its node signed it, with the transaction. @throws Problem, 404 before it is anchored */
export const readCertified = (podId: string, sequence: number): Promise<Certified> =>
  take(
    api.GET('/api/v1/pods/{podId}/measurements/{sequence}/certified', {
      params: { path: { podId, sequence } },
    }),
  );
