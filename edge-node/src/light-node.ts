import { type AnomalyStatement, MTU_MS } from '@flexledger/domain';
import {
  type DeviceMessages,
  type DeviceTopicKind,
  NotConnected,
  type OpenDeviceConnection,
  openDeviceConnection,
  type ReceivedMessage,
} from '@flexledger/messaging';
import {
  type Clock,
  inOrder,
  isoFromMs,
  isoNow,
  msFromIso,
  messageOf,
  sleep,
} from '@flexledger/runtime';
import type { EmsDriver } from './ems/ems-driver';
import type { Meter, MeterReading } from './meters/meter';
import type { Outbox } from './outbox/outbox';
import { type SetpointReceiver, createSetpointReceiver } from './setpoints/setpoint-receiver';
import type { NodeSigner } from './signing/node-signer';
import { measurementOf, runsBackwards, signMeasurement } from './signing/sign-measurement';
import { type AnomalyShelf, createAnomalies } from './uplink/anomalies';
import { takeAnswers } from './uplink/answers';
import { createPacketSender } from './uplink/packet-sender';
import { probeBroker } from './uplink/probe-broker';

/**
 * The Light Node: between a customer's meter and EMS on one side and the platform's broker on the
 * other. Whoever starts it calls `beginQuarterHour` at the start of each MTU and `closeQuarterHour` at
 * its end, by whatever clock it was given. Device and network faults are told as anomalies and
 * problems, and never stop it.
 */
export interface LightNodeOptions {
  readonly podId: string;
  readonly meter: Meter;
  readonly ems: EmsDriver;
  readonly signer: NodeSigner;
  readonly outbox: Outbox;
  readonly mqtt: {
    readonly host: string;
    readonly port: number;
    readonly token: string;
    /** The broker speaks TLS; `ca` beside the certificates that the machine trusts, PEM. */
    readonly tls?: { readonly ca?: string };
    readonly redial?: { readonly minMs: number; readonly maxMs: number };
    /** Over MQTT when absent. */
    readonly connect?: OpenDeviceConnection;
  };
  readonly clock: Clock;
  /** Of its first packet, where its outbox knows of none before; 0 when absent. */
  readonly firstSequence?: number;
  /** Packets without an answer go again every so often, in real time. */
  readonly resendEveryMs?: number;
  /** Meters beside the one that is settled by: that they can be read is all that is asked of them. */
  readonly otherMeters?: readonly { readonly name: string; readonly meter: Meter }[];
  /** Where what is wrong is kept beyond the process. */
  readonly anomalyShelf?: AnomalyShelf;
  /** Asks how far the clock is from the platform's, ms; undefined where that is not known. Never asked when absent. */
  readonly clockOffMs?: () => Promise<number | undefined>;
  /** Told what an operator at the node should know. */
  readonly onProblem?: (problem: string) => void;
}

export interface LightNode {
  /** Resolves at the first connection; rejects when the broker refuses the token. */
  readonly ready: Promise<void>;
  isConnected(): boolean;
  /** True where a reading opens the MTU, so that its end can be measured. */
  hasOpened(mtuStartMs: number): boolean;
  /** An MTU begins: reads the meter where no reading opens it yet, and applies the MTU's setpoint. */
  beginQuarterHour(mtuStartMs: number): Promise<void>;
  /**
   * An MTU ends: reads the meter, signs the difference, keeps the packet in the outbox and publishes
   * it. Resolves when the broker has it, or when it is kept and cannot go now. What could not be
   * measured is not guessed: there is no packet then, but an anomaly.
   */
  closeQuarterHour(mtuStartMs: number): Promise<void>;
  /**
   * Reads the meter and tells the active power now; nothing where the meter cannot be read, and nothing is kept
   * where there is no connection.
   */
  tellPower(): Promise<void>;
  /**
   * Tries meter, further meters, EMS and the way to the platform, and tells what is wrong, or right again.
   * Called every minute or so.
   */
  probe(): Promise<void>;
  /** What is wrong now. */
  anomalies(): readonly AnomalyStatement[];
  /** What came and is followed, and what the customer's own side asks for. */
  readonly setpoints: Pick<SetpointReceiver, 'receiveOwn' | 'received' | 'followed'>;
  /** The meter as it was read last; undefined before, and while it cannot be read. */
  lastReading(): MeterReading | undefined;
  /** Packets the platform has not answered yet. */
  pendingPackets(): number;
  /** Resolves when the platform has answered every packet. */
  whenAcknowledged(): Promise<void>;
  /** Says goodbye to the broker; outbox, meter and EMS are closed too. */
  close(): Promise<void>;
}

