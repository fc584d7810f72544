/** Reads server-sent events (WHATWG HTML 9.2) off a response. */

import { sleep } from '@flexledger/runtime';

/** One event of a stream. */
export interface Frame {
  /** Position under which it was sent, as text; the last one that was said. */
  readonly id: string;
  readonly data: string;
  /** Where it stood, in words, where it came another way. */
  readonly at?: string;
}

/** Longer events are no events of a log, which holds 1 MiB at most. */
const LONGEST_CHARACTERS = 8 * 1_024 * 1_024;
/** The other side says something every 15 s, and be it that there is nothing new. */
const QUIET_MS = 60_000;

/** The stream said nothing for so long that it is taken for dead, or something too long. */
export class StreamBroken extends Error {
  constructor(reason: string) {
    super(`The event stream is broken: ${reason}.`);
    this.name = 'StreamBroken';
  }
}

/**
 * The events of a stream, as many at a time as arrived together. Ends with the stream.
 *
 * @throws StreamBroken, or what `fetch` throws when the connection breaks
 */
export async function* framesOf(
  body: ReadableStream<Uint8Array>,
  quietMs = QUIET_MS,
): AsyncGenerator<readonly Frame[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  try {
    for (;;) {
      const { done, value } = await withinQuiet(reader.read(), quietMs);
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      if (rest.length > LONGEST_CHARACTERS) throw new StreamBroken('one event has no end');
      // A carriage return at the end may be half of a line's end.
      const whole = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
      const blocks = whole.replaceAll('\r\n', '\n').split('\n\n');
      if (blocks.length === 1) continue;
      rest = `${blocks.pop()!}${rest.slice(whole.length)}`;
      const frames: Frame[] = [];
      for (const block of blocks) {
        const data: string[] = [];
        for (const line of block.split('\n')) {
          const [, name, text] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
          if (name === 'id') id = text!;
          else if (name === 'data') data.push(text!);
        }
        if (data.length > 0) frames.push({ id, data: data.join('\n') });
      }
      if (frames.length > 0) yield frames;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function withinQuiet<Result>(reading: Promise<Result>, quietMs: number): Promise<Result> {
  const arrived = new AbortController();
  // Its own failure is met elsewhere when the quiet came first.
  reading.catch(() => undefined);
  try {
    const result = await Promise.race([reading, sleep(quietMs, arrived.signal)]);
    if (result !== undefined) return result;
    throw new StreamBroken(`nothing came for ${quietMs / 1_000} s`);
  } finally {
    arrived.abort();
  }
}
