/** A serial line (RS-485) with the devices on it: one is asked at a time, each after a pause. */
import { inOrder, sleep } from '@flexledger/runtime';
import ModbusRTU from 'modbus-serial';

/** Speeds that meters speak at, baud. */
export const BAUD_RATES = [
  300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200,
] as const;
export const PARITIES = ['none', 'even', 'odd'] as const;

/** A serial device of this machine and how it speaks: always 8 data bits and 1 stop bit. */
export interface SerialLine {
  /** `/dev/ttyUSB0`. */
  readonly device: string;
  readonly baudRate: (typeof BAUD_RATES)[number];
  readonly parity: (typeof PARITIES)[number];
}

/** A line as one of its users has it. */
export interface SerialBus {
  /** Runs what asks a device, after those who came before; opens the line where it is not, or after a fault. */
  use<Result>(ask: (client: ModbusRTU) => Promise<Result>): Promise<Result>;
  /** The last user closes the line. */
  leave(): void;
}

interface OpenBus {
  readonly line: SerialLine;
  readonly inTurn: ReturnType<typeof inOrder>;
  client: ModbusRTU | undefined;
  users: number;
  /** The last request has failed: its answer may still come. */
  hasFailed: boolean;
}

/** Lines in use, by device: a serial port can be opened once. */
const buses = new Map<string, OpenBus>();

/** A request begins after 3.5 characters of silence, at least 1.75 ms (Modbus over serial line 1.02, 2.5.1.1). */
const SILENT_CHARACTERS = 3.5;
const SILENT_AT_LEAST_MS = 1.75;
const BITS_PER_CHARACTER = 11;
/**
 * So long nobody is asked after a request that failed. Answers have no number on a serial line: one that comes
 * late would be taken for that of the next request.
 */
const LATE_ANSWER_MS = 1_000;

/**
 * Nothing is opened before it is used.
 *
 * @throws Error when others use the line with other settings
 */
export function serialBus(line: SerialLine): SerialBus {
  const { device, baudRate, parity } = line;
  const bus = buses.get(device) ?? {
    line,
    inTurn: inOrder(),
    client: undefined,
    users: 0,
    hasFailed: false,
  };
  if (bus.line.baudRate !== baudRate || bus.line.parity !== parity) {
    throw new Error(
      `The serial line ${device} is used at ${bus.line.baudRate} baud, parity ${bus.line.parity}; give all ` +
        'devices on it the same.',
    );
  }
  bus.users += 1;
  buses.set(device, bus);
  let hasLeft = false;
  return {
    use: (ask) =>
      bus.inTurn(async () => {
        bus.client ??= await open(line);
        if (bus.hasFailed) {
          // An open line takes in what comes late; with a new one nothing of it is left.
          await sleep(LATE_ANSWER_MS);
          await close(bus);
          bus.client = await open(line);
          bus.hasFailed = false;
        }
        try {
          await sleep(silenceMs(baudRate));
          return await ask(bus.client);
        } catch (error) {
          // What a device still says to the last request shall not answer the next.
          bus.hasFailed = true;
          await close(bus);
          throw error;
        }
      }),
    leave() {
      if (hasLeft) return;
      hasLeft = true;
      bus.users -= 1;
      if (bus.users > 0) return;
      buses.delete(device);
      void bus.inTurn(() => close(bus));
    },
  };
}

async function open({ device, baudRate, parity }: SerialLine): Promise<ModbusRTU> {
  const client = new ModbusRTU();
  client.on('error', () => {}); // the request under way fails by itself
  await client.connectRTUBuffered(device, { baudRate, parity, dataBits: 8, stopBits: 1 });
  return client;
}

async function close(bus: OpenBus): Promise<void> {
  const { client } = bus;
  bus.client = undefined;
  if (client?.isOpen) await new Promise<void>((resolve) => client.close(() => resolve()));
}

function silenceMs(baudRate: number): number {
  return Math.max(SILENT_AT_LEAST_MS, (SILENT_CHARACTERS * BITS_PER_CHARACTER * 1e3) / baudRate);
}
