/**
 * One simulated day of organisations that share nothing: market operator, DSO, TSO, aggregators, access layer and
 * regulator, each a process with a data folder, a log and keys of its own, which hear of each other by mirrors and
 * act by HTTP. Held beside it: the same day in one process, session by session, and each log beside those that it
 * followed. Each organisation can be killed once, and the network between two of them cut for a gate.
 */
import path from 'node:path';
import { type LogComparison, compareLogs } from '@flexledger/audit-cli';
import { type EventStore, logFile, openSqliteEventStore } from '@flexledger/event-store';
import { isoFromMs, sleep, wallClock } from '@flexledger/runtime';
import { partyLog } from '@flexledger/service-kit';
import { declareCosts, publishedModel, registerMarket } from '@flexledger/scenario';
import { makeDataFolder } from '../../platform/data-folder';
import { writeTsoKnowledge } from '../../platform/market-knowledge';
import { dayTotals } from '../../simulate/day-totals';
import { startFleet } from '../../simulate/fleet';
import { type DayPlatforms, runDay } from '../../simulate/run-day';
import {
  type DrawnDay,
  type SimulateOptions,
  type SimulatedDay,
  drawDay,
  meterDriverOf,
  progressSteps,
  simulateDay,
  tsoKnowledgeOf,
} from '../../simulate/simulate-day';
import { type CommonClock, commonClock } from './common-clock';
import { type ComparedSession, type Said, areRight, compareDays } from './compare-days';
import { type Cut, type OrganisationKill, drawCut, drawOrganisationKills } from './mishaps';
import { type Organisation, startOrganisation } from './organisation';
import {
  ACCESS_LAYER,
  MARKET,
  type MeasurementTopics,
  type Organisations,
  aggregatorName,
  handOverBroker,
  makeOrganisations,
  organisationNames,
  shownTo,
} from './organisations';
import { callsTo, remoteRegistration, tellWeather } from './registration';

export interface OrganisationsDayOptions extends SimulateOptions {
  /** Rule pack, by name or file, as each process loads it. */
  readonly rulesName: string;
  /** Kills each organisation once, at moments that follow from it; none is killed where absent. */
  readonly killSeed?: number;
  /** Cuts the network between the market and another for a gate, both drawn from it. */
  readonly cutSeed?: number;
  /** A Kafka by which the market has its measurements. */
  readonly topics?: MeasurementTopics;
}

/** What became of one organisation. */
export interface OrganisationOutcome {
  readonly name: string;
  /** Events in its log. */
  readonly events: number;
  /** Processes that it has had. */
  readonly lives: number;
}

export interface OrganisationsDay extends Omit<SimulatedDay, 'tokensMinted' | 'logDigest'> {
  readonly organisations: readonly OrganisationOutcome[];
  readonly kills: readonly OrganisationKill[];
  readonly cut: {
    readonly organisation: string;
    readonly sessionId: string;
    /** ISO 8601 UTC. */
    readonly from: string;
    readonly until: string;
  } | null;
  /** Each session against the day in one process. */
  readonly compared: readonly ComparedSession[];
  /** What did not get over the wire that was cut. */
  readonly missed: readonly Said[];
  /** Each log against those that it followed. */
  readonly audits: readonly OrganisationAudit[];
  /** Sessions and settlements are as they have to be (`areRight`), and the logs say the same of each other. */
  readonly isRight: boolean;
}

/** Whether what one was shown is what the other has. */
export interface OrganisationAudit extends Pick<
  LogComparison,
  'party' | 'events' | 'checkpoints' | 'findings' | 'found'
> {
  readonly taker: string;
  readonly giver: string;
}

/** Folder of the organisations' folders, in that of the day. */
export const ORGANISATIONS_FOLDER = 'organisations';

/**
 * Simulates it into an empty data folder: the day in one process into the folder itself, the organisations'
 * into `organisations/`.
 *
 * @throws UsageError when the folder holds a log already
 */
