import { spawn } from 'node:child_process';

/** What a measurement in a process of its own gave. */
export interface RunApart<Answer> {
  readonly answer: Answer;
  /** Most memory the process held, MB of 2^20 bytes. */
  readonly peakMb: number;
}

const HEAP_MB = 8_000;

/**
 * Runs a measurement in a process of its own, so that its memory is its own too. The script calls
 * `answerApart` with its result.
 *
 * @returns undefined when it took longer than `timeoutMs` and was ended
 * @throws Error with what the process said, when it failed
 */
export async function runApart<Answer>(
  script: string,
  args: readonly string[],
  timeoutMs = 600_000,
): Promise<RunApart<Answer> | undefined> {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, require.resolve(script), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (late) return undefined;
  if (code !== 0) throw new Error(`A measurement failed (${code}): ${complaint.slice(0, 2_000)}`);
  return JSON.parse(output) as RunApart<Answer>;
}

/** Ends a measurement's process with its result. */
export function answerApart(answer: object): void {
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(JSON.stringify({ answer, peakMb }));
}
