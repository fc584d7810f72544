/**
 * What another organisation's log has shown to this one. Stream `mirror-{mirror}`. The events themselves
 * stand in this log in their own streams, under their own ids; here stands where they come from.
 */

/** An event as the other log has it, and what became of it here. */
export interface MirroredEvent {
  /** In the other log; opaque, grows. */
  readonly position: number;
  readonly eventId: string;
  readonly type: string;
  readonly streamId: string;
  /** In the other log's stream. */
  readonly revision: number;
  /** When the other log stored it, ISO 8601 UTC. */
  readonly recordedAt: string;
  /** Of the whole event in the other log, hex. */
  readonly hash: string;
  /** Where own rows only were shown: SHA-256 of the canonical JSON of `data` as shown, hex. */
  readonly shownDigest?: string;
  /**
   * `taken`: it stands in this log, in the stream of its name and under its id. `named`: it is only named
   * here, for what it tells is the other log's own matter (accounts, certification), comes from this log, which
   * the other follows in turn, or is not sound.
   */
  readonly became: 'taken' | 'named';
}

/**
 * What speaks against the other log. `changed`: at a place where one event was shown, another is. `vanished`:
 * an event that was shown is shown no more. `late`: one is shown at a place that was passed without it.
 * `unsound`: its hash is not that of its content, or it is no event. `contradicting`: an event of its id
 * stands in this log with other content, or it gives a PoD to another aggregator than it has here, or ends it, by no word of the other log.
 * `gap`: a stream that is shown whole has lost a revision. `forked`:
 * a checkpoint does not go on from the one before it, or does not hold an event that was shown.
 */
export type MirrorAlarmKind =
  'changed' | 'vanished' | 'late' | 'unsound' | 'contradicting' | 'gap' | 'forked';

/** One finding, with the words of both sides as far as there are any. */
export interface MirrorAlarm {
  readonly kind: MirrorAlarmKind;
  /** In the other log. */
  readonly position: number;
  readonly reason: string;
  /** What was shown there before. */
  readonly known: { readonly eventId: string; readonly hash: string } | null;
  /** What is shown there now, word for word; null when nothing. */
  readonly shown: string | null;
}

/** What is held of a checkpoint that the other log signed. */
export interface MirroredCheckpoint {
  /** The signed C2SP tlog-checkpoint. */
  readonly note: string;
  readonly size: number;
  /** RFC 9162 root, hex. */
  readonly root: string;
  /** That it goes on from the checkpoint before: size of that (0 = none), and the proof, hex. */
  readonly since: { readonly size: number; readonly proof: readonly string[] };
  /** That it holds events that were shown: by their positions, rising. */
  readonly inclusions: readonly {
    readonly position: number;
    readonly index: number;
    readonly proof: readonly string[];
  }[];
}

/** What a mirror's record has come to. */
export interface MirrorSummary {
  /** Whose log is followed, and as whom. */
  readonly url: string;
  readonly party: string;
  /** Streams of PoDs that are registered otherwise here. */
  readonly disputed: readonly string[];
  /** The alarms raised last, by kind, position and reason; each is raised once. */
  readonly raised: readonly string[];
  /** The newest checkpoint that is held. */
  readonly checkpoint: { readonly size: number; readonly root: string } | null;
  /** Events up to this position are in it; null where none is. */
  readonly provedUpTo: number | null;
}

export type MirrorEvent =
  | {
      /** From here on the log at this address is followed as this party. */
      readonly type: 'MirrorStarted';
      readonly data: {
        readonly mirror: string;
        readonly url: string;
        /** As whom it is read: `aggregator:AGG1`, `auditor`. */
        readonly party: string;
      };
    }
  | {
      readonly type: 'EventsMirrored';
      /** Positions rise, here and from event to event. */
      readonly data: { readonly mirror: string; readonly events: readonly MirroredEvent[] };
    }
  | {
      readonly type: 'CheckpointMirrored';
      readonly data: { readonly mirror: string } & MirroredCheckpoint;
    }
  | {
      /** What the record says up to here, but for its last events: whoever begins need not read what is before. */
      readonly type: 'MirrorSummarised';
      readonly data: { readonly mirror: string } & MirrorSummary;
    }
  | {
      readonly type: 'MirrorAlarmRaised';
      readonly data: { readonly mirror: string } & MirrorAlarm;
    };

export const mirrorStream = (mirror: string): string => `mirror-${mirror}`;

/** Of another mirror's record: never recorded by a mirror, or two that follow each other would never end. */
export function isOfMirror({ streamId }: { readonly streamId: string }): boolean {
  return streamId.startsWith(mirrorStream(''));
}
