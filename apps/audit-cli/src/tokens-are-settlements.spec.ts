/**
 * The law of the money (ADR 0004, 0007), over random markets: whatever is sold, measured late,
 * corrected, agreed anew and claimed in between, the tokens are the settlements, and the audit says
 * so from the log; and it names an award that is not the one due.
 */
import fc from 'fast-check';
import {
  type SmallEvent,
  WHOLE_LOG,
  createFindings,
  createReplay,
  createTokenCheck,
  failuresOf,
  smallChain,
  storedRowsOf,
} from '@flexledger/audit';
import { sha256 } from '@flexledger/identity';
import { type RandomMarket, type Told, WALLETS, live, someMarket } from './testing/random-market';
import { type ModelLedger, createModelLedger } from './testing/token-ledgers';

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((a, b) => a + b, 0);

/** The audit's word on a log, beside what the model of the contract holds. */
async function audited(log: readonly SmallEvent[], ...ledgers: readonly ModelLedger[]) {
  const tokens = new Map(ledgers.map((ledger) => [ledger.tokenContract, ledger.state()]));
  const chain = smallChain({ tokens });
  const replay = createReplay();
  const check = createTokenCheck(replay, chain, WHOLE_LOG, sha256, createFindings('tokens'));
  return failuresOf(check, storedRowsOf(sha256, log), replay.take);
}

async function lived(market: RandomMarket, onAward?: (told: Told) => void) {
  const ledger = createModelLedger();
  return { ledger, log: await live(market, ledger, onAward) };
}

describe('over random markets', () => {
  it('at every award the tokens are the leaves, and the settlements plus what is carried', async () => {
    let awards = 0;
    let carrying = 0;
    let corrections = 0;
    await fc.assert(
      fc.asyncProperty(someMarket, async (market) => {
        let before: ReadonlyMap<string, number> = new Map();
        await lived(market, ({ due, mintedMicroEur, nets }) => {
          const { amountMicroEur, carriedMicroEur, cumulative } = due;
          expect(amountMicroEur).toBeGreaterThanOrEqual(0);
          expect(carriedMicroEur).toBeGreaterThanOrEqual(0);
          expect(sum(cumulative.values())).toBe(mintedMicroEur);
          expect(sum(nets.values()) + carriedMicroEur).toBe(mintedMicroEur);
          for (const [wallet, leaf] of before)
            expect(cumulative.get(wallet)).toBeGreaterThanOrEqual(leaf);
          before = cumulative;
          awards += 1;
          if (carriedMicroEur > 0) carrying += 1;
          if (due.correction > 0) corrections += 1;
        });
      }),
      { numRuns: 60 },
    );
    // The markets drawn are the ones meant.

    expect([awards > 100, corrections > 20, carrying > 2]).toEqual([true, true, true]);
  });

  it('whoever claims at the end has together what was minted, however they claimed before', async () => {
    await fc.assert(
      fc.asyncProperty(someMarket, async (market) => {
        const { ledger } = await lived(market);
        for (const wallet of WALLETS) await ledger.claim(wallet);
        const claimed = [...ledger.claimed.values()].reduce((a, b) => a + b, 0n);
        expect(claimed).toBe(ledger.state().totalSupplyMicroEur);
      }),
      { numRuns: 30 },
    );
  });

  it('the audit finds the same from the log', async () => {
    await fc.assert(
      fc.asyncProperty(someMarket, async (market) => {
        const { ledger, log } = await lived(market);
        expect(await audited(log, ledger)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('in two contracts one after another nothing is lost, paid twice or missed by the audit', async () => {
    let inBoth = 0;
    let carriedOver = 0;
    await fc.assert(
      fc.asyncProperty(someMarket, async (market) => {
        const [former, next] = [createModelLedger(), createModelLedger(`0x${'88'.repeat(20)}`)];
        let told: Told | undefined;
        const log = await live(market, former, (last) => (told = last), next);
        const mintedOf = (ledger: ModelLedger) => Number(ledger.state().totalSupplyMicroEur);
        const [before, after] = [mintedOf(former), mintedOf(next)];
        if (told) {
          const { due, mintedMicroEur, nets } = told;
          expect(before + after).toBe(mintedMicroEur);
          expect(sum(nets.values()) + due.carriedMicroEur).toBe(mintedMicroEur);
          if (after > 0) expect(sum(due.cumulative.values())).toBe(after);
          if (before > 0 && after > 0 && due.carriedMicroEur > 0) carriedOver += 1;
        }
        if (before > 0 && after > 0) inBoth += 1;
        for (const wallet of WALLETS)
          for (const ledger of [former, next]) await ledger.claim(wallet);
        const claimed = [former, next].flatMap((ledger) =>
          [...ledger.claimed.values()].map(Number),
        );
        expect(sum(claimed)).toBe(before + after);
        expect(await audited(log, former, next)).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect([inBoth > 10, carriedOver > 0]).toEqual([true, true]);
  });

  it.each(['amountMicroEur', 'carriedMicroEur', 'accounts', 'correction', 'blockNumber'] as const)(
    'the audit names an award with another %s',
    async (field) => {
      await fc.assert(
        fc.asyncProperty(someMarket, fc.nat(), async (market, chosen) => {
          const { ledger, log } = await lived(market);
          const places = log.flatMap(({ type }, place) =>
            type === 'TokensAwarded' ? [place] : [],
          );
          fc.pre(places.length > 0);
          const place = places[chosen % places.length]!;
          const { data, ...event } = log[place]!;
          const forged = { ...data, [field]: (data as Record<string, number>)[field]! + 1 };
          const failures = await audited(log.with(place, { ...event, data: forged }), ledger);
          expect(failures.map(({ position }) => position)).toContain(place);
        }),
        { numRuns: 5 },
      );
    },
  );
});
