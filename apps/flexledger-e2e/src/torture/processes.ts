/** Processes that are killed and stopped, ports that are taken, memory that is short. */
import { type AddressInfo, createServer } from 'node:net';
import { sleep } from '@flexledger/runtime';
import { type TortureCase, CannotTry, must } from './torture-case';
import {
  end,
  eventually,
  launch,
  lostOf,
  register,
  served,
  startWriting,
  statusOf,
  untilReady,
} from './tortured-platform';

const STOPPED_MS = 7_000;

export const PROCESS_CASES: readonly TortureCase[] = [
  {
    name: 'SIGKILL of the platform while parties are registered',
    async run(dataDir) {
      let platform = await served({ dataDir });
      const writer = startWriting(dataDir, () => platform.url);
      const KILLS = 3;
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(700 + 400 * kill);
        platform.kill('SIGKILL');
        await platform.ended;
        platform = await served({ dataDir });
      }
      await sleep(500);
      await writer.stop();
      await end(platform);
      const lost = await lostOf(dataDir, writer.acknowledged);
      must(lost.length === 0, `lost or twice: ${lost.slice(0, 5).join(', ')}`);
      must(writer.acknowledged.length > 0, 'nothing was acknowledged at all');
      return `${KILLS} kills, ${writer.acknowledged.length} acknowledged, 0 lost`;
    },
  },
  {
    name: 'SIGSTOP of the platform for longer than its leases',
    async run(dataDir) {
      const platform = await served({ dataDir });
      const writer = startWriting(dataDir, () => platform.url);
      await sleep(500);
      platform.kill('SIGSTOP');
      await sleep(STOPPED_MS);
      platform.kill('SIGCONT');
      const seconds = await untilReady(platform);
      await sleep(500);
      await writer.stop();
      await end(platform);
      const lost = await lostOf(dataDir, writer.acknowledged);
      must(lost.length === 0, `lost or twice: ${lost.slice(0, 5).join(', ')}`);
      return `ready ${seconds} s after ${STOPPED_MS / 1_000} s; ${writer.acknowledged.length} acknowledged, 0 lost`;
    },
  },
  {
    name: 'SIGKILL of the chain',
    async run(dataDir) {
      const platform = await served({ dataDir });
      try {
        const pids = platform.chainPids();
        if (pids.length === 0) throw new CannotTry('its processes cannot be found (/proc)');
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        await eventually('another chain', () =>
          platform.chainPids().some((pid) => !pids.includes(pid)) ? true : undefined,
        );
        return `ready again ${await untilReady(platform)} s after its new start`;
      } finally {
        await end(platform);
      }
    },
  },
  {
    name: 'SIGSTOP of the chain',
    isLong: true,
    async run(dataDir) {
      const platform = await served({ dataDir });
      const pids = platform.chainPids();
      try {
        if (pids.length === 0) throw new CannotTry('its processes cannot be found (/proc)');
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        const status = await register(dataDir, platform.url, 'aggregator:WHILE');
        must(status === 201 || status === 200, `a registration was answered with ${status}`);
        for (const pid of pids) process.kill(pid, 'SIGCONT');
        return `registrations go on meanwhile; ready ${await untilReady(platform)} s after`;
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
        await end(platform);
      }
    },
  },
  {
    name: 'a port that somebody else has',
    async run(dataDir) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const { ended, complaints } = launch({ dataDir, args: ['--port', `${port}`] });
      const code = await ended;
      server.close();
      must(code !== 0 && complaints().includes(`${port}`), `exit ${code}: ${complaints()}`);
      const lines = complaints().trim().split('\n').length;
      must(lines <= 3, `${lines} lines for one reason`);
      return `exit code ${code}, the port named in ${lines} line`;
    },
  },
  {
    name: 'little memory, and bodies that want much of it',
    async run(dataDir) {
      const platform = await served({ dataDir, nodeOptions: ['--max-old-space-size=160'] });
      try {
        const body = `{"party":"aggregator:${'x'.repeat(20_000_000)}"}`;
        const headers = { 'content-type': 'application/json' };
        const sent = 24;
        const statuses = await Promise.all(
          Array.from({ length: sent }, () =>
            statusOf(`${platform.url}/api/v1/parties`, { method: 'POST', headers, body }, 30_000),
          ),
        );
        must(
          statuses.every((status) => status === 0 || (status >= 400 && status < 500)),
          `answered with ${[...new Set(statuses)].join(', ')}`,
        );
        const seconds = await untilReady(platform);
        const status = await register(dataDir, platform.url, 'aggregator:AFTER');
        must(status === 201 || status === 200, `afterwards a party is answered with ${status}`);
        return `${sent} bodies of 20 MB refused in a heap of 160 MB, ready after ${seconds} s`;
      } finally {
        await end(platform);
      }
    },
  },
];