export async function simulateOrganisations(
  options: OrganisationsDayOptions,
): Promise<OrganisationsDay> {
  await simulateDay(options);
  const day = drawDay(options);
  const mishaps = mishapsOf(options, day);
  const running: Organisation[] = [];
  const since: { clock?: CommonClock } = {};
  const nowMs = (): number => since.clock?.nowMs() ?? day.beginsMs;
  const made = await makeOrganisations({
    folder: folderOf(options),
    aggregatorIds: aggregatorsOf(day),
    podIds: day.scenario.pods.map(({ podId }) => podId),
    rules: options.rulesName,
    grid: options.grid,
    ...(mishaps.cut && { cuttable: mishaps.cut.organisation }),
    ...(options.topics && { topics: options.topics }),
    nowMs,
    onProblem: options.onProblem,
  });
  const wire = { isCut: false };
  try {
    await startAll({ options, day, made, running, nowMs });
    since.clock = commonClock(
      running,
      day.beginsMs,
      (...two) => wire.isCut && two.includes(MARKET) && two.includes(mishaps.cut!.organisation),
    );
    await liveDay({ options, day, made, running, mishaps, clock: since.clock, wire });
  } finally {
    await Promise.all(running.map((one) => one.close()));
    await Promise.all(made.wires.map((each) => each.close()));
  }
  return outcomeOf(options, made, running, mishaps);
}

interface Mishaps {
  readonly kills: readonly OrganisationKill[];
  readonly cut?: Cut;
}

const aggregatorsOf = ({ scenario }: DrawnDay): string[] =>
  scenario.aggregators.map(({ aggregatorId }) => aggregatorId);
const folderOf = ({ dataDir }: Pick<SimulateOptions, 'dataDir'>): string =>
  path.join(dataDir, ORGANISATIONS_FOLDER);

function mishapsOf(options: OrganisationsDayOptions, day: DrawnDay): Mishaps {
  const { killSeed, cutSeed, date, rules } = options;
  const names = organisationNames(aggregatorsOf(day));
  const { period } = day;
  const kills =
    killSeed === undefined ? [] : drawOrganisationKills(killSeed, names, period.mtuCount);
  if (cutSeed === undefined) return { kills };
  const atGates = ['dso', 'tso', ...aggregatorsOf(day).map(aggregatorName)];
  return { kills, cut: drawCut(cutSeed, atGates, date, period, rules.rulePack) };
}

/** Everything that a part of the day is lived with. */
interface Living {
  readonly options: OrganisationsDayOptions;
  readonly day: DrawnDay;
  readonly made: Organisations;
  readonly running: Organisation[];
}

/** Starts them all; what only one of them knows is in its folder, or told to it alone. */
async function startAll({
  options,
  day,
  made,
  running,
  nowMs,
}: Living & { readonly nowMs: () => number }): Promise<void> {
  const { onProblem, date } = options;
  const folder = folderOf(options);
  const { scenario } = day;
  const { gridId, limits } = scenario;
  makeDataFolder(path.join(folder, 'tso'));
  writeTsoKnowledge(path.join(folder, 'tso'), tsoKnowledgeOf(scenario));
  // First the access layer: the DSO needs what it gives to the user of its broker.
  const inOrder = [...made.settings].sort(
    (one, other) => Number(other.name === ACCESS_LAYER) - Number(one.name === ACCESS_LAYER),
  );
  for (const setting of inOrder) {
    const grid = { gridId, model: publishedModel(scenario), limits };
    const one = startOrganisation({
      ...setting,
      ...(setting.name === MARKET && { day: date }),
      ...(setting.name === 'dso' && { grid }),
      folder,
      nowMs,
      onProblem,
    });
    running.push(one);
    if (setting.name !== ACCESS_LAYER) continue;
    await one.ask({ kind: 'status', parties: [] });
    handOverBroker(folder);
  }
}

