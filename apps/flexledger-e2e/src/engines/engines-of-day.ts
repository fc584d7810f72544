/** The engines of one simulated day, each a process of this machine that is started for it, killed in it and ended after it. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type PartialConfig, brokerToken, openKeys } from '@flexledger/composer';
import { startAnvil } from '@flexledger/contracts';
import { startPostgres, whyNoPostgres } from '@flexledger/event-store';
import { provisionKafka, startKafka, whyNoKafka } from '@flexledger/kafka-publisher';
import { keepMosquittoAccounts } from '@flexledger/messaging';
import { startMongo, whyNoMongo } from '@flexledger/projections';
import { freePort } from '@flexledger/runtime';
import { computeAddress } from 'ethers';
import { type OwnMosquitto, lacksForMosquitto, ownMosquitto } from '../nodes/own-mosquitto';

/** One that is there for the day. */
export interface DayEngine {
  /** As it stands in `docs/engines.md`. */
  readonly name: string;
  readonly logUrl?: string;
  readonly engines?: Pick<PartialConfig, 'views' | 'kafka' | 'mqtt' | 'chain'>;
  /** Ends it as a power cut does and starts it on what it has stored; of a cluster one node. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** One that a day may have, and how it is started; or why this machine cannot. */
export interface EngineKind {
  readonly name: string;
  /** Undefined where it can be had. */
  whyNot(): string | undefined;
  /** @param folder of its own, made */
  start(folder: string, day: DayOfEngines): Promise<DayEngine>;
}

export interface DayOfEngines {
  /** Data folder of the day. */
  readonly dataDir: string;
  readonly seed: number;
  readonly aggregatorIds: readonly string[];
}

const given = (variable: string): string | undefined =>
  process.env[variable] ? `${variable} names a server that is not to be killed` : undefined;

/** How many nodes of Kafka this machine has room for. */
const kafkaNodes = (): number => (whyNoKafka(3) === undefined ? 3 : 1);

/** Makes the platform's user, whom a day's first process would otherwise meet before it is made. */
async function letPlatformIn({ mqtt, port }: OwnMosquitto, day: DayOfEngines): Promise<void> {
  const accounts = keepMosquittoAccounts({
    host: '127.0.0.1',
    port,
    admin: { username: 'admin', token: readFileSync(mqtt.adminTokenFile, 'utf8').trim() },
    platform: { username: 'platform', token: brokerToken(keysOf(day), 'platform') },
    carriers: [],
    nodes: async () => [],
    onProblem: () => undefined,
  });
  await accounts.ready;
  await accounts.close();
}

function keysOf({ dataDir, seed }: DayOfEngines): ReturnType<typeof openKeys> {
  mkdirSync(dataDir, { recursive: true });
  return openKeys(dataDir, seed);
}

/** All, in the order in which they are killed. */
export const ENGINE_KINDS: readonly EngineKind[] = [
  {
    name: 'PostgreSQL, log',
    whyNot: () => given('POSTGRES_URL') ?? whyNoPostgres(),
    async start() {
      const server = await startPostgres();
      return {
        name: this.name,
        logUrl: server.url,
        async kill() {
          server.crash();
          server.start();
        },
        close: async () => server.close(),
      };
    },
  },
  {
    name: 'FerretDB, views',
    whyNot: () => given('MONGODB_URL') ?? whyNoMongo(),
    async start() {
      const server = await startMongo();
      return {
        name: this.name,
        engines: { views: { url: server.url, database: 'flexledger_day' } },
        kill: () => server.restart(),
        close: () => server.close(),
      };
    },
  },
  {
    name: 'Kafka, topics',
    whyNot: () => whyNoKafka(),
    async start(_, { aggregatorIds }) {
      const size = kafkaNodes();
      const cluster = await startKafka(['flexledger', 'platform.market'], size);
      const kafka = cluster.settings('operator');
      const plan = { publisher: 'flexledger', partitions: 3, copies: size, acls: true };
      await provisionKafka({ kafka, aggregatorIds, ...plan });
      return {
        name: `${this.name} (${size} nodes)`,
        engines: { kafka: cluster.settings('flexledger') },
        async kill() {
          const [node] = cluster.nodes;
          await node!.kill();
          await node!.start();
        },
        close: () => cluster.close(),
      };
    },
  },
  {
    name: 'Mosquitto, broker',
    whyNot: lacksForMosquitto,
    async start(folder, day) {
      const broker = await ownMosquitto(folder);
      broker.start();
      await letPlatformIn(broker, day);
      return {
        name: this.name,
        engines: { mqtt: broker.mqtt },
        async kill() {
          await broker.kill();
          broker.start();
        },
        close: () => broker.kill(),
      };
    },
  },
  {
    name: 'anvil, chain',
    whyNot: () => undefined,
    async start(folder, day) {
      const options = {
        stateFile: path.join(folder, 'chain.json'),
        port: await freePort(),
        fundedAddresses: [computeAddress(`0x${keysOf(day).chainKey}`)],
      };
      let anvil = await startAnvil(options);
      return {
        // Ended in order, for it stores its chain then; what it loses otherwise is another trial's.
        name: this.name,
        engines: { chain: { rpcUrl: anvil.rpcUrl } },
        async kill() {
          await anvil.stop();
          anvil = await startAnvil(options);
        },
        close: () => anvil.stop(),
      };
    },
  },
];