const DEFAULT_RESEND_EVERY_MS = 30_000;
/** A reading this late no longer stands for the start of its MTU, nor for its end: 1 % of a quarter-hour. */
export const READING_TOLERANCE_MS = 9_000;

/** How long a node that ends waits for the broker to take its anomalies. */
const SETTLE_MS = 1_000;
/** A connection that is away for less is no anomaly. */
const CUT_OFF_AFTER_MS = 10_000;
/** So long nothing is answered by a platform that is busy, or starts again. */
const SILENT_AFTER_MS = 300_000;

/** Causes that a probe finds, and ends when it finds them no more. */
const EMS_UNREACHABLE = 'ems-unreachable';
const PLATFORM_SILENT = 'platform-silent';
const CLOCK_OFF = 'clock-off';

/** The meter at the start of an MTU. */
interface Opening {
  readonly mtuStartMs: number;
  readonly reading: MeterReading;
}

/** Starts dialling at once; the node can measure before it is connected. */
export function startLightNode(options: LightNodeOptions): LightNode {
  const { podId, meter, ems, signer, outbox, clock, firstSequence = 0, otherMeters = [] } = options;
  const onProblem = options.onProblem ?? (() => {});
  const inTurn = inOrder();
  let opening = openingAfterRestart(outbox);
  let lastReading: MeterReading | undefined;
  /** As it was found last; then no quarter-hour is measured, for its packet would tell another's. */
  let isClockOff = false;

  /** For messages whose loss is made good otherwise. */
  const tryPublish = async <Kind extends DeviceTopicKind>(
    kind: Kind,
    message: DeviceMessages[Kind],
  ): Promise<void> => {
    try {
      await connection.publish(podId, kind, message);
    } catch (error) {
      if (!(error instanceof NotConnected)) onProblem(`${podId}: ${kind}: ${String(error)}`);
    }
  };
  const anomalies = createAnomalies({
    podId,
    signer,
    clock,
    publish: (message) => connection.publish(podId, 'anomaly', message),
    ...(options.anomalyShelf && { shelf: options.anomalyShelf }),
    onProblem,
  });
  const sender = createPacketSender({
    outbox,
    publish: (packets) => connection.publish(podId, 'measurement', packets),
    resendEveryMs: options.resendEveryMs ?? DEFAULT_RESEND_EVERY_MS,
  });
  const setpoints = createSetpointReceiver({
    podId,
    ems,
    showMeter: (target) =>
      inTurn(async () => meter.show?.(target)).catch((error: unknown) =>
        anomalies.raise('meter', 'setpoint-not-shown', messageOf(error)),
      ),
    signer,
    clock,
    anomalies,
    publishReceipt: (receipt) => tryPublish('setpointAck', receipt),
    publishActivation: (activation) => tryPublish('activation', activation),
  });
  const reportFault = (error: unknown): void => onProblem(`${podId}: ${String(error)}`);

  /** Since when there is no connection; the start of the node before the first one. */
  let cutOffSinceMs: number | undefined = clock.nowMs();
  /** Since when the platform owes an answer: its last one, the first packet that waits, or the connection. */
  let owesSinceMs = clock.nowMs();

  async function answered(payload: Buffer): Promise<void> {
    owesSinceMs = clock.nowMs();
    anomalies.clear('dsotp', PLATFORM_SILENT);
    for (const fault of await takeAnswers(payload, sender)) {
      if ('refused' in fault) anomalies.raise('node', 'packet-refused', fault.refused);
      else onProblem(`${podId}: ${fault.unreadable}`);
    }
  }

  const { connect = openDeviceConnection, ...mqtt } = options.mqtt;
  const connection = connect({
    ...mqtt,
    as: { podId, token: mqtt.token },
    onMessage: ({ kind, payload }: ReceivedMessage) => {
      const done = kind === 'setpoint' ? setpoints.receive(payload) : answered(payload);
      done.catch(reportFault);
    },
    onConnected: () => {
      cutOffSinceMs = undefined;
      owesSinceMs = clock.nowMs();
      anomalies.clear('internet');
      anomalies.repeat();
      sender.resume().catch(reportFault);
    },
    onDisconnected: () => {
      cutOffSinceMs = clock.nowMs();
    },
    onProblem,
  });

  async function readMeter(): Promise<MeterReading | undefined> {
    try {
      lastReading = await meter.read();
      anomalies.clear('meter');
      return lastReading;
    } catch (error) {
      lastReading = undefined;
      anomalies.raise('meter', 'meter-unreadable', messageOf(error));
      return undefined;
    }
  }

  /** Tries each thing that may be wrong, and tells what is, or is no more. */
  async function probe(): Promise<void> {
    const others = [probeOtherMeters(), probeEms(), probeUplink(), probeClock()];
    await Promise.all([inTurn(readMeter), ...others]);
  }

  async function probeClock(): Promise<void> {
    const offMs = await options.clockOffMs?.();
    if (offMs === undefined) return;
    isClockOff = Math.abs(offMs) > READING_TOLERANCE_MS;
    if (!isClockOff) return anomalies.clear('node', CLOCK_OFF);
    const way = offMs > 0 ? 'fast' : 'slow';
    const seconds = Math.round(Math.abs(offMs) / 1_000);
    anomalies.raise(
      'node',
      CLOCK_OFF,
      `the clock is ${seconds} s ${way}; nothing is measured by it`,
    );
  }

  async function probeOtherMeters(): Promise<void> {
    const faults: string[] = [];
    for (const { name, meter: other } of otherMeters) {
      await other.read().catch((error: unknown) => faults.push(`${name}: ${messageOf(error)}`));
    }
    if (faults.length === 0) anomalies.clear('otherMeter');
    else anomalies.raise('otherMeter', 'meter-unreadable', faults.join('; '));
  }

  async function probeEms(): Promise<void> {
    if (!ems.probe) return;
    try {
      await ems.probe();
      anomalies.clear('ems', EMS_UNREACHABLE);
    } catch (error) {
      anomalies.raise('ems', EMS_UNREACHABLE, messageOf(error));
    }
  }

  async function probeUplink(): Promise<void> {
    const nowMs = clock.nowMs();
    if (connection.isConnected()) {
      const silentMs = nowMs - owesSinceMs;
      if (outbox.size() > 0 && silentMs >= SILENT_AFTER_MS) {
        const detail = `${outbox.size()} packets wait; none was answered for ${silentMs / 1_000} s`;
        anomalies.raise('dsotp', PLATFORM_SILENT, detail, owesSinceMs);
      }
    } else if (cutOffSinceMs !== undefined && nowMs - cutOffSinceMs >= CUT_OFF_AFTER_MS) {
      const sinceMs = cutOffSinceMs;
      const { code, detail } = await probeBroker(options.mqtt.host, options.mqtt.port);
      // It may have come back while this was found out.
      if (!connection.isConnected()) anomalies.raise('internet', code, detail, sinceMs);
    }
  }

  async function open(mtuStartMs: number): Promise<void> {
    if (opening?.mtuStartMs === mtuStartMs) return;
    if (isClockOff || Math.abs(clock.nowMs() - mtuStartMs) > READING_TOLERANCE_MS) return;
    const reading = await readMeter();
    opening = reading && { mtuStartMs, reading };
  }

  /** Measures the quarter-hour and keeps the signed packet. */
  async function measure(mtuStartMs: number): Promise<void> {
    const last = outbox.last()?.packet.inputData;
    // One of a later quarter-hour was measured by a clock that has been set back since.
    if (last && msFromIso(last.mtuStart) === mtuStartMs) return;
    if (isClockOff) opening = undefined;
    const opened = opening?.mtuStartMs === mtuStartMs ? opening.reading : undefined;
    const closing = await readMeter();
    opening =
      closing && !isClockOff ? { mtuStartMs: mtuStartMs + MTU_MS, reading: closing } : undefined;
    if (!closing) return;
    if (!opened) {
      const mtu = isoFromMs(mtuStartMs);
      return onProblem(`${podId}: the quarter-hour from ${mtu} was not opened, so not measured`);
    }
    const sequence = last ? last.sequence + 1 : firstSequence;
    const input = measurementOf({ podId, sequence, mtuStartMs, opening: opened, closing });
    if (runsBackwards(input)) {
      // A false reading opens nothing: the next would be counted from it. After a true reset, the one
      // after opens again.
      opening = undefined;
      return anomalies.raise(
        'meter',
        'counter-backwards',
        `a counter ran backwards: ${JSON.stringify(input)}`,
      );
    }
    if (outbox.size() === 0) owesSinceMs = clock.nowMs();
    await outbox.store({ packet: await signMeasurement(input, signer), closing });
    anomalies.clear('node');
  }

  return {
    ready: connection.ready,
    isConnected: () => connection.isConnected(),
    hasOpened: (mtuStartMs) => opening?.mtuStartMs === mtuStartMs,
    async beginQuarterHour(mtuStartMs) {
      await inTurn(() => open(mtuStartMs));
      await setpoints.begin(mtuStartMs);
    },
    async closeQuarterHour(mtuStartMs) {
      try {
        await inTurn(() => measure(mtuStartMs));
      } catch (error) {
        reportFault(error);
        anomalies.raise('node', 'packet-not-kept', String(error));
      }
      await sender.sendDue();
    },
    async tellPower() {
      const reading = await inTurn(readMeter);
      if (!reading || !connection.isConnected()) return;
      const { powerW } = reading;
      const [withdrawnW, injectedW] = [Math.max(powerW, 0), Math.max(-powerW, 0)];
      await tryPublish('power', { at: isoNow(clock), withdrawnW, injectedW });
    },
    probe,
    anomalies: () => anomalies.standing(),
    setpoints,
    lastReading: () => lastReading,
    pendingPackets: () => outbox.size(),
    whenAcknowledged: () => sender.whenEmpty(),
    async close() {
      sender.close();
      // A broker that does not answer is not waited for: what it has not taken is kept.
      const settled = new AbortController();
      await Promise.race([anomalies.settled(), sleep(SETTLE_MS, settled.signal)]);
      settled.abort();
      await connection.close();
      const meters = [meter, ...otherMeters.map((other) => other.meter)];
      // Not before a reading that is under way has ended.
      await inTurn(() =>
        Promise.all([outbox.close(), ...meters.map((each) => each.close()), ems.close?.()]),
      );
    },
  };
}

/** The last packet's closing reading opens the next quarter-hour, if the node is back in time. */
function openingAfterRestart(outbox: Outbox): Opening | undefined {
  const last = outbox.last();
  if (!last) return undefined;
  const mtuStartMs = msFromIso(last.packet.inputData.mtuStart) + MTU_MS;
  return { mtuStartMs, reading: last.closing };
}
