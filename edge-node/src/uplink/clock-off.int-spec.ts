/** A node's clock beside the platform's, which tells its own by HTTP. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isoFromMs } from '@flexledger/runtime';
import { clockOffMs } from './clock-off';

const NOON_MS = Date.parse('2026-03-17T12:00:00Z');
const HOUR_MS = 3_600_000;

let server: Server;
let answer: string;
/** What the clock shows when asked, one after another. */
const clockShowing = (...shownMs: number[]) => ({ nowMs: () => shownMs.shift()! });
const off = (...shownMs: number[]): Promise<number | undefined> => {
  const { port } = server.address() as AddressInfo;
  return clockOffMs(`http://127.0.0.1:${port}`, clockShowing(...shownMs));
};

beforeAll(async () => {
  server = createServer((request, response) =>
    response.end(request.url === '/health/live' ? answer : ''),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());
beforeEach(() => (answer = JSON.stringify({ status: 'ok', at: isoFromMs(NOON_MS) })));

it('is right where the platform told its time while it was asked, however long that took', async () => {
  expect(await off(NOON_MS - 20_000, NOON_MS + 20_000)).toBe(0);
});

it('is fast, or slow, by what no way explains', async () => {
  expect(await off(NOON_MS + HOUR_MS, NOON_MS + HOUR_MS + 500)).toBe(HOUR_MS);
  expect(await off(NOON_MS - HOUR_MS - 500, NOON_MS - HOUR_MS)).toBe(-HOUR_MS);
});

it.each(['{"status":"ok"}', '{"at":"noon"}', '<html>', 'null'])(
  'is not judged by an answer that tells no time: %s',
  async (said) => {
    answer = said;
    expect(await off(NOON_MS, NOON_MS)).toBeUndefined();
  },
);

it('is not judged where nobody answers', async () => {
  expect(await clockOffMs('http://127.0.0.1:1', clockShowing(NOON_MS))).toBeUndefined();
});
