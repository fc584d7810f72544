/** A day whose log stands behind KurrentDB's protocol comes to the same as one on the embedded log, and audits. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { auditLog } from '@flexledger/audit-cli';
import { type SimulatedDay, simulateDay, startServedLog, writersClock } from '@flexledger/composer';
import { businessDigest } from '@flexledger/domain';
import { type EventStore, logFile, openLog, openSqliteEventStore } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';

const folder = mkdtempSync(path.join(tmpdir(), 'day-over-grpc-'));
const at = (name: string): string => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function simulate(name: string, logUrl?: string): Promise<SimulatedDay> {
  return simulateDay({
    pods: 2,
    date: '2026-03-17',
    seed: 5,
    grid: 'ieee33',
    dataDir: at(name),
    rules: loadRulePack('platone'),
    ...(logUrl === undefined ? {} : { logUrl }),
    progress: { update: () => undefined, end: () => undefined },
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
}

async function digestOf(log: EventStore): Promise<string> {
  try {
    return (await businessDigest(sha256, log.readAll())).digest;
  } finally {
    await log.close();
  }
}

it('has the same business digest, the same hashes, and holds in an audit over the wire', async () => {
  const embedded = await simulate('embedded');
  const clock = writersClock();
  const log = openSqliteEventStore({ path: at('served.sqlite'), clock });
  const served = await startServedLog({
    log,
    setting: { host: '127.0.0.1', port: 0 },
    keys: { chainKey: '', checkpointKey: '', brokerSecret: 'secret' },
    localAppends: true,
    onRecordedAt: clock.heard,
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  try {
    const overGrpc = await simulate('over-grpc', served.address);
    expect(overGrpc).toEqual(embedded);
    const url = served.address;
    expect(await digestOf(await openLog({ dataDir: folder, url }, { clock: wallClock }))).toBe(
      await digestOf(
        openSqliteEventStore({
          path: logFile(at('embedded')),
          clock: wallClock,
          readOnly: true,
        }),
      ),
    );
    const report = await auditLog({ dataDir: at('over-grpc'), logUrl: url });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.ok).toBe(true);
    await expect(simulate('again', url)).rejects.toThrow(/holds events already; name an empty one/);
  } finally {
    await served.close();
    await log.close();
  }
});
