/**
 * Baselines as an aggregator declares them, set by hand, imported or forecast (D3.3 A.2.2, FR_AP_PR_2):
 * three ways into one event, `BaselineDeclared`, with its origin.
 */
import { type PodCommand, type PodState, deliveryDay as civilDayPeriod } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';

/** Where a baseline comes from. */
export type BaselineOrigin = Extract<PodCommand, { kind: 'declareBaseline' }>['origin'];

/** One PoD on one delivery day, W by MTU of the day, withdrawal positive. */
export interface DeclaredBaseline {
  readonly podId: string;
  /** ISO date. */
  readonly deliveryDay: string;
  readonly baselineW: readonly number[];
}

/** What became of one of them. */
export type BaselineAnswer = Pick<DeclaredBaseline, 'podId' | 'deliveryDay'> &
  ({ readonly accepted: true } | { readonly accepted: false; readonly reason: string });

/** The register of the shared customer database, as an aggregator reaches it (flow 0). */
export interface BaselineRegister {
  podState(podId: string): Promise<PodState>;
  /** Carries the commands out, each by itself; answers in their order. */
  submit(
    commands: readonly PodCommand[],
    request: { readonly requestId: string; readonly actor: string },
  ): Promise<
    readonly ({ readonly accepted: true } | { readonly accepted: false; readonly error: Error })[]
  >;
}

/** Declares the baselines of one aggregator's customers. */
export interface BaselineDesk {
  /** Each by itself: one refusal leaves the others standing. Answers in the order given. */
  declare(
    baselines: readonly DeclaredBaseline[],
    origin: BaselineOrigin,
  ): Promise<readonly BaselineAnswer[]>;
}

export function createBaselineDesk(options: {
  readonly aggregatorId: string;
  readonly register: BaselineRegister;
  readonly timeZone: string;
}): BaselineDesk {
  const { aggregatorId, register, timeZone } = options;
  return {
    async declare(baselines, origin) {
      const refusals = await Promise.all(
        baselines.map(async ({ podId }) => refusalOf(await register.podState(podId), aggregatorId)),
      );
      const own = baselines.filter((_, index) => refusals[index] === undefined);
      const commands = own.map(({ podId, deliveryDay, baselineW }): PodCommand => {
        const { mtuCount } = civilDayPeriod(deliveryDay, timeZone);
        return { kind: 'declareBaseline', podId, deliveryDay, mtuCount, baselineW, origin };
      });
      const requestId = `baselines/${aggregatorId}/${documentDigest({ commands })}`;
      const answers = [
        ...(await register.submit(commands, { requestId, actor: `aggregator:${aggregatorId}` })),
      ];
      return baselines.map(({ podId, deliveryDay }, index): BaselineAnswer => {
        const refusal = refusals[index];
        if (refusal !== undefined) return { podId, deliveryDay, accepted: false, reason: refusal };
        const answer = answers.shift()!;
        if (answer.accepted) return { podId, deliveryDay, accepted: true };
        return { podId, deliveryDay, accepted: false, reason: answer.error.message };
      });
    },
  };
}

function refusalOf(state: PodState, aggregatorId: string): string | undefined {
  if (state.status !== 'registered') return `the PoD is ${state.status}; register it first`;
  return state.details.aggregatorId === aggregatorId
    ? undefined
    : `the PoD is not one of ${aggregatorId}'s; only its own aggregator declares its baseline`;
}
