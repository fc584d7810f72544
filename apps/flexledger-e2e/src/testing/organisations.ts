/** Organisations in processes of their own on one clock that a test drives: each with its folder, log and mirrors. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Config } from '@flexledger/composer';
import { sleep } from '@flexledger/runtime';
import type { OrganisationRequest, OrganisationState } from './organisation-process';

/** One of them. */
export interface Organisation {
  readonly name: string;
  readonly config: Config;
  readonly url: string;
  ask(request: OrganisationRequest): Promise<OrganisationState | undefined>;
  /** Ends it as a power cut does; it is started anew on its folder, and asked again what it had not answered. */
  kill(): void;
  /** Lives that it has had. */
  lives(): number;
  /** What it told of what went wrong, in all its lives. */
  readonly problems: string[];
  close(): Promise<void>;
}

interface Waiting {
  readonly request: OrganisationRequest;
  readonly resolve: (state: OrganisationState | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly id: number;
  readonly state?: OrganisationState;
  readonly error?: string;
}

const MOST_LIVES = 5;

/**
 * Starts one.
 *
 * @param main the compiled program, beside which the process's own file stands
 */
export function startOrganisation(
  main: string,
  name: string,
  config: Config,
  nowMs: () => number,
): Organisation {
  const file = path.join(
    path.dirname(main),
    '../../flexledger-e2e/src/testing/organisation-process.js',
  );
  const problems: string[] = [];
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess;
  let lives = 0;
  let sequence = 0;
  let isClosing = false;
  let failed: Error | undefined;

  function fail(error: Error): void {
    failed = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }
  function send(one: Waiting): void {
    const id = sequence++;
    waiting.set(id, one);
    // A process that is just ending takes nothing; its end has everything sent again.
    child.send({ id, request: one.request }, () => {});
  }
  function begin(): void {
    lives += 1;
    child = fork(file, { stdio: ['ignore', 2, 2, 'ipc'] });
    child.on('message', ({ id, state, error }: Answer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error !== undefined) return asked?.reject(new Error(`${name}: ${error}`));
      if (state) problems.push(...state.problems);
      asked?.resolve(state);
    });
    child.once('exit', (code, signal) => {
      if (isClosing) return;
      if (lives >= MOST_LIVES) {
        return fail(new Error(`${name} ended ${lives} times (${signal ?? code})`));
      }
      const unanswered = [...waiting.values()].filter(({ request }) => request.kind !== 'open');
      waiting.clear();
      begin();
      for (const one of unanswered) send(one);
    });
    const request: OrganisationRequest = { kind: 'open', config, nowMs: nowMs() };
    send({ request, resolve: () => {}, reject: fail });
  }

  begin();
  const ask = (request: OrganisationRequest): Promise<OrganisationState | undefined> =>
    new Promise((resolve, reject) => {
      if (failed) reject(failed);
      else send({ request, resolve, reject });
    });
  return {
    name,
    config,
    url: `http://127.0.0.1:${config.http.port}`,
    ask,
    kill: () => void child.kill('SIGKILL'),
    lives: () => lives,
    problems,
    async close() {
      isClosing = true;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode !== null || child.signalCode !== null) return;
      await ask({ kind: 'close' }).catch(() => undefined);
      child.kill();
      await ended;
    },
  };
}

/** The clock of all of them. */
export interface CommonClock {
  nowMs(): number;
  /** Runs what is due up to an instant, each timer followed by all that follows from it, in every log. */
  advanceTo(untilMs: number): Promise<void>;
  /** Resolves when nothing is under way, within them and between them. */
  settle(): Promise<void>;
}

/**
 * One clock over organisations.
 *
 * @param start when it begins
 * @param isCutOff whether one cannot reach others just now: it is not waited for
 */
export function commonClock(
  organisations: readonly Organisation[],
  start: number,
  isCutOff: (name: string) => boolean = () => false,
): CommonClock {
  let nowMs = start;
  let states = new Map<Organisation, OrganisationState>();

  async function look(): Promise<boolean> {
    const parties = organisations.flatMap(({ config }) => config.mirrors);
    const asked = organisations.map(async (one) => {
      const own = parties.filter(({ name }) => name === one.name).map(({ party }) => party);
      const state = await one.ask({ kind: 'status', parties: [...new Set(own)] });
      return [one, state!] as const;
    });
    states = new Map(await Promise.all(asked));
    return [...states].every(([follower, { isIdle, mirrored }]) => {
      if (isCutOff(follower.name)) return true;
      return (
        isIdle &&
        follower.config.mirrors.every(({ name, party }) => {
          const other = organisations.find((one) => one.name === name)!;
          return mirrored[name]! >= states.get(other)!.shown[party]!;
        })
      );
    });
  }
  const heads = (): string => [...states.values()].map(({ head }) => head).join();

  async function settle(): Promise<void> {
    // Twice at the same place: nothing was under way between the two.
    for (let before = ''; ;) {
      const isQuiet = await look();
      const now = heads();
      if (isQuiet && now === before) return;
      before = isQuiet ? now : '';
      if (!isQuiet) await sleep(10);
    }
  }
  async function setAll(instantMs: number): Promise<void> {
    nowMs = Math.max(nowMs, instantMs);
    await Promise.all(organisations.map((one) => one.ask({ kind: 'setClock', nowMs })));
  }
  function first(): [Organisation, number] | undefined {
    const timers = [...states].flatMap(([one, { next }]) => (next ? [{ one, ...next }] : []));
    timers.sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1));
    const [found] = timers;
    return found && [found.one, found.atMs];
  }
  return {
    nowMs: () => nowMs,
    settle,
    async advanceTo(untilMs) {
      await settle();
      for (let due = first(); due && due[1] <= untilMs; due = first()) {
        const [one, atMs] = due;
        await setAll(atMs);
        await one.ask({ kind: 'fire' });
        await settle();
      }
      await setAll(untilMs);
      await settle();
    },
  };
}
