/**
 * `flexledger-node --fleet 1000` as it is shipped: a thousand nodes enrol in one process and begin with a backlog, and all of
 * it stands in the log. Prints what memory and processor time that took; the clock is the machine's.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { podIdOf } from '@flexledger/domain';
import { stringify } from 'yaml';
import { type BuiltCli, buildCli } from '../command-line/built-cli';
import { packetsInLog, serveAggregator } from './served-aggregator';

const NODES = 1_000;
const BACKLOG = 8;
const AT_ONCE = 20;
/** Most of it a thousand PoDs are registered and invited, each by itself. */
const PATIENCE_MS = 900_000;
const onLinux = process.platform === 'linux' ? it : it.skip;

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-fleet-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

/** What a process has had in memory at most, MB, and the processor time it took, s. */
function costOf(pid: number): { readonly memoryMb: number; readonly cpuS: number } {
  const [, peakKb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const ticks = Number(stat[11]) + Number(stat[12]);
  return { memoryMb: Math.round(Number(peakKb) / 1_024), cpuS: ticks / 100 };
}

onLinux(
  'a thousand nodes enrol, and every packet that they begin with stands in the log once',
  async () => {
    const inFolder = (name: string): string => path.join(folder, name);
    const aggregator = await serveAggregator(cli, { dataDir: inFolder('data'), mqtt: { port: 0 } });
    const pods = Array.from({ length: NODES }, (_, index) => podIdOf(index));
    const lines: string[] = [];
    for (let at = 0; at < NODES; at += AT_ONCE) {
      const some = pods.slice(at, at + AT_ONCE);
      await Promise.all(some.map((podId) => aggregator.addPod(podId)));
      const invited = some.map(async (podId) => `${podId},${await aggregator.invite(podId)}`);
      lines.push(...(await Promise.all(invited)));
    }
    writeFileSync(inFolder('tokens.csv'), lines.join('\n'));
    mkdirSync(inFolder('fleet'));
    const platform = { url: aggregator.url, tokensFile: inFolder('tokens.csv') };
    const config = { folder: inFolder('fleet'), platform, backlogQuarterHours: BACKLOG };
    writeFileSync(inFolder('fleet.yaml'), stringify(config));
    const args = ['--config', inFolder('fleet.yaml'), '--fleet', `${NODES}`, '--json'];
    const fleet = cli.startNode({}, ...args);
    const said = await fleet.said('"answered":true');
    expect(said).toContain(`{"nodes":${NODES},"enrolled":${NODES}}`);
    const { memoryMb, cpuS } = costOf(fleet.pid);
    process.stdout.write(
      `${NODES} nodes, ${NODES * BACKLOG} packets: ${memoryMb} MB at most, ${cpuS} s of processor time.\n`,
    );
    fleet.kill('SIGTERM');
    expect((await fleet.ended).code).toBe(0);
    aggregator.running.kill('SIGTERM');
    await aggregator.running.ended;
    const { recorded, refused } = await packetsInLog(inFolder('data'));
    expect(refused).toEqual([]);
    const sequencesOf = new Map<string, number[]>();
    for (const { podId, sequence } of recorded) {
      sequencesOf.set(podId, [...(sequencesOf.get(podId) ?? []), sequence]);
    }
    expect([...sequencesOf.keys()].sort()).toEqual(pods.toSorted());
    for (const sequences of sequencesOf.values()) {
      expect(sequences.length).toBeGreaterThanOrEqual(BACKLOG);
      expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index));
    }
  },
  PATIENCE_MS,
);
