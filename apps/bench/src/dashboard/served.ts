/** A platform that is served for a bench, and gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '@flexledger/service-kit';
import { undoOnSignal } from '../leave-nothing';

export interface Served {
  /** `http://127.0.0.1:43121` */
  readonly url: string;
  close(): Promise<void>;
}

const HEAP_MB = 8_000;
/** 1,600,000 registrations are folded into the read models before the first answer. */
const SERVED_WITHIN_MS = 1_800_000;

/** Runs a command that serves, in a process of its own; resolves once it answers. */
export async function serve(command: readonly string[]): Promise<Served> {
  const bin = path.join(repositoryRoot(), 'apps/flexledger/bin/flexledger.js');
  const args = [`--max-old-space-size=${HEAP_MB}`, bin, ...command, '--json', '--port', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = (): void => void child.kill('SIGKILL');
  const forget = undoOnSignal(end);
  try {
    const url = await addressOf(child);
    await answers(url);
    return {
      url,
      async close() {
        child.kill('SIGTERM');
        await new Promise((resolve) => child.once('close', resolve));
        forget();
      },
    };
  } catch (error) {
    end();
    forget();
    throw error;
  }
}

/** The address that it tells on a line of JSON. */
async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const told = /"(http:\/\/[^"]+?)\/?"/.exec(line)?.[1];
    if (told !== undefined) {
      child.stdout!.resume();
      return told;
    }
  }
  throw new Error('The platform ended before it said where it answers.');
}

/** It answers 503 as long as it simulates. */
async function answers(url: string): Promise<void> {
  const untilMs = performance.now() + SERVED_WITHIN_MS;
  while (performance.now() < untilMs) {
    const response = await fetch(`${url}/api/v1/status`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`The platform did not answer within ${SERVED_WITHIN_MS / 1_000} s.`);
}
