import type { MirroredCheckpoint, RecordedEvent } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { MerkleFrontier } from '@flexledger/merkle-log';
import type { Findings } from './findings';
import { signedCheckpoint } from './signed-words';

/** Whether the checkpoints that the one holds are of the other's log: told at their sizes, leaf by leaf. */
export function heldCheckpoints(
  checkpoints: readonly MirroredCheckpoint[],
  findings: Findings,
  mirror: string,
) {
  const frontier = new MerkleFrontier(sha256);
  const sizes = new Set(checkpoints.map(({ size }) => size));
  const roots = new Map<number, string>();

  function judge(checkpoint: MirroredCheckpoint): void {
    const { size, note } = checkpoint;
    const add = (kind: 'disowned' | 'unsigned', reason: string, against: string | null): void =>
      findings.add({
        kind,
        position: null,
        reason,
        speaksAgainst: against,
        said: roots.get(size) ?? null,
        heard: note,
        signedNote: kind === 'disowned' ? note : null,
      });
    const signed = signedCheckpoint(checkpoint, findings.keys);
    if (typeof signed === 'string') {
      const what = `the checkpoint of ${size} leaves that is held as one of ${mirror} is not signed by it`;
      return add('unsigned', `${what}: ${signed}`, null);
    }
    const root = Buffer.from(signed.root).toString('hex');
    const now = roots.get(size);
    if (signed.size === size && now === root) return;
    const has =
      now === undefined ? `has ${frontier.size} leaves only` : `has root ${now} at ${size}`;
    add(
      'disowned',
      `${mirror} has signed a checkpoint of ${signed.size} leaves with root ${root}; its log ${has}`,
      mirror,
    );
  }

  return {
    see(event: Pick<RecordedEvent, 'hash'>): void {
      frontier.append(Buffer.from(event.hash, 'hex'));
      if (sizes.has(frontier.size)) {
        roots.set(frontier.size, Buffer.from(frontier.root()).toString('hex'));
      }
    },
    end(): void {
      for (const checkpoint of checkpoints) judge(checkpoint);
    },
  };
}
