/** How far the machine's clock is from the platform's, or from those of several. */
import { type Clock, instantMs } from '@flexledger/runtime';
import { NoAnswer, addressOf, ask } from './ask';

const ANSWER_WITHIN_MS = 10_000;

/**
 * Asks several for their time, at once: platforms of other organisations beside the own one. Of what they say the one in the
 * middle counts, and of an even number what the two in the middle both say: one that is wrong among three stops no node, and
 * moves none.
 *
 * @returns milliseconds that the clock is certainly fast, or slow when negative, whatever the way took; undefined where none
 *   answers, or tells a time
 */
export async function clockOffMs(
  urls: readonly string[],
  clock: Clock,
): Promise<number | undefined> {
  const said = await Promise.all(urls.map((url) => offFrom(url, clock)));
  const offsMs = said.filter((offMs) => offMs !== undefined).sort((one, other) => one - other);
  const lowMs = offsMs[Math.ceil(offsMs.length / 2) - 1];
  const highMs = offsMs[Math.floor(offsMs.length / 2)];
  if (lowMs === undefined || highMs === undefined) return undefined;
  return lowMs > 0 ? lowMs : Math.min(0, highMs);
}

async function offFrom(url: string, clock: Clock): Promise<number | undefined> {
  const askedMs = clock.nowMs();
  const toldMs = await toldTime(url);
  if (toldMs === undefined) return undefined;
  const answeredMs = clock.nowMs();
  if (toldMs < askedMs) return askedMs - toldMs;
  return Math.min(0, answeredMs - toldMs);
}

async function toldTime(url: string): Promise<number | undefined> {
  try {
    const question = { method: 'GET', timeoutMs: ANSWER_WITHIN_MS } as const;
    const { text } = await ask(addressOf(url, '/health/live'), question);
    const said = JSON.parse(text) as { readonly at?: unknown } | null;
    const at = said?.at;
    return typeof at === 'string' ? instantMs(at) : undefined;
  } catch (error) {
    // What a proxy says in its place is no answer either.
    if (error instanceof NoAnswer || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
