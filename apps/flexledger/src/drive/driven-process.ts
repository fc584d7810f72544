/**
 * A process that a driver of simulated days holds: asked one thing at a time, killed on purpose, and started
 * anew when it is gone, whereupon it is asked again what it had not answered. None of what it is asked may do
 * harm twice.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { messageOf, stopwatch } from '@flexledger/runtime';

/** What a driver asks, by kind; `open` comes first in every life. */
interface Request {
  readonly kind: string;
}

interface Numbered<Message> {
  readonly id: number;
  readonly message: Message;
}

type Answer<State> =
  | { readonly id: number; readonly state: State }
  | { readonly id: number; readonly error: string }
  /** Something went wrong and will be tried again or was refused. */
  | { readonly problem: string };

export interface DrivenProcess<Asked extends Request, State> {
  readonly name: string;
  /** Resolves with the answer, of whatever life of the process. @throws Error with its reason */
  ask(message: Asked): Promise<State>;
  /** Ends the process as a power cut does; it is started anew. */
  kill(): void;
  /** Lives that it has had. */
  lives(): number;
  /** How long it was gone: ended, and its next life not open yet; ms of the machine. */
  goneMs(): number;
  close(): Promise<void>;
}

export interface DrivenProcessOptions<Asked extends Request> {
  readonly name: string;
  /** The compiled file that it runs. */
  readonly file: string;
  /** Its folder; the driver's own where absent. */
  readonly cwd?: string;
  /** How it is opened now; asked again for every new life, since time goes on. */
  readonly open: () => Asked;
  /** How it is asked to end by itself. */
  readonly closing: Asked;
  readonly onProblem: (problem: string) => void;
}

interface Waiting<Asked, State> {
  readonly message: Asked;
  readonly resolve: (state: State) => void;
  readonly reject: (error: Error) => void;
}

/** More lives than kills are asked for: a process that ends by itself at once is not started for ever. */
const MOST_LIVES = 10;

/** Starts one. */
export function startDrivenProcess<Asked extends Request, State>(
  options: DrivenProcessOptions<Asked>,
): DrivenProcess<Asked, State> {
  const { name, file, cwd, open, closing, onProblem } = options;
  let child: ChildProcess;
  let lives = 0;
  let goneMs = 0;
  let goneSinceMs: number | undefined;
  let isClosing = false;
  let failed: Error | undefined;
  let sequence = 0;
  const waiting = new Map<number, Waiting<Asked, State>>();

  function begin(): void {
    lives += 1;
    child = fork(file, { stdio: ['ignore', 2, 2, 'ipc'], ...(cwd !== undefined && { cwd }) });
    child.on('message', (answer: Answer<State>) => take(answer));
    child.once('exit', (code, signal) => {
      if (isClosing) return;
      goneSinceMs ??= stopwatch.nowMs();
      if (lives >= MOST_LIVES)
        return fail(new Error(`${name} ended ${lives} times (${signal ?? code})`));
      // Whatever was not answered is asked again; the request to open comes first.
      const unanswered = [...waiting.values()].filter(({ message }) => message.kind !== 'open');
      waiting.clear();
      begin();
      for (const one of unanswered) send(one);
    });
    send({ message: open(), resolve: isOpen, reject: fail });
  }

  const goneNowMs = (): number => (goneSinceMs === undefined ? 0 : stopwatch.nowMs() - goneSinceMs);

  function isOpen(): void {
    goneMs += goneNowMs();
    goneSinceMs = undefined;
  }

  function fail(error: Error): void {
    failed = new Error(`${name}: ${error.message}`);
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
  }

  function send(one: Waiting<Asked, State>): void {
    const id = sequence++;
    waiting.set(id, one);
    // A process that is just ending takes nothing; its end has everything sent again.
    child.send({ id, message: one.message }, () => {});
  }

  function take(answer: Answer<State>): void {
    if ('problem' in answer) return onProblem(`${name}: ${answer.problem}`);
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!asked) return;
    if ('error' in answer) return asked.reject(new Error(`${name}: ${answer.error}`));
    asked.resolve(answer.state);
  }

  const ask = (message: Asked): Promise<State> =>
    new Promise((resolve, reject) => {
      if (failed) reject(failed);
      else send({ message, resolve, reject });
    });
  begin();
  return {
    name,
    ask,
    kill: () => void child.kill('SIGKILL'),
    lives: () => lives,
    goneMs: () => goneMs + goneNowMs(),
    async close() {
      isClosing = true;
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      if (child.exitCode === null && child.signalCode === null) {
        await ask(closing).catch((error: Error) => onProblem(error.message));
        child.kill();
        await ended;
      }
    },
  };
}

/** The other end, in the process that is driven: one request at a time, in the order in which they come. */
export function answerDriver<Asked extends Request, State>(
  carryOut: (message: Asked) => Promise<State>,
): { readonly tell: (problem: string) => void } {
  const say = (answer: Answer<State>): void => void process.send?.(answer);
  let turn: Promise<void> = Promise.resolve();
  process.on('message', ({ id, message }: Numbered<Asked>) => {
    turn = turn.then(async () => {
      try {
        say({ id, state: await carryOut(message) });
        if (message.kind === 'close') process.disconnect();
      } catch (error) {
        say({ id, error: messageOf(error) });
      }
    });
  });
  // Without its driver it has nothing to do.
  process.on('disconnect', () => process.exit());
  return { tell: (problem) => say({ problem }) };
}
