/**
 * A whole day of organisations that share nothing, in which the market has its measurements from Kafka alone: the access
 * layer publishes what it took from meters, each quarter-hour, and the market follows its topic, and settles from that. Each
 * organisation is killed once. Sessions and settlements come to what they come to in one process. What the access layer
 * observes meanwhile is in the TSO's topic.
 *
 *   node dist/apps/flexledger-e2e/src/engines/measurements-by-topic.js [--pods 3]
 *
 * The last line is a JSON object.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type OrganisationsDay, simulateOrganisations } from '@flexledger/composer';
import { isOfMirror } from '@flexledger/domain';
import { type EventStore, openLogToRead } from '@flexledger/event-store';
import {
  type KafkaCluster,
  openKafka,
  provisionKafka,
  startKafka,
} from '@flexledger/kafka-publisher';
import { messageOf, sleep, stopwatch, wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';

const SEED = 1;
const KILL_SEED = 7;
const DATE = '2026-03-17';
const MEASUREMENTS = ['MeasurementRecorded', 'PacketRejected'];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { pods: { type: 'string', default: '3' } } });
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-by-topic-'));
  const kafka = await startKafka(['access-layer', 'platform.market']);
  const beganMs = stopwatch.nowMs();
  try {
    await provisionKafka({
      kafka: kafka.settings('operator'),
      aggregatorIds: ['AGG1', 'AGG2', 'AGG3'],
      publisher: 'access-layer',
      partitions: 6,
      copies: 1,
      acls: true,
    });
    const dataDir = path.join(folder, 'day');
    const told = new Set<string>();
    const day = await simulateOrganisations({
      pods: Number(values.pods),
      date: DATE,
      seed: SEED,
      grid: 'ieee33',
      dataDir,
      rules: loadRulePack('platone'),
      rulesName: 'platone',
      killSeed: KILL_SEED,
      topics: {
        publisher: kafka.settings('access-layer'),
        reader: kafka.settings('platform.market'),
      },
      progress: { update: () => undefined, end: () => undefined },
      onProblem(problem) {
        if (!told.has(problem)) say(`! ${problem}`);
        told.add(problem);
      },
    });
    const organisations = path.join(dataDir, 'organisations');
    const taken = await measurementsIn(path.join(organisations, 'market-operator'));
    const given = await measurementsIn(path.join(organisations, 'access-layer'));
    const faults = [...faultsOf(day)];
    if (given.length === 0 || taken.join() !== given.join()) {
      faults.push(
        `the market has ${taken.length} measurements of ${given.length}, or not in their order`,
      );
    }
    faults.push(...(await unobserved(kafka, Number(values.pods))));
    const seconds = Math.round((stopwatch.nowMs() - beganMs) / 1_000);
    const { compared } = day;
    say(JSON.stringify({ sessions: compared.length, measurements: taken.length, faults, seconds }));
  } finally {
    await kafka.close();
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

function* faultsOf({ compared, audits, organisations }: OrganisationsDay): Generator<string> {
  if (compared.length === 0) yield 'there was no session';
  for (const { sessionId, isSame, isSettledAlike } of compared) {
    if (!isSame) yield `session ${sessionId} came out otherwise`;
    if (!isSettledAlike) yield `session ${sessionId} was settled otherwise`;
  }
  for (const { taker, giver, findings } of audits) {
    if (findings.length > 0) yield `${taker} of ${giver}: ${JSON.stringify(findings[0])}`;
  }
  for (const { name, lives } of organisations) {
    if (lives !== 2) yield `${name} had ${lives} lives`;
  }
}

/** The fields of D3.3 table 30. */
const OBSERVED = 'podId,aggregatorId,timestamp,validation,powerW,pom,setpointW,anomalies';

/** What of the TSO's topic is not as it should be: a row at least of each PoD, with every field. */
async function unobserved(kafka: KafkaCluster, pods: number): Promise<string[]> {
  const client = await openKafka(kafka.settings('operator'), 'observer');
  const consumer = client.consumer({ groupId: 'observer', retry: { retries: 8 } });
  const seen = new Set<string>();
  const odd: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: ['observability_TSO'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const { data } = JSON.parse(message.value!.toString()) as { readonly data: object };
        seen.add(message.key!.toString());
        if (Object.keys(data).join() !== OBSERVED) odd.push(Object.keys(data).join());
      },
    });
    for (let tries = 0; seen.size < pods && tries < 100; tries += 1) await sleep(100);
  } finally {
    await consumer.disconnect();
  }
  return [
    ...(seen.size === pods ? [] : [`the TSO observes ${seen.size} of ${pods} PoDs`]),
    ...odd.slice(0, 1).map((fields) => `a row that the TSO observes has ${fields}`),
  ];
}

/** Ids of what was measured, in the order of a log. */
async function measurementsIn(dataDir: string): Promise<string[]> {
  const log: EventStore = await openLogToRead({ dataDir }, wallClock);
  const ids: string[] = [];
  try {
    for await (const event of log.readAll({ filter: { types: MEASUREMENTS } })) {
      if (!isOfMirror(event)) ids.push(event.id);
    }
  } finally {
    await log.close();
  }
  return ids;
}

main().catch((error: unknown) => {
  say(`FAILED: ${messageOf(error)}`);
  process.exitCode = 1;
});
