/** Goal: the chain holds what the log anchored, and what a guardian rejected there counts for neither. */
import { createFindings } from '../report';
import type { AnchoredRoot } from '../chain-snapshot';
import { smallLog } from '../testing/node-tools';
import { type SmallEvent, failuresOf, smallChain } from '../testing/small-log';
import { createAnchorCheck } from './anchors';

const CONTRACT = `0x${'a'.repeat(40)}`;
const rootOf = (digit: string): string => digit.repeat(64);
const event = (type: SmallEvent['type'], data: object): SmallEvent => ({
  streamId: 'certification',
  type,
  data,
});
const started = event('CertifierStarted', { chainId: 1, anchorContract: CONTRACT });
const anchored = (size: number, digit: string): SmallEvent[] => [
  event('CheckpointSealed', { size, root: rootOf(digit) }),
  event('CheckpointAnchored', { size, root: rootOf(digit), txHash: '0x', blockNumber: 1 }),
];
const held = (size: number, digit: string, isRejected?: true): AnchoredRoot => ({
  size,
  rootHex: rootOf(digit),
  timestampS: 0,
  ...(isRejected && { isRejected }),
});
const lost = (size: number, digit: string, standingSize: number): SmallEvent =>
  event('AnchorLost', { size, root: rootOf(digit), standingSize });
const day = [started, ...anchored(5, 'b'), ...anchored(9, 'c')];

async function audited(...anchors: readonly AnchoredRoot[]) {
  return auditedUnread(0, anchors);
}

/** A log that goes on from the day. */
async function auditedOn(events: readonly SmallEvent[], ...anchors: readonly AnchoredRoot[]) {
  return auditedUnread(0, anchors, [...day, ...events]);
}

async function auditedUnread(
  unread: number,
  anchors: readonly AnchoredRoot[],
  events: readonly SmallEvent[] = day,
) {
  const findings = createFindings('anchors');
  const anchorsUnread = new Map(unread > 0 ? [[CONTRACT, unread]] : []);
  const check = createAnchorCheck(
    smallChain({ anchors: new Map([[CONTRACT, anchors]]), anchorsUnread }),
    findings,
  );
  const failures = await failuresOf(check, smallLog(events));
  const { note = '' } = findings.report();
  return { reasons: failures.map(({ reason }) => reason), note, open: check.notExcluded() };
}

it('holds where each checkpoint stands on the chain, and nothing else does', async () => {
  expect(await audited(held(5, 'b'), held(9, 'c'))).toEqual({ reasons: [], note: '', open: [] });
});

it('names an anchor that is missing, of another root, or unknown to the log', async () => {
  const { reasons } = await audited(held(5, 'd'), held(7, 'e'));
  expect(reasons).toEqual([
    expect.stringContaining(`holds root ${rootOf('d')} for 5 leaves`),
    expect.stringContaining('holds no anchor of 9 leaves'),
    expect.stringContaining('holds an anchor of 7 leaves'),
  ]);
});

it('names where a false anchor stands in its contract, which its guardian rejects it by', async () => {
  const { reasons } = await audited(
    { ...held(5, 'd'), index: 3 },
    { ...held(7, 'e'), index: 4 },
    { ...held(9, 'c'), index: 5 },
  );
  expect(reasons).toEqual([
    expect.stringContaining(`holds root ${rootOf('d')} for 5 leaves (anchor 3)`),
    expect.stringContaining(`holds an anchor of 7 leaves, root ${rootOf('e')} (anchor 4)`),
  ]);
});

it('tells of a false anchor that was rejected, and leaves open what it may have covered', async () => {
  const { reasons, note, open } = await audited(
    held(5, 'b'),
    held(2 ** 32, 'f', true),
    held(9, 'c'),
  );
  expect(reasons).toEqual([]);
  expect(note).toContain(`an anchor of ${2 ** 32} leaves`);
  expect(open).toEqual([expect.stringContaining('behind 1 anchors that the guardian')]);
});

it('takes no false anchor for a true one because a true one of its size was rejected', async () => {
  const { reasons } = await audited(held(5, 'b', true), held(5, 'd'), held(9, 'c'));
  expect(reasons).toEqual([expect.stringContaining(`holds root ${rootOf('d')} for 5 leaves`)]);
});

