import { PlatformUnavailable } from '@flexledger/ports';
import type { Life } from '../world/life';

/** What becomes of one call on its way, decided when it is made. */
export type CallFate = 'arrives' | 'lost' | 'answerLost' | 'twice' | 'late';

/** Longer than a caller is patient elsewhere, shorter than a gate is open. */
const LATE_MS = 5 * 60_000;

/** A platform that is called, as it is now. */
export interface Callee<Ports> {
  readonly life: Life;
  readonly ports: Ports;
}

/**
 * A port of a platform in another process, as it promises over HTTP: a call reaches it or not, and whether
 * it did is unknown when no answer comes.
 *
 * @param caller whoever calls: an answer reaches it as long as it lives
 * @param of the port's place among the platform's, `orders`
 * @param find the platform, where it is up
 */
export function remotePort<Ports extends object, Name extends keyof Ports & string>(
  caller: Life,
  of: { readonly platform: string; readonly name: Name },
  find: () => Callee<Ports> | undefined,
  fateOf: () => CallFate,
): Ports[Name] {
  const away = (reason: string): Error => new PlatformUnavailable(of.platform, reason);
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    await caller.reach('call/sent');
    const fate = fateOf();
    if (fate === 'late') await laterBy(caller, LATE_MS);
    const callee = find();
    if (!callee || fate === 'lost') throw away('nobody answers there');
    const port = callee.ports[of.name] as Record<string, (...given: unknown[]) => unknown>;
    const given = structuredClone(args);
    const answered = Promise.resolve(port[method]!(...given));
    answered.catch(() => {});
    if (fate === 'twice') Promise.resolve(port[method]!(...structuredClone(args))).catch(() => {});
    const answer = await answeredWhileAlive(answered, callee.life, away('its process has ended'));
    await caller.reach('call/answered');
    if (fate === 'answerLost') throw away('the connection ended before its answer');
    return answer;
  };
  return new Proxy({} as object, {
    get: (_, method) =>
      typeof method === 'string' && method !== 'then'
        ? (...args: unknown[]) => call(method, args)
        : undefined,
  }) as Ports[Name];
}

function laterBy({ clock }: Life, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.at(clock.nowMs() + delayMs, 'call', resolve));
}

function answeredWhileAlive<Answer>(
  answered: Promise<Answer>,
  { ended }: Life,
  gone: Error,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(gone);
    if (ended.aborted) return end();
    ended.addEventListener('abort', end, { once: true });
    answered.then(resolve, reject).finally(() => ended.removeEventListener('abort', end));
  });
}
