/** Among offers of one price the more reliable provider sells, and each offer says how reliable its provider is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sessionStream, settlementStream } from '@flexledger/domain';
import type { VirtualClock } from '@flexledger/runtime';
import { type Market, PODS, acceptedOf, runDay } from '../clearing/testing/one-session';
import { append } from '../testing/append';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-clearing-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a session of days before into the log, settled: what its provider sold, and delivered nothing of. */
async function failedBefore({ store }: Market, clock: VirtualClock, podId: string): Promise<void> {
  const sessionId = 'earlier';
  const facts = { offerId: 'o', requestId: 'r', podId, aggregatorId: 'AGG1', firstMtu: 0 };
  const of = { requester: 'DSO', product: 'P', direction: 'up' } as const;
  const nothing = { baselineW: [null], measuredW: [null], deliveredW: [0] };
  const unpaid = { priceMicroEurPerKwh: [1], paidMicroEur: [0], penaltyMicroEur: [0] };
  const row = { ...facts, ...of, acceptedW: [9_000], ...nothing, ...unpaid };
  const part = { index: 0, of: 1 };
  const settled = { sessionId, correction: 0, part, inputDigest: '', rows: [row] };
  const scheduled = { sessionId, deliveryDay: '2026-03-13', gateOpensAt: '2026-03-12T10:00:00Z' };
  await append(store, clock, sessionStream(sessionId), [
    { type: 'SessionScheduled', data: scheduled },
  ]);
  await append(store, clock, settlementStream(sessionId), [
    { type: 'SettlementComputed', data: settled },
    { type: 'SettlementPublished', data: { sessionId, correction: 0 } },
  ]);
}

describe('a session in which all offer at one price', () => {
  async function soldWith(before?: (market: Market, clock: VirtualClock) => Promise<void>) {
    const session = await runDay(folder, () => [], { rises: 0, ...(before && { before }) });
    const [told] = session.bids;
    const indices = told!.offerParts.flat().map(({ reliabilityPerMille }) => reliabilityPerMille);
    return { accepted: acceptedOf(session), indices };
  }

  it('buys from who came first, while nothing is known of anybody', async () => {
    expect(await soldWith()).toEqual({
      accepted: { [PODS[0]!]: 1_000, [PODS[1]!]: 500 },
      indices: [undefined, undefined, undefined],
    });
  });

  it('buys from others before who failed to deliver, and has each one’s index in its offer', async () => {
    const { accepted, indices } = await soldWith((market, clock) =>
      failedBefore(market, clock, PODS[0]!),
    );
    expect(accepted).toEqual({ [PODS[1]!]: 1_000, [PODS[2]!]: 500 });
    expect(indices[1]).toBe(indices[2]);
    expect(indices[0]).toBeLessThan(indices[1]!);
  });
});
