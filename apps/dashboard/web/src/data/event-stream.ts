/** Ids of events as a stream of server-sent events gives them, whatever pieces it comes in. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
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
      if (id !== undefined) yield id;
    }
  }
}
