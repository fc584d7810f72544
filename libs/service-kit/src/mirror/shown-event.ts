/** What another log shows, before anything of it is believed: a CloudEvent, or what is wrong with it. */
import type { RecordedEvent } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { eventSchema } from '../http/open-api/published-schemas';

/** An event as the other log has it; where `isPartial`, with own rows only. */
export interface ForeignEvent {
  readonly event: RecordedEvent;
  readonly isPartial: boolean;
  /** As it was shown, word for word. */
  readonly text: string;
  /** Why its content cannot be taken; absent where it is sound. */
  readonly fault?: string;
}

const PREFIX = 'flexledger.';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HASH = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Longer names of streams and types are none of ours, nor those that no log takes. */
const NAME_LENGTH = 300;
const NO_NAME = /[\p{Cc}\p{Cs}]/u;

/** Each member of a CloudEvent that is relied on, and how it has to be. */
const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) => isText(value) && UUID.test(value),
  type: (value) => isName(value) && value.startsWith(PREFIX),
  subject: isName,
  time: (value) => isText(value) && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
  recordedtime: (value) => isText(value) && INSTANT.test(value),
  position: isCount,
  revision: isCount,
  schemaversion: isCount,
  correlationid: isText,
  causationid: isText,
  actor: isText,
  hash: (value) => isText(value) && HASH.test(value),
  data: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/**
 * Reads a CloudEvent.
 *
 * @returns why it is none, as text, where it is none at all; one whose content is not sound has a `fault`
 */
export function readShown(text: string): ForeignEvent | string {
  const shown = membersIn(text);
  if (typeof shown === 'string') return shown;
  const event: RecordedEvent = {
    id: shown['id'] as string,
    type: (shown['type'] as string).slice(PREFIX.length),
    schemaVersion: shown['schemaversion'] as number,
    streamId: shown['subject'] as string,
    revision: shown['revision'] as number,
    position: shown['position'] as number,
    occurredAt: shown['time'] as string,
    recordedAt: shown['recordedtime'] as string,
    correlationId: shown['correlationid'] as string,
    causationId: shown['causationid'] as string,
    actor: shown['actor'] as string,
    hash: shown['hash'] as string,
    data: shown['data'] as object,
  };
  const isPartial = shown['flexledgerpartial'] === true;
  const fault = faultOf(event, isPartial);
  return { event, isPartial, text, ...(fault === undefined ? {} : { fault }) };
}

/** The position that a CloudEvent names; undefined where a text is none. It costs less than to read it. */
export function positionShown(text: string): number | undefined {
  const shown = membersIn(text);
  return typeof shown === 'string' ? undefined : (shown['position'] as number);
}

/** The members of a CloudEvent, each as it has to be, or why it is none. */
function membersIn(text: string): Readonly<Record<string, unknown>> | string {
  let shown: Readonly<Record<string, unknown>>;
  try {
    shown = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return `it is no JSON: ${messageOf(error)}`;
  }
  const wrong = Object.entries(MEMBERS).find(([name, isSound]) => !isSound(shown[name]));
  return wrong ? `its ${wrong[0]} is ${saidOf(shown[wrong[0]])}` : shown;
}

function saidOf(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 100) ?? 'missing';
  } catch {
    return 'nested too deep';
  }
}

function faultOf(event: RecordedEvent, isPartial: boolean): string | undefined {
  const { data, position: _, recordedAt: __, hash, ...envelope } = event;
  try {
    const computed = eventHash({ ...envelope, dataJson: canonicalJson(data) });
    // Of a part the whole's hash says nothing.
    if (!isPartial && computed !== hash) {
      return `its hash is ${hash}, its content's is ${computed}`;
    }
  } catch (error) {
    return `its data has no canonical form: ${messageOf(error)}`;
  }
  const isOfSchema = validatorOf(event);
  if (!isOfSchema || isOfSchema(data)) return undefined;
  const [first] = isOfSchema.errors!;
  return (
    `its data is not as ${event.type} version ${event.schemaVersion} is published: ` +
    `${first!.instancePath || 'data'} ${first!.message ?? 'does not hold'}`
  );
}

const ajv = new Ajv2020({ strict: false, allErrors: false });
const validators = new Map<string, ValidateFunction | undefined>();

/** Undefined for a type or version that this release does not know: processors halt at it by themselves. */
function validatorOf({ type, schemaVersion }: RecordedEvent): ValidateFunction | undefined {
  const key = `${type}/${schemaVersion}`;
  if (!validators.has(key)) {
    const schema = eventSchema(type, String(schemaVersion));
    // Unknown names are as many as whoever shows them likes: nothing of them is kept.
    if (!schema) return undefined;
    validators.set(key, ajv.compile(schema));
  }
  return validators.get(key);
}

function isName(value: unknown): value is string {
  return isText(value) && value !== '' && value.length < NAME_LENGTH && !NO_NAME.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
