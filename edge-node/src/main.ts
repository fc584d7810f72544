/** `flexledger-node`: the Light Node as a program, until it is told to end. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { WallTimers, messageOf, wallClock } from '@flexledger/runtime';
import { readFleetConfig } from './config/fleet-config';
import { NodeConfigUnusable, readNodeConfig } from './config/node-config';
import { runConfigured } from './program/run-configured';
import { runFleet } from './program/run-fleet';
import { rotateKey } from './program/rotate-key';
import { isUnusable } from './program/unusable';
import { type DeviceKind, runDevice } from './simulation/device-process';
import { superviseDevices } from './simulation/supervised-devices';
import { NoAnswer } from './uplink/ask';

const USAGE = `Usage: flexledger-node --config FILE              be the Light Node of a PoD
       flexledger-node --config FILE --simulate   with a simulated household: its meter and its EMS are
                                                  processes of their own that speak Modbus TCP
       flexledger-node --config FILE --fleet N    N simulated nodes, for load
       flexledger-node rotate-key --config FILE   give the node a new key; its program is stopped

  --seed TEXT   another simulated household (by default the PoD's)
  --json        say what happens in JSON, a line each
  --help        this

The configuration is described in the node installer's page of the documentation.
Exit codes: 0 told to end, and ended in order; 1 failed; 2 not usable as given, nothing was begun.
`;

const OPTIONS = {
  config: { type: 'string' },
  simulate: { type: 'boolean', default: false },
  seed: { type: 'string' },
  fleet: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const tell = (problem: string): void => void process.stderr.write(`${problem}\n`);

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === 'device') return runDevice(args[1] as DeviceKind);
  const { values, positionals } = parsed(args);
  const { config, fleet, json } = values;
  if (values.help) return void process.stdout.write(USAGE);
  if (config === undefined) throw new NodeConfigUnusable(`Name a configuration.\n\n${USAGE}`);
  const say = (text: string, told: object): void =>
    void process.stdout.write(`${json ? JSON.stringify(told) : text}\n`);
  if (positionals[0] === 'rotate-key') return rotate(config, say);
  if (positionals.length > 0) {
    throw new NodeConfigUnusable(`There is no "${positionals.join(' ')}".\n\n${USAGE}`);
  }
  const timers = new WallTimers((name, error) => tell(`${name}: ${messageOf(error)}`));
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve());
  });
  const program =
    fleet === undefined
      ? await startNode(config, values, timers, say)
      : await startFleet(config, fleet, timers, say);
  // Timers of the machine do not keep a process alive, and a broker may be away.
  const alive = setInterval(() => {}, 2 ** 30);
  await ended;
  clearInterval(alive);
  timers.close();
  await program.close();
}

type Say = (text: string, told: object) => void;

interface Program {
  close(): Promise<void>;
}

async function startNode(
  file: string,
  { simulate, seed }: { readonly simulate: boolean; readonly seed?: string },
  timers: WallTimers,
  say: Say,
): Promise<Program> {
  const config = readNodeConfig(file);
  const { podId, folder } = config;
  const plant = simulate
    ? await superviseDevices({
        seed: seed ?? podId,
        program: __filename,
        memory: path.join(folder, 'simulated-meter.json'),
        onProblem: tell,
      })
    : undefined;
  try {
    const { node, broker, hasEnrolled, close } = await runConfigured(config, {
      timers,
      onProblem: tell,
      ...(plant && { plant }),
    });
    say(`The node of PoD ${podId} ${hasEnrolled ? 'has enrolled' : 'starts'}.`, {
      podId,
      hasEnrolled,
      ...(plant && { simulated: plant.ports }),
    });
    const { host, port } = broker;
    node.ready.then(
      () =>
        say(`It is connected to the broker at ${host}:${port}.`, {
          podId,
          connectedTo: { host, port },
        }),
      (error: unknown) => tell(messageOf(error)),
    );
    return {
      async close() {
        await close();
        await plant?.close();
      },
    };
  } catch (error) {
    await plant?.close();
    throw error;
  }
}

async function startFleet(
  file: string,
  count: string,
  timers: WallTimers,
  say: Say,
): Promise<Program> {
  if (!/^[1-9]\d{0,5}$/.test(count)) {
    throw new NodeConfigUnusable('--fleet takes how many nodes run, 1 or more.');
  }
  const fleet = await runFleet(readFleetConfig(file), Number(count), timers, tell);
  const { nodes, enrolled } = fleet;
  say(`${nodes.length} nodes run; ${enrolled} of them have enrolled now.`, {
    nodes: nodes.length,
    enrolled,
  });
  const all = (what: Promise<unknown>[], text: string, told: object): void =>
    void Promise.all(what).then(
      () => say(text, told),
      (error: unknown) => tell(messageOf(error)),
    );
  all(
    nodes.map(({ ready }) => ready),
    'All are connected.',
    { connected: nodes.length },
  );
  all(
    nodes.map((node) => node.whenAcknowledged()),
    'All that waited is answered.',
    { answered: true },
  );
  return fleet;
}

async function rotate(file: string, say: Say): Promise<void> {
  const { podId, folder, platform } = readNodeConfig(file);
  const { url } = platform;
  const { publicKey } = await rotateKey({ podId, folder, url, clock: wallClock, onProblem: tell });
  say(`The node of PoD ${podId} signs with key ${publicKey.slice(0, 18)}… from now on.`, {
    podId,
    publicKey,
  });
}

/** @throws NodeConfigUnusable for an option that there is not */
function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new NodeConfigUnusable(`${messageOf(error)}\n\n${USAGE}`, { cause: error });
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    const remedy =
      error instanceof NoAnswer ? ' See that it runs, and that platform.url is its address.' : '';
    tell(messageOf(error) + remedy);
    process.exit(isUnusable(error) ? 2 : 1);
  },
);
