/** Server-sent events, in whatever pieces they arrive. */
import { type Frame, framesOf } from './event-stream';

function bodyOf(pieces: readonly string[], ends = true): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (ends) controller.close();
    },
  });
}
async function framesIn(pieces: readonly string[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const some of framesOf(bodyOf(pieces))) frames.push(...some);
  return frames;
}
const TEXT = 'retry: 2000\n\n: nothing new\n\nid: 3\ndata: {"a":1}\n\nid: 5\ndata: {\ndata: }\n\n';
const FRAMES = [
  { id: '3', data: '{"a":1}' },
  { id: '5', data: '{\n}' },
];

it('are read whole, comments and waiting times passed over', async () => {
  expect(await framesIn([TEXT])).toEqual(FRAMES);
});

it('are read byte by byte, and with other ends of lines', async () => {
  expect(await framesIn([...TEXT])).toEqual(FRAMES);
  expect(await framesIn([...TEXT.replaceAll('\n', '\r\n')])).toEqual(FRAMES);
});

it('count only when they are whole', async () => {
  expect(await framesIn(['id: 3\ndata: {"a":1}\n'])).toEqual([]);
});

it('that say nothing for too long are taken for dead', async () => {
  const reading = framesOf(bodyOf(['id: 1\ndata: {}\n\n'], false), 20);
  expect((await reading.next()).value).toEqual([{ id: '1', data: '{}' }]);
  await expect(reading.next()).rejects.toThrow('nothing came for 0.02 s');
});
