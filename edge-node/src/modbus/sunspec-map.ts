/** Where a SunSpec device keeps its models: a chain of blocks, each told by number and length. */
import type ModbusRTU from 'modbus-serial';

/** Where a SunSpec map may begin, and with what: "SunS". */
const BASES = [40_000, 50_000, 0];
const MARK = [0x5375, 0x6e53];
const END_OF_MODELS = 0xffff;
/** Models that are looked at; no device has so many. */
const MODELS_AT_MOST = 100;

/** A register that holds no number. */
export const NOT_IMPLEMENTED = -0x8000;
/** The same of four registers. */
export const NOT_IMPLEMENTED_UINT64 = 0xffff_ffff_ffff_ffffn;

/** A model of a device. */
export interface FoundModel {
  readonly model: number;
  /** Address of its first register, where its number stands. */
  readonly at: number;
}

/**
 * The first of these models that a device has.
 *
 * @throws Error where it has none of them, in words
 */
export async function findSunSpecModel(
  client: ModbusRTU,
  wanted: readonly number[],
): Promise<FoundModel> {
  for await (const found of sunSpecModels(client)) if (wanted.includes(found.model)) return found;
  throw new Error(`it speaks SunSpec and has no model ${wanted.join(' or ')}`);
}

/** The models of a device in its order; who breaks off asks no further. @throws Error where it has no map */
export async function* sunSpecModels(client: ModbusRTU): AsyncGenerator<FoundModel> {
  for (const base of BASES) {
    const mark = await client.readHoldingRegisters(base, 2).catch(refusedOnly);
    if (mark?.data[0] !== MARK[0] || mark?.data[1] !== MARK[1]) continue;
    let at = base + 2;
    for (let seen = 0; seen < MODELS_AT_MOST; seen += 1) {
      const [model, length] = (await client.readHoldingRegisters(at, 2)).data;
      if (model === END_OF_MODELS) return;
      yield { model: model!, at };
      at += 2 + length!;
    }
    return;
  }
  throw new Error('it has no SunSpec map');
}

/** Ten to the power of what a scale factor holds. @throws Error where it is none */
export function sunSpecScale(exponent: number): number {
  if (exponent === NOT_IMPLEMENTED) throw new Error('it does not implement the control');
  if (Math.abs(exponent) > 10) throw new Error(`its scale factor ${exponent} is none`);
  return 10 ** exponent;
}

/** A device refuses addresses it does not have; any other fault is one. */
function refusedOnly(error: unknown): undefined {
  if ((error as { readonly modbusCode?: number }).modbusCode === undefined) throw error;
}
