/** `flexledger bench streams`: what the log publishes to Kafka and how fast it is followed, with one node and with three. */
import { provisionKafka, startKafka, whyNoKafka } from '@flexledger/kafka-publisher';
import { inTemporaryFolder, undoOnSignal } from '../leave-nothing';
import { runApart } from '../run-apart';
import type { StreamsFigures, StreamsOpening } from './streams-child';
import type { BenchWish } from '../bench';

/** A cluster on this machine, or why it was not measured. */
export type StreamsBench =
  | ({ readonly cluster: string; readonly peakMb: number } & StreamsFigures)
  | { readonly cluster: string; readonly skipped: string };

const SECONDS = 3;
const RUN_TIMEOUT_MS = 600_000;
const SIZES = [1, 3] as const;
/** Whom the topics are for. */
const BENCH_AGGREGATOR = 'bench';

/** Measures each cluster in turn; the client is a process of its own. */
export async function benchStreams(
  onResult: (result: object) => void,
  { seconds = SECONDS }: BenchWish,
): Promise<{ readonly results: readonly StreamsBench[] }> {
  const results: StreamsBench[] = [];
  for (const size of SIZES) {
    const result = await benched(size, seconds);
    onResult(result);
    results.push(result);
  }
  return { results };
}

async function benched(size: (typeof SIZES)[number], seconds: number): Promise<StreamsBench> {
  const cluster = size === 1 ? 'Kafka, one node' : `Kafka, ${size} nodes, ${size} copies`;
  const skipped = whyNoKafka(size);
  if (skipped !== undefined) return { cluster, skipped };
  const reader = `aggregator.${BENCH_AGGREGATOR}`;
  const kafka = await startKafka(['flexledger', reader], size, []);
  const forget = undoOnSignal(() => void kafka.close());
  try {
    await provisionKafka({
      kafka: kafka.settings('operator'),
      aggregatorIds: [BENCH_AGGREGATOR],
      publisher: 'flexledger',
      partitions: 6,
      copies: size,
      acls: true,
    });
    return await inTemporaryFolder(async (folder) => {
      const opening: StreamsOpening = {
        folder,
        publisher: kafka.settings('flexledger'),
        reader: kafka.settings(reader),
        stranger: kafka.settings('operator'),
      };
      const args = [JSON.stringify(opening), String(seconds)];
      const run = await runApart<StreamsFigures>(
        `${__dirname}/streams-child`,
        args,
        RUN_TIMEOUT_MS,
      );
      if (!run) return { cluster, skipped: `it took more than ${RUN_TIMEOUT_MS / 1e3} s` };
      return { cluster, ...run.answer, peakMb: run.peakMb };
    });
  } finally {
    forget();
    await kafka.close();
  }
}
