import type { Bundle, PacketFields } from '@flexledger/audit';
import { type NodeEvent, type RecordedEvent, DomainError, nodeStream } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { anchoredUnder } from './anchored-under';
import { bundled } from './bundled';
import type { ProofServices } from './proof-services';

/** One packet of a Light Node, as it is certified. */
export interface PacketWanted {
  readonly podId: string;
  readonly sequence: number;
}

/** A bundle of a measurement with what D3.3 tables 21 to 23 name of a packet, and where its checkpoint is anchored. */
export interface CertifiedPacket extends Bundle {
  readonly packet: PacketFields;
  readonly anchor: {
    readonly chainId: number;
    /** Address of `EventLogAnchor`, 0x-prefixed. */
    readonly contract: string;
    readonly txHash: string;
    readonly blockNumber: number;
    /** ISO 8601 UTC. */
    readonly anchoredAt: string;
  };
}

/**
 * A packet with the keys of its node until then, under the first anchored checkpoint that covers it.
 *
 * @throws DomainError `packet-unknown` when the log holds none that the speaker is shown, `checkpoint-unknown`
 *   until it is anchored
 */
export async function makePacket(
  services: ProofServices,
  of: PacketWanted,
  speaker: Principal,
): Promise<CertifiedPacket> {
  const { certified } = services;
  const measured = await packetOf(services, of, speaker);
  const node = await nodeUntil(services, of.podId, measured.position);
  await requireShown(services, node, speaker);
  await certified.readOn();
  const what = `packet ${of.sequence} of PoD ${of.podId}`;
  const { checkpoint, ...anchor } = await anchoredUnder(services, measured.position, what);
  const { anchors, chainId, contract } = anchor;
  const under = { of: { kind: 'measurement', ...of }, checkpoint, anchors } as const;
  const bundle = await bundled(services, under, [...node, measured]);
  const { data, id } = measured as unknown as Measured;
  return {
    ...bundle,
    packet: {
      podId: data.podId,
      hash: data.hash,
      signedHash: data.signedHash,
      publicKey: keyIn(node),
      inputData: data.inputData,
      uniqueId: id,
      transactionId: checkpoint.anchor.txHash,
      merkleTreeStructure: {
        leaf: bundle.events.at(-1)!.leaf,
        size: checkpoint.size,
        root: checkpoint.root,
        proof: bundle.events.at(-1)!.proof,
      },
    },
    anchor: { chainId, contract, ...checkpoint.anchor },
  };
}

interface Measured {
  readonly id: string;
  readonly data: Pick<PacketFields, 'podId' | 'hash' | 'signedHash' | 'inputData'>;
}

/** Of those only that the speaker is shown: that there is another's is not told. */
async function packetOf(
  { log, shown }: ProofServices,
  { podId, sequence }: PacketWanted,
  speaker: Principal,
): Promise<RecordedEvent> {
  await shown.grants.caughtUp();
  const filter = { types: ['MeasurementRecorded'], streamPrefixes: [`meter-${podId}-`] };
  for await (const event of log.readAll({ filter })) {
    if ((event.data as { readonly sequence?: number }).sequence !== sequence) continue;
    if (await shown.shown(speaker, event)) return event;
  }
  throw new DomainError(
    'packet-unknown',
    `The log holds no packet ${sequence} of PoD ${podId} that ${speaker.actor} is shown.`,
  );
}

/** A proof of the node's keys holds all that happened to it, which not everybody is shown who is shown what it measured. */
async function requireShown(
  { shown }: ProofServices,
  node: readonly RecordedEvent[],
  speaker: Principal,
): Promise<void> {
  for (const event of node) {
    if (await shown.shown(speaker, event)) continue;
    throw new DomainError(
      'packet-unknown',
      `A certified packet proves the keys of its node by all of the node's events, which ${speaker.actor} is not ` +
        'shown; ask the PoD’s customer, aggregator or DSO for it.',
    );
  }
}

/** The node's whole stream until then, so that no change of its key can be left out. */
async function nodeUntil(
  { log }: ProofServices,
  podId: string,
  position: number,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readStream(nodeStream(podId))) {
    if (event.position < position) events.push(event);
  }
  return events;
}

function keyIn(node: readonly RecordedEvent[]): string | null {
  const last = node.findLast(({ type }) => type === 'NodeEnrolled' || type === 'KeyRotated') as
    Extract<NodeEvent, { type: 'NodeEnrolled' }> | undefined;
  return last?.data.publicKey ?? null;
}
