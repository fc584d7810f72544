/** A Mosquitto of one's own, set up as `examples/mosquitto` says, to be killed and started again. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { killed } from './killed-process';

const PLUGIN = [
  '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
].find(existsSync);
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin` };

/** What lacks on this machine for one; undefined where nothing does. */
export function lacksForMosquitto(): string | undefined {
  const canInit =
    PLUGIN !== undefined && spawnSync('mosquitto_ctrl', ['--help'], { env }).error === undefined;
  return canInit ? undefined : 'no mosquitto with dynamic security here';
}

/** What lacks of its programs for who speaks by hand (Debian has them in a package of their own); undefined where nothing does. */
export function lacksForMosquittoClients(): string | undefined {
  const areThere = ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr'].every(
    (program) => spawnSync(program, ['--help'], { env }).error === undefined,
  );
  return areThere ? undefined : 'no mosquitto_pub, _sub and _rr here';
}

export interface OwnMosquitto {
  readonly port: number;
  /** `mqtt` of a platform's configuration. */
  readonly mqtt: { readonly port: number; readonly adminTokenFile: string };
  start(): void;
  kill(): Promise<void>;
}

/** Not started yet. @param folder for its configuration and users */
export async function ownMosquitto(folder: string): Promise<OwnMosquitto> {
  const inFolder = (name: string): string => path.join(folder, name);
  const port = await freePort();
  writeFileSync(inFolder('admin.secret'), 'the admin secret\n', { mode: 0o600 });
  execFileSync(
    'mosquitto_ctrl',
    ['dynsec', 'init', inFolder('users.json'), 'admin', 'the admin secret'],
    { env, stdio: 'ignore' },
  );
  const example = path.join(repositoryRoot(), 'examples/mosquitto/mosquitto.conf');
  const settings = readFileSync(example, 'utf8')
    .replace('8146', String(port))
    .replace(/(?<=^plugin ).*$/m, PLUGIN!)
    .replace('users.json', inFolder('users.json'));
  const asRoot = process.getuid?.() === 0 ? 'user root\n' : '';
  writeFileSync(inFolder('mosquitto.conf'), settings + asRoot);
  let broker: ChildProcess;
  return {
    port,
    mqtt: { port, adminTokenFile: inFolder('admin.secret') },
    start() {
      broker = spawn('mosquitto', ['-c', inFolder('mosquitto.conf')], { env, stdio: 'ignore' });
    },
    kill: () => killed(broker),
  };
}
