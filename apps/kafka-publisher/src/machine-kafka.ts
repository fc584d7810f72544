/** A real Kafka of one node or several for tests and benches, from the jars in the folder that FLEX_ENGINES names, with a certificate each. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sleep, freePort } from '@flexledger/runtime';
import type { KafkaSettings } from './kafka-client';

/** Java's flags for lives of seconds to minutes: what is compiled fast, which is not what then runs fastest. */
const FOR_SHORT = ['-XX:TieredStopAtLevel=1'];

/** What a node takes of the machine's memory, most of it a heap of 400 MB, and what is left to others. */
const NODE_MB = 600;
const SPARE_MB = 1_000;

/** Why there is no Kafka of so many nodes to test with; undefined where there is. */
export function whyNoKafka(nodes = 1): string | undefined {
  const engines = process.env['FLEX_ENGINES'];
  if (!engines) return 'FLEX_ENGINES names no folder; run "npm run engines"';
  if (!existsSync(libOf(engines))) return `${libOf(engines)} is missing; run "npm run engines"`;
  const [needsMb, freeMb] = [nodes * NODE_MB + SPARE_MB, Math.floor(freemem() / 2 ** 20)];
  return nodes === 1 || freeMb >= needsMb
    ? undefined
    : `${nodes} nodes need ${needsMb} MB of memory, and ${freeMb} MB are free`;
}

const libOf = (engines: string): string => path.join(engines, 'kafka', 'lib');

/** One of a cluster's nodes. */
export interface KafkaNode {
  /** As the cluster numbers it, from 1. */
  readonly id: number;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it on what it has stored; resolves when it accepts connections. */
  start(): Promise<void>;
}

export interface KafkaCluster {
  readonly nodes: readonly KafkaNode[];
  /** How somebody with a certificate reaches it. */
  settings(name: string): KafkaSettings;
  close(): Promise<void>;
}

/** Where a node listens. */
interface NodePorts {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/**
 * Starts a cluster with certificates of these common names; `operator` may do everything.
 *
 * @param size nodes; of three or more each message is kept by three, and two have it before it counts as written
 * @param compiling flags of Java, as they are for a short life; none where speed is measured
 */
export async function startKafka(
  names: readonly string[],
  size = 1,
  compiling: readonly string[] = FOR_SHORT,
): Promise<KafkaCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-'));
  const classes = path.join(libOf(process.env['FLEX_ENGINES']!), '*');
  makeCertificates(folder, ['broker', 'operator', ...names]);
  const ports: NodePorts[] = [];
  for (let id = 1; id <= size; id += 1) {
    ports.push({ id, port: await freePort(), controllerPort: await freePort() });
  }
  const nodes = await Promise.all(
    ports.map((node) => kafkaNode(folder, [...compiling, '-cp', classes], node, ports)),
  );
  await Promise.all(nodes.map((node) => node.start()));
  return {
    nodes,
    settings: (name) => ({
      brokers: ports.map(({ port }) => `127.0.0.1:${port}`),
      caFile: path.join(folder, 'ca.crt'),
      tls: {
        keyFile: path.join(folder, `${name}.key`),
        certificateFile: path.join(folder, `${name}.crt`),
      },
    }),
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Of a cluster, the same for all of its nodes. */
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';

/** Formats the storage of a node; it is started by its `start`. */
async function kafkaNode(
  folder: string,
  java: readonly string[],
  node: NodePorts,
  all: readonly NodePorts[],
): Promise<KafkaNode> {
  const properties = path.join(folder, `server-${node.id}.properties`);
  writeFileSync(properties, propertiesOf(folder, node, all));
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties];
  await promisify(execFile)('java', ['-Xmx256m', ...java, ...format]);
  const file = path.join(folder, `kafka-${node.id}.log`);
  let child: ChildProcess | undefined;
  return {
    id: node.id,
    async start() {
      const log = openSync(file, 'a');
      const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
      const memory = ['-Xmx400m', '-XX:+UseSerialGC'];
      const flags = [...memory, quiet, ...java, 'kafka.Kafka', properties];
      child = spawn('java', flags, { stdio: ['ignore', log, log] });
      for (let tries = 0; tries < 1_200; tries += 1) {
        if (child.exitCode !== null) throw new Error(`Kafka ended; see ${file}`);
        if (await accepts(node.port)) return;
        await sleep(100);
      }
      throw new Error(`Kafka does not accept connections; see ${file}`);
    },
    async kill() {
      const ending = child;
      child = undefined;
      if (!ending || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGKILL');
      await ended;
    },
  };
}

function makeCertificates(folder: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const constraint = 'basicConstraints=critical,CA:TRUE';
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '1',
    '-subj',
    '/CN=test-ca',
    '-addext',
    constraint,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  const extensions =
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n';
  writeFileSync(path.join(folder, 'ext'), extensions);
  for (const name of names) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      'ext',
      '-out',
      `${name}.crt`,
    );
  }
  execFileSync('sh', ['-c', 'cat broker.key broker.crt > broker.pem'], { cwd: folder });
}

/** A node that is killed may come back, and another leads for it, once its session is over: sooner than Kafka has it. */
function propertiesOf(
  folder: string,
  { id, port, controllerPort }: NodePorts,
  all: readonly NodePorts[],
): string {
  const voters = all.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`);
  const copies = Math.min(all.length, 3);
  const inSync = Math.min(all.length, 2);
  return `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters.join(',')}
listeners=SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=SSL://127.0.0.1:${port}
listener.security.protocol.map=SSL:SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=SSL
log.dirs=${folder}/data-${id}
auto.create.topics.enable=false
default.replication.factor=${copies}
min.insync.replicas=${inSync}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=${copies}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=${copies}
transaction.state.log.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
ssl.keystore.type=PEM
ssl.keystore.location=${folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=${folder}/ca.crt
ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([A-Za-z0-9._-]+).*$/$1/,DEFAULT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:operator
allow.everyone.if.no.acl.found=false
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', done(true));
    socket.once('error', done(false));
  });
}
