import type { PodCommand } from '@flexledger/domain';
import type { CommandContext } from '@flexledger/event-store';
import type { RegisterPort, RegisterRequest } from '@flexledger/ports';

/** What became of a command. */
export type OwnPodAnswer =
  { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

/** Which list of commands it is, and whether the same may be meant again. */
export type OwnPodList = Pick<RegisterRequest, 'requestId' | 'mayRecur'>;

/** The list that a request by HTTP asks for. */
export function listOf({ commandId, mayRecur }: CommandContext): OwnPodList {
  return { requestId: commandId, ...(mayRecur ? { mayRecur } : {}) };
}

/**
 * Each command by itself: one refusal leaves the others standing. What is not the aggregator's own the
 * register refuses.
 *
 * @param list how the list is named; the same under the same name is carried out once, if it may not recur
 * @returns answers in the order given
 */
export async function changeOwnPods(
  register: Pick<RegisterPort, 'submit'>,
  aggregatorId: string,
  list: OwnPodList,
  commands: readonly PodCommand[],
): Promise<readonly OwnPodAnswer[]> {
  if (commands.length === 0) return [];
  const actor = `aggregator:${aggregatorId}`;
  const answers = await register.submit(commands, { ...list, actor });
  return answers.map((answer) =>
    answer.accepted ? { accepted: true } : { accepted: false, reason: answer.error.message },
  );
}
