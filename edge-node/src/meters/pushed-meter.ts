/**
 * A meter that pushes DLMS/COSEM by itself, as those of Chain 2 and of the HAN port do: frames of HDLC come in and are
 * listened to, nothing is asked. There is no kept library of it for Node, and no meter stood here: it was tried with frames that
 * makers have published, and with those of another project's library.
 */
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { netReactiveVarh } from '@flexledger/domain';
import { type Clock, messageOf, sleep } from '@flexledger/runtime';
import { type Notified, readNotification } from '../dlms/data-notification';
import { framesIn } from '../dlms/hdlc';
import type { Meter, MeterReading } from './meter';

export interface PushedMeterOptions {
  /**
   * Where its frames come from: what brings a serial line to the network, or a file: a serial line that the system has set
   * up, or frames that were recorded.
   */
  readonly from: PushedFrom;
  readonly clock: Clock;
  /** How long a reading is waited for, ms. */
  readonly timeoutMs: number;
}

export type PushedFrom =
  { readonly host: string; readonly port: number } | { readonly file: string };

/** What was pushed so long ago is as good as what comes next. */
const FRESH_MS = 5_000;
const REDIAL_MS = 5_000;

/** Listens at once, and again after any fault. */
export function pushedMeter(options: PushedMeterOptions): Meter {
  const { from, clock, timeoutMs } = options;
  const ended = new AbortController();
  let last: { readonly atMs: number; readonly reading: MeterReading } | undefined;
  let fault = 'it has pushed nothing yet';
  let arrived = new AbortController();

  function hear(said: Buffer): void {
    try {
      last = { atMs: clock.nowMs(), reading: readingOf(readNotification(said)) };
      arrived.abort();
    } catch (error) {
      // Between lists of all counters some push shorter ones.
      fault = messageOf(error);
    }
  }

  /** What was pushed before the clock was set back is no more fresh than what is old. */
  const isFresh = (atMs: number): boolean => Math.abs(clock.nowMs() - atMs) <= FRESH_MS;

  async function listen(): Promise<void> {
    while (!ended.signal.aborted) {
      const source = opened(from);
      const stop = (): void => void source.destroy();
      ended.signal.addEventListener('abort', stop, { once: true });
      let rest: Buffer = Buffer.alloc(0);
      try {
        for await (const chunk of source) {
          const found = framesIn(Buffer.concat([rest, chunk as Buffer]));
          rest = Buffer.from(found.rest);
          found.said.forEach(hear);
        }
        fault = 'it pushes no more';
      } catch (error) {
        fault = messageOf(error);
      }
      ended.signal.removeEventListener('abort', stop);
      await sleep(REDIAL_MS, ended.signal);
    }
  }
  const listening = listen();

  return {
    async read() {
      if (!last || !isFresh(last.atMs)) {
        arrived = new AbortController();
        await sleep(timeoutMs, AbortSignal.any([arrived.signal, ended.signal]));
      }
      if (last && isFresh(last.atMs)) return last.reading;
      const at = 'file' in from ? from.file : `${from.host}:${from.port}`;
      throw new Error(`The meter at ${at} pushes no reading: ${fault}. Check its port and cable.`);
    },
    async close() {
      ended.abort();
      await listening;
    },
  };
}

/** Nothing is said to a meter, so that only the system finds that its line's end has lost its power. */
const KEPT_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 };

function opened(from: PushedFrom): Readable {
  return 'file' in from ? createReadStream(from.file) : connect({ ...from, ...KEPT_ALIVE });
}

/** @throws Error naming what is not told */
function readingOf(told: Notified): MeterReading {
  const of = (code: string): number => {
    const value = told.get(code);
    if (value === undefined) throw new Error(`it tells no ${code}`);
    if (value >= 0 && Number.isSafeInteger(Math.round(value))) return Math.round(value);
    throw new Error(`its ${code} holds no plausible number`);
  };
  const quadrantTotals = ['5.8.0', '6.8.0', '7.8.0', '8.8.0'].every((code) => told.has(code)) && {
    inductiveWithdrawnVarh: of('5.8.0'),
    capacitiveInjectedVarh: of('6.8.0'),
    inductiveInjectedVarh: of('7.8.0'),
    capacitiveWithdrawnVarh: of('8.8.0'),
  };
  return {
    withdrawnTotalWh: of('1.8.0'),
    injectedTotalWh: of('2.8.0'),
    reactiveTotalVarh: quadrantTotals ? netReactiveVarh(quadrantTotals) : of('3.8.0') - of('4.8.0'),
    ...(quadrantTotals && { quadrantTotals }),
    powerW: of('1.7.0') - of('2.7.0'),
  };
}
