/**
 * What a rule pack says of baselines and penalties reaches the money: packs as files, a whole
 * settlement over a real log, and amounts computed by hand. 1 kW up is sold in two MTUs (02:00 and
 * 02:15) for 1 EUR each; 3 kW are nominated.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type CalendarEntry,
  type RulePack,
  type SettlementRow,
  sessionsDelivering,
  settlementStream,
} from '@flexledger/domain';
import { VirtualClock } from '@flexledger/runtime';
import { loadRulePack, repositoryRoot } from '@flexledger/service-kit';
import { parse, stringify } from 'yaml';
import {
  PODS,
  createLedger,
  createMeters,
  openSettlement,
  publishSold,
  sessionOf,
  signContracts,
  sold,
} from './testing/sold-day';

const [POD] = PODS as [string];
const NOMINATED_W = 3_000;
/** The MTUs sold, and the two hours before them. */
const SOLD = [8, 9];
const BEFORE = [0, 1, 2, 3, 4, 5, 6, 7];
/** Working days before the delivery day, a Tuesday, the latest first. */
const WORKING_DAYS = [16, 13, 12, 11, 10, 9, 6, 5, 4, 3].map(
  (day) => `2026-03-${String(day).padStart(2, '0')}`,
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Platone's pack in a file, with another baseline. */
function packWith(baseline: Partial<RulePack['baseline']>): RulePack {
  const shipped = path.join(repositoryRoot(), 'libs/domain/rule-packs/platone.yaml');
  const pack = parse(readFileSync(shipped, 'utf8')) as RulePack;
  const file = path.join(folder, 'pack.yaml');
  writeFileSync(file, stringify({ ...pack, baseline: { ...pack.baseline, ...baseline } }));
  return loadRulePack(file).rulePack;
}

interface Measured {
  /** W in the MTUs sold, and in the two hours before. */
  readonly soldW: number;
  readonly beforeW?: number;
  /** W all day long on the working days before, the latest first. */
  readonly pastW?: readonly number[];
}

/** The row of the settlement that is in the log in the end. */
async function settledRow(rules: RulePack, { soldW, beforeW, pastW = [] }: Measured) {
  const window = sessionOf(rules, 1);
  const clock = new VirtualClock(window.period.startMs);
  const meters = createMeters(clock, NOMINATED_W, rules);
  const tokens = createLedger();
  const sources = { metering: meters.source, tokens: tokens.ledger };
  const { store, process, problems } = await openSettlement(folder, clock, sources);
  await signContracts(store, clock, rules);
  await publishSold(store, clock, window, [sold(POD, SOLD[0]!, [1_000, 1_000])]);
  const measure = (session: CalendarEntry, mtus: Iterable<number>, watts: number): void => {
    for (const mtu of mtus) meters.measure(session, POD, mtu, watts);
  };
  pastW.forEach((watts, index) => {
    const [dayAhead] = sessionsDelivering(WORKING_DAYS[index]!, rules);
    measure(dayAhead!, Array(96).keys(), watts);
  });
  if (beforeW !== undefined) measure(window, BEFORE, beforeW);
  measure(window, SOLD, soldW);
  await process.settleSession(window.sessionId);
  const rows: SettlementRow[] = [];
  for await (const { type, data } of store.readStream(settlementStream(window.sessionId))) {
    if (type === 'SettlementComputed') rows.push(...(data as { rows: SettlementRow[] }).rows);
  }
  await store.close();
  expect(problems).toEqual([]);
  const { baselineW, baselineMethod, baselineNote, paidMicroEur, penaltyMicroEur } = rows[0]!;
  expect(tokens.supplyMicroEur()).toBe(
    paidMicroEur[0]! + paidMicroEur[1]! - penaltyMicroEur[0]! - penaltyMicroEur[1]!,
  );
  return {
    watts: baselineW[0],
    method: baselineMethod,
    note: baselineNote,
    paid: paidMicroEur[0],
    penalty: penaltyMicroEur[0],
  };
}

describe('a pack decides by which baseline is paid', () => {
  it('nominated: 3,000 less 2,400 W; 40 % beside the setpoint a fifth is taken off', async () => {
    const told = await settledRow(packWith({ method: 'nominated' }), { soldW: 2_400 });
    expect(told).toMatchObject({ watts: 3_000, method: 'nominated' });
    expect(told).toMatchObject({ paid: 600_000, penalty: 120_000 });
  });

  it('zero: what is fed in counts', async () => {
    const told = await settledRow(packWith({ method: 'zero' }), { soldW: -800 });
    expect(told).toMatchObject({ watts: 0, method: 'zero', paid: 800_000, penalty: 0 });
  });

  it('the meter before: 2,800 W at 01:45 less 2,000 W', async () => {
    const pack = packWith({ method: 'meterBefore' });
    const told = await settledRow(pack, { beforeW: 2_800, soldW: 2_000 });
    expect(told).toMatchObject({ watts: 2_800, method: 'meterBefore', paid: 800_000, penalty: 0 });
  });

  it('the 2 highest of 3 days: the mean of 2,000 and 3,000 W', async () => {
    const pack = packWith({ method: 'meanXOfY', daysX: 2, daysY: 3, adjustmentMinutes: 0 });
    const told = await settledRow(pack, { pastW: [2_000, 3_000, 1_000], soldW: 1_500 });
    expect(told).toMatchObject({ watts: 2_500, method: 'meanXOfY', paid: 1_000_000, penalty: 0 });
  });

  it('the same, shifted by the 200 W that the two hours before lay above it', async () => {
    const pack = packWith({ method: 'meanXOfY', daysX: 2, daysY: 3, adjustmentMinutes: 120 });
    const past = { pastW: [2_000, 3_000, 1_000], beforeW: 2_700 };
    const told = await settledRow(pack, { ...past, soldW: 1_900 });
    expect(told).toMatchObject({ watts: 2_700, paid: 800_000, penalty: 0 });
  });

  it('rolling working days: the mean of all three, 2,000 W', async () => {
    const pack = packWith({ method: 'rollingWorkingDays', daysX: 3, daysY: 3 });
    const told = await settledRow(pack, { pastW: [2_000, 3_000, 1_000], soldW: 1_500 });
    expect(told).toMatchObject({ watts: 2_000, method: 'rollingWorkingDays' });
    expect(told).toMatchObject({ paid: 500_000, penalty: 100_000 });
  });

  it('with too few days the nominated one, and the row says so', async () => {
    const pack = packWith({ method: 'meanXOfY', daysX: 2, daysY: 3, adjustmentMinutes: 0 });
    const told = await settledRow(pack, { pastW: [2_000], soldW: 2_000 });
    const note = 'instead of meanXOfY: 1 of 3 days known, 2 needed';
    expect(told).toMatchObject({ watts: 3_000, method: 'nominated', note, paid: 1_000_000 });
  });
});

describe('the shipped packs', () => {
  it('clearing-price: the 5 highest of 10 days are 1,700 W, and the two hours before 100 W more', async () => {
    const pastW = WORKING_DAYS.map((_, index) => 1_000 + 100 * index);
    const { rulePack } = loadRulePack('clearing-price');
    const told = await settledRow(rulePack, { pastW, beforeW: 1_800, soldW: 900 });
    expect(told).toMatchObject({ watts: 1_800, method: 'meanXOfY', paid: 900_000, penalty: 0 });
  });

  it.each([
    // Beside the setpoint of 2,000 W by, of 1 kW: grace, line, line, the end of the line, the cliff.
    [2_100, 900_000, 0],
    [2_200, 800_000, 80_000],
    [2_400, 600_000, 180_000],
    [2_600, 400_000, 200_000],
    [2_601, 399_000, 399_000],
  ])('graded-penalty: at %d W are paid %d and %d of it taken off', async (soldW, paid, penalty) => {
    const { rulePack } = loadRulePack('graded-penalty');
    expect(await settledRow(rulePack, { soldW })).toMatchObject({ paid, penalty });
  });

  it.each([
    [2_299, 701_000, 0],
    [2_300, 700_000, 140_000],
  ])('platone: at %d W are paid %d and %d of it taken off', async (soldW, paid, penalty) => {
    const { rulePack } = loadRulePack('platone');
    expect(await settledRow(rulePack, { soldW })).toMatchObject({ paid, penalty });
  });
});
