/** An EMS that is told by REST: `PUT {url}/schedule`, `PUT {url}/target`, and `GET {url}/target` of what it holds. */
import { type Clock, messageOf } from '@flexledger/runtime';
import type { EmsDriver } from './ems-driver';
import { type EmsUnit, isHeld, toldNow, toldSchedule } from './told-target';

export interface RestEmsOptions {
  /** `https://ems.example/plant`. */
  readonly url: string;
  /** Sent as a bearer token where there is one. */
  readonly token?: string;
  readonly unit: EmsUnit;
  /** How long the EMS may take to answer one request. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** `apply` resolves when the EMS, asked again, holds the target. */
export function restEms(options: RestEmsOptions): EmsDriver {
  const { unit, token, timeoutMs, clock } = options;
  const base = options.url.replace(/\/+$/, '');

  async function ask(method: 'GET' | 'PUT', path: string, body?: object): Promise<unknown> {
    const url = `${base}/${path}`;
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`it answered ${response.status}: ${text.slice(0, 200)}`);
      return method === 'GET' ? (JSON.parse(text) as unknown) : undefined;
    } catch (error) {
      // What fetch says of a connection stands in its cause.
      const why = messageOf((error as Error).cause ?? error);
      throw new Error(`the EMS at ${url}: ${why}`, { cause: error });
    }
  }

  return {
    accept: async (schedule) => void (await ask('PUT', 'schedule', toldSchedule(schedule, unit))),
    probe: async () => void (await ask('GET', 'target')),
    async apply(target) {
      const told = toldNow(target, unit, clock.nowMs());
      await ask('PUT', 'target', told);
      if (isHeld(await ask('GET', 'target'), told)) return;
      throw new Error(`the EMS at ${base} took the target and does not hold it`);
    },
  };
}
