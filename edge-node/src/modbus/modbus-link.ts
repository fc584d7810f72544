/** One device on Modbus TCP. */
import ModbusRTU from 'modbus-serial';

export interface ModbusAddress {
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
  /** How long the device may take to answer one request. */
  readonly timeoutMs: number;
}

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

/** Nothing is dialled before it is used. */
export function modbusLink({ host, port, unitId, timeoutMs }: ModbusAddress): ModbusLink {
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
        client ??= await connect();
        return await ask(client);
      } catch (error) {
        disconnect();
        // The library throws objects that are no errors too.
        if (error instanceof Error) throw error;
        throw new Error(JSON.stringify(error), { cause: error });
      }
    },
    close: disconnect,
  };
}
