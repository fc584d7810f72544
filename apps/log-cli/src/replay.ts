import {
  type NetChange,
  type ReplayComparison,
  type SettlementFigures,
  compareReplay,
  readSessionRecord,
  replaySession,
} from '@flexledger/audit';
import { openSqliteEventStore, logFile, requireLog } from '@flexledger/event-store';
import { documentDigest } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { type LoadedRulePack, loadRulePack } from '@flexledger/service-kit';
import { replayTools } from '@flexledger/audit-cli';
import { print, printJson, UsageError } from '@flexledger/command-line';
import { euro, table } from '@flexledger/terminal';

/** Flags of `flexledger replay`. */
export interface ReplayFlags {
  readonly session: string;
  readonly rules: string;
  readonly data: string;
  readonly json: boolean;
}

/** What `flexledger replay --json` prints. */
export interface SessionReplay extends ReplayComparison {
  readonly session: string;
  readonly deliveryDay: string;
  readonly rules: { readonly recorded: PackName; readonly replayed: PackName };
}

interface PackName {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
}

/** Replays a session and prints the difference. */
export async function replay(flags: ReplayFlags): Promise<void> {
  const replayed = await replayFrom(flags.data, flags.session, loadRulePack(flags.rules));
  if (flags.json) printJson(replayed);
  else print(textOf(replayed));
}

/** Replays a session of a data folder. @throws LogDamaged, UsageError */
export async function replayFrom(
  dataDir: string,
  sessionId: string,
  { rulePack, digest }: LoadedRulePack,
): Promise<SessionReplay> {
  requireLog(dataDir);
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    const record = await readSessionRecord(store, sessionId);
    const { id, version, timeZone } = record.rules;
    if (rulePack.timeZone !== timeZone) {
      throw new UsageError(
        `Rule pack ${rulePack.id} counts days in ${rulePack.timeZone}, the session was sold by days in ` +
          `${timeZone}; give a pack of the same zone.`,
      );
    }
    return {
      session: sessionId,
      deliveryDay: record.session.schedule.deliveryDay,
      rules: {
        recorded: { id, version, digest: documentDigest(record.rules) },
        replayed: { id: rulePack.id, version: rulePack.version, digest },
      },
      ...compareReplay(record, await replaySession(record, rulePack, replayTools)),
    };
  } finally {
    await store.close();
  }
}

/** PoDs shown to people. */
const SHOWN = 10;

function textOf(replay: SessionReplay): string {
  const { rules, market, settlement, aggregators, pods } = replay;
  const name = ({ id, version }: PackName): string => `${id} ${version}`;
  const kwh = (wattMtus: number): string => `${(wattMtus / 4_000).toFixed(3)} kWh`;
  const settled = (of: (figures: SettlementFigures) => string): string[] => [
    settlement.recorded ? of(settlement.recorded) : 'not settled',
    of(settlement.replayed),
  ];
  const figures = table(
    [
      ['accepted', kwh(market.recorded.acceptedWMtu), kwh(market.replayed.acceptedWMtu)],
      ['bought for', euro(market.recorded.costMicroEur), euro(market.replayed.costMicroEur)],
      ['delivered', ...settled(({ deliveredWMtu }) => kwh(deliveredWMtu))],
      ['unmeasured MTUs', ...settled(({ unmeasuredMtus }) => String(unmeasuredMtus))],
      ['paid', ...settled(({ paidMicroEur }) => euro(paidMicroEur))],
      ['penalty', ...settled(({ penaltyMicroEur }) => euro(penaltyMicroEur))],
      ['settled', ...settled(({ netMicroEur }) => euro(netMicroEur))],
    ],
    [replay.session, name(rules.recorded), name(rules.replayed)],
  );
  const difference = settlement.differenceMicroEur;
  return [
    figures,
    difference === null
      ? 'The session is not settled yet; what it would have been paid otherwise shows once it is.'
      : `Difference: ${euro(difference)}`,
    allocationText(market),
    ...Object.entries(settlement.replayed.baselines).map(
      ([told, rows]) => `Baseline of ${rows} rows: ${told}.`,
    ),
    ...changesText('aggregator', aggregators),
    ...changesText('PoD', pods),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function allocationText({ sameAllocation, validation }: ReplayComparison['market']): string {
  if (sameAllocation) return 'The same was bought.';
  return validation === 'assumed'
    ? 'Something else was bought; the log holds no forecast to validate it with, so all is permitted.'
    : 'Something else was bought; the DSO’s functions validated it on the recorded forecast.';
}

function changesText(kind: string, changes: readonly NetChange[]): string[] {
  if (changes.length === 0) return [];
  const rows = changes
    .slice(0, SHOWN)
    .map(({ id, recordedMicroEur, replayedMicroEur, differenceMicroEur }) => [
      id,
      euro(recordedMicroEur),
      euro(replayedMicroEur),
      euro(differenceMicroEur),
    ]);
  const more = changes.length - SHOWN;
  const head = [kind, 'recorded', 'replayed', 'difference'];
  return [table(rows, head), ...(more > 0 ? [`and ${more} more; --json has all of them`] : [])];
}
