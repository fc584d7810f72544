import { freePort } from '@flexledger/runtime';
import { ServerTCP } from 'modbus-serial';
import type { MeterReading } from '../meters/meter';
import type { MeterModel, Quantity } from '../meters/meter-model';
import { encodeRegister } from '../meters/registers';

/** A simulated meter device that speaks real Modbus TCP, with the registers of a meter model. */
export interface ModbusMeterServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ModbusMeterServerOptions {
  readonly model: MeterModel;
  /** 0 takes any free port. */
  readonly port: number;
  readonly unitId: number;
  /** What the registers hold, asked at each request. */
  readonly reading: () => MeterReading;
}

const HOST = '127.0.0.1';
/** Modbus exception "illegal data address" (Modbus application protocol 1.1b3, section 7). */
const ILLEGAL_ADDRESS = { modbusErrorCode: 2 };

/** Starts the device on loopback. @throws Error naming the port when it cannot listen there */
export async function startModbusMeterServer(
  options: ModbusMeterServerOptions,
): Promise<ModbusMeterServer> {
  const { model, unitId } = options;
  // The library takes port 0 for "the default".
  const port = options.port === 0 ? await freePort() : options.port;
  const readMany = (address: number, length: number): number[] => {
    const image = registerImage(model, options.reading());
    return Array.from({ length }, (_, i) => {
      const word = image.get(address + i);
      if (word === undefined) throw ILLEGAL_ADDRESS;
      return word;
    });
  };
  const readOne = (address: number): number => readMany(address, 1)[0]!;
  const registers =
    model.functionCode === 3
      ? { getMultipleHoldingRegisters: readMany, getHoldingRegister: readOne }
      : { getMultipleInputRegisters: readMany, getInputRegister: readOne };
  const server = new ServerTCP(registers, { host: HOST, port, unitID: unitId });
  server.on('socketError', () => {}); // a client that hung up; it dials again
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError' as 'error', (error) =>
      reject(new Error(`The simulated meter cannot listen on ${HOST}:${port}: ${error?.message}`)),
    );
  });
  return {
    host: HOST,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Every register of the model and what it holds. */
function registerImage(model: MeterModel, reading: MeterReading): Map<number, number> {
  const quantities: Readonly<Record<Quantity, number>> = {
    withdrawnTotalWh: reading.withdrawnTotalWh,
    injectedTotalWh: reading.injectedTotalWh,
    reactiveWithdrawnTotalVarh: Math.max(0, reading.reactiveTotalVarh),
    reactiveInjectedTotalVarh: Math.max(0, -reading.reactiveTotalVarh),
    powerW: reading.powerW,
  };
  const image = new Map<number, number>();
  for (const quantity of Object.keys(quantities) as Quantity[]) {
    const register = model.registers[quantity];
    encodeRegister(register, quantities[quantity]).forEach((word, i) =>
      image.set(register.address + i, word),
    );
  }
  return image;
}
