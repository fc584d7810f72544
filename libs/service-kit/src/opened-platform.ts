import type { Processor } from '@flexledger/event-store';
import type { DynamicModule } from '@nestjs/common';

/**
 * What opening a platform gives its composer (`apps/X/src/open.ts`): nothing else of it is seen from
 * outside, and nothing of it runs before the composer hands its processors events.
 */
export interface OpenedPlatform {
  /** Its REST interface; a platform without one has no controllers. */
  readonly http: DynamicModule;
  /** In the order in which the one-process driver hands them each event. */
  readonly processors: readonly Processor[];
  /** Ends what it opened: connections, timers, threads. A second call is harmless. */
  close(): Promise<void>;
}
