/**
 * Meters and head-end systems that speak no MQTT: measurements, JSON or MeterReadings, and power over TCP or TLS, and
 * their answers. A client is a node of the register, with the name and the token of its MQTT user; what it sends is
 * judged as if the broker had brought it.
 */
import {
  type MeasurementAck,
  type ReceivedMessage,
  type TcpListener,
  type TcpMessagesOptions,
  isToken,
  measuredKind,
  messageText,
  serveMessagesByTcp,
  tellMessage,
} from '@flexledger/messaging';
import type { Enrolment } from '../enrolment/enrolment';

export interface TcpIngressSettings extends Pick<
  TcpMessagesOptions,
  'host' | 'port' | 'tls' | 'limits'
> {
  /** The token of a PoD's node, as `NodeCredentials` have it. */
  readonly nodeToken: (podId: string, enrolments: number) => string;
}

export interface TcpIngressOptions {
  readonly settings: TcpIngressSettings;
  readonly enrolment: Pick<Enrolment, 'readOn' | 'enrolmentsOf'>;
  readonly onMessage: (message: ReceivedMessage) => void;
  readonly onProblem: (problem: string) => void;
}

/** Listens. @throws Error naming the port and the remedy when it cannot */
export function openTcpIngress(options: TcpIngressOptions): Promise<TcpListener> {
  const { settings, enrolment, onMessage, onProblem } = options;
  const { nodeToken, ...listening } = settings;
  return serveMessagesByTcp({
    ...listening,
    portSetting: 'accessLayer.tcp.port',
    async isClient(podId, token) {
      // Another instance may have enrolled it.
      await enrolment.readOn();
      const enrolments = enrolment.enrolmentsOf(podId);
      return enrolments !== undefined && isToken(Buffer.from(token), nodeToken(podId, enrolments));
    },
    onMessage({ username: podId, payload }) {
      const kind = measuredKind(payload);
      tellMessage(podId, kind, 'message_received');
      onMessage({ podId, kind, payload });
    },
    onProblem,
  });
}

/** Answers a node that is connected, as the broker would; false for any other. */
export function sendAcks(
  listener: TcpListener | undefined,
  podId: string,
  acks: readonly MeasurementAck[],
): boolean {
  return listener?.send(podId, messageText(acks)) ?? false;
}
