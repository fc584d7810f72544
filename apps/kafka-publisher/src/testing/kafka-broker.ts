/** A real Kafka of one node for tests, from the jars in the folder that FLEX_ENGINES names, with a certificate each. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep, freePort } from '@flexledger/runtime';
import type { KafkaSettings } from '../kafka-client';

/** Why there is no Kafka to test with; undefined where there is. */
export function whyNoKafka(): string | undefined {
  const engines = process.env['FLEX_ENGINES'];
  if (!engines) return 'FLEX_ENGINES names no folder; run "npm run engines"';
  return existsSync(libOf(engines))
    ? undefined
    : `${libOf(engines)} is missing; run "npm run engines"`;
}

const libOf = (engines: string): string => path.join(engines, 'kafka', 'lib');

export interface KafkaBroker {
  /** How somebody with a certificate reaches it. */
  settings(name: string): KafkaSettings;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it on what it has stored. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it with certificates of these common names; `operator` may do everything. */
export async function startKafka(names: readonly string[]): Promise<KafkaBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-'));
  const classes = path.join(libOf(process.env['FLEX_ENGINES']!), '*');
  makeCertificates(folder, ['broker', 'operator', ...names]);
  const [port, controllerPort] = [await freePort(), await freePort()];
  const properties = path.join(folder, 'server.properties');
  writeFileSync(properties, propertiesOf(folder, port, controllerPort));
  const tool = ['-Xmx256m', '-cp', classes, 'kafka.tools.StorageTool'];
  const id = 'MkU3OEVBNTcwNTJENDM2Qg';
  execFileSync('java', [...tool, 'format', '-t', id, '-c', properties], { stdio: 'pipe' });
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const log = openSync(path.join(folder, 'kafka.log'), 'a');
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
    const flags = [
      '-Xmx400m',
      '-XX:+UseSerialGC',
      quiet,
      '-cp',
      classes,
      'kafka.Kafka',
      properties,
    ];
    child = spawn('java', flags, { stdio: ['ignore', log, log] });
    for (let tries = 0; tries < 600; tries += 1) {
      if (child.exitCode !== null) throw new Error(`Kafka ended; see ${folder}/kafka.log`);
      if (await accepts(port)) return;
      await sleep(200);
    }
    throw new Error(`Kafka does not accept connections; see ${folder}/kafka.log`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await ended;
  }

  await start();
  return {
    settings: (name) => ({
      brokers: [`127.0.0.1:${port}`],
      caFile: path.join(folder, 'ca.crt'),
      tls: {
        keyFile: path.join(folder, `${name}.key`),
        certificateFile: path.join(folder, `${name}.crt`),
      },
    }),
    kill: () => end('SIGKILL'),
    start,
    async close() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true });
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

function propertiesOf(folder: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=SSL://127.0.0.1:${port}
listener.security.protocol.map=SSL:SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=SSL
log.dirs=${folder}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
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
