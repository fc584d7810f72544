import os from 'node:os';
import { BENCHES, type BenchName } from './bench-names';
import type { ProcessEnd } from './run-apart';

/** What a bench gave among all of them: its answer, or why there is none. */
export type BenchOfAll = {
  readonly name: BenchName;
  /** Wall time, peers' included. */
  readonly seconds: number;
} & ({ readonly answer: Readonly<Record<string, unknown>> } | { readonly problem: string });

/** All benches in one run, and on what. */
export interface AllBenches {
  readonly machine: {
    readonly processors: number;
    readonly processor: string;
    readonly memoryMb: number;
    readonly node: string;
    /** Of the last minute, before anything was measured: above 0.5 the figures are of a busy machine. */
    readonly loadBefore: number;
  };
  readonly benches: readonly BenchOfAll[];
}

/**
 * Runs every bench, one after another, each in a process of its own: none meets the memory that another left,
 * and one that fails takes none with it.
 *
 * @param run a bench as a command that prints its JSON
 */
export async function benchAll(
  run: (name: BenchName) => Promise<ProcessEnd>,
  onResult: (result: BenchOfAll) => void,
): Promise<AllBenches> {
  const machine = {
    processors: os.cpus().length,
    processor: os.cpus()[0]?.model ?? 'unknown',
    memoryMb: Math.round(os.totalmem() / 1024 ** 2),
    node: process.version,
    loadBefore: Number(os.loadavg()[0]!.toFixed(2)),
  };
  const benches: BenchOfAll[] = [];
  for (const { name } of BENCHES) {
    const startedMs = performance.now();
    const end = await run(name);
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const result: BenchOfAll = { name, seconds, ...outcomeOf(end) };
    benches.push(result);
    onResult(result);
  }
  return { machine, benches };
}

const COMPLAINT_LENGTH = 2_000;

function outcomeOf({
  late,
  code,
  output,
  complaint,
}: ProcessEnd): { answer: Record<string, unknown> } | { problem: string } {
  if (late) return { problem: 'It took too long and was ended.' };
  if (code !== 0) {
    return { problem: `It ended with ${code}: ${complaint.slice(-COMPLAINT_LENGTH).trim()}` };
  }
  try {
    return { answer: JSON.parse(output) as Record<string, unknown> };
  } catch {
    return { problem: `Its output is no JSON: ${output.slice(0, COMPLAINT_LENGTH)}` };
  }
}
