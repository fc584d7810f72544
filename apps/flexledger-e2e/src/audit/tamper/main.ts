/**
 * `npm run tamper`: a small day is made once, tampered with in every way of `docs/verify/trust.md`, and
 * audited. Prints what caught what; exit code 1 where something was missed, or caught by another check than
 * the one named.
 *
 *   npm run tamper [-- WORDS]    only those whose adversary or description has the words
 */
import Table from 'cli-table3';
import { messageOf, wallClock } from '@flexledger/runtime';
import { failing } from '../testing/simulated-day';
import { BY_AGGREGATORS } from './by-aggregators';
import { BY_BUNDLE_MAKERS } from './by-bundle-makers';
import { BY_CHAIN_OPERATORS } from './by-chain-operators';
import { BY_NODES } from './by-nodes';
import { BY_OPERATORS } from './by-operators';
import { BY_OUTSIDERS } from './by-outsiders';
import { BY_WITNESSED_OPERATORS } from './by-witnessed-operators';
import { CHANGED_CONTRACTS } from './changed-contracts';
import { type HonestDay, makeHonestDay } from './honest-day';
import type { Outcome, Tampering } from './tampering';

const ALL: readonly Tampering[] = [
  ...BY_OUTSIDERS,
  ...BY_NODES,
  ...BY_AGGREGATORS,
  ...BY_OPERATORS,
  ...BY_CHAIN_OPERATORS,
  ...CHANGED_CONTRACTS,
  ...BY_WITNESSED_OPERATORS,
  ...BY_BUNDLE_MAKERS,
];

/** What became of a tampering. */
interface Verdict {
  /** As it is told in the table. */
  readonly told: string;
  readonly isExpected: boolean;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2).join(' ');
  const chosen = ALL.filter(({ adversary, what }) => `${adversary} ${what}`.includes(words));
  const startedMs = wallClock.nowMs();
  const day = await makeHonestDay();
  try {
    await requireHonest(day);
    const table = new Table({
      head: ['adversary', 'what was tampered with', 'trust file', 'what became of it'],
      style: { head: [], border: [] },
    });
    let wrong = 0;
    for (const one of chosen) {
      const { told, isExpected } = await verdictOn(one, day);
      table.push([one.adversary, one.what, one.trust, told]);
      if (!isExpected) wrong += 1;
    }
    process.stdout.write(`${table.toString()}\n`);
    const seconds = Math.round((wallClock.nowMs() - startedMs) / 1_000);
    process.stdout.write(
      `${chosen.length} tamperings, ${wrong} not as they should end, ${seconds} s\n`,
    );
    process.exitCode = wrong === 0 && chosen.length > 0 ? 0 : 1;
  } finally {
    await day.remove();
  }
}

/** What holds of the day before anybody touched it: else nothing below means anything. */
async function requireHonest(day: HonestDay): Promise<void> {
  for (const held of ['none', 'exported', 'seen', 'stale', 'quorum'] as const) {
    const failed = failing(await day.audited(day, held));
    if (failed.length > 0) throw new Error(`The honest day fails ${failed.join(', ')} (${held}).`);
  }
}

async function verdictOn(one: Tampering, day: HonestDay): Promise<Verdict> {
  const found = await outcomeOf(one, day);
  const { outcome } = one;
  if ('refused' in found) {
    const isExpected = 'refused' in outcome && outcome.refused.test(found.refused);
    return {
      isExpected,
      told: flagged(isExpected, `refused: ${shortened(found.refused)}`, outcome),
    };
  }
  const { failed, first } = found;
  if (failed.length === 0) {
    const isExpected = 'notExcluded' in outcome;
    const told = isExpected ? `not excluded: ${outcome.notExcluded}` : 'MISSED';
    return { isExpected, told: flagged(isExpected, told, outcome) };
  }
  const isExpected = 'caughtBy' in outcome && sameNames(outcome.caughtBy, failed);
  return { isExpected, told: flagged(isExpected, `${failed.join(', ')}: ${first}`, outcome) };
}

type Found = { readonly refused: string } | { readonly failed: readonly string[]; first: string };

async function outcomeOf(one: Tampering, day: HonestDay): Promise<Found> {
  try {
    const report = await one.audit(day);
    const [worst] = report.checks.filter(({ ok }) => !ok);
    return { failed: failing(report), first: shortened(worst?.failures[0]?.reason ?? '') };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}

/** What was found, and where it is not what was named, what was. */
function flagged(isExpected: boolean, told: string, outcome: Outcome): string {
  if (isExpected) return told;
  const [kind, wanted] = Object.entries(outcome)[0]!;
  return `WRONG: ${told} (wanted: ${kind} ${String(wanted)})`;
}

/** Characters of a reason in the table. */
const WIDTH = 80;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}

void main().catch((error: unknown) => {
  process.stderr.write(`tamper: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
