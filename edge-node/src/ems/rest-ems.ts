/** An EMS that is told by REST: `PUT {url}/schedule`, `PUT {url}/target`, and `GET {url}/target` of what it holds. */
import { type Clock, messageOf } from '@flexledger/runtime';
import { ask } from '../uplink/ask';
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

  async function tell(method: 'GET' | 'PUT', path: string, body?: object): Promise<unknown> {
    const url = `${base}/${path}`;
    try {
      const { status, text } = await ask(new URL(url), {
        method,
        timeoutMs,
        ...(body && { body }),
        ...(token !== undefined && { token }),
      });
      if (status < 200 || status > 299) {
        throw new Error(`it answered ${status}: ${text.slice(0, 200)}`);
      }
      return method === 'GET' ? (JSON.parse(text) as unknown) : undefined;
    } catch (error) {
      throw new Error(`the EMS at ${url}: ${messageOf(error)}`, { cause: error });
    }
  }

  return {
    accept: async (schedule) => void (await tell('PUT', 'schedule', toldSchedule(schedule, unit))),
    probe: async () => void (await tell('GET', 'target')),
    async apply(target) {
      const told = toldNow(target, unit, clock.nowMs());
      await tell('PUT', 'target', told);
      if (isHeld(await tell('GET', 'target'), told)) return;
      throw new Error(`the EMS at ${base} took the target and does not hold it`);
    },
  };
}
