/**
 * A lease while it is held: renewed at a third of its time, and known for lost as soon as anything
 * shows it. A process that was paused finds its lease expired by its own clock, and asks before it
 * goes on.
 */
import type { Pauses } from './pauses';
import { LeaseLost } from './processor-errors';
import type { Lease, ProcessorState } from './processor-state';

export interface HeldLease {
  readonly lease: Lease;
  /** Aborts when the lease is lost, with `LeaseLost` as its reason. */
  readonly lost: AbortSignal;
  /**
   * To be called before a step that another instance might take as well.
   *
   * @throws LeaseLost
   */
  check(): Promise<void>;
  /** Does something with the lease in the state; when that shows that it is lost, `lost` aborts. */
  use<Result>(call: (lease: Lease) => Promise<Result>): Promise<Result>;
  /** Ends the renewing and gives the lease free, unless it is lost. */
  release(): Promise<void>;
}

export interface HoldOptions {
  readonly state: ProcessorState;
  readonly pauses: Pauses;
  readonly leaseMs: number;
  /** Told when renewing failed and is tried again. */
  readonly onProblem: (error: unknown) => void;
}

/** @param askedMs when the lease was asked for: it ends `leaseMs` later at the latest */
export function holdLease(lease: Lease, askedMs: number, options: HoldOptions): HeldLease {
  const { state, pauses, leaseMs, onProblem } = options;
  const lost = new AbortController();
  const ended = new AbortController();
  let endsMs = askedMs + leaseMs;

  async function use<Result>(call: (lease: Lease) => Promise<Result>): Promise<Result> {
    lost.signal.throwIfAborted();
    try {
      return await call(lease);
    } catch (error) {
      if (error instanceof LeaseLost) {
        lost.abort(error);
        ended.abort();
      }
      throw error;
    }
  }

  async function renew(): Promise<void> {
    const renewedMs = pauses.nowMs();
    await use(() => state.renew(lease, leaseMs));
    endsMs = renewedMs + leaseMs;
  }

  async function keepRenewing(): Promise<void> {
    for (;;) {
      await pauses.pause(leaseMs / 3, ended.signal);
      if (ended.signal.aborted) return;
      try {
        await renew();
      } catch (error) {
        if (error instanceof LeaseLost) return;
        onProblem(error);
      }
    }
  }
  const renewing = keepRenewing();

  return {
    lease,
    lost: lost.signal,
    use,
    async check() {
      lost.signal.throwIfAborted();
      if (pauses.nowMs() >= endsMs) await renew();
    },
    async release() {
      ended.abort();
      await renewing;
      if (!lost.signal.aborted) await state.release(lease);
    },
  };
}
