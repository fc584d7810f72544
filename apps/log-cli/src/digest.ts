import { businessDigest } from '@flexledger/domain';
import { type EventStore, openLogToRead } from '@flexledger/event-store';
import { sha256 } from '@flexledger/identity';
import { MerkleTree } from '@flexledger/merkle-log';
import { wallClock } from '@flexledger/runtime';
import { print, printJson } from '@flexledger/command-line';

/** Flags of `flexledger digest`. */
export interface DigestFlags {
  readonly data: string;
  /** Address of a server that keeps the log. */
  readonly log?: string;
  readonly business: boolean;
  readonly streams: boolean;
  readonly json: boolean;
}

/** Prints the digest of a log, also beside a running platform. @throws LogDamaged, UsageError */
export async function digest({
  data,
  log: url,
  business,
  streams,
  json,
}: DigestFlags): Promise<void> {
  const log = await openLogToRead({ dataDir: data, url }, wallClock);
  try {
    if (!business) {
      const found = await logDigest(log);
      return json ? printJson(found) : print(found.digest);
    }
    const found = await businessDigest(sha256, log.readAll({ readAhead: true }));
    const ofStreams = streams ? { streams: Object.fromEntries(found.streams) } : {};
    if (json) return printJson({ digest: found.digest, events: found.events, ...ofStreams });
    print(found.digest);
    if (streams) for (const [stream, of] of found.streams) print(`${of}  ${stream}`);
  } finally {
    await log.close();
  }
}

/** RFC 9162 root over the hashes of all events, in the log's order. */
async function logDigest(log: EventStore): Promise<{ digest: string; events: number }> {
  const tree = new MerkleTree(sha256);
  for await (const { hash } of log.readAll({ readAhead: true })) {
    tree.append(Buffer.from(hash, 'hex'));
  }
  return { digest: Buffer.from(tree.root()).toString('hex'), events: tree.size };
}
