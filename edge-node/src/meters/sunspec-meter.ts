/**
 * A meter on Modbus that tells itself by the models of the SunSpec Alliance: 201 and 202 (single and split
 * phase), 203 and 204 (three-phase, wye and delta), which have one layout; or 701, what a plant measures of itself, which
 * counts both directions and no quadrants.
 */
import { netReactiveVarh } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import type ModbusRTU from 'modbus-serial';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import {
  NOT_IMPLEMENTED,
  NOT_IMPLEMENTED_UINT64,
  findSunSpecModel,
  sunSpecScale,
} from '../modbus/sunspec-map';
import type { Meter, MeterReading } from './meter';

const DER = 701;
const MODELS = [201, 202, 203, 204, DER];
/** Data set Chain2Full is of three-phase meters alone (D3.5, table 3). */
const THREE_PHASE = [203, 204];

/**
 * Offsets from the model's first register, where its number stands. A total is acc32: an unsigned counter of
 * two registers, high word first, which starts again from 0 behind 2^32 - 1.
 */
export const SUNSPEC_METER = {
  length: 105,
  powerW: 18,
  powerScale: 22,
  injectedTotalWh: 38,
  withdrawnTotalWh: 46,
  energyScale: 54,
  inductiveWithdrawnVarh: 72,
  capacitiveInjectedVarh: 80,
  inductiveInjectedVarh: 88,
  capacitiveWithdrawnVarh: 96,
  reactiveScale: 104,
} as const;

/** The same of model 701, whose totals are uint64; its power is positive where it is fed in. */
export const SUNSPEC_DER = {
  powerW: 10,
  injectedTotalWh: 19,
  withdrawnTotalWh: 23,
  injectedTotalVarh: 27,
  withdrawnTotalVarh: 31,
  powerScale: 116,
  energyScale: 120,
  reactiveScale: 121,
} as const;

/** Number and length stand before the model's own registers. */
const REGISTERS = 2 + SUNSPEC_METER.length;
const DER_REGISTERS = SUNSPEC_DER.reactiveScale + 1;

/** Connects at the first reading, and again at the next one after any fault. One request takes a whole reading. */
export function sunSpecMeter(options: ModbusAddress): Meter {
  const link = modbusLink(options);
  return {
    async read() {
      try {
        return await link.use(readAll);
      } catch (error) {
        throw new Error(
          `The SunSpec meter at ${placeOf(options)}, cannot be read: ${messageOf(error)}. ` +
            'Check its address, unit and cable.',
          { cause: error },
        );
      }
    },
    close: async () => link.close(),
  };
}

async function readAll(client: ModbusRTU): Promise<MeterReading> {
  const { model, at } = await findSunSpecModel(client, MODELS);
  const count = model === DER ? DER_REGISTERS : REGISTERS;
  const { buffer } = await client.readHoldingRegisters(at, count);
  // Between the two requests another model may have come to stand there: a device that starts anew.
  if (buffer.readUInt16BE() !== model) throw new Error('its models move while it is read');
  if (model === DER) return derReadingOf(buffer);
  const reading = readingOf(buffer);
  const { quadrantTotals: _, ...chain2 } = reading;
  return THREE_PHASE.includes(model) ? reading : chain2;
}

/** @throws Error where the device counts no energy of a kind, or does not know its power */
function readingOf(block: Buffer): MeterReading {
  const energyScale = scaleIn(block, SUNSPEC_METER.energyScale, 'active energy');
  const reactiveScale = scaleIn(block, SUNSPEC_METER.reactiveScale, 'reactive energy');
  const totalAt = (offset: number, scale: number): number =>
    plausible(block.readUInt32BE(2 * offset) * scale, offset);
  const quadrantTotals = {
    inductiveWithdrawnVarh: totalAt(SUNSPEC_METER.inductiveWithdrawnVarh, reactiveScale),
    capacitiveInjectedVarh: totalAt(SUNSPEC_METER.capacitiveInjectedVarh, reactiveScale),
    inductiveInjectedVarh: totalAt(SUNSPEC_METER.inductiveInjectedVarh, reactiveScale),
    capacitiveWithdrawnVarh: totalAt(SUNSPEC_METER.capacitiveWithdrawnVarh, reactiveScale),
  };
  return {
    withdrawnTotalWh: totalAt(SUNSPEC_METER.withdrawnTotalWh, energyScale),
    injectedTotalWh: totalAt(SUNSPEC_METER.injectedTotalWh, energyScale),
    reactiveTotalVarh: netReactiveVarh(quadrantTotals),
    quadrantTotals,
    powerW: powerIn(block, SUNSPEC_METER),
  };
}

/** @throws as `readingOf` */
function derReadingOf(block: Buffer): MeterReading {
  const energyScale = scaleIn(block, SUNSPEC_DER.energyScale, 'active energy');
  const reactiveScale = scaleIn(block, SUNSPEC_DER.reactiveScale, 'reactive energy');
  const totalAt = (offset: number, scale: number): number => {
    const raw = block.readBigUInt64BE(2 * offset);
    if (raw === NOT_IMPLEMENTED_UINT64)
      throw new Error(`its counter at ${offset} is not available`);
    return plausible(Number(raw) * scale, offset);
  };
  return {
    withdrawnTotalWh: totalAt(SUNSPEC_DER.withdrawnTotalWh, energyScale),
    injectedTotalWh: totalAt(SUNSPEC_DER.injectedTotalWh, energyScale),
    reactiveTotalVarh:
      totalAt(SUNSPEC_DER.withdrawnTotalVarh, reactiveScale) -
      totalAt(SUNSPEC_DER.injectedTotalVarh, reactiveScale),
    powerW: -powerIn(block, SUNSPEC_DER) + 0,
  };
}

/** @throws Error where the device measures nothing of the kind */
function scaleIn(block: Buffer, offset: number, of: string): number {
  const exponent = block.readInt16BE(2 * offset);
  if (exponent === NOT_IMPLEMENTED) throw new Error(`it counts no ${of}`);
  return sunSpecScale(exponent);
}

/** In the device's own direction. @throws Error where it does not know it */
function powerIn(
  block: Buffer,
  { powerW, powerScale }: { readonly powerW: number; readonly powerScale: number },
): number {
  const raw = block.readInt16BE(2 * powerW);
  if (raw === NOT_IMPLEMENTED) throw new Error('its power is not available');
  return Math.round(raw * scaleIn(block, powerScale, 'power')) + 0;
}

function plausible(total: number, offset: number): number {
  const rounded = Math.round(total);
  if (Number.isSafeInteger(rounded)) return rounded;
  throw new Error(`its counter at ${offset} holds no plausible number`);
}
