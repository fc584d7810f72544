/** A simulated device that speaks real Modbus TCP on loopback. */
import { freePort } from '@flexledger/runtime';
import { type IServiceVector, ServerTCP } from 'modbus-serial';

export interface ModbusServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Modbus exception "illegal data address" (Modbus application protocol 1.1b3, section 7), as the library takes it. */
export const ILLEGAL_ADDRESS = { modbusErrorCode: 2 };

/**
 * @param registers what is read and written
 * @param port 0 takes any free port
 * @throws Error naming the port when it cannot listen there
 */
export async function startModbusServer(
  registers: IServiceVector,
  { port: wished, unitId }: { readonly port: number; readonly unitId: number },
): Promise<ModbusServer> {
  // The library takes port 0 for "the default".
  const port = wished === 0 ? await freePort() : wished;
  const server = new ServerTCP(registers, { host: HOST, port, unitID: unitId });
  server.on('socketError', () => {}); // a client that hung up; it dials again
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError' as 'error', (error) =>
      reject(new Error(`The simulated device cannot listen on ${HOST}:${port}: ${error?.message}`)),
    );
  });
  return {
    host: HOST,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
