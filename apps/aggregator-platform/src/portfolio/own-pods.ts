import type { PodCommand } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import type { RegisterPort } from '@flexledger/ports';

/** What became of a command. */
export type OwnPodAnswer =
  { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

/**
 * Each command by itself: one refusal leaves the others standing. What is not the aggregator's own the
 * register refuses.
 *
 * @param name of the list; the same commands under the same name are carried out once
 * @returns answers in the order given
 */
export async function changeOwnPods(
  register: Pick<RegisterPort, 'submit'>,
  aggregatorId: string,
  name: string,
  commands: readonly PodCommand[],
): Promise<readonly OwnPodAnswer[]> {
  if (commands.length === 0) return [];
  const requestId = `${name}/${aggregatorId}/${documentDigest({ commands })}`;
  const answers = await register.submit(commands, {
    requestId,
    actor: `aggregator:${aggregatorId}`,
  });
  return answers.map((answer) =>
    answer.accepted ? { accepted: true } : { accepted: false, reason: answer.error.message },
  );
}
