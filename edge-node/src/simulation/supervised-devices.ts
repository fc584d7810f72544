/** The meter and the EMS of a simulated household, each a process of its own that is started again when it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { freePorts, sleep } from '@flexledger/runtime';
import { FREE } from '../ems/ems-driver';
import { emsOf, meterDriverOf, meterOf } from '../config/devices';
import type { PlantDevices } from '../program/run-configured';
import {
  type DeviceKind,
  type FromDevice,
  SIMULATED_METER,
  SIMULATED_UNIT,
  type ToDevice,
} from './device-process';

export interface SupervisedDevices extends PlantDevices {
  /** Where they listen, for others on this machine. */
  readonly ports: Readonly<Record<DeviceKind, number>>;
  close(): Promise<void>;
}

export interface SupervisedOptions {
  /** The household follows from it. */
  readonly seed: string;
  /** The program that runs a device when its arguments are `device meter` or `device ems`. */
  readonly program: string;
  /** A file in which the meter keeps what it shows, over its end and the node's. */
  readonly memory: string;
  readonly onProblem: (problem: string) => void;
}

/** A device that dies is started again after so long. */
const AGAIN_AFTER_MS = 500;

/** Resolves when both listen. The node reads and asks them by Modbus TCP, as any device. */
export async function superviseDevices(options: SupervisedOptions): Promise<SupervisedDevices> {
  const { seed, program, memory, onProblem } = options;
  const [meterPort, emsPort] = (await freePorts(2)) as [number, number];
  const ports = { meter: meterPort, ems: emsPort };
  const running = new Map<DeviceKind, ChildProcess>();
  const ended = new AbortController();
  let followed = FREE;

  const tell = (kind: DeviceKind, message: ToDevice): void => {
    const child = running.get(kind);
    if (child?.connected) child.send(message, () => {});
  };
  const heard = (message: FromDevice, listens: () => void): void => {
    if ('asks' in message) tell('meter', { follow: (followed = message.asks) });
    else listens();
  };
  async function start(kind: DeviceKind): Promise<void> {
    const child = fork(program, ['device', kind], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running.set(kind, child);
    // An EMS that starts anew holds nothing.
    if (kind === 'ems') tell('meter', { follow: (followed = FREE) });
    child.once('exit', (code, signal) => void died(kind, `${signal ?? code}`));
    child.on('error', () => {}); // it is not there any more, and its end is told
    tell(kind, { listen: { port: ports[kind], seed, memory } });
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message: FromDevice) => heard(message, resolve));
      child.once('exit', () => reject(new Error(`The simulated ${kind} did not start.`)));
    });
    if (kind === 'meter') tell(kind, { follow: followed });
  }
  async function died(kind: DeviceKind, how: string): Promise<void> {
    if (ended.signal.aborted) return;
    onProblem(`the simulated ${kind} ended (${how}) and is started again`);
    await sleep(AGAIN_AFTER_MS, ended.signal);
    if (!ended.signal.aborted) await start(kind).catch(() => {});
  }

  async function close(): Promise<void> {
    ended.abort();
    await Promise.all([...running.values()].map(stopped));
  }
  try {
    await Promise.all([start('meter'), start('ems')]);
  } catch (error) {
    await close();
    throw error;
  }
  const meter = {
    model: SIMULATED_METER,
    at: `127.0.0.1:${ports.meter}`,
    unit: SIMULATED_UNIT.meter,
  };
  return {
    ports,
    meter: meterOf(meter, {}),
    meterDriver: meterDriverOf(meter),
    meterSerialNumber: `SIM-${seed}`,
    ems: emsOf({ at: `127.0.0.1:${ports.ems}`, unit: SIMULATED_UNIT.ems }, {}),
    close,
  };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
