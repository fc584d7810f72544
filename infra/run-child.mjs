import { execFileSync } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @returns what it printed
 * @throws Error with all that it said, where it fails
 */
export function run(command, args, cwd) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { status, signal, stdout, stderr, message } = error;
    const how = status === null ? (signal ?? message) : `exit code ${status}`;
    throw new Error(`${[command, ...args].join(' ')} fails (${how}):\n${stdout}${stderr}`);
  }
}
