/**
 * A meter on Modbus that tells itself by the models of the SunSpec Alliance: 201 and 202 (single and split
 * phase), 203 and 204 (three-phase, wye and delta), which have one layout.
 */
import { netReactiveVarh } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import type ModbusRTU from 'modbus-serial';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import { NOT_IMPLEMENTED, findSunSpecModel, sunSpecScale } from '../modbus/sunspec-map';
import type { Meter, MeterReading } from './meter';

const MODELS = [201, 202, 203, 204];
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

/** Number and length stand before the model's own registers. */
const REGISTERS = 2 + SUNSPEC_METER.length;

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
  const { buffer } = await client.readHoldingRegisters(at, REGISTERS);
  // Between the two requests another model may have come to stand there: a device that starts anew.
  if (buffer.readUInt16BE() !== model) throw new Error('its models move while it is read');
  const reading = readingOf(buffer);
  const { quadrantTotals: _, ...chain2 } = reading;
  return THREE_PHASE.includes(model) ? reading : chain2;
}

/** @throws Error where the device counts no energy of a kind, or does not know its power */
function readingOf(block: Buffer): MeterReading {
  const scaleAt = (offset: number, of: string): number => {
    const exponent = block.readInt16BE(2 * offset);
    if (exponent === NOT_IMPLEMENTED) throw new Error(`it counts no ${of}`);
    return sunSpecScale(exponent);
  };
  const totalAt = (offset: number, scale: number): number => {
    const total = Math.round(block.readUInt32BE(2 * offset) * scale);
    if (Number.isSafeInteger(total)) return total;
    throw new Error(`its counter at ${offset} holds no plausible number`);
  };
  const rawPower = block.readInt16BE(2 * SUNSPEC_METER.powerW);
  if (rawPower === NOT_IMPLEMENTED) throw new Error('its power is not available');
  const energyScale = scaleAt(SUNSPEC_METER.energyScale, 'active energy');
  const reactiveScale = scaleAt(SUNSPEC_METER.reactiveScale, 'reactive energy');
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
    powerW: Math.round(rawPower * scaleAt(SUNSPEC_METER.powerScale, 'power')) + 0,
  };
}
