import {
  type Activation,
  ANOMALY_KINDS,
  type AnomalyStatement,
  type Chain2Full,
  type MeasurementPacket,
  POD_ID,
  type Setpoint,
  type SetpointReceipt,
  isLegible,
  wellFormed,
} from '@flexledger/domain';
import { instantMs } from '@flexledger/runtime';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { MeterReadingsFault, meterReadingsIn } from '../meter-readings/read-meter-readings';
import { DEVICE_TOPICS, type DeviceTopicKind } from './topics';

/**
 * The messages between a Light Node and the platform, JSON in UTF-8, what is measured also MeterReadings of
 * IEC 61968-9 in XML, and their strict parser. A
 * parser checks shape and bounds only: keys, hashes, signatures and sequences are judged by who
 * receives the message, because a forged one is evidence and must be kept.
 */

export type { Activation, SetpointReceipt };

/** Largest message either side accepts. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/** Most messages that travel together as a list. */
export const MAX_MESSAGES_TOGETHER = 50;

/** One message, or a list of several, as it is written: a list of one is read by those too who know no lists. */
export function messageText<Message>(message: Message | readonly Message[]): string {
  const isOne = Array.isArray(message) && message.length === 1;
  return JSON.stringify(isOne ? message[0] : message);
}

/** Longest description of an anomaly, characters. */
export const MAX_ANOMALY_DETAIL = 300;

/** Most MTUs one setpoint may cover: the longest civil day. */
const MAX_SETPOINT_MTUS = 100;

/** The platform's final word on a packet; `false` says that sending it again will not help. */
export interface MeasurementAck {
  readonly sequence: number;
  readonly accepted: boolean;
  /** Why it was refused. */
  readonly reason?: string;
}

/** Targets of one window; equal ids are the same setpoint. */
export interface SetpointMessage extends Setpoint {
  readonly setpointId: string;
}

/** Signed by the node: ECDSA P-256 with SHA-256 over the RFC 8785 form of `content`, 64 bytes hex. */
export interface Signed<Content> {
  readonly content: Content;
  readonly signature: string;
  /** SEC 1 uncompressed point, hex. */
  readonly publicKey: string;
}

export type SetpointAck = Signed<SetpointReceipt>;

export type ActivationMessage = Signed<Activation>;

/** An anomaly begins, or has ended (`endedAt`). */
export type AnomalyMessage = Signed<AnomalyStatement>;

/** Active power at an instant (D3.5 3.1.5); not signed, for it settles nothing. */
export interface PowerMessage {
  /** Where the message names it, as MeterReadings do; then it is its sender's. */
  readonly podId?: string;
  /** By the node's clock, ISO 8601 UTC. */
  readonly at: string;
  /** Withdrawn from the grid. */
  readonly withdrawnW: number;
  /** Fed into it. */
  readonly injectedW: number;
}

export interface StatusMessage {
  readonly online: boolean;
}

/** Which message travels on which topic. */
export interface DeviceMessages {
  readonly measurement: MeasurementPacket;
  readonly measurementAck: MeasurementAck;
  readonly setpoint: SetpointMessage;
  readonly setpointAck: SetpointAck;
  readonly activation: ActivationMessage;
  readonly power: PowerMessage;
  readonly anomaly: AnomalyMessage;
  readonly status: StatusMessage;
}

export type Parsed<Message> =
  | { readonly ok: true; readonly message: Message }
  | {
      readonly ok: false;
      /** What is wrong and where: `inputData.withdrawnWh must be integer`. */
      readonly reason: string;
    };

/**
 * A message as its topic's type, or why it is none. Never throws: any bytes may come in. A text
 * that is signed holds neither NUL nor half a surrogate pair.
 *
 * @param payload the bytes as received
 */
export function parseDeviceMessage<Kind extends DeviceTopicKind>(
  kind: Kind,
  payload: Uint8Array,
): Parsed<DeviceMessages[Kind]> {
  if (payload.byteLength > MAX_MESSAGE_BYTES) {
    return refuse(`message of ${payload.byteLength} bytes, at most ${MAX_MESSAGE_BYTES} are read`);
  }
  let value: unknown;
  try {
    value = valueIn(payload, MEASURED.has(kind));
  } catch (error) {
    if (error instanceof MeterReadingsFault) return refuse(`message is XML, but ${error.message}`);
    return refuse('message is not JSON in UTF-8');
  }
  const validate = validatorOf(kind);
  if (!validate(value)) return refuse(describe(validate.errors));
  const message = value as DeviceMessages[Kind];
  const illegible = SIGNED_TEXTS.has(kind) ? illegibleText(value) : undefined;
  if (illegible !== undefined) return refuse(illegible);
  const contradiction = kind === 'setpoint' ? unequalTargets(value as SetpointMessage) : undefined;
  return contradiction === undefined ? { ok: true, message } : refuse(contradiction);
}

