/**
 * A receipt: what a bidder had bid in a session when its gate closed, under the first checkpoint that covers
 * the closing. What counts as in time is written in `docs/verify/receipt.md`.
 */
import { type RecordedEvent, decodeEvent, sessionStream } from '@flexledger/domain';
import { DECIDED_WITHIN_MS } from '../checks/gates';
import { isoFromMs } from '../instant';
import { type LogReader, SessionNotAuditable } from '../log-reader';
import type { LoggedEvent, LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { BundleSubject } from './bundle';

/** What a receipt is of. */
export type ReceiptSubject = Extract<BundleSubject, { kind: 'receipt' }>;

/**
 * The session's calendar entry, opening and closing, and between them the bidder's own orders.
 *
 * @throws SessionNotAuditable when there is no such session, its gate is open, or the bidder has no order in it
 */
export async function eventsOfReceipt(
  log: Pick<LogReader, 'readStream'>,
  { sessionId, bidderId }: ReceiptSubject,
): Promise<readonly RecordedEvent[]> {
  const isOwn = createOwnOrders(bidderId);
  const found: RecordedEvent[] = [];
  let orders = 0;
  for await (const recorded of log.readStream(sessionStream(sessionId))) {
    const event = decodeEvent(recorded) as unknown as LoggedEvent;
    const isOrder = isOwn(event);
    if (isOrder) orders += 1;
    if (isOrder || isOfGate(event)) found.push(recorded);
    if (event.type !== 'SessionClosed') continue;
    if (orders > 0) return found;
    throw new SessionNotAuditable(`${bidderId} had no order in session ${sessionId}.`);
  }
  throw new SessionNotAuditable(
    found.length === 0
      ? `There is no session ${sessionId} in this log.`
      : `The gate of session ${sessionId} has not closed; a receipt is given from then on.`,
  );
}

function isOfGate({ type }: LoggedEvent): boolean {
  return type === 'SessionScheduled' || type === 'SessionOpened' || type === 'SessionClosed';
}

/** Tells a bidder's orders from others'; asked once of each event, in order. */
function createOwnOrders(bidderId: string): (event: LoggedEvent) => boolean {
  const requests = new Set<string>();
  return (event) => {
    switch (event.type) {
      case 'FlexibilityOffered':
      case 'OfferWithdrawn':
        return event.data.aggregatorId === bidderId;
      case 'FlexibilityRequested':
        if (event.data.requester !== bidderId) return false;
        requests.add(event.data.requestId);
        return true;
      case 'RequestWithdrawn':
        return requests.has(event.data.requestId);
      default:
        return false;
    }
  };
}

/** Compares what a receipt holds with the gate that it names. */
export interface ReceiptCheck {
  see(event: LoggedEvent): void;
  /**
   * After the last event.
   *
   * @param seenS when each witness that cosigned the checkpoint has seen it, seconds since 1970
   */
  end(seenS: readonly number[]): void;
}

/**
 * @param tolerances of the trust file: how far clocks may lie apart, and how long a checkpoint may be waited for
 */
export function createReceiptCheck(
  { sessionId, bidderId }: ReceiptSubject,
  tolerances: { readonly clockSkewSeconds: number; readonly anchoredWithinSeconds: number },
  findings: { readonly gates: Findings; readonly times: Findings; readonly inclusion: Findings },
): ReceiptCheck {
  const { gates, times, inclusion } = findings;
  const skewMs = tolerances.clockSkewSeconds * 1_000;
  const isOwn = createOwnOrders(bidderId);
  let gate: LoggedOf<'SessionScheduled'>['data'] | undefined;
  let closed: LoggedOf<'SessionClosed'> | undefined;
  let orders = 0;

  function seeOrder(event: LoggedEvent): void {
    orders += 1;
    gates.checked();
    if (closed) return gates.fail(event, 'it stands in the log behind the closing of the gate');
    if (!gate) return gates.fail(event, 'no calendar entry of its session stands before it');
    const atMs = Date.parse(event.occurredAt);
    const { gateOpensAt, gateClosesAt } = gate;
    if (atMs < Date.parse(gateOpensAt) || atMs >= Date.parse(gateClosesAt) + DECIDED_WITHIN_MS) {
      const open = `the gate is open from ${gateOpensAt} to ${gateClosesAt}`;
      gates.fail(event, `it was taken at ${event.occurredAt}; ${open}`);
    }
    times.checked();
    const late = Date.parse(event.recordedAt) - Date.parse(gateClosesAt);
    if (late > skewMs) {
      const after = `${Math.round(late / 1_000)} s after the gate closed`;
      times.fail(event, `it was recorded ${after}; ${skewMs / 1_000} s are allowed between clocks`);
    }
  }

  return {
    see(event) {
      const said = event.data as { readonly sessionId?: string };
      if (said.sessionId !== sessionId) {
        return gates.fail(event, `it is of session ${said.sessionId}, the receipt of ${sessionId}`);
      }
      if (event.type === 'SessionScheduled') gate = event.data;
      else if (event.type === 'SessionClosed') closed = event;
      else if (isOwn(event)) seeOrder(event);
      else if (!isOfGate(event)) gates.fail(event, `it is no order of ${bidderId}`);
    },
    end(seenS) {
      if (orders === 0) inclusion.fail(undefined, `it holds no order of ${bidderId}`);
      if (!closed) {
        return inclusion.fail(undefined, `it does not hold the closing of session ${sessionId}`);
      }
      const closedMs = Date.parse(closed.occurredAt);
      gates.checked();
      if (gate && closedMs < Date.parse(gate.gateClosesAt)) {
        gates.fail(closed, `the gate closed at ${closed.occurredAt}, before ${gate.gateClosesAt}`);
      }
      for (const seen of seenS) {
        times.checked();
        const seenAt = isoFromMs(seen * 1_000);
        if (seen * 1_000 < closedMs - skewMs) {
          times.fail(closed, `a witness had seen its checkpoint at ${seenAt} already`);
        }
        if (!gate) continue;
        // Not from the closing: the operator says when that was, and could close late what it has reordered.
        const latestMs =
          Date.parse(gate.gateClosesAt) + tolerances.anchoredWithinSeconds * 1_000 + skewMs;
        if (seen * 1_000 > latestMs) {
          times.fail(closed, `a witness has seen its checkpoint at ${seenAt} only`);
        }
      }
      if (seenS.length === 0) {
        times.note('no witness says when it saw the closing: the times are those of the operator');
      }
    },
  };
}