/** From the morning on which everybody registers to the last settlement. */
async function liveDay({
  options,
  day,
  made,
  running,
  mishaps: { kills, cut },
  clock,
  wire,
}: Living & {
  readonly mishaps: Mishaps;
  readonly clock: CommonClock;
  readonly wire: { isCut: boolean };
}): Promise<void> {
  const { date, rules, weather, progress } = options;
  const { scenario, period, shapes } = day;
  const { urlOf } = made;
  const callsOf = callsTo(folderOf(options), urlOf);
  const remote = remoteRegistration({ callsOf, urlOf, scenario, settle: clock.settle });
  await clock.settle();
  if (weather) await tellWeather(callsOf, scenario.gridId, weather);
  const registered = { deliveryDay: date, period };
  await registerMarket(remote.platforms, scenario, registered, shapes, meterDriverOf);
  await declareCosts(remote.platforms, scenario);
  await clock.settle();

  const accessLayer = running.find(({ name }) => name === ACCESS_LAYER)!;
  const turn = (isCut: boolean): void => {
    wire.isCut = isCut;
    for (const each of made.wires) {
      if (isCut) each.cut();
      else each.mend();
    }
  };
  /** What happens to the wire until an instant, in order. */
  async function happen(untilMs: number): Promise<void> {
    if (cut && !wire.isCut && clock.nowMs() < cut.fromMs && cut.fromMs <= untilMs) {
      await clock.advanceTo(cut.fromMs);
      turn(true);
    }
    if (cut && wire.isCut && cut.untilMs <= untilMs) {
      await clock.advanceTo(cut.untilMs);
      turn(false);
    }
  }
  const platforms: DayPlatforms = {
    async advanceTo(untilMs) {
      await happen(untilMs);
      await clock.advanceTo(untilMs);
    },
    async reach(untilMs) {
      await happen(untilMs);
      await clock.hold(untilMs);
    },
    settle: () => clock.settle(),
    async collect(what, count) {
      // What nodes report of themselves is recorded as it comes, whenever an organisation is asked how far it is.
      if (what === 'measurements') await accessLayer.ask({ kind: 'collect', count });
    },
  };
  const fleet = await startFleet({
    scenario,
    period,
    shapes,
    driverOf: meterDriverOf,
    broker: { host: '127.0.0.1', port: accessLayer.config.mqtt.port },
    nodeToken: (podId) => remote.nodeToken(podId),
    // It stands still while organisations are at work.
    clock,
  });
  try {
    const onQuarterHour = (mtu: number): void => {
      for (const { organisation, delayMs } of kills.filter((one) => one.mtu === mtu)) {
        const killed = running.find(({ name }) => name === organisation)!;
        void sleep(delayMs).then(() => killed.kill());
      }
    };
    const steps = progressSteps(date, rules);
    const further = {
      ...progress,
      update: (done: number, what: string) =>
        progress.update(steps + done, `organisations: ${what}`),
    };
    const own = { platforms, fleet, period, rules: rules.rulePack, onQuarterHour };
    await runDay({ ...own, progress: further });
  } finally {
    await fleet.close();
  }
  await clock.settle();
  await running.find(({ name }) => name === MARKET)!.ask({ kind: 'seal' });
  await clock.settle();
}

/** What it came to, from the logs that are there once everybody has ended. */
async function outcomeOf(
  options: OrganisationsDayOptions,
  { followed }: Organisations,
  running: readonly Organisation[],
  { kills, cut }: Mishaps,
): Promise<OrganisationsDay> {
  const { dataDir, seed, date, grid } = options;
  const folder = folderOf(options);
  const audits: OrganisationAudit[] = [];
  for (const { taker, giver } of followed) {
    const { mirrorName: mirror } = running.find(({ name }) => name === giver)!;
    const { config } = running.find(({ name }) => name === taker)!;
    const { types } = shownTo(config.mirrors.find(({ name }) => name === mirror)!);
    const [own, source] = [path.join(folder, taker), path.join(folder, giver)];
    const compared = {
      dataDir: own,
      mirror,
      sourceDir: source,
      shownOf: partyLog,
      ...(types && { types }),
    };
    const { party, events, checkpoints, findings, found } = await compareLogs(compared);
    audits.push({ taker, giver, party, events, checkpoints, findings, found });
  }
  const organisations: OrganisationOutcome[] = [];
  for (const one of running) {
    const events = await readingLog(
      path.join(folder, one.name),
      async (log) => (await log.head()) + 1,
    );
    organisations.push({ name: one.name, events, lives: one.lives() });
  }
  const market = path.join(folder, MARKET);
  const compared = await readingLog(dataDir, (wanted) =>
    readingLog(market, (found) => compareDays(wanted, found)),
  );
  const totals = await readingLog(market, dayTotals);
  return {
    seed,
    date,
    grid,
    ...totals,
    organisations,
    kills,
    cut: cut ? wordsOf(cut) : null,
    compared,
    missed: compared.find(({ sessionId }) => sessionId === cut?.sessionId)?.missing ?? [],
    audits,
    isRight: areRight(compared, cut) && audits.every(({ found }) => found === 0),
  };
}

function wordsOf({ organisation, sessionId, fromMs, untilMs }: Cut): OrganisationsDay['cut'] {
  return { organisation, sessionId, from: isoFromMs(fromMs), until: isoFromMs(untilMs) };
}

async function readingLog<Result>(
  dataDir: string,
  read: (log: EventStore) => Promise<Result>,
): Promise<Result> {
  const log = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  try {
    return await read(log);
  } finally {
    await log.close();
  }
}
