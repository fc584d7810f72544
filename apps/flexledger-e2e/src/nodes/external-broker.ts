/** The broker of a chaos as a process to be killed: Mosquitto, or the embedded one by itself. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEVICE_TOPICS } from '@flexledger/messaging';
import { sleep } from '@flexledger/runtime';
import { PLATFORM, fieldNode } from './chaos-field';
import { startedOf } from './killed-process';

export type BrokerKind = 'mosquitto' | 'embedded';

export interface ExternalBroker {
  /** Which it is, with its version. */
  readonly name: string;
  /** Resolves once it listens. */
  start(): Promise<ChildProcess>;
}

export interface ExternalBrokerOptions {
  readonly kind: BrokerKind;
  readonly port: number;
  readonly nodes: number;
  /** For its configuration. */
  readonly folder: string;
  /** `broker-process.js`, compiled. */
  readonly script: string;
}

/** The version of the Mosquitto on this machine; undefined where there is none. */
export function mosquittoVersion(): string | undefined {
  // It answers `-h` with 3, and is found beside the daemons of the machine.
  const { stdout } = spawnSync('mosquitto', ['-h'], { encoding: 'utf8', env: withSbin() });
  return /mosquitto version (\S+)/.exec(stdout ?? '')?.[1];
}

/** @throws Error where Mosquitto is asked for and is not installed */
export function externalBroker(options: ExternalBrokerOptions): ExternalBroker {
  const { kind, port, nodes, script } = options;
  if (kind === 'embedded') {
    const args = [script, `${port}`, `${nodes}`];
    return { name: 'embedded', start: () => startedOf('The broker', process.execPath, args) };
  }
  const version = mosquittoVersion();
  if (version === undefined) throw new Error('There is no mosquitto here; install it.');
  const file = configureMosquitto(options);
  return {
    name: `mosquitto ${version}`,
    async start() {
      const child = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env: withSbin() });
      while (!(await listens(port))) {
        if (child.exitCode !== null) throw new Error(`Mosquitto ended with ${child.exitCode}.`);
        await sleep(20);
      }
      return child;
    },
  };
}

/** Who may sign in, and by the table of topics who may say and hear what, as the embedded broker has it. */
function configureMosquitto({ port, nodes, folder }: ExternalBrokerOptions): string {
  const inFolder = (name: string): string => path.join(folder, name);
  const passwords = inFolder('passwords');
  const accounts = Array.from({ length: nodes }, (_, index) => fieldNode(index)).map(
    ({ podId, token }) => `${podId}:${token}`,
  );
  accounts.push(`${PLATFORM.username}:${PLATFORM.token}`);
  writeFileSync(passwords, `${accounts.join('\n')}\n`, { mode: 0o600 });
  // Takes the passwords away and leaves their hashes.
  const { status, stderr } = spawnSync('mosquitto_passwd', ['-U', passwords], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mosquitto_passwd: ${stderr}`);
  const rules = Object.values(DEVICE_TOPICS).map(({ path: topic, sender }) => {
    return `pattern ${sender === 'node' ? 'write' : 'read'} flexledger/%u/${topic}`;
  });
  const access = [`user ${PLATFORM.username}`, 'topic readwrite flexledger/#', ...rules];
  writeFileSync(inFolder('access'), `${access.join('\n')}\n`, { mode: 0o600 });
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    `acl_file ${inFolder('access')}`,
    'persistence false',
    // Of more messages under way the broker drops some, and their nodes send them again.
    'max_queued_messages 0',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(inFolder('mosquitto.conf'), `${lines.join('\n')}\n`);
  return inFolder('mosquitto.conf');
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin` };
}