it('tells of a true anchor that was rejected, and fails while no later one stands', async () => {
  const later = await audited(held(5, 'b', true), held(9, 'c'));
  expect([later.reasons, later.open]).toEqual([[], []]);
  expect(later.note).toContain('that the log knows, and a later one stands');
  const none = await audited(held(5, 'b'), held(9, 'c', true));
  expect(none.reasons).toEqual([
    expect.stringContaining('no later one covers what the log anchored'),
  ]);
});

it('goes on where there are more anchors than can be read, and says what that leaves open', async () => {
  const { reasons, open } = await auditedUnread(30_000, [held(2, 'f', true), held(9, 'c')]);
  expect(reasons).toEqual([]);
  expect(open).toEqual([
    expect.stringContaining('behind 1 anchors that the guardian'),
    expect.stringContaining('among 30000 in its middle that were not read'),
  ]);
  const without = await auditedUnread(30_000, [held(5, 'b'), held(2, 'f', true)]);
  expect(without.reasons).toEqual([
    expect.stringContaining('no anchor of 9 leaves among those that were read, and 30000 were not'),
  ]);
});

it('tells of many rejected anchors in few words', async () => {
  const many = Array.from({ length: 50 }, (_, index) => held(100 + index, 'f', true));
  const { note } = await audited(held(5, 'b'), ...many, held(9, 'c'));
  expect(note).toContain('has rejected 40 more that the log does not know');
  expect(note.length).toBeLessThan(4_000);
});

describe('an anchor that the log says is lost', () => {
  it('is made good by a later one, which may be the same again', async () => {
    const later = await auditedOn(
      [lost(9, 'c', 5), ...anchored(12, 'd')],
      held(5, 'b'),
      held(12, 'd'),
    );
    expect(later.reasons).toEqual([]);
    expect(later.note).toContain('holds no more an anchor of 9 leaves');
    const again = [lost(9, 'c', 5), anchored(9, 'c')[1]!];
    const same = await auditedOn(again, held(5, 'b'), held(9, 'c'));
    expect(same).toEqual({ reasons: [], note: '', open: [] });
  });

  it('fails while no later one stands', async () => {
    const { reasons } = await auditedOn([lost(9, 'c', 5)], held(5, 'b'));
    expect(reasons).toEqual([expect.stringContaining('holds no more an anchor of 9 leaves')]);
    const all = await auditedOn([lost(5, 'b', 0), lost(9, 'c', 0)]);
    expect(all.reasons).toHaveLength(2);
  });

  it('fails where it stands, until a later one is recorded', async () => {
    const standing = [held(5, 'b'), held(9, 'c')];
    const { reasons } = await auditedOn([lost(9, 'c', 5)], ...standing);
    expect(reasons).toEqual([
      expect.stringContaining('holds an anchor of 9 leaves, which the log'),
    ]);
    const later = await auditedOn(
      [lost(9, 'c', 5), ...anchored(12, 'd')],
      ...standing,
      held(12, 'd'),
    );
    expect(later.reasons).toEqual([]);
    expect(later.note).toContain('holds an anchor of 9 leaves, which the log says is lost');
  });

  it('is told once where the guardian has rejected it', async () => {
    const { reasons, note } = await auditedOn(
      [lost(9, 'c', 5), ...anchored(12, 'd')],
      held(5, 'b'),
      held(9, 'c', true),
      held(12, 'd'),
    );
    expect(reasons).toEqual([]);
    expect(note.match(/anchor of 9 leaves/g)).toHaveLength(1);
  });

  it('fails where it was none, or one that is as large stands', async () => {
    const { reasons } = await auditedOn(
      [lost(7, 'c', 5), lost(9, 'd', 5), lost(5, 'b', 5)],
      held(5, 'b'),
      held(9, 'c'),
    );
    expect(reasons).toEqual([
      expect.stringContaining('no anchor of 7 leaves'),
      expect.stringContaining(`no anchor of 9 leaves with root ${rootOf('d')}`),
      expect.stringContaining('an anchor of 5 leaves is lost, and one of 5 stands'),
    ]);
  });

  it('fails where the chain lost it and the log does not say so, also under a later one', async () => {
    const { reasons } = await auditedOn(anchored(12, 'd'), held(5, 'b'), held(12, 'd'));
    expect(reasons).toEqual([expect.stringContaining('holds no anchor of 9 leaves')]);
  });
});
