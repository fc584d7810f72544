import type { ShownEvent } from './visible-events';

/** A recorded event as CloudEvents 1.0 JSON; what CloudEvents has no name for stands in extensions. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  /** `flexledger.` and the event's type. */
  readonly type: string;
  /** The stream. */
  readonly subject: string;
  /** When it happened, ISO 8601 UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
  readonly position: number;
  readonly revision: number;
  readonly schemaversion: number;
  readonly recordedtime: string;
  readonly correlationid: string;
  readonly causationid: string;
  readonly actor: string;
  /** Of the whole event, under which its proof is asked for; with `flexledgerpartial` not of `data`. */
  readonly hash: string;
  /** `data` holds the reader's own rows of an event with rows of many; absent where it is whole. */
  readonly flexledgerpartial?: true;
}

/** An event as its reader is shown it. */
export function cloudEvent({ event, isPartial }: ShownEvent): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source: '/flexledger',
    type: `flexledger.${event.type}`,
    subject: event.streamId,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    data: event.data,
    position: event.position,
    revision: event.revision,
    schemaversion: event.schemaVersion,
    recordedtime: event.recordedAt,
    correlationid: event.correlationId,
    causationid: event.causationId,
    actor: event.actor,
    hash: event.hash,
    ...(isPartial ? { flexledgerpartial: true } : {}),
  };
}
