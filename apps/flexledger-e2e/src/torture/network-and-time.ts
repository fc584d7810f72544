/** Connections that are half open, readers that do not read, and clocks that are set. */
import { existsSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import path from 'node:path';
import { sleep, stopwatch } from '@flexledger/runtime';
import { openTokens } from '@flexledger/service-kit';
import { type TortureCase, CannotTry, must } from './torture-case';
import {
  type TorturedPlatform,
  end,
  eventually,
  register,
  served,
  statusOf,
  untilReady,
} from './tortured-platform';

const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync);
/** Answers of others while a platform is tortured come within. */
const SERVED_WITHIN_MS = 2_000;

/** Opens so many connections, each saying something. */
async function connections(port: number, count: number, say: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    if (say !== '') socket.write(say);
  }
  return sockets;
}

/** The slowest of some answers to others, ms. */
async function slowestAnswer({ url }: TorturedPlatform): Promise<number> {
  let slowestMs = 0;
  for (let count = 0; count < 20; count += 1) {
    const beganMs = stopwatch.nowMs();
    const status = await statusOf(`${url}/health/live`);
    must(status === 200, `others are answered with ${status}`);
    slowestMs = Math.max(slowestMs, stopwatch.nowMs() - beganMs);
  }
  must(slowestMs < SERVED_WITHIN_MS, `others wait for ${Math.round(slowestMs)} ms`);
  return Math.round(slowestMs);
}

/** Steps the clock that a process sees to an offset, in seconds. */
function setClock(file: string, offsetS: number): void {
  writeFileSync(file, `${offsetS >= 0 ? '+' : ''}${offsetS}s`);
}

export const NETWORK_AND_TIME_CASES: readonly TortureCase[] = [
  {
    name: 'half-open connections and requests that never end',
    async run(dataDir) {
      const platform = await served({ dataDir });
      const slow = 'POST /api/v1/parties HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le';
      const sockets = [
        ...(await connections(platform.port, 300, '')),
        ...(await connections(platform.port, 200, slow)),
      ];
      try {
        const slowestMs = await slowestAnswer(platform);
        return `${sockets.length} of them; others are answered within ${slowestMs} ms`;
      } finally {
        for (const socket of sockets) socket.destroy();
        await end(platform);
      }
    },
  },
  {
    name: 'readers of events that do not read',
    async run(dataDir) {
      const platform = await served({ dataDir });
      const { tokenOf } = await openTokens(dataDir);
      const request =
        'GET /api/v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n' +
        `Authorization: Bearer ${await tokenOf('operator')}\r\n\r\n`;
      const sockets = await connections(platform.port, 40, request);
      for (const socket of sockets) socket.pause();
      try {
        const written = 150;
        for (let count = 0; count < written; count += 1) {
          const status = await register(dataDir, platform.url, `aggregator:S${count}`);
          must(status === 201 || status === 200, `party ${count} is answered with ${status}`);
        }
        const slowestMs = await slowestAnswer(platform);
        return `${sockets.length} of them, ${written} events meanwhile; others are answered within ${slowestMs} ms`;
      } finally {
        for (const socket of sockets) socket.destroy();
        await end(platform);
      }
    },
  },
  {
    name: 'a clock that is set two days ahead, then back',
    async run(folder) {
      if (FAKETIME === undefined) throw new CannotTry('libfaketime is not installed');
      const file = path.join(folder, 'clock');
      setClock(file, 0);
      const dataDir = path.join(folder, 'data');
      const platform = await served({
        dataDir,
        env: {
          LD_PRELOAD: FAKETIME,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      });
      try {
        const day = async (): Promise<string> => {
          const answer = await fetch(`${platform.url}/api/v1/status`);
          return ((await answer.json()) as { day: { date: string } }).day.date;
        };
        const before = await day();
        const beganMs = stopwatch.nowMs();
        setClock(file, 2 * 86_400);
        await eventually('the days ahead', async () => ((await day()) > before ? true : undefined));
        const seconds = Math.round((stopwatch.nowMs() - beganMs) / 1_000);
        await sleep(1_000);
        setClock(file, 0);
        const ready = await untilReady(platform);
        const status = await register(dataDir, platform.url, 'aggregator:BACK');
        must(status !== 0 && status < 500, `a party is answered with ${status}`);
        return `the sessions of the days ahead stand ${seconds} s after it; set back, ready after ${ready} s`;
      } finally {
        await end(platform);
      }
    },
  },
];
