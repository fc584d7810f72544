/**
 * An EMS that is told by MQTT: it reads `{topic}/schedule` and `{topic}/target`, and says on `{topic}/state`
 * after each of them what it holds. What a broker has kept of it, or it said before, proves nothing: it may be off.
 */
import { type Clock, inOrder, messageOf } from '@flexledger/runtime';
import { type MqttClient, connectAsync } from 'mqtt';
import type { EmsDriver } from './ems-driver';
import { type EmsUnit, isHeld, toldNow, toldSchedule } from './told-target';

export interface MqttEmsOptions {
  /** `mqtts://user:password@192.168.1.30:8883`. */
  readonly url: string;
  /** Below which its topics are: `plant/ems`. */
  readonly topic: string;
  readonly unit: EmsUnit;
  /** How long it may take to connect, and the EMS to say that it holds what it was told. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Connects at the first use, and again at the next one after a fault. */
export function mqttEms(options: MqttEmsOptions): Required<EmsDriver> {
  const { url, topic, unit, timeoutMs, clock } = options;
  const one = inOrder();
  const [place] = url.split('@').slice(-1) as [string];
  let client: MqttClient | undefined;
  /** What it said last, and how often it has spoken. */
  let state: unknown;
  let said = 0;
  let heard = (): void => {};

  async function connected(): Promise<MqttClient> {
    if (client?.connected) return client;
    await client?.endAsync(true).catch(() => {});
    client = await connectAsync(
      url,
      { reconnectPeriod: 0, connectTimeout: timeoutMs, protocolVersion: 4, clean: true },
      false,
    );
    client.on('error', () => {}); // what is under way fails by itself
    client.on('message', (_, payload, { retain }) => {
      if (retain) return;
      state = jsonIn(payload);
      said += 1;
      heard();
    });
    await client.subscribeAsync(`${topic}/state`, { qos: 1 });
    return client;
  }

  /** Waits until what it says passes. */
  function untilSaid(passes: () => boolean): Promise<boolean> {
    if (passes()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      heard = (): void => {
        if (!passes()) return;
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  const use = <Result>(ask: (to: MqttClient) => Promise<Result>): Promise<Result> =>
    one(async () => {
      try {
        return await ask(await connected());
      } catch (error) {
        throw new Error(`the EMS at ${place}, ${topic}: ${messageOf(error)}`, { cause: error });
      }
    });

  return {
    accept: (schedule) =>
      use(async (to) => {
        const told = JSON.stringify(toldSchedule(schedule, unit));
        const before = said;
        await to.publishAsync(`${topic}/schedule`, told, { qos: 1 });
        // A broker takes messages for nobody: there has to be an EMS that says what it holds.
        if (!(await untilSaid(() => said > before))) throw new Error('it says nothing');
      }),
    apply: (target) =>
      use(async (to) => {
        const told = toldNow(target, unit, clock.nowMs());
        const before = said;
        await to.publishAsync(`${topic}/target`, JSON.stringify(told), { qos: 1 });
        if (!(await untilSaid(() => said > before && isHeld(state, told)))) {
          throw new Error('it was told the target and does not say that it holds it');
        }
      }),
    // Its broker alone: the EMS speaks when it is told something.
    probe: () => use(async () => {}),
    close: () => one(async () => void (await client?.endAsync(true))),
  };
}

/** Nothing where it is no JSON. */
function jsonIn(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
