/** Events for tests: small, valid, and the same on every run. */
import type { ProposedEvent } from '@flexledger/domain';
import { uuidFrom } from '@flexledger/identity';

/** A valid event whose id follows from `name`. */
export function testEvent(name: string, overrides: Partial<ProposedEvent> = {}): ProposedEvent {
  return {
    id: uuidFrom(name),
    type: 'MeasurementRecorded',
    schemaVersion: 1,
    occurredAt: '2026-03-17T10:00:00.000Z',
    correlationId: uuidFrom(`${name}/correlation`),
    causationId: uuidFrom(`${name}/causation`),
    actor: 'node:IT002E60776854',
    data: { name },
    ...overrides,
  };
}

/** `count` valid events, named `name/0`, `name/1`, ... */
export function testEvents(name: string, count: number): ProposedEvent[] {
  return Array.from({ length: count }, (_, index) => testEvent(`${name}/${index}`));
}

/** All that an iterable gives. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The first `count` items; then the iterable is ended, as by a `break`. */
export async function take<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}
