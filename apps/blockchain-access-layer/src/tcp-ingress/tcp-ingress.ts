/**
 * Meters and head-end systems that speak no MQTT: measurements, JSON or MeterReadings, and power over TCP or TLS, and
 * their answers. A client is a node of the register, with the name and the token of its MQTT user; what it sends is
 * judged as if the broker had brought it. What measures a grid is a client too, with its account of `mqtt.sources`.
 */
import {
  type MeasurementAck,
  type ReceivedMessage,
  type SourceAccount,
  TCP_LIMITS,
  type TcpListener,
  type TcpMessagesOptions,
  isToken,
  measuredKind,
  messageText,
  serveMessagesByTcp,
  tellMessage,
} from '@flexledger/messaging';
import type { Enrolment } from '../enrolment/enrolment';
import { GRID_MESSAGE_BYTES, type GridRelay } from './grid-relay';

export interface TcpIngressSettings extends Pick<
  TcpMessagesOptions,
  'host' | 'port' | 'tls' | 'limits'
> {
  /** The token of a PoD's node, as `NodeCredentials` have it. */
  readonly nodeToken: (podId: string, enrolments: number) => string;
  /** Phasor measurement units and data servers, and what each may say; none when absent. */
  readonly sources?: readonly SourceAccount[];
}

export interface TcpIngressOptions {
  readonly settings: TcpIngressSettings;
  readonly enrolment: Pick<Enrolment, 'readOn' | 'enrolmentsOf'>;
  readonly onMessage: (message: ReceivedMessage) => void;
  /** Takes what a source says. */
  readonly relay: GridRelay['take'];
  readonly onProblem: (problem: string) => void;
}

/** Listens. @throws Error naming the port and the remedy when it cannot */
export function openTcpIngress(options: TcpIngressOptions): Promise<TcpListener> {
  const { settings, enrolment, onMessage, relay, onProblem } = options;
  const { nodeToken, sources = [], ...listening } = settings;
  const sourceOf = new Map(sources.map((source) => [source.username, source]));
  const nodeBytes = settings.limits?.messageBytes ?? TCP_LIMITS.messageBytes;
  return serveMessagesByTcp({
    ...listening,
    portSetting: 'accessLayer.tcp.port',
    messageBytesOf: (username) => (sourceOf.has(username) ? GRID_MESSAGE_BYTES : nodeBytes),
    async isClient(podId, token) {
      const source = sourceOf.get(podId);
      if (source) return isToken(Buffer.from(token), source.token);
      // Another instance may have enrolled it.
      await enrolment.readOn();
      const enrolments = enrolment.enrolmentsOf(podId);
      return enrolments !== undefined && isToken(Buffer.from(token), nodeToken(podId, enrolments));
    },
    async onMessage({ username: podId, payload }) {
      const source = sourceOf.get(podId);
      if (source) return relay(source, payload);
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
