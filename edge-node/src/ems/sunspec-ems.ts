/** An EMS on Modbus that is told by SunSpec: model 704 in watts and vars, or where there is none 124 and 123 in percent. */
import { MTU_MINUTES } from '@flexledger/domain';
import { inOrder, messageOf } from '@flexledger/runtime';
import type ModbusRTU from 'modbus-serial';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import { sunSpecModels, sunSpecScale } from '../modbus/sunspec-map';
import type { EmsDriver, EmsTarget } from './ems-driver';
import { type ModelsAt, applyInPercent, checkInPercent } from './percent-controls';
import { SUNSPEC_704, type SunSpecControl } from './sunspec-704';
import { SUNSPEC_123, SUNSPEC_124 } from './sunspec-percent';

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

  const use = <Result>(ask: (client: ModbusRTU, models: ModelsAt) => Promise<Result>) =>
    one(async () => {
      try {
        return await link.use(async (client) => ask(client, await controllingModels(client)));
      } catch (error) {
        throw new Error(`the EMS at ${placeOf(options)}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    });

  return {
    accept: ({ targets }) =>
      // It keeps no schedule: it has to be there, and able to do what will be asked.
      use(async (client, models) => {
        const base = models.get(SUNSPEC_704.model);
        if (base === undefined) return checkInPercent(client, models, targets);
        for (const { powerW, reactiveVar } of targets) {
          await rawOf(client, base, SUNSPEC_704.power, powerW);
          await rawOf(client, base, SUNSPEC_704.reactive, reactiveVar);
        }
      }),
    apply: (target) =>
      use(async (client, models) => {
        const base = models.get(SUNSPEC_704.model);
        if (base === undefined) return applyInPercent(client, models, target, REVERSION_S);
        return applyAbsolute(client, base, target);
      }),
    probe: () => use(async () => {}),
    close: () => one(async () => link.close()),
  };
}

/** What tells a plant what to do: 704 before the others. @throws Error where the device has none of them */
async function controllingModels(client: ModbusRTU): Promise<ModelsAt> {
  const models = new Map<number, number>();
  for await (const { model, at } of sunSpecModels(client)) {
    if (!models.has(model)) models.set(model, at);
    if (model === SUNSPEC_704.model) break;
  }
  const wanted = [SUNSPEC_704.model, SUNSPEC_124.model, SUNSPEC_123.model];
  if (wanted.some((model) => models.has(model))) return models;
  throw new Error(`it speaks SunSpec and has no model ${wanted.join(' or ')}`);
}

async function applyAbsolute(
  client: ModbusRTU,
  base: number,
  { powerW, reactiveVar }: EmsTarget,
): Promise<void> {
  await set(client, base, SUNSPEC_704.power, powerW);
  await set(client, base, SUNSPEC_704.reactive, reactiveVar);
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
