import { MTU_MS } from '@flexledger/domain';
import { wallClock } from '@flexledger/runtime';
import type { BenchWish } from '../bench';
import { inTemporaryFolder } from '../leave-nothing';
import { runApart } from '../run-apart';
import type { Load, LoadAnswered } from './generate-load';
import type { Ingested } from './serve-ingest';

/** One load of `flexledger bench ingest`: packets of nodes, by MQTT into a durable log and answered. */
export interface IngestBench {
  /** Offered a second; null where each message waits for answers to those before. */
  readonly offeredPerSecond: number | null;
  /** Packets in one MQTT message. */
  readonly together: number;
  readonly packets: number;
  readonly packetsPerSecond: number;
  /** From the publication of a packet to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same without what was answered in the first two seconds of the platform's process. */
  readonly steadyP99Ms: number;
  /** Of the log, with its indexes. */
  readonly bytesPerPacket: number;
  /** In the archive of closed months, with signature, hash and index. */
  readonly archivedBytesPerPacket: number;
  /** Most memory of the process of broker, access layer and log. */
  readonly peakMb: number;
  /** Of that process, by packet. */
  readonly cpuMicrosPerPacket: number;
  /** Of the process of the nodes, by packet; it has the same machine. */
  readonly generatorCpuMicrosPerPacket: number;
}

const NODES = 500;
/** Of the whole of Rome: 1,600,000 PoDs in a quarter-hour. */
const CITY_PER_SECOND = 1_778;
const DEFAULT_SECONDS = 10;
/** Signed beforehand for each second of the first load. */
const MOST_PER_SECOND = 14_000;

/** Takes packets in as fast as it can, twenty a message; then those of a city, one a message. */
export async function benchIngest(
  onResult: (result: IngestBench) => void,
  { seconds = DEFAULT_SECONDS }: BenchWish,
): Promise<{ readonly results: readonly IngestBench[] }> {
  const loads = [
    { together: 20, packets: MOST_PER_SECOND * seconds },
    { together: 1, packets: CITY_PER_SECOND * seconds, perSecond: CITY_PER_SECOND },
  ];
  const results: IngestBench[] = [];
  for (const load of loads) {
    const result = await benchLoad(load);
    results.push(result);
    onResult(result);
  }
  return { results };
}

function benchLoad(wanted: Pick<Load, 'together' | 'packets' | 'perSecond'>): Promise<IngestBench> {
  return inTemporaryFolder(async (folder) => {
    const quarterHours = Math.ceil(wanted.packets / NODES) + 1;
    const nowMs = wallClock.nowMs();
    const firstMtuMs = Math.floor(nowMs / MTU_MS) * MTU_MS - quarterHours * MTU_MS;
    const load: Load = { ...wanted, nodes: NODES, firstMtuMs };
    const run = await runApart<Ingested<LoadAnswered>>(`${__dirname}/ingest-child`, [
      folder,
      JSON.stringify(load),
    ]);
    if (!run) throw new Error('Taking the packets in took more than ten minutes.');
    const { answer, recorded, logBytes, archivedBytesPerPacket, cpuSeconds } = run.answer;
    const { packets, seconds, p50Ms, p99Ms, steadyP99Ms } = answer;
    if (recorded !== packets) {
      throw new Error(`The log holds ${recorded} measurements of ${packets} that were answered.`);
    }
    return {
      offeredPerSecond: wanted.perSecond ?? null,
      together: wanted.together,
      packets,
      packetsPerSecond: Math.round(packets / seconds),
      p50Ms,
      p99Ms,
      steadyP99Ms,
      bytesPerPacket: Math.round(logBytes / packets),
      archivedBytesPerPacket: Math.round(archivedBytesPerPacket),
      peakMb: run.peakMb,
      cpuMicrosPerPacket: Math.round((cpuSeconds * 1e6) / packets),
      generatorCpuMicrosPerPacket: Math.round((answer.cpuSeconds * 1e6) / packets),
    };
  });
}
