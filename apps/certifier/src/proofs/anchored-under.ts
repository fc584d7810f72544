import { CERTIFICATION_STREAM, DomainError } from '@flexledger/domain';
import type { CheckpointDocument } from '@flexledger/projections';
import { believedCovering } from './key-changes';
import type { ProofServices } from './proof-services';

/** An anchored checkpoint and what is needed to ask the chain for it. */
export interface AnchoredUnder {
  readonly checkpoint: CheckpointDocument & {
    readonly note: string;
    readonly anchor: NonNullable<CheckpointDocument['anchor']>;
  };
  /** How many checkpoints the log says were anchored up to it. */
  readonly anchors: number;
  readonly chainId: number;
  /** Address of `EventLogAnchor`, 0x-prefixed. */
  readonly contract: string;
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
    const upTo = await anchorsUpTo(services, checkpoint.size);
    return { checkpoint: { ...checkpoint, note, anchor }, ...upTo };
  }
  throw new DomainError(
    'checkpoint-unknown',
    `No anchored checkpoint covers ${what} yet; ask again in a minute.`,
  );
}

/** How many checkpoints the log says were anchored up to one of this size, and in which contract. */
async function anchorsUpTo({ log }: ProofServices, size: number) {
  let anchors = 0;
  let upTo = 0;
  let named: { readonly chainId: number; readonly anchorContract: string } | undefined;
  /** The contract in force when it was anchored. */
  let anchoredIn: typeof named;
  for await (const { type, data } of log.readStream(CERTIFICATION_STREAM)) {
    if (type === 'CertifierStarted') named = data as unknown as typeof named;
    else if (type === 'CheckpointAnchored') {
      anchors += 1;
      // One that was lost is anchored again, behind those that were made since.
      if ((data as { readonly size?: number }).size !== size) continue;
      upTo = anchors;
      anchoredIn = named;
    }
  }
  return { anchors: upTo, chainId: anchoredIn!.chainId, contract: anchoredIn!.anchorContract };
}
