import { type OpenDeviceConnection, openDeviceConnection } from '@flexledger/messaging';
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
  readonly broker: BrokerAccess;
}

/** The broker, the platform's user there, and the name of this instance. */
export interface BrokerAccess {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly token: string;
  /** It speaks TLS; `ca` beside the certificates that the machine trusts, PEM. */
  readonly tls?: { readonly ca?: string };
  /** Tells instances of this platform apart: a broker ends a connection whose client id comes again. */
  readonly instance: string;
  /** Over MQTT when absent. */
  readonly connect?: OpenDeviceConnection;
}

/** Begins to connect. */
export function openSetpointCarrying(options: SetpointCarryingOptions): SetpointCarrying {
  const { broker, onProblem } = options;
  const carrier = createSetpointCarrier({
    ...options,
    publish: (podId, setpoint) => connection.publish(podId, 'setpoint', setpoint),
  });
  const { connect = openDeviceConnection } = broker;
  const connection = connect({
    host: broker.host,
    port: broker.port,
    ...(broker.tls && { tls: broker.tls }),
    as: {
      clientId: `dso-technical-platform-${broker.instance}`,
      username: broker.username,
      token: broker.token,
      subscribe: ['setpointAck'],
    },
    onMessage: (message) =>
      void carrier.receive(message).catch((error: unknown) => {
        onProblem(`An answer of ${message.podId} to a setpoint was lost: ${String(error)}`);
      }),
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
