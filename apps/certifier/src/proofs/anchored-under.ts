import { DomainError } from '@flexledger/domain';
import type { CheckpointDocument } from '@flexledger/projections';
import type { AnchorCount } from './anchor-counts';
import { believedCovering } from './key-changes';
import type { ProofServices } from './proof-services';

/** An anchored checkpoint and what is needed to ask the chain for it. */
export interface AnchoredUnder extends AnchorCount {
  readonly checkpoint: CheckpointDocument & {
    readonly note: string;
    readonly anchor: NonNullable<CheckpointDocument['anchor']>;
  };
}

/**
 * The first anchored checkpoint that is believed and covers an event that the certifier has read by now.
 *
 * @param what names the event, for the message
 * @throws DomainError `checkpoint-unknown` until it is anchored
 */
export async function anchoredUnder(
  services: ProofServices,
  position: number,
  what: string,
): Promise<AnchoredUnder> {
  const { index } = services.certified.find({ position })!;
  const checkpoint = await believedCovering(services, index, { anchored: true });
  if (checkpoint?.note && checkpoint.anchor) {
    const { note, anchor } = checkpoint;
    const counted = await services.anchorCounts.upTo(checkpoint.size);
    return { checkpoint: { ...checkpoint, note, anchor }, ...counted };
  }
  throw new DomainError(
    'checkpoint-unknown',
    `No anchored checkpoint covers ${what} yet; ask again in a minute.`,
  );
}
