/** What tests put into a log without the part of the platform that writes it. */
import { type RulePackAdopted, rulePackStream } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { type Clock, isoNow } from '@flexledger/runtime';

/** Appends events whose history does not matter to one stream, which they begin; again changes nothing. */
export async function append(
  store: EventStore,
  clock: Clock,
  streamId: string,
  events: readonly { readonly type: string; readonly data: object }[],
): Promise<void> {
  const id = uuidFrom(streamId);
  await store.append(
    streamId,
    'noStream',
    events.map(({ type, data }, index) => ({
      id: uuidFrom(`${streamId}/${index}`),
      type,
      data,
      schemaVersion: 1,
      occurredAt: isoNow(clock),
      actor: 'test',
      correlationId: id,
      causationId: id,
    })),
  );
}

/** Puts a rule pack into the log, as a platform does that is started with it. */
export async function adoptRules(
  store: EventStore,
  clock: Clock,
  { digest, rulePack }: RulePackAdopted['data'],
): Promise<void> {
  const adopted = { type: 'RulePackAdopted', data: { digest, rulePack } };
  await append(store, clock, rulePackStream(digest), [adopted]);
}
