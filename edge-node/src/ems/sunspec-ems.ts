/** An EMS on Modbus that is told by SunSpec model 704. */
import { MTU_MINUTES } from '@flexledger/domain';
import { inOrder, messageOf } from '@flexledger/runtime';
import type ModbusRTU from 'modbus-serial';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import type { EmsDriver } from './ems-driver';
import { SUNSPEC_704, type SunSpecControl } from './sunspec-704';

/** Where a SunSpec map may begin, and with what: "SunS". */
const BASES = [40_000, 50_000, 0];
const MARK = [0x5375, 0x6e53];
const END_OF_MODELS = 0xffff;
/** Models that are looked at; no device has so many. */
const MODELS_AT_MOST = 100;

const NOT_IMPLEMENTED = -0x8000;
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
        return await link.use(async (client) => ask(client, await modelAt(client)));
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
    close: () => one(async () => link.close()),
  };
}

/** Where model 704 begins. @throws Error where the device has none */
async function modelAt(client: ModbusRTU): Promise<number> {
  for (const base of BASES) {
    const mark = await client.readHoldingRegisters(base, 2).catch(refusedOnly);
    if (mark?.data[0] !== MARK[0] || mark?.data[1] !== MARK[1]) continue;
    let at = base + 2;
    for (let seen = 0; seen < MODELS_AT_MOST; seen += 1) {
      const [model, length] = (await client.readHoldingRegisters(at, 2)).data;
      if (model === SUNSPEC_704.model) return at;
      if (model === END_OF_MODELS) break;
      at += 2 + length!;
    }
    throw new Error(`it speaks SunSpec and has no model ${SUNSPEC_704.model}`);
  }
  throw new Error('it has no SunSpec map');
}

/** A device refuses addresses it does not have; any other fault is one. */
function refusedOnly(error: unknown): undefined {
  if ((error as { readonly modbusCode?: number }).modbusCode === undefined) throw error;
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
  const exponent = buffer.readInt16BE();
  if (exponent === NOT_IMPLEMENTED) throw new Error('it does not implement the control');
  if (Math.abs(exponent) > 10) throw new Error(`its scale factor ${exponent} is none`);
  const raw = Math.round(-target / 10 ** exponent) + 0;
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
