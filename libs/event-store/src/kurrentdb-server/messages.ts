/** Our events as messages of KurrentDB's protocol, and its proposals as events of ours. */
import * as shared from '@eventstore/db-client/generated/shared_pb';
import * as streams from '@eventstore/db-client/generated/streams_pb';
import type { ProposedEvent, RecordedEvent } from '@flexledger/domain';
import { canonicalJson } from '@flexledger/identity';
import { type EnvelopeMetadata, envelopeOf, metadataOf } from '../kurrentdb/envelope';

/** .NET's ticks: KurrentDB counts 100 ns. */
const TICKS_PER_MS = 10_000n;

/** How a client wants ids. */
export type IdForm = 'text' | 'halves';

/** A recorded event as answer to a read. */
export function eventMessage(event: RecordedEvent, idForm: IdForm): streams.ReadResp {
  const position = String(event.position);
  const metadata: EnvelopeMetadata = { ...metadataOf(event, event.recordedAt), hash: event.hash };
  const record = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(idMessage(event.id, idForm))
    .setStreamIdentifier(streamMessage(event.streamId))
    .setStreamRevision(String(event.revision))
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setCustomMetadata(Buffer.from(JSON.stringify(metadata)))
    .setData(Buffer.from(canonicalJson(event.data)));
  record
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', 'application/json')
    .set('created', String(BigInt(Date.parse(event.recordedAt)) * TICKS_PER_MS));
  return new streams.ReadResp().setEvent(
    new streams.ReadResp.ReadEvent().setEvent(record).setCommitPosition(position),
  );
}

/** The name of a stream. */
export function streamMessage(streamId: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(streamId));
}

/** The stream that a client names. */
export function streamIdOf(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

function idMessage(id: string, form: IdForm): shared.UUID {
  if (form === 'text') return new shared.UUID().setString(id);
  const hex = id.replaceAll('-', '');
  const half = (text: string): string => String(BigInt.asIntN(64, BigInt(`0x${text}`)));
  return new shared.UUID().setStructured(
    new shared.UUID.Structured()
      .setMostSignificantBits(half(hex.slice(0, 16)))
      .setLeastSignificantBits(half(hex.slice(16))),
  );
}

/** An id that a client gives as text or as two signed halves. */
export function idOf(id: shared.UUID | undefined): string {
  const halves = id?.getStructured();
  if (!halves) return (id?.getString() ?? '').toLowerCase();
  const hex = [halves.getMostSignificantBits(), halves.getLeastSignificantBits()]
    .map((half) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0'))
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What `Append` and `BatchAppend` propose in the same words. */
export type ProposedMessage =
  streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

/** An event that somebody outside proposes. */
export interface Proposal {
  readonly event: ProposedEvent;
  /** The clock of who proposes it, ISO 8601; absent when it says none. */
  readonly recordedAt?: string | undefined;
}

/** The event of a proposal, or what keeps it from being one of ours. */
export function proposalOf(message: ProposedMessage): Proposal | { readonly fault: string } {
  const id = idOf(message.getId());
  const type = message.getMetadataMap().get('type') ?? '';
  const which = `event ${id} (${type})`;
  if (message.getMetadataMap().get('content-type') !== 'application/json') {
    return { fault: `${which}: its content is no JSON` };
  }
  const data = jsonOf(message.getData_asU8());
  const metadata = jsonOf(message.getCustomMetadata_asU8());
  if (typeof data !== 'object' || data === null)
    return { fault: `${which}: its data is no JSON object` };
  const envelope = envelopeOf(metadata);
  if ('fault' in envelope) return { fault: `${which}: ${envelope.fault}` };
  const { recordedAt } = metadata as EnvelopeMetadata;
  return { event: { id, type, ...envelope, data }, recordedAt };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
