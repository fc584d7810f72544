import { Metadata, type status } from '@grpc/grpc-js';

/** A call that is refused: gRPC status, words, and the trailers by which KurrentDB's clients tell errors apart. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    readonly details: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(details);
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, value);
  }
}
