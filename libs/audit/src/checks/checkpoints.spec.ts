import type { StoredRow } from '@flexledger/domain';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { type CertifiedLeaves, createCertifiedLeaves } from '../leaves';
import { createFindings } from '../report';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createCheckpointCheck } from './checkpoints';

const ORIGIN = 'flexledger/test';
const own = ed25519KeyFrom('01'.repeat(32));
const foreign = ed25519KeyFrom('02'.repeat(32));

const started: SmallEvent = {
  streamId: 'certification',
  type: 'CertifierStarted',
  data: { origin: ORIGIN, publicKey: own.publicKey },
};
const other: SmallEvent = { streamId: 'session-a', type: 'SessionOpened', data: {} };

/** A checkpoint of the first `size` of the events before it. */
function sealed(
  before: readonly SmallEvent[],
  size: number,
  options: {
    readonly by?: typeof own;
    readonly origin?: string;
    readonly noted?: number;
    readonly lastPosition?: number;
    /** 1 said nothing of positions. */
    readonly schemaVersion?: 1 | 2;
  } = {},
): SmallEvent {
  const { tree } = leavesOf(smallLog(before));
  const { by = own, origin = ORIGIN, noted = size, lastPosition = size - 1 } = options;
  const { schemaVersion = 2 } = options;
  const noteKey = { name: ORIGIN, publicKey: Buffer.from(by.publicKey, 'hex') };
  const note = signCheckpoint(
    sha256,
    { origin, size: noted, root: tree.root(noted) },
    noteKey,
    (message) => signEd25519(by.privateKey, message),
  );
  const root = Buffer.from(tree.root(size)).toString('hex');
  return {
    streamId: 'certification',
    type: 'CheckpointSealed',
    data: { size, root, note, ...(schemaVersion === 2 && { lastPosition }) },
    schemaVersion,
  };
}

function leavesOf(rows: readonly StoredRow[]): CertifiedLeaves {
  const leaves = createCertifiedLeaves(sha256);
  for (const row of rows) leaves.append(row, Buffer.from(row.hash, 'hex'));
  return leaves;
}

/** A log whose last event is what `next` makes of those before it. */
function grown(
  ...steps: (SmallEvent | ((before: readonly SmallEvent[]) => SmallEvent))[]
): SmallEvent[] {
  return steps.reduce<SmallEvent[]>(
    (before, step) => [...before, typeof step === 'function' ? step(before) : step],
    [],
  );
}

async function failures(
  log: readonly SmallEvent[],
  positionOf = (position: number): number => position,
): Promise<[number | undefined, string][]> {
  const rows = smallLog(log).map((row) => ({ ...row, position: positionOf(row.position) }));
  const check = createCheckpointCheck(leavesOf(rows), tools, createFindings('checkpoints'));
  const found = await failuresOf(check, rows);
  return found.map(({ position, reason }) => [position, reason]);
}

it('accepts growing checkpoints of the log before them', async () => {
  const log = grown(
    started,
    other,
    (log) => sealed(log, 2),
    other,
    (log) => sealed(log, 4),
  );
  expect(await failures(log)).toEqual([]);
});

/** As other engines number events, or a log that lost none. */
const spaced = (position: number): number => 5 + 1_000 * position;

it('counts leaves, whatever numbers the log’s positions leave out', async () => {
  const log = grown(
    started,
    other,
    (log) => sealed(log, 2, { lastPosition: 1_005 }),
    other,
    (log) => sealed(log, 4, { lastPosition: 3_005 }),
  );
  expect(await failures(log, spaced)).toEqual([]);
});

it('names a checkpoint that takes another event for its last leaf', async () => {
  const log = grown(started, other, (log) => sealed(log, 2, { lastPosition: 2 }));
  const told = 'its last leaf is the event at position 1, it says 2';
  expect(await failures(log)).toEqual([[2, told]]);
  // As one would write it who takes positions for leaves.
  const dense = grown(started, other, (log) => sealed(log, 2));
  const toldOfGaps = 'its last leaf is the event at position 1005, it says 1';
  expect(await failures(dense, spaced)).toEqual([[2_005, toldOfGaps]]);
});

it('takes a checkpoint of release 0.1.0 by its leaves only: it says nothing of positions', async () => {
  const log = grown(started, other, (log) => sealed(log, 2, { schemaVersion: 1 }));
  expect(await failures(log)).toEqual([]);
  expect(await failures(log, spaced)).toEqual([]);
});

it.each([
  ['dense', (position: number): number => position],
  ['rising by tens', (position: number): number => 10 * position],
])('names the range in which a root leaves the log: positions are %s', async (_, positionOf) => {
  const sound = grown(
    started,
    other,
    (log) => sealed(log, 2, { lastPosition: positionOf(1) }),
    other,
    (log) => sealed(log, 4, { lastPosition: positionOf(3) }),
  );
  const changed = sound.map((event, at) =>
    at === 3 ? { ...other, data: { changed: true } } : event,
  );
  const range = `an event at positions ${positionOf(2)} to ${positionOf(3)} was changed`;
  expect(await failures(changed, positionOf)).toEqual([
    [positionOf(4), expect.stringContaining(range)],
  ]);
});

