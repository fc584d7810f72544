import { type StreamFrame, framesIn } from './event-stream';

const streamOf = (...pieces: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

it('gives each block once, wherever the stream was cut, and no comment', async () => {
  const frames: StreamFrame[] = [];
  const stream = streamOf(
    'retry: 2000\n\nid: 1\ndata: {}\n\n: still here\n\ni',
    'd: 2\ndata: {"a":',
    '"é"}\n\ndata: {"b":2}\n\nid: 3\n',
  );
  for await (const frame of framesIn(stream)) frames.push(frame);
  // The last one was cut off and comes again.
  expect(frames).toEqual([
    { id: '1', data: '{}' },
    { id: '2', data: '{"a":"é"}' },
    { id: undefined, data: '{"b":2}' },
  ]);
});
