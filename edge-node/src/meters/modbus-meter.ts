import ModbusRTU from 'modbus-serial';
import type { Meter, MeterReading } from './meter';
import type { MeterModel, Quantity } from './meter-model';
import { decodeRegister, registerWords } from './registers';

/** A meter on Modbus TCP, read through its model's register map. */
export interface ModbusMeterOptions {
  readonly model: MeterModel;
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
  /** How long the device may take to answer one request. */
  readonly timeoutMs: number;
}

/** Connects at the first reading, and again at the next one after any fault. */
export function modbusMeter(options: ModbusMeterOptions): Meter {
  const { model, host, port, unitId, timeoutMs } = options;
  let client: ModbusRTU | undefined;

  const connect = async (): Promise<ModbusRTU> => {
    const fresh = new ModbusRTU();
    fresh.on('error', () => {}); // the request under way fails by itself
    fresh.setTimeout(timeoutMs);
    await fresh.connectTCP(host, { port });
    fresh.setID(unitId);
    return fresh;
  };
  // Not `close`, which waits for ever for a connection that the device has ended.
  const disconnect = (): void => {
    client?.destroy(() => {});
    client = undefined;
  };
  const readQuantity = async (from: ModbusRTU, quantity: Quantity): Promise<number> => {
    const register = model.registers[quantity];
    const words = registerWords(register);
    const answer =
      model.functionCode === 3
        ? await from.readHoldingRegisters(register.address, words)
        : await from.readInputRegisters(register.address, words);
    return decodeRegister(register, answer.data);
  };

  return {
    async read(): Promise<MeterReading> {
      try {
        client ??= await connect();
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
      } catch (error) {
        disconnect();
        const reason = error instanceof Error ? error.message : JSON.stringify(error);
        throw new Error(
          `The meter ${model.manufacturer} ${model.model} at ${host}:${port}, unit ${unitId}, ` +
            `cannot be read: ${reason}. Check its address, unit and cable.`,
          { cause: error },
        );
      }
    },
    close: async () => disconnect(),
  };
}
