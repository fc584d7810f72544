/** What an aggregator changes of its customers in the register, and of nobody else's. */
import type { PodCommand, PodState } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';

/** The register of the shared customer database, as an aggregator reaches it (flow 0). */
export interface PodRegister {
  podState(podId: string): Promise<PodState>;
  /** Carries the commands out, each by itself; answers in their order. */
  submit(
    commands: readonly PodCommand[],
    request: { readonly requestId: string; readonly actor: string },
  ): Promise<
    readonly ({ readonly accepted: true } | { readonly accepted: false; readonly error: Error })[]
  >;
}

/** What became of a command. */
export type OwnPodAnswer =
  { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

/** Each command by itself: one refusal leaves the others standing. Answers in the order given. */
export async function changeOwnPods(
  register: PodRegister,
  aggregatorId: string,
  what: string,
  commands: readonly PodCommand[],
): Promise<readonly OwnPodAnswer[]> {
  const refusals = await Promise.all(
    commands.map(async ({ podId }) => refusalOf(await register.podState(podId), aggregatorId)),
  );
  const own = commands.filter((_, index) => refusals[index] === undefined);
  const requestId = `${what}/${aggregatorId}/${documentDigest({ commands: own })}`;
  const answers = [
    ...(await register.submit(own, { requestId, actor: `aggregator:${aggregatorId}` })),
  ];
  return refusals.map((refusal): OwnPodAnswer => {
    if (refusal !== undefined) return { accepted: false, reason: refusal };
    const answer = answers.shift()!;
    return answer.accepted ? { accepted: true } : { accepted: false, reason: answer.error.message };
  });
}

function refusalOf(state: PodState, aggregatorId: string): string | undefined {
  if (state.status !== 'registered') return `the PoD is ${state.status}; register it first`;
  return state.details.aggregatorId === aggregatorId
    ? undefined
    : `the PoD is not one of ${aggregatorId}'s; only its own aggregator may do this`;
}