describe('another key', () => {
  const signerOf = ({ publicKey, privateKey }: typeof own) => ({
    key: { name: ORIGIN, publicKey: Buffer.from(publicKey, 'hex') },
    sign: (message: Uint8Array) => signEd25519(privateKey, message),
  });
  /** The statement of the first `size` events, by the keys given; it says that `named` follows. */
  const replaced =
    (size: number, { from = own, to = foreign, named = foreign } = {}) =>
    (before: readonly SmallEvent[]): SmallEvent => {
      const root = leavesOf(smallLog(before)).tree.root(size);
      const checkpoint = { origin: ORIGIN, size, root };
      const statement = signKeyChange(sha256, checkpoint, signerOf(from), signerOf(to));
      const data = { publicKey: named.publicKey, statement };
      return { streamId: 'certification', type: 'LogKeyReplaced', data };
    };
  const sealedBy = (size: number, by: typeof own) => (log: readonly SmallEvent[]) =>
    sealed(log, size, { by });
  const begun = [started, other, (log: readonly SmallEvent[]) => sealed(log, 2), other] as const;

  it('signs after the one before has handed over to it', async () => {
    const log = grown(...begun, replaced(2), sealedBy(5, foreign), other, sealedBy(7, foreign));
    expect(await failures(log)).toEqual([]);
  });

  it('may take over before the first checkpoint', async () => {
    expect(await failures(grown(started, replaced(0), other, sealedBy(3, foreign)))).toEqual([]);
  });

  it('is not the old one any more once it has taken over', async () => {
    const log = grown(...begun, replaced(2), sealedBy(5, own));
    expect(await failures(log)).toEqual([[5, expect.stringContaining('not signed by')]]);
  });

  it.each([
    ['the old key has not signed', { from: foreign }, 'without its leave'],
    ['another key is recorded than the statement names', { named: own }, 'its statement names'],
  ])('does not sign where %s', async (_, by, told) => {
    const log = grown(...begun, replaced(2, by), sealedBy(5, foreign));
    expect(await failures(log)).toEqual([
      [4, expect.stringContaining(told)],
      [5, expect.stringContaining('not signed by')],
    ]);
  });

  describe('named by the recovery key', () => {
    const recovery = ed25519KeyFrom('07'.repeat(32));
    const recoveryKey = verifierKeyText(sha256, signerOf(recovery).key);
    const naming = { ...started, data: { ...started.data, recoveryKey } };
    const known = [naming, ...begun.slice(1)] as const;
    const ended =
      (size: number, { by = recovery, root = undefined as Uint8Array | undefined } = {}) =>
      (before: readonly SmallEvent[]): SmallEvent => {
        const { tree } = leavesOf(smallLog(before));
        const checkpoint = { origin: ORIGIN, size, root: root ?? tree.root(size) };
        const keys = {
          ended: signerOf(own).key,
          next: signerOf(foreign).key,
          recovery: signerOf(by),
        };
        const statement = signCompromise(sha256, checkpoint, keys);
        const data = { publicKey: foreign.publicKey, statement };
        return { streamId: 'certification', type: 'LogKeyReplaced', data };
      };

    it('signs from then on', async () => {
      expect(await failures(grown(...known, ended(2), sealedBy(5, foreign)))).toEqual([]);
      const log = grown(...known, ended(2), sealedBy(5, own));
      expect(await failures(log)).toEqual([[5, expect.stringContaining('not signed by')]]);
    });

    it('has to seal what the ended one did behind the checkpoint that is named', async () => {
      const log = grown(...known, sealedBy(4, own), ended(2));
      expect(await failures(log)).toEqual([
        [undefined, expect.stringContaining('what was sealed from 2 leaves on, up to 4,')],
      ]);
      expect(await failures([...log, sealedBy(6, foreign)(log)])).toEqual([]);
    });

    it.each([
      ['where the log named none', begun, {}, 'no recovery key is known'],
      ['by another recovery key', known, { by: foreign }, 'is not signed by'],
      ['of a checkpoint of another log', known, { root: new Uint8Array(32) }, 'other 2 leaves'],
    ])('does not sign %s', async (_, log, change, told) => {
      const [first] = await failures(grown(...log, ended(2, change), sealedBy(5, foreign)));
      expect(first).toEqual([4, expect.stringContaining(told)]);
    });

    it('does not sign where nothing sealed has named the recovery key', async () => {
      // Somebody with the disk alone, who has not the log's key.
      const log = grown(...begun, naming, ended(2), sealedBy(6, foreign));
      expect(await failures(log)).toEqual([
        [5, expect.stringContaining('which do not name the recovery key yet')],
        [6, expect.stringContaining('not signed by')],
      ]);
    });
  });

  it('does not sign by a statement of another checkpoint than the last', async () => {
    const log = grown(...begun, sealedBy(4, own), replaced(2), sealedBy(6, foreign));
    expect(await failures(log)).toEqual([
      [
        5,
        expect.stringContaining('its statement is of 2 leaves, the last checkpoint before it of 4'),
      ],
      [6, expect.stringContaining('not signed by')],
    ]);
  });
});

it('names a checkpoint that does not grow, or covers what is not there', async () => {
  const shrinking = grown(
    started,
    other,
    (log) => sealed(log, 2),
    (log) => sealed(log, 2),
  );
  expect(await failures(shrinking)).toEqual([[3, 'its size 2 is not above 2']]);
  const log = grown(started, other, (before) => sealed([...before, other], 3));
  expect(await failures(log)).toEqual([[2, 'it covers 3 leaves and has 2 before it']]);
});

it.each([
  ['by another key', { by: foreign }, /is not signed by/],
  ['for another log', { origin: 'flexledger/other' }, /is of log "flexledger\/other"/],
  ['for another size', { noted: 1 }, /its note is of 1 leaves/],
])('names a note that is signed %s', async (_, options, reason) => {
  const log = grown(started, other, (before) => sealed(before, 2, options));
  expect(await failures(log)).toEqual([[2, expect.stringMatching(reason)]]);
});

it('wants a certifier', async () => {
  expect(await failures([other])).toEqual([
    [undefined, expect.stringMatching(/names no certifier/)],
  ]);
});
