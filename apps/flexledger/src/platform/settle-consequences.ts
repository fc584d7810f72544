import type { Platform } from './open-platform';

/** Real time after which what has not come over a socket is taken as lost. */
export const PATIENCE_MS = 60_000;

/**
 * Lets everything that follows from the last step of a driven day happen before time goes on:
 * processors, then the nodes' answers to what those sent, until nothing is under way.
 */
export async function settleConsequences({
  processors,
  dso,
}: Pick<Platform, 'processors' | 'dso'>): Promise<void> {
  for (;;) {
    await processors.drain();
    const awaited = dso?.carrying.awaitedAcks() ?? 0;
    if (awaited === 0) return;
    await dso!.carrying.collect(awaited, PATIENCE_MS);
  }
}
