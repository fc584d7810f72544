import { spawn } from 'node:child_process';
import { undoOnSignal } from './leave-nothing';

/** What a measurement in a process of its own gave. */
export interface RunApart<Answer> {
  readonly answer: Answer;
  /** Most memory the process held, MB of 2^20 bytes. */
  readonly peakMb: number;
}

/** How a process ended. */
export interface ProcessEnd {
  /** It took too long and was ended. */
  readonly late: boolean;
  /** Exit code; null when a signal ended it, or when there is no such command. */
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

const HEAP_MB = 8_000;
const RUN_TIMEOUT_MS = 600_000;

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
  timeoutMs = RUN_TIMEOUT_MS,
): Promise<RunApart<Answer> | undefined> {
  const node = [`--max-old-space-size=${HEAP_MB}`, require.resolve(script), ...args];
  const { late, code, output, complaint } = await runToEnd(process.execPath, node, { timeoutMs });
  if (late) return undefined;
  if (code !== 0) throw new Error(`A measurement failed (${code}): ${complaint.slice(0, 2_000)}`);
  // A peer may have said something before.
  return JSON.parse(output.slice(output.lastIndexOf('\n') + 1)) as RunApart<Answer>;
}

/** How a command is run. */
export interface RunOptions {
  readonly timeoutMs: number;
  readonly folder?: string;
  /** What it reads from its standard input; nothing when absent. */
  readonly input?: string;
}

/** Runs a command and what it starts; nothing of it outlives this process or the time limit. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  { timeoutMs, folder, input = '' }: RunOptions,
): Promise<ProcessEnd> {
  // The leader of a group of its own, so that its children can be ended with it.
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: process.env,
    detached: process.platform !== 'win32',
    ...(folder && { cwd: folder }),
  });
  const end = (): void => endGroup(child.pid);
  const forget = undoOnSignal(end);
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.on('error', (error) => (complaint += error.message));
  child.stdin.on('error', () => undefined); // it has ended without reading
  child.stdin.end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  forget();
  return { late, code, output, complaint };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** Ends a measurement's process with its result: the last line of its output. */
export function answerApart(answer: object): void {
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(`\n${JSON.stringify({ answer, peakMb })}`);
}
