/**
 * A meter or an EMS of a simulated household as a process of its own, which its node has started and which ends
 * with it, however that ends. What a plant's wires do between the two in a house goes by the node's process.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { wallClock } from '@flexledger/runtime';
import type { EmsTarget } from '../ems/ems-driver';
import type { MeterReading } from '../meters/meter';
import { loadMeterModel } from '../meters/meter-model';
import { NEW_METER, meteredHousehold } from './metered-household';
import { startModbusMeterServer } from './modbus-meter-server';
import type { ModbusServer } from './modbus-server';
import { startSunSpecEmsServer } from './sunspec-ems-server';

export type DeviceKind = 'meter' | 'ems';

/** What a device is told: first where it listens, then what the plant is to follow. */
export type ToDevice =
  | { readonly listen: { readonly port: number; readonly seed: string; readonly memory: string } }
  | { readonly follow: EmsTarget };

/** What a device tells. */
export type FromDevice = { readonly listens: true } | { readonly asks: EmsTarget };

/** Model of the simulated meter. */
export const SIMULATED_METER = 'abb-b23';
/** Modbus units of the two. */
export const SIMULATED_UNIT = { meter: 1, ems: 1 } as const;
/** How often a meter that nobody reads keeps what it has counted. */
const KEEPS_EVERY_MS = 1_000;

/** Serves until the node's process is gone. */
export async function runDevice(kind: DeviceKind): Promise<void> {
  const tell = (message: FromDevice): void => void process.send?.(message);
  const start = kind === 'meter' ? startMeter : startEms;
  let follow: (target: EmsTarget) => void = () => {};
  process.on('message', (message: ToDevice) => {
    if ('follow' in message) return follow(message.follow);
    void start(message.listen, tell).then(
      (device) => {
        follow = device.follow;
        tell({ listens: true });
      },
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  await new Promise<void>((resolve) => process.once('disconnect', resolve));
  process.exit(0);
}

type Listen = Extract<ToDevice, { listen: unknown }>['listen'];

interface Device {
  readonly server: ModbusServer;
  follow(target: EmsTarget): void;
}

/** It goes on from what it showed last, which it keeps in a file before it is told to anybody. */
async function startMeter({ port, seed, memory }: Listen): Promise<Device> {
  const plant = meteredHousehold(seed, wallClock, shownIn(memory));
  const reading = (): MeterReading => {
    const shown = plant.reading();
    writeFileSync(`${memory}.new`, JSON.stringify(shown));
    renameSync(`${memory}.new`, memory);
    return shown;
  };
  const server = await startModbusMeterServer({
    model: loadMeterModel(SIMULATED_METER),
    port,
    unitId: SIMULATED_UNIT.meter,
    reading,
  });
  setInterval(reading, KEEPS_EVERY_MS);
  return { server, follow: (target) => void plant.ems.apply(target) };
}

async function startEms({ port }: Listen, tell: (message: FromDevice) => void): Promise<Device> {
  const onTarget = (asks: EmsTarget): void => tell({ asks });
  const server = await startSunSpecEmsServer({ port, unitId: SIMULATED_UNIT.ems, onTarget });
  return { server, follow: () => {} };
}

function shownIn(memory: string): MeterReading {
  try {
    return JSON.parse(readFileSync(memory, 'utf8')) as MeterReading;
  } catch {
    return NEW_METER;
  }
}
