/** An EMS on Modbus that is told by SunSpec model 704. */
import { MTU_MINUTES } from '@flexledger/domain';
import { inOrder, messageOf } from '@flexledger/runtime';
import type ModbusRTU from 'modbus-serial';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import { findSunSpecModel, sunSpecScale } from '../modbus/sunspec-map';
import type { EmsDriver } from './ems-driver';
import { SUNSPEC_704, type SunSpecControl } from './sunspec-704';

const INT32_MAX = 2 ** 31 - 1;

/** Every MTU renews it; a link that is dead for one minute more lets the plant go. */
const REVERSION_S = (MTU_MINUTES + 1) * 60;

/**
 * Tells the setpoint in the device's own steps and signs: SunSpec counts what is fed in as positive. A
 * target holds until its reversion time ends, a minute after the MTU, so that a node that is cut off or
 * dead leaves the plant to its owner. `apply` resolves when the device, asked again, holds it.
 */
export function sunSpecEms(options: ModbusAddress): Required<EmsDriver> {
  const link = modbusLink(options);
  const one = inOrder();

  const use = <Result>(ask: (client: ModbusRTU, base: number) => Promise<Result>) =>
    one(async () => {
      try {
        return await link.use(async (client) => {
          const { at } = await findSunSpecModel(client, [SUNSPEC_704.model]);
          return ask(client, at);
        });
      } catch (error) {
        throw new Error(`the EMS at ${placeOf(options)}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    });

  return {
    accept: ({ targets }) =>
      // It keeps no schedule: it has to be there, and able to do what will be asked.
      use(async (client, base) => {
        for (const { powerW, reactiveVar } of targets) {
          await rawOf(client, base, SUNSPEC_704.power, powerW);
          await rawOf(client, base, SUNSPEC_704.reactive, reactiveVar);
        }
      }),
    apply: ({ powerW, reactiveVar }) =>
      use(async (client, base) => {
        await set(client, base, SUNSPEC_704.power, powerW);
        await set(client, base, SUNSPEC_704.reactive, reactiveVar);
      }),
    probe: () => use(async () => {}),
    close: () => one(async () => link.close()),
  };
}

/** A target in the device's steps; undefined where it is free. @throws Error where it cannot be told */
async function rawOf(
  client: ModbusRTU,
  base: number,
  { scaleFactor }: SunSpecControl,
  target: number | null,
): Promise<number | undefined> {
  if (target === null) return undefined;
  const { buffer } = await client.readHoldingRegisters(base + scaleFactor, 1);
  const raw = Math.round(-target / sunSpecScale(buffer.readInt16BE())) + 0;
  if (Math.abs(raw) > INT32_MAX) throw new Error(`${target} is more than it can be told`);
  return raw;
}

/** Tells one control and reads it back; a target that is free lets go of it. */
async function set(
  client: ModbusRTU,
  base: number,
  control: SunSpecControl,
  target: number | null,
): Promise<void> {
  const { enable, mode, absoluteMode, setpoint, afterReversion, reversionTime } = control;
  const write = (offset: number, words: number[]) => client.writeRegisters(base + offset, words);
  const raw = await rawOf(client, base, control, target);
  if (raw === undefined) {
    const { data } = await client.readHoldingRegisters(base + enable, 1);
    if (data[0] === 1) await write(enable, [0]);
    return;
  }
  const words = [(raw >> 16) & 0xffff, raw & 0xffff];
  await write(mode, [absoluteMode]);
  await write(afterReversion, [0]);
  await write(reversionTime, [0, REVERSION_S]);
  await write(setpoint, words);
  await write(enable, [1]);
  const state = await client.readHoldingRegisters(base + enable, 2);
  const value = await client.readHoldingRegisters(base + setpoint, 2);
  const held = [...state.data, ...value.data];
  const asked = [1, absoluteMode, ...words];
  if (asked.some((word, index) => held[index] !== word)) {
    throw new Error('it took the setpoint and does not hold it');
  }
}
