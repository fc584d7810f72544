/** A block of a stream of server-sent events; without an id where it has none. */
export interface StreamFrame {
  readonly id: string | undefined;
  readonly data: string | undefined;
}

/** Blocks as a stream gives them, whatever pieces it comes in; comments are passed over. */
export async function* framesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamFrame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      const id = /^id: ?(.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (id !== undefined || data !== undefined) yield { id, data };
    }
  }
}
