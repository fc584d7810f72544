import { openDeviceConnection } from '@flexledger/messaging';
import {
  createSetpointCarrier,
  type SetpointCarrier,
  type SetpointCarrierOptions,
} from './setpoint-carrier';

/** The carrier with its connection to the broker. */
export interface SetpointCarrying extends Pick<
  SetpointCarrier,
  'processor' | 'awaitedAcks' | 'collect'
> {
  /** Resolves at the first connection to the broker, its subscription standing. */
  readonly ready: Promise<void>;
  /** Records the answers that have come in and leaves the broker. */
  close(): Promise<void>;
}

export interface SetpointCarryingOptions extends Omit<SetpointCarrierOptions, 'publish'> {
  /** The broker and the platform's user there. */
  readonly broker: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly token: string;
  };
}

/** Begins to connect. */
export function openSetpointCarrying(options: SetpointCarryingOptions): SetpointCarrying {
  const { broker, onProblem } = options;
  const carrier = createSetpointCarrier({
    ...options,
    publish: (podId, setpoint) => connection.publish(podId, 'setpoint', setpoint),
  });
  const connection = openDeviceConnection({
    host: broker.host,
    port: broker.port,
    as: {
      clientId: 'dso-technical-platform',
      username: broker.username,
      token: broker.token,
      subscribe: ['setpointAck'],
    },
    onMessage: (message) => carrier.receive(message),
    onProblem,
  });
  return {
    processor: carrier.processor,
    awaitedAcks: () => carrier.awaitedAcks(),
    collect: (expected, timeoutMs) => carrier.collect(expected, timeoutMs),
    ready: connection.ready,
    async close() {
      await carrier.stop();
      await connection.close();
    },
  };
}