/** What is measured travels as XML too. */
const MEASURED: ReadonlySet<DeviceTopicKind> = new Set(['measurement', 'power']);

/** @throws MeterReadingsFault, or another error for what is neither JSON nor XML in UTF-8 */
function valueIn(payload: Uint8Array, mayBeXml: boolean): unknown {
  const text = utf8.decode(payload);
  return mayBeXml && isXml(text) ? meterReadingsIn(text) : JSON.parse(text);
}

const isXml = (text: string): boolean => /^\s*</.test(text);

/** Of which topic a message is that came without one, as over TCP: power names its instant, `at`. */
export function measuredKind(payload: Uint8Array): 'measurement' | 'power' {
  try {
    const value = valueIn(payload, true);
    return Object.hasOwn(Object(value), 'at') ? 'power' : 'measurement';
  } catch {
    return 'measurement';
  }
}

/** Kinds whose texts are signed, by the node that sends them or that takes them. */
const SIGNED_TEXTS: ReadonlySet<DeviceTopicKind> = new Set([
  'setpoint',
  'setpointAck',
  'activation',
  'anomaly',
]);

/** Where a message of sound shape holds a text that no signature can be over, and why. */
function illegibleText(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') {
    return isLegible(value) ? undefined : `${path} holds NUL or half a surrogate pair`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const fault = illegibleText(member, path === '' ? key : `${path}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * The messages in a payload: of a topic of several (`DEVICE_TOPICS`) a JSON list holds one each, as the
 * very bytes that came, so that each is read, and kept as evidence, by itself. What is no such list is one
 * message, whatever it is.
 */
export function messagesIn(payload: Buffer): readonly Buffer[] {
  if (payload.byteLength > MAX_MESSAGE_BYTES || payload[0] !== BYTE.openList) return [payload];
  return elementsOf(payload) ?? [payload];
}

const BYTE = {
  quote: 0x22,
  comma: 0x2c,
  openList: 0x5b,
  backslash: 0x5c,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
};

/** The elements of a list; undefined where it holds none, or too many, or does not end with its last byte. */
function elementsOf(list: Buffer): Buffer[] | undefined {
  const elements: Buffer[] = [];
  let depth = 0;
  let from = 1;
  let isText = false;
  for (let at = 0; at < list.length; at += 1) {
    const byte = list[at]!;
    if (isText) {
      if (byte === BYTE.backslash) at += 1;
      else isText = byte !== BYTE.quote;
    } else if (byte === BYTE.quote) {
      isText = true;
    } else if (byte === BYTE.openObject || byte === BYTE.openList) {
      depth += 1;
    } else if (byte === BYTE.closeObject || byte === BYTE.closeList) {
      depth -= 1;
      if (depth > 0) continue;
      elements.push(list.subarray(from, at));
      return at === list.length - 1 && elements.every(({ length }) => length > 0)
        ? elements
        : undefined;
    } else if (byte === BYTE.comma && depth === 1) {
      elements.push(list.subarray(from, at));
      from = at + 1;
      if (elements.length === MAX_MESSAGES_TOGETHER) return undefined;
    }
  }
  return undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The schemas are those of this file: they are not held to a schema of schemas, whose own compilation takes longer than theirs. */
const ajv = new Ajv({ strict: true, allowUnionTypes: true, meta: false, validateSchema: false });
/** In UTC, to the second or the millisecond. */
const INSTANT = /T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;
ajv.addFormat('instant', (text: string) => INSTANT.test(text) && instantMs(text) !== undefined);

const text = { type: 'string', minLength: 1, maxLength: 1_000 } as const;
const identifier = { type: 'string', minLength: 1, maxLength: 200 } as const;
const instant = { type: 'string', format: 'instant' } as const;
const podId = { type: 'string', pattern: POD_ID.source } as const;
const flag = { type: 'boolean' } as const;
const amount = bounded('integer', Number.MIN_SAFE_INTEGER);
const count = bounded('integer', 0);
const target = { ...amount, type: ['integer', 'null'] } as const;
const targets = { type: 'array', minItems: 1, maxItems: MAX_SETPOINT_MTUS, items: target } as const;
const hex = (bytes: number, prefix = ''): object => ({
  type: 'string',
  pattern: `^${prefix}[0-9a-f]{${2 * bytes - prefix.length}}$`,
});
const hash = hex(32);
const signature = hex(64);
const publicKey = hex(65, '04');

const chain2Full: Readonly<Record<keyof Chain2Full, object>> = {
  meanPowerW: amount,
  inductiveWithdrawnVarh: count,
  capacitiveInjectedVarh: count,
  inductiveInjectedVarh: count,
  capacitiveWithdrawnVarh: count,
};

const receiptFields = { setpointId: identifier, podId, receivedAt: instant };

/** Of one message each; the format `instant` is an RFC 3339 date-time in UTC, to the millisecond at most. */
const schemas: Readonly<Record<DeviceTopicKind, object>> = {
  measurement: record({
    podId,
    sequence: count,
    inputData: record(
      {
        podId,
        sequence: count,
        mtuStart: instant,
        withdrawnWh: count,
        injectedWh: count,
        reactiveVarh: amount,
        withdrawnTotalWh: count,
        injectedTotalWh: count,
      },
      { chain2Full: record(chain2Full) },
    ),
    hash,
    signedHash: signature,
    publicKey,
  }),
  measurementAck: record({ sequence: count, accepted: flag }, { reason: text }),
  setpoint: record({
    setpointId: identifier,
    podId,
    windowStart: instant,
    targetW: targets,
    targetVar: targets,
  }),
  setpointAck: record({
    content: {
      type: 'object',
      oneOf: [
        record({ ...receiptFields, emsReceivedAt: instant }),
        record({ ...receiptFields, failureReason: text }),
      ],
    },
    signature,
    publicKey,
  }),
  activation: record({
    content: record({
      setpointId: identifier,
      podId,
      mtuStart: instant,
      targetW: target,
      targetVar: target,
      appliedAt: instant,
    }),
    signature,
    publicKey,
  }),
  power: record({ at: instant, withdrawnW: count, injectedW: count }, { podId }),
  anomaly: record({
    content: record(
      {
        anomalyId: identifier,
        podId,
        kind: { enum: ANOMALY_KINDS },
        code: { type: 'string', pattern: '^[a-z]+(-[a-z]+){0,5}$', maxLength: 50 },
        detail: { ...text, maxLength: MAX_ANOMALY_DETAIL },
        startedAt: instant,
      },
      { endedAt: instant },
    ),
    signature,
    publicKey,
  }),
  status: record({ online: flag }),
};

/** JSON Schemas of what is published on each topic: a message, on a topic of several a list of them too. */
export const DEVICE_MESSAGE_SCHEMAS = Object.fromEntries(
  Object.entries(schemas).map(([kind, schema]) => {
    const { isOfSeveral } = DEVICE_TOPICS[kind as DeviceTopicKind];
    const list = { type: 'array', minItems: 1, maxItems: MAX_MESSAGES_TOGETHER, items: schema };
    return [kind, isOfSeveral ? { oneOf: [schema, list] } : schema];
  }),
) as Readonly<Record<DeviceTopicKind, object>>;

const validators = new Map<DeviceTopicKind, ValidateFunction>();

/** Compiled with the first message of its kind. */
function validatorOf(kind: DeviceTopicKind): ValidateFunction {
  const known = validators.get(kind);
  if (known) return known;
  const compiled = ajv.compile(schemas[kind]);
  validators.set(kind, compiled);
  return compiled;
}

/** An object with exactly these members. */
function record(required: object, optional: object = {}): object {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}

function bounded(type: 'integer', minimum: number): object {
  return { type, minimum, maximum: Number.MAX_SAFE_INTEGER };
}

function unequalTargets(setpoint: SetpointMessage): string | undefined {
  return setpoint.targetW.length === setpoint.targetVar.length
    ? undefined
    : `targetVar must have as many MTUs as targetW, ${setpoint.targetW.length}`;
}

function describe(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.[0];
  if (!error) return 'message has an unknown fault';
  const field = error.instancePath.slice(1).replaceAll('/', '.') || 'message';
  const extra = error.params['additionalProperty'] as string | undefined;
  const named = extra && wellFormed(extra.slice(0, 50)).replaceAll('\0', '\ufffd');
  return `${field} ${error.message}${named === undefined ? '' : ` ("${named}")`}`;
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
