/**
 * A platform's process as the driver holds it: asked one thing at a time, killed on purpose, and started
 * anew when it is gone, whereupon it is asked again what it had not answered.
 */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { PlatformName } from '../config/config';
import type { DriveAnswer, DriveRequest, DriveState, OpenRequest } from './messages';

export interface PlatformChild {
  readonly name: PlatformName;
  /** As the last answer said; nothing before the first. */
  state(): DriveState;
  /** Resolves with the answer, of whatever life of the process. @throws Error with its reason */
  ask(message: DriveRequest): Promise<DriveState>;
  /** Ends the process as a power cut does; it is started anew. */
  kill(): void;
  /** Lives that it has had. */
  lives(): number;
  close(): Promise<void>;
}

interface Waiting {
  readonly message: DriveRequest;
  readonly resolve: (state: DriveState) => void;
  readonly reject: (error: Error) => void;
}

/** More lives than kills are asked for: a process that ends by itself at once is not started for ever. */
const MOST_LIVES = 10;

/**
 * Starts one.
 *
 * @param open how it is opened now; asked again for every new life, since time goes on
 */
export function startPlatformChild(
  name: PlatformName,
  open: () => OpenRequest,
  onProblem: (problem: string) => void,
): PlatformChild {
  let child: ChildProcess;
  let lives = 0;
  let last: DriveState = { next: null, head: -1, used: { cpuUs: 0, rssBytes: 0 } };
  let isClosing = false;
  let failed: Error | undefined;
  let sequence = 0;
  const waiting = new Map<number, Waiting>();

  function begin(): void {
    lives += 1;
    child = fork(path.join(__dirname, 'platform-process.js'), { stdio: ['ignore', 2, 2, 'ipc'] });
    child.on('message', (answer: DriveAnswer) => take(answer));
    child.once('exit', (code, signal) => {
      if (isClosing) return;
      if (lives >= MOST_LIVES)
        return fail(new Error(`${name} ended ${lives} times (${signal ?? code})`));
      // Whatever was not answered is asked again; the request to open comes first.
      const unanswered = [...waiting.values()].filter(({ message }) => message.kind !== 'open');
      waiting.clear();
      begin();
      for (const one of unanswered) send(one);
    });
    send({ message: open(), resolve: () => {}, reject: fail });
  }

  function fail(error: Error): void {
    failed = new Error(`${name}: ${error.message}`);
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
  }

  function send(one: Waiting): void {
    const id = sequence++;
    waiting.set(id, one);
    // A process that is just ending takes nothing; its end has everything sent again.
    child.send({ id, message: one.message }, () => {});
  }

  function take(answer: DriveAnswer): void {
    if ('problem' in answer) return onProblem(`${name}: ${answer.problem}`);
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!asked) return;
    if ('error' in answer) return asked.reject(new Error(`${name}: ${answer.error}`));
    last = answer.state;
    asked.resolve(answer.state);
  }

  begin();
  return {
    name,
    state: () => last,
    ask: (message) =>
      new Promise((resolve, reject) => {
        if (failed) reject(failed);
        else send({ message, resolve, reject });
      }),
    kill: () => void child.kill('SIGKILL'),
    lives: () => lives,
    async close() {
      isClosing = true;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      if (child.exitCode === null && child.signalCode === null) {
        await this.ask({ kind: 'close' }).catch((error: Error) => onProblem(error.message));
        child.kill();
        await ended;
      }
    },
  };
}
