import { eventsIn } from './event-stream';

const streamOf = (...pieces: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

it('gives each event once, wherever the stream was cut, and no comment', async () => {
  const ids: string[] = [];
  const stream = streamOf(
    'id: 1\ndata: {}\n\n: still here\n\ni',
    'd: 2\ndata: {"a":',
    '"é"}\n\nid: 3\n',
  );
  for await (const id of eventsIn(stream)) ids.push(id);
  // The last one was cut off and comes again.
  expect(ids).toEqual(['1', '2']);
});
