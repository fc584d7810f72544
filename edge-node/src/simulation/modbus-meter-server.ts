import type { MeterReading } from '../meters/meter';
import type { MeterModel, Quantity } from '../meters/meter-model';
import { encodeRegister } from '../meters/registers';
import { ILLEGAL_ADDRESS, type ModbusServer, startModbusServer } from './modbus-server';

export interface ModbusMeterServerOptions {
  readonly model: MeterModel;
  /** 0 takes any free port. */
  readonly port: number;
  readonly unitId: number;
  /** What the registers hold, asked at each request. */
  readonly reading: () => MeterReading;
}

/** Starts a meter with the registers of its model on loopback. @throws Error naming the port when it cannot listen there */
export async function startModbusMeterServer(
  options: ModbusMeterServerOptions,
): Promise<ModbusServer> {
  const { model } = options;
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
  return startModbusServer(registers, options);
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
