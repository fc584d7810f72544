/** A device that is told in percent of what it can: by SunSpec models 123 and 124. */
import type ModbusRTU from 'modbus-serial';
import { sunSpecScale } from '../modbus/sunspec-map';
import type { EmsTarget } from './ems-driver';
import { type PercentControl, SUNSPEC_121, SUNSPEC_123, SUNSPEC_124 } from './sunspec-percent';

/** Addresses of its models' first registers, by number. */
export type ModelsAt = ReadonlyMap<number, number>;

/** Of what is not implemented, as uint16. */
const NO_UINT16 = 0xffff;
const INT16_MAX = 0x7fff;

/** What is written into a control before it is switched on, by address. */
interface Told {
  readonly at: number;
  readonly control: PercentControl;
  readonly words: readonly (readonly [address: number, word: number])[];
}

/**
 * Looks whether a device can be told these targets, and lapses without being told again; moves nothing.
 *
 * @throws Error in words where it cannot, or does not
 */
export async function checkInPercent(
  client: ModbusRTU,
  models: ModelsAt,
  targets: readonly EmsTarget[],
): Promise<void> {
  const read = remembered(client);
  for (const target of targets) {
    for (const { at, control } of await toldBy(read, models, target)) {
      await requireTimer(read, at, control);
    }
  }
}

/**
 * Tells a target, each control with the time after which it lapses, and reads it back; lets go of what is free.
 *
 * @throws Error in words where the device cannot be told it, or does not hold it
 */
export async function applyInPercent(
  client: ModbusRTU,
  models: ModelsAt,
  target: EmsTarget,
  reversionS: number,
): Promise<void> {
  const told = await toldBy(remembered(client), models, target);
  for (const { at, control } of controlsOf(models)) {
    if (!told.some((one) => one.control === control)) await letGo(client, at + control.enable);
  }
  for (const { at, control, words } of told) {
    await requireTimer(remembered(client), at, control);
    const last = [at + control.enable, control.enabled] as const;
    const all = [...words, [at + control.reversionTime, reversionS] as const, last];
    for (const [address, word] of all) await client.writeRegisters(address, [word]);
    for (const [address, word] of [...words, last]) {
      const { data } = await client.readHoldingRegisters(address, 1);
      if (data[0] !== word) throw new Error('it took the setpoint and does not hold it');
    }
  }
}

type Read = (address: number) => Promise<number>;

/** Reads a register once; uint16. */
function remembered(client: ModbusRTU): Read {
  const known = new Map<number, number>();
  return async (address) => {
    const word = known.get(address) ?? (await client.readHoldingRegisters(address, 1)).data[0]!;
    known.set(address, word);
    return word;
  };
}

async function toldBy(read: Read, models: ModelsAt, target: EmsTarget): Promise<Told[]> {
  const { powerW, reactiveVar } = target;
  return [
    ...(powerW === null ? [] : [await activeBy(read, models, powerW)]),
    ...(reactiveVar === null ? [] : [await reactiveBy(read, models, reactiveVar)]),
  ];
}

/** A battery is set to a value; an inverter without one is limited in what it feeds in. */
async function activeBy(read: Read, models: ModelsAt, powerW: number): Promise<Told> {
  const storage = models.get(SUNSPEC_124.model);
  if (storage !== undefined) {
    const { rates, chargeMaxW, chargeMaxScale } = SUNSPEC_124;
    const mostW = await greatest(read, storage + chargeMaxW, storage + chargeMaxScale);
    const raw = await rawPercent(read, storage, rates, powerW, mostW);
    return {
      at: storage,
      control: rates,
      words: [
        [storage + rates.charge, raw & 0xffff],
        [storage + rates.discharge, -raw & 0xffff],
      ],
    };
  }
  const at = models.get(SUNSPEC_123.model)!;
  if (powerW > 0) {
    throw new Error(`it limits what is fed in, and cannot be told to withdraw ${powerW} W`);
  }
  const { limit } = SUNSPEC_123;
  const raw = await rawPercent(read, at, limit, -powerW, await inverterMaxW(read, models));
  return { at, control: limit, words: [[at + limit.setpoint, raw]] };
}

/** Fed in is positive at the device, withdrawn is positive here. */
async function reactiveBy(read: Read, models: ModelsAt, reactiveVar: number): Promise<Told> {
  const at = models.get(SUNSPEC_123.model);
  if (at === undefined) {
    throw new Error('it has no control of reactive power (SunSpec model 123)');
  }
  const { reactive } = SUNSPEC_123;
  const most = await inverterMaxW(read, models);
  const raw = await rawPercent(read, at, reactive, -reactiveVar, most);
  return {
    at,
    control: reactive,
    words: [
      [at + reactive.setpoint, raw & 0xffff],
      [at + reactive.mode, reactive.ofActivePower],
    ],
  };
}

async function inverterMaxW(read: Read, models: ModelsAt): Promise<number> {
  const at = models.get(SUNSPEC_121.model);
  if (at === undefined) throw new Error('it does not tell its greatest power (SunSpec model 121)');
  return greatest(read, at + SUNSPEC_121.powerMaxW, at + SUNSPEC_121.powerMaxScale);
}

/** @throws Error where there is no such number */
async function greatest(read: Read, value: number, scaleFactor: number): Promise<number> {
  const raw = await read(value);
  const most = raw * sunSpecScale(signed(await read(scaleFactor)));
  if (raw !== NO_UINT16 && most > 0) return most;
  throw new Error('it does not tell the greatest power that its percent are of');
}

/** @throws Error where the device cannot be told it */
async function rawPercent(
  read: Read,
  at: number,
  { scaleFactor }: PercentControl,
  target: number,
  most: number,
): Promise<number> {
  const step = sunSpecScale(signed(await read(at + scaleFactor)));
  const raw = Math.round((100 * target) / most / step) + 0;
  if (Math.abs(target) <= most && Math.abs(raw) <= INT16_MAX) return raw;
  throw new Error(`${Math.abs(target)} is more than it can be told, of ${most}`);
}

/** Without one a node that is cut off would leave the plant held for ever. @throws Error in words */
async function requireTimer(read: Read, at: number, control: PercentControl): Promise<void> {
  if ((await read(at + control.reversionTime)) !== NO_UINT16) return;
  throw new Error('it has no reversion timer: what it is told would stand when this node is dead');
}

async function letGo(client: ModbusRTU, enable: number): Promise<void> {
  const { data } = await client.readHoldingRegisters(enable, 1);
  if (data[0] !== 0 && data[0] !== NO_UINT16) await client.writeRegisters(enable, [0]);
}

/** Those that it is told by; another, as a limit that its owner has set beside a battery, is left alone. */
function controlsOf(models: ModelsAt): Pick<Told, 'at' | 'control'>[] {
  const [storage, inverter] = [models.get(SUNSPEC_124.model), models.get(SUNSPEC_123.model)];
  return [
    ...(storage === undefined ? [] : [{ at: storage, control: SUNSPEC_124.rates }]),
    ...(inverter === undefined ? [] : [{ at: inverter, control: SUNSPEC_123.reactive }]),
    ...(inverter === undefined || storage !== undefined
      ? []
      : [{ at: inverter, control: SUNSPEC_123.limit }]),
  ];
}

const signed = (word: number): number => (word << 16) >> 16;
