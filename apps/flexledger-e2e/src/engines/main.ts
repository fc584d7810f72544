/**
 * One simulated day with every platform in a process of its own on real engines, each of which is killed once in it, as is
 * each platform: its business digest, and an audit of its log. What the machine does not have is embedded, and said.
 *
 *   node dist/apps/flexledger-e2e/src/engines/main.js [--pods 20] [--only PostgreSQL,Kafka]
 *
 * The last line is a JSON object.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { auditLog } from '@flexledger/audit-cli';
import { simulateDayApart } from '@flexledger/composer';
import { businessDigest } from '@flexledger/domain';
import { type EventStore, openLog } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { topicCarrier } from '@flexledger/kafka-publisher';
import { messageOf, stopwatch, wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { type DayEngine, ENGINE_KINDS, type EngineKind } from './engines-of-day';

const SEED = 1;
const KILL_SEED = 7;
const DATE = '2026-03-17';
const AGGREGATORS = ['AGG1', 'AGG2', 'AGG3'];
/** Quarter-hours between the ends of engines, the first of them in the night. */
const FIRST_KILL = 12;
const KILL_EVERY = 16;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { pods: { type: 'string', default: '20' }, only: { type: 'string' } },
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-engines-'));
  const dataDir = path.join(folder, 'data');
  const engines: DayEngine[] = [];
  const skipped: string[] = [];
  try {
    const wanted = values.only?.split(',') ?? [''];
    const kinds = ENGINE_KINDS.filter(({ name }) => wanted.some((one) => name.startsWith(one)));
    const there: EngineKind[] = [];
    for (const kind of kinds) {
      const reason = kind.whyNot();
      if (reason === undefined) there.push(kind);
      else skipped.push(`${kind.name}: ${reason}`);
    }
    engines.push(...(await startAll(there, folder, dataDir)));
    say(`engines: ${engines.map(({ name }) => name).join('; ')}`);
    const found = await dayOn(engines, dataDir, Number(values.pods));
    say(JSON.stringify({ ...found, engines: engines.map(({ name }) => name), skipped }));
  } finally {
    for (const engine of engines.reverse()) await engine.close();
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

/** Starts them together, for most of it is waiting. @throws what one could not start with, once the others are ended */
async function startAll(
  kinds: readonly EngineKind[],
  folder: string,
  dataDir: string,
): Promise<DayEngine[]> {
  const day = { dataDir, seed: SEED, aggregatorIds: AGGREGATORS };
  const starting = kinds.map((kind, index) => {
    const own = path.join(folder, `engine-${index}`);
    mkdirSync(own);
    return kind.start(own, day);
  });
  const started = await Promise.allSettled(starting);
  const engines = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (!failed) return engines;
  for (const engine of engines) await engine.close();
  throw failed.reason;
}

interface FoundDay {
  readonly digest: string;
  readonly seconds: number;
  /** What of the audit does not hold. */
  readonly faults: readonly string[];
}

async function dayOn(
  engines: readonly DayEngine[],
  dataDir: string,
  pods: number,
): Promise<FoundDay> {
  const logUrl = engines.find((engine) => engine.logUrl !== undefined)?.logUrl;
  const kills: Promise<void>[] = [];
  const told = new Set<string>();
  const beganMs = stopwatch.nowMs();
  await simulateDayApart({
    pods,
    date: DATE,
    seed: SEED,
    grid: 'ieee33',
    dataDir,
    ...(logUrl !== undefined && { logUrl }),
    engines: Object.assign({}, ...engines.map((engine) => engine.engines)) as object,
    rules: loadRulePack('platone'),
    rulesName: 'platone',
    killSeed: KILL_SEED,
    progress: { update: () => undefined, end: () => undefined },
    onProblem(problem) {
      if (!told.has(problem)) say(`! ${problem}`);
      told.add(problem);
    },
    onQuarterHour(mtu) {
      const turn = (mtu - FIRST_KILL) / KILL_EVERY;
      const engine = engines[turn];
      if (!engine) return;
      say(`quarter-hour ${mtu}: ${engine.name} is killed`);
      kills.push(engine.kill().then(() => say(`${engine.name} is back`)));
    },
  });
  const seconds = Math.round((stopwatch.nowMs() - beganMs) / 1_000);
  await Promise.all(kills);
  if (kills.length < engines.length) throw new Error('An engine was not killed.');
  const place = { dataDir, ...(logUrl !== undefined && { url: logUrl }) };
  const log = await openLog(place, { clock: wallClock });
  try {
    const { digest } = await businessDigest(sha256, log.readAll());
    const kafka = engines.find((engine) => engine.engines?.kafka)?.engines?.kafka;
    const faults = kafka ? await comparedWithTopic(log, kafka as KafkaOfDay) : [];
    const rpcUrl = engines.find((engine) => engine.engines?.chain)?.engines?.chain?.rpcUrl;
    const report = await auditLog({
      dataDir,
      ...(logUrl !== undefined && { logUrl }),
      ...(rpcUrl !== undefined && { rpcUrl }),
    });
    for (const { ok, name, failures } of report.checks) {
      if (!ok) faults.push(`${name}: ${failures[0]?.reason}`);
    }
    return { digest, seconds, faults };
  } finally {
    await log.close();
  }
}

type KafkaOfDay = Omit<Parameters<typeof topicCarrier>[0], 'topics'>;

/** Whether the market's topic has every measurement of the log, in its order, and nothing else. */
async function comparedWithTopic(log: EventStore, kafka: KafkaOfDay): Promise<string[]> {
  const wanted: string[] = [];
  const filter = { types: ['MeasurementRecorded', 'PacketRejected'] };
  for await (const { id } of log.readAll({ filter })) wanted.push(id);
  const certificate = {
    keyFile: kafka.tls!.keyFile.replace(/flexledger\.key$/, 'platform.market.key'),
    certificateFile: kafka.tls!.certificateFile.replace(/flexledger\.crt$/, 'platform.market.crt'),
  };
  const source = { ...kafka, tls: certificate, topics: ['measurements_market'] };
  const stop = new AbortController();
  const found = new Set<string>();
  for await (const frames of topicCarrier(source, 'platform:market', 'day')(stop.signal)) {
    for (const { data } of frames) found.add((JSON.parse(data) as { id: string }).id);
    if (found.size >= wanted.length) stop.abort();
  }
  const isSame = [...found].join() === wanted.join();
  say(`measurements_market: ${found.size} events`);
  return isSame
    ? []
    : ['measurements_market does not hold the measurements in the order of the log'];
}

main().catch((error: unknown) => {
  say(`FAILED: ${messageOf(error)}`);
  process.exitCode = 1;
});
