/** One device on Modbus: TCP, or RTU on a serial line that several devices share. */
import ModbusRTU from 'modbus-serial';
import { type SerialLine, serialBus } from './serial-bus';

interface ModbusDevice {
  readonly unitId: number;
  /** How long the device may take to answer one request. */
  readonly timeoutMs: number;
}

/** A device on Modbus TCP. */
export interface ModbusTcpAddress extends ModbusDevice {
  readonly host: string;
  readonly port: number;
}

/** A device on a serial line, which others may share. */
export interface ModbusRtuAddress extends ModbusDevice {
  readonly line: SerialLine;
}

export type ModbusAddress = ModbusTcpAddress | ModbusRtuAddress;

export interface ModbusLink {
  /**
   * Runs what asks the device; connects at the first time, and again at the next one after any fault.
   * Calls MUST NOT overlap.
   *
   * @throws Error with what went wrong in words
   */
  use<Result>(ask: (client: ModbusRTU) => Promise<Result>): Promise<Result>;
  close(): void;
}

/** Where a device is, for errors: `192.168.1.20:502, unit 7`; `/dev/ttyUSB0, unit 7`. */
export function placeOf(address: ModbusAddress): string {
  const at = 'line' in address ? address.line.device : `${address.host}:${address.port}`;
  return `${at}, unit ${address.unitId}`;
}

/** Nothing is dialled before it is used. @throws Error when the line is used with other settings already */
export function modbusLink(address: ModbusAddress): ModbusLink {
  if (!('line' in address)) return tcpLink(address);
  const bus = serialBus(address.line);
  return {
    use: (ask) =>
      bus.use(async (client) => {
        client.setID(address.unitId);
        client.setTimeout(address.timeoutMs);
        return inWords(() => ask(client));
      }),
    close: () => bus.leave(),
  };
}

function tcpLink({ host, port, unitId, timeoutMs }: ModbusTcpAddress): ModbusLink {
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

  return {
    async use(ask) {
      try {
        return await inWords(async () => {
          client ??= await connect();
          return ask(client);
        });
      } catch (error) {
        disconnect();
        throw error;
      }
    },
    close: disconnect,
  };
}

/** The library throws objects that are no errors too. */
async function inWords<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error) throw error;
    throw new Error(JSON.stringify(error), { cause: error });
  }
}
