import type { Processor } from '@flexledger/event-store';

/** A processor that arms timers: when an instance begins, it needs its events again. */
export interface ArmingProcessor extends Processor {
  /** The position after which it reads again, however far events have been handled. */
  readonly replayAfter: () => Promise<number>;
}
