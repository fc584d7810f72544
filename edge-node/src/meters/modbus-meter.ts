import type ModbusRTU from 'modbus-serial';
import { messageOf } from '@flexledger/runtime';
import { type ModbusAddress, modbusLink, placeOf } from '../modbus/modbus-link';
import type { Meter, MeterReading, ShownTarget } from './meter';
import type { MeterModel, Quantity } from './meter-model';
import { decodeRegister, encodeRegister, registerWords } from './registers';

/** A meter on Modbus, read through its model's register map. */
export type ModbusMeterOptions = ModbusAddress & { readonly model: MeterModel };

/** Connects at the first reading, and again at the next one after any fault. */
export function modbusMeter(options: ModbusMeterOptions): Meter {
  const { model } = options;
  const link = modbusLink(options);

  const readQuantity = async (from: ModbusRTU, quantity: Quantity): Promise<number> => {
    const register = model.registers[quantity];
    const words = registerWords(register);
    const answer =
      model.functionCode === 3
        ? await from.readHoldingRegisters(register.address, words)
        : await from.readInputRegisters(register.address, words);
    return decodeRegister(register, answer.data);
  };

  const readAll = async (client: ModbusRTU): Promise<MeterReading> => {
    const read = readQuantity.bind(undefined, client);
    // One after another: many meters answer one request at a time only.
    const withdrawnTotalWh = await read('withdrawnTotalWh');
    const injectedTotalWh = await read('injectedTotalWh');
    const reactiveWithdrawnTotalVarh = await read('reactiveWithdrawnTotalVarh');
    const reactiveInjectedTotalVarh = await read('reactiveInjectedTotalVarh');
    return {
      withdrawnTotalWh,
      injectedTotalWh,
      reactiveTotalVarh: reactiveWithdrawnTotalVarh - reactiveInjectedTotalVarh,
      powerW: await read('powerW'),
    };
  };

  const named = `The meter ${model.manufacturer} ${model.model} at ${placeOf(options)},`;
  const failed = (what: string, error: unknown): Error =>
    new Error(`${named} ${what}: ${messageOf(error)}. Check its address, unit and cable.`, {
      cause: error,
    });
  const { setpoint } = model;
  const show = async ({ powerW }: ShownTarget): Promise<void> => {
    try {
      const words = encodeRegister(setpoint!, powerW ?? setpoint!.free);
      await link.use((client) => client.writeRegisters(setpoint!.address, words));
    } catch (error) {
      throw failed('does not take the setpoint', error);
    }
  };

  return {
    async read() {
      try {
        return await link.use(readAll);
      } catch (error) {
        throw failed('cannot be read', error);
      }
    },
    ...(setpoint && { show }),
    close: async () => link.close(),
  };
}
