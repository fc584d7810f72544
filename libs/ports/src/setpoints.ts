/** Flow 6, its first step: setpoints of aggregators, to the shared customer database. */
import type { CommandContext, Setpoint } from '@flexledger/domain';

/** Where aggregators hand setpoints over; the DSO carries them to the Light Nodes. */
export interface SetpointsPort {
  /**
   * Records the setpoints of windows in the order given; the same again changes nothing. MUST be
   * durable when it resolves.
   *
   * @throws DomainError when the rules refuse one; those before and after it stand
   */
  issue(
    setpoints: readonly Setpoint[],
    aggregatorId: string,
    context: CommandContext,
  ): Promise<void>;
}
