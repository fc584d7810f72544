/** Processes that are started to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts a process and waits for the first thing that it says.
 *
 * @param what it is, for the error: `The platform`
 * @throws Error with what it complained of where it ends before
 */
export async function startedOf(
  what: string,
  command: string,
  args: readonly string[],
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', (code) =>
      reject(new Error(`${what} did not start (${code}): ${complaint.slice(0, 2_000)}`)),
    );
  });
  return child;
}

/** Kills it so that it can put nothing in order. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}
