/**
 * The envelope every event travels in (DESIGN 6). An event is *proposed* by a decider and its
 * command handler, then *recorded* by the log, which adds where and when it was stored and the
 * hash that every proof rests on.
 */

/** JSON as it is stored: integers only where the domain speaks, no `undefined`, no `bigint`. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** What a decider returns: an event's name and its payload, nothing about storage. */
export interface DomainEvent<
  Type extends string = string,
  Data extends object = Readonly<Record<string, unknown>>,
> {
  readonly type: Type;
  readonly data: Data;
}

/** An event ready to be appended. `id` is a UUID; equal ids append once. */
export interface ProposedEvent extends DomainEvent<string, object> {
  readonly id: string;
  readonly schemaVersion: number;
  /** Business time, ISO 8601 UTC with milliseconds (`2026-03-17T10:00:00.000Z`). */
  readonly occurredAt: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** Who caused it: `dso`, `tso`, `aggregator:AGG1`, `node:IT002E...`, `platform:certifier`. */
  readonly actor: string;
}

/** An event as the log holds it. */
export interface RecordedEvent extends ProposedEvent {
  readonly streamId: string;
  /** 0-based in its stream, without gaps. */
  readonly revision: number;
  /** Global: what comes later in the log has a higher one. Numbers may be left out; it is no count. */
  readonly position: number;
  /** When the log stored it, ISO 8601 UTC with milliseconds. */
  readonly recordedAt: string;
  /** SHA-256, lower-case hex, over the canonical JSON of all but `position` and `recordedAt`. */
  readonly hash: string;
}
