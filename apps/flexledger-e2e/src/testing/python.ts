import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type VirtualClock, isoNow, msFromIso, sleep } from '@flexledger/runtime';

/** The Python that runs the examples: `EXAMPLES_PYTHON` names one that has their packages. */
export const PYTHON = process.env['EXAMPLES_PYTHON'] ?? 'python3';

/** Whether it is there, with the packages that the examples need. */
export const hasPython =
  spawnSync(PYTHON, ['-c', 'import paho.mqtt.client, cryptography']).status === 0;

/** The same, with a broker for what stands in for the access layer. */
export const hasPythonBroker =
  hasPython && spawnSync(PYTHON, ['-c', 'import amqtt.broker']).status === 0;

/** Where the examples are. */
export const EXAMPLES = path.resolve(__dirname, '../../../../docs/examples/python');

/**
 * Runs a program of `docs/examples/python` at the pace of a test's clock, which goes on to wherever the
 * program waits for.
 *
 * @param work lets the market follow up what the program did
 * @returns what it said, line by line
 */
export async function runPaced(
  program: string,
  args: readonly string[],
  clock: VirtualClock,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const called = [path.join(EXAMPLES, program), ...args, '--pace', isoNow(clock)];
  const child = spawn(PYTHON, called);
  try {
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const said: string[] = [];
    let waitsUntil: string | undefined;
    createInterface(child.stdout).on('line', (line) => {
      const [, instant] = /^until (.*)$/.exec(line) ?? [];
      if (instant) waitsUntil = instant;
      else said.push(line);
    });
    const ended = once(child, 'exit');
    while (child.exitCode === null && child.signalCode === null) {
      await work();
      if (waitsUntil) {
        const at = msFromIso(waitsUntil);
        waitsUntil = undefined;
        await clock.advanceTo(Math.max(at, clock.nowMs()), work);
        await work();
        child.stdin.write('\n');
      }
      await sleep(10);
    }
    await ended;
    expect({ code: child.exitCode, errors }).toEqual({ code: 0, errors: '' });
    return said;
  } finally {
    child.kill('SIGKILL');
  }
}
