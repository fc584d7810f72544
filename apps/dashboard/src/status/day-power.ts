import { type DeliveryPeriod, MTU_MS } from '@flexledger/domain';
import {
  type DocumentStore,
  type PageRequest,
  type SessionDocument,
  type SettlementDocument,
  findOutcomes,
  findSettlementRows,
  eachOf,
} from '@flexledger/projections';

/** Active power of a delivery day by MTU, all sessions and both directions together. */
export interface DayPower {
  readonly startMs: number;
  readonly acceptedW: readonly number[];
  /** Null where something was accepted and is not settled yet. */
  readonly deliveredW: readonly (number | null)[];
}

/** One session's part of it, by MTU of the session; `deliveredW` is null until it is settled. */
export interface SessionPower {
  readonly acceptedW: readonly number[];
  readonly deliveredW: readonly number[] | null;
}

/** Adds up the published and settled rows of a session. */
export async function sessionPower(
  documents: DocumentStore,
  session: SessionDocument,
  settlement: SettlementDocument | undefined,
): Promise<SessionPower> {
  const { sessionId, mtuCount } = session;
  const acceptedW = new Array<number>(mtuCount).fill(0);
  const outcomes = (page: PageRequest) => findOutcomes(documents, { sessionId }, page);
  for await (const { product, firstMtu, acceptedW: watts } of eachOf(outcomes)) {
    if (product === 'P') watts.forEach((value, index) => (acceptedW[firstMtu + index]! += value));
  }
  if (!settlement?.published) return { acceptedW, deliveredW: null };
  const deliveredW = new Array<number>(mtuCount).fill(0);
  const settled = (page: PageRequest) => findSettlementRows(documents, { sessionId }, page);
  for await (const { product, firstMtu, deliveredW: watts } of eachOf(settled)) {
    if (product === 'P') watts.forEach((value, index) => (deliveredW[firstMtu + index]! += value));
  }
  return { acceptedW, deliveredW };
}

/** Lays the sessions of a day over its MTUs. */
export function dayPower(
  period: DeliveryPeriod,
  sessions: readonly { readonly deliveryStart: string; readonly power: SessionPower }[],
): DayPower {
  const acceptedW = new Array<number>(period.mtuCount).fill(0);
  const deliveredW = new Array<number | null>(period.mtuCount).fill(0);
  for (const { deliveryStart, power } of sessions) {
    const shift = (Date.parse(deliveryStart) - period.startMs) / MTU_MS;
    power.acceptedW.forEach((watts, index) => {
      const mtu = shift + index;
      acceptedW[mtu]! += watts;
      const before = deliveredW[mtu]!;
      const isOpen = watts > 0 && power.deliveredW === null;
      deliveredW[mtu] =
        before === null || isOpen ? null : before + (power.deliveredW?.[index] ?? 0);
    });
  }
  return { startMs: period.startMs, acceptedW, deliveredW };
}
