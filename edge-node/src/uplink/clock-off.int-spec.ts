/** A node's clock beside those of platforms, which tell theirs by HTTP. */
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
  return clockOffMs([`http://127.0.0.1:${port}`], clockShowing(...shownMs));
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
  expect(await clockOffMs(['http://127.0.0.1:1'], clockShowing(NOON_MS))).toBeUndefined();
});

describe('of several', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((one) => one.close()));

  /** What comes of platforms whose clocks are so far from noon, which the node's shows; null for one that does not answer. */
  async function offAmong(...aheadMs: readonly (number | null)[]): Promise<number | undefined> {
    const urls = aheadMs.map(async (ms) => {
      if (ms === null) return 'http://127.0.0.1:1';
      const told = JSON.stringify({ at: isoFromMs(NOON_MS + ms) });
      const one = createServer((_, response) => response.end(told));
      servers.push(one);
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
    });
    return clockOffMs(await Promise.all(urls), { nowMs: () => NOON_MS });
  }

  it.each<[string, readonly (number | null)[], number | undefined]>([
    ['one wrong among three stops no node', [0, 0, HOUR_MS], 0],
    ['one wrong among three covers up nothing', [-HOUR_MS, -HOUR_MS, 0], HOUR_MS],
    ['two that disagree say nothing of it', [0, -HOUR_MS], 0],
    ['two that are off either way say nothing of it', [HOUR_MS, -HOUR_MS], 0],
    ['of two that agree the lesser counts', [HOUR_MS, 2 * HOUR_MS], -HOUR_MS],
    ['who does not answer does not count', [null, HOUR_MS, null], -HOUR_MS],
    ['none that answers says nothing', [null, null], undefined],
  ])('%s', async (_, aheadMs, expected) => {
    expect(await offAmong(...aheadMs)).toBe(expected);
  });
});
