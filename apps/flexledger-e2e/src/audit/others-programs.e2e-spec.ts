/**
 * Programs of other projects on our log: litewitness cosigns in the place of our witness, and an audit whose trust
 * file names it asks for it; torchwood's client of transparency logs follows the served tiles.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TrustPolicy } from '@flexledger/audit';
import { auditLog, exportTrust } from '@flexledger/audit-cli';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  NOTE_KEY_TYPES,
  cosignedAtS,
  parseCheckpoint,
  parseVerifierKey,
} from '@flexledger/merkle-log';
import { VirtualClock } from '@flexledger/runtime';
import type { ServedWhole } from '../testing/whole-platform';
import { type Litewitness, programOf, startLitewitness, whyNoProgram } from './testing/litewitness';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { sealNews, serveReleasedDay } from './testing/served-released-day';
import { checkOf, failing } from './testing/simulated-day';

const HOUR_MS = 3_600_000;
const NEWS = ['IT002E60009901', 'IT002E60009902', 'IT002E60009903'];

let day: ReleasedDay;
let trust: TrustPolicy;
let clock: VirtualClock;
let problems: string[];

beforeAll(async () => {
  day = unpackReleasedDay('0.1.0');
  trust = await exportTrust({ dataDir: day.dataDir });
  clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
  problems = [];
});
afterAll(() => day.remove());

const serve = (witnesses: readonly Litewitness[]): Promise<ServedWhole> =>
  serveReleasedDay(
    day,
    clock,
    { witnesses: witnesses.map(({ url, key }) => ({ url, key })) },
    (problem) => void problems.push(problem),
  );

/** @returns the last checkpoint as it is served */
async function lastCheckpoint({ url }: ServedWhole): Promise<string> {
  return (await fetch(`${url}/api/v1/log/checkpoint`)).text();
}

const noWitness = whyNoProgram('litewitness');
(noWitness ? describe.skip : describe)(
  noWitness ? `litewitness: SKIPPED, ${noWitness}` : 'litewitness in the place of our witness',
  () => {
    let witness: Litewitness;
    let asked: TrustPolicy;
    beforeAll(async () => {
      witness = await startLitewitness(trust);
      asked = { ...trust, witnesses: { quorum: 1, keys: [witness.key] } };
    });
    afterAll(() => witness.close());

    it('cosigns each checkpoint as it is sealed, by proofs of what it had seen', async () => {
      const served = await serve([witness]);
      try {
        const key = parseVerifierKey(sha256, witness.key, NOTE_KEY_TYPES.cosignature);
        for (const podId of NEWS) {
          await sealNews(served, podId);
          const checkpoint = parseCheckpoint(await lastCheckpoint(served));
          expect(cosignedAtS(sha256, checkpoint, key, verifyEd25519)).toBeGreaterThan(0);
        }
      } finally {
        await served.close();
      }
      expect(problems).toEqual([]);
    });

    it('makes the quorum that an audit asks for', async () => {
      const report = await auditLog({ dataDir: day.dataDir, trust: asked });
      expect(failing(report)).toEqual([]);
      expect(report.notExcluded.join()).not.toContain('no witness is asked for');
    });

    it('is missed where it has not seen what was sealed since', async () => {
      const served = await serve([]);
      try {
        await sealNews(served, 'IT002E60009904');
        await clock.advanceTo(clock.nowMs() + 2 * HOUR_MS);
        await sealNews(served, 'IT002E60009905');
      } finally {
        await served.close();
      }
      expect(failing(await auditLog({ dataDir: day.dataDir, trust }))).toEqual([]);
      const report = await auditLog({ dataDir: day.dataDir, trust: asked });
      expect(failing(report)).toEqual(['trust']);
      expect(checkOf(report, 'trust').failures[0]!.reason).toContain(
        '1 of the witnesses trusted have not seen',
      );
    });
  },
);

const noClient = whyNoProgram('tlog-client');
(noClient ? describe.skip : describe)(
  noClient ? `a client of others: SKIPPED, ${noClient}` : 'a transparency-log client of others',
  () => {
    let served: ServedWhole;
    beforeAll(async () => {
      served = await serve([]);
      await sealNews(served, 'IT002E60009906');
    });
    afterAll(() => served.close());

    /** What the client says of a log; of what it has seen before, size and root. */
    const follow = (url: string, ...seen: readonly string[]) =>
      run(programOf('tlog-client'), [`${url}/api/v1/log`, trust.logKey, ...seen]);

    it('reads the checkpoint and every entry by our tiles', async () => {
      const { status, stdout } = await follow(served.url);
      expect(status).toBe(0);
      const hashes: string[] = [];
      for await (const { hash } of served.platform.store.readAll()) hashes.push(hash);
      const { size, entries } = JSON.parse(stdout) as Followed;
      // More than two tiles, the last of them partial.
      expect(size).toBeGreaterThan(512);
      expect(size % 256).toBeGreaterThan(0);
      expect(entries).toEqual(hashes.slice(0, size));
    });

    it('goes on from a tree that it has seen, and not from another', async () => {
      const before = JSON.parse((await follow(served.url)).stdout) as Followed;
      await sealNews(served, 'IT002E60009907');
      const after = await follow(served.url, `${before.size}`, before.root);
      expect((JSON.parse(after.stdout) as Followed).size).toBeGreaterThan(before.size);
      const forked = await follow(served.url, `${before.size - 1}`, before.root);
      expect(forked).toMatchObject({ status: 1, stdout: '' });
    });

    it('refuses an entry that was changed on its way', async () => {
      const liar = await changedEntries(served.url);
      try {
        const { status, stderr } = await follow(liar.url);
        expect(status).toBe(1);
        expect(stderr).toContain('hash mismatch for entry 256');
      } finally {
        liar.close();
      }
    });
  },
);

interface Followed {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly entries: readonly string[];
}

async function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => (told.stdout += String(part)));
  child.stderr.on('data', (part) => (told.stderr += String(part)));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...told };
}

/** The same log, but for a bit of the first entry of its second tile. */
async function changedEntries(url: string) {
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '/';
      const answer = await fetch(`${url}${path}`);
      const body = new Uint8Array(await answer.arrayBuffer());
      if (path.endsWith('/tile/entries/001')) body[2]! ^= 1;
      response.writeHead(answer.status).end(body);
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
