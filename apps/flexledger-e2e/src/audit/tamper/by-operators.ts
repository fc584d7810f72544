/**
 * The operator with the key of the log and its disk, and a chain out of reach: everything is hashed and
 * signed anew, so that log, tree and notes agree; the chain holds what was anchored.
 */
import type { StoredRow } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { type CheckName, rehashed } from '@flexledger/audit';
import {
  editedFirst,
  isCertifiers,
  lastRowOf,
  movedBefore,
  rowOf,
  shifted,
  upToAnchor,
  withAfter,
  withInserted,
  withLost,
  without,
} from './edit-rows';
import {
  otherKey,
  withSecondCheckpoint,
  withStolenHandOver,
  withStolenRecovery,
} from './forged-statements';
import type { HonestDay, Shown, TrustHeld } from './honest-day';
import { type Tampering, caught, notExcluded, tampering } from './tampering';
import { dataOf } from '../testing/simulated-day';

const operator = tampering.bind(undefined, 'operator');

/** The chain holds other roots than the log signed anew, and so do its awards where they rest on it. */
function signedAnew(
  what: string,
  checks: readonly CheckName[],
  change: (rows: readonly StoredRow[], day: HonestDay) => readonly StoredRow[],
  trust: TrustHeld = 'none',
): Tampering {
  return operator(what, [trust, caught(...checks)], (day) =>
    day.powers.signed(change(day.rows, day)),
  );
}

const hasRows = (data: { readonly rows: readonly unknown[] }): boolean => data.rows.length > 0;

const EVENTS: readonly Tampering[] = [
  signedAnew('a measurement changed', ['signatures', 'anchors', 'settlement'], (rows) =>
    editedFirst(rows, 'MeasurementRecorded', (data) => {
      data.inputData.withdrawnWh += 1;
    }),
  ),
  signedAnew('a measurement taken out', ['anchors', 'settlement'], (rows) => {
    const last = lastRowOf(rows, 'MeasurementRecorded');
    return without(rows, (row) => row === last);
  }),
  signedAnew('a PoD moved to another bus', ['anchors'], (rows) =>
    editedFirst(rows, 'PodLocated', (data) => {
      data.busId = data.busId === 'bus18' ? 'bus17' : 'bus18';
    }),
  ),
  signedAnew('two measurements in another order', ['anchors'], (rows) => {
    const late = rows.filter(({ type }) => type === 'MeasurementRecorded').slice(-2);
    return movedBefore(rows, late[1]!, late[0]!);
  }),
  signedAnew(
    'a request written in before the gate closes',
    ['anchors', 'gates', 'clearing'],
    (rows) => {
      const request = rowOf(rows, 'FlexibilityRequested');
      const { streamId, type, occurredAt, schemaVersion } = request;
      const data = { ...dataOf<'FlexibilityRequested'>(request), requestId: 'written-in' };
      return withAfter(rows, request, { streamId, type, data, occurredAt, schemaVersion });
    },
  ),
  signedAnew(
    'a settled row dearer by what another is cheaper',
    ['settlement', 'anchors', 'tokens'],
    (rows) =>
      editedFirst(
        rows,
        'SettlementComputed',
        (data) => {
          data.rows[0]!.paidMicroEur[0]! += 1;
          data.rows.at(-1)!.paidMicroEur[data.rows.at(-1)!.paidMicroEur.length - 1]! -= 1;
        },
        hasRows,
      ),
  ),
  signedAnew('a settled row with another salt', ['settlement', 'anchors', 'tokens'], (rows) =>
    editedFirst(
      rows,
      'SettlementComputed',
      (data) => {
        data.rows[0]!.salt = 'ab'.repeat(16);
      },
      hasRows,
    ),
  ),
  signedAnew(
    'a settlement without salts, as of an earlier release',
    ['settlement', 'anchors', 'tokens'],
    (rows) =>
      editedFirst(
        rows,
        'SettlementComputed',
        (data) => {
          for (const row of data.rows) delete row.salt;
          delete data.rowsRoot;
        },
        hasRows,
      ),
  ),
  signedAnew(
    'a settlement published with another root of its rows',
    ['settlement', 'anchors'],
    (rows) =>
      editedFirst(
        rows,
        'SettlementPublished',
        (data) => {
          data.rowsRoot = 'ab'.repeat(32);
        },
        ({ rows: count }) => count > 0,
      ),
  ),
  signedAnew(
    'the same, and the trust file saw the day',
    ['settlement', 'anchors', 'tokens', 'trust'],
    (rows) =>
      editedFirst(
        rows,
        'SettlementComputed',
        (data) => {
          data.rows[0]!.paidMicroEur[0]! += 1;
          data.rows.at(-1)!.paidMicroEur[data.rows.at(-1)!.paidMicroEur.length - 1]! -= 1;
        },
        hasRows,
      ),
    'seen',
  ),
  operator(
    'the shares of an agreement changed, awards to follow',
    ['none', caught('anchors', 'agreements', 'tokens')],
    async ({ rows, powers }) => {
      const podId = soldPod(rows);
      const changed = editedFirst(
        rows,
        'AgreementProposed',
        (data) => {
          data.customerSharePerMille -= 100;
        },
        (data) => data.podId === podId,
      );
      return powers.signed(changed, { awards: 'follow' });
    },
  ),
  operator(
    'the wallet of a customer replaced, awards to follow',
    ['none', caught('anchors', 'tokens')],
    async ({ rows, powers }) => {
      const podId = soldPod(rows);
      const changed = editedFirst(
        rows,
        'PodRegistered',
        (data) => {
          data.wallet = `0x${'1'.repeat(40)}`;
        },
        (data) => data.podId === podId,
      );
      return powers.signed(changed, { awards: 'follow' });
    },
  ),
];

const CERTIFIER: readonly Tampering[] = [
  operator('a second certifier with another key', ['none', caught('trust')], secondCertifier),
  operator(
    'a second certifier, only its own part shown',
    ['seen', caught('anchors', 'trust')],
    async ({ rows, powers }) => powers.signed(rows, { key: otherKey }),
  ),
  operator(
    'a second certifier with another key, and a trust file',
    ['seen', caught('trust')],
    secondCertifier,
  ),
  operator(
    'never anchored: the log says so and the chain holds nothing',
    ['none', notExcluded('that nothing is anchored is a note of the audit')],
    neverAnchored,
  ),
  operator(
    'two checkpoints of one size, both signed by the log',
    ['none', caught('checkpoints')],
    ({ rows, chain, logKey }) => ({ rows: withSecondCheckpoint(rows, logKey), chain }),
  ),
  operator(
    'the log handed over to another key without the leave of the one before',
    ['none', caught('checkpoints')],
    ({ rows, chain }) => ({ rows: withStolenHandOver(rows), chain }),
  ),
  operator(
    'the key ended by a recovery key that nobody has named',
    ['none', caught('checkpoints')],
    ({ rows, chain, logKey }) => ({ rows: withStolenRecovery(rows, logKey, false), chain }),
  ),
  operator(
    'a recovery key named behind all that is sealed, and the key ended by it',
    ['none', caught('checkpoints')],
    ({ rows, chain, logKey }) => ({ rows: withStolenRecovery(rows, logKey, true), chain }),
  ),
  operator(
    'another anchor contract named in the middle of the log',
    ['none', caught('anchors', 'trust')],
    ({ rows, chain }) => {
      const started = rowOf(rows, 'CertifierStarted');
      const anchorContract = `0x${'9'.repeat(40)}`;
      const data = { ...dataOf<'CertifierStarted'>(started), anchorContract };
      const { streamId, type, schemaVersion } = started;
      const { occurredAt } = rows.at(-1)!;
      const event = { streamId, type, schemaVersion, data, occurredAt };
      return { rows: withInserted(rows, rows.length, event), chain };
    },
  ),
  operator('never anchored, and a trust file', ['exported', caught('trust')], neverAnchored),
  operator(
    'no anchor in the last hours of the day',
    ['exported', caught('trust')],
    async ({ rows, powers }) => {
      const last = upToAnchor(rows, 60).length;
      return powers.onNewChain(rows.filter((row, index) => index < last || !isCertifiers(row)));
    },
  ),
  operator(
    'anchors that the log conceals',
    ['none', caught('anchors')],
    async ({ rows, powers }) => {
      const last = upToAnchor(rows, 100).length;
      return powers.signed(rows.filter((row, index) => index < last || !isCertifiers(row)));
    },
  ),
  operator(
    'a failed anchor said in the place of the last',
    ['none', caught('anchors')],
    ({ rows, chain }) => {
      const anchored = lastRowOf(rows, 'CheckpointAnchored');
      const { size, root } = dataOf<'CheckpointAnchored'>(anchored);
      const { streamId, occurredAt } = anchored;
      const type = 'AnchorFailed';
      const data = { size, root, reason: 'no connection' };
      const before = rows.slice(0, rows.indexOf(anchored));
      const failed = withAfter(before, before.at(-1)!, { streamId, type, data, occurredAt });
      return { rows: failed, chain };
    },
  ),
  operator(
    'the last anchors said to be lost, and they stand',
    ['none', caught('anchors')],
    ({ rows, chain }) => ({ rows: withLost(rows, rows.length, 2), chain }),
  ),
  operator(
    'an anchor said to be lost that never was',
    ['none', caught('anchors')],
    ({ rows, chain }) => {
      const { size, root } = dataOf<'CheckpointAnchored'>(lastRowOf(rows, 'CheckpointAnchored'));
      const { occurredAt } = rows.at(-1)!;
      const lost = { size: size + 1, root, standingSize: size };
      const event = { streamId: 'certification', type: 'AnchorLost', data: lost, occurredAt };
      return { rows: withInserted(rows, rows.length, event), chain };
    },
  ),
  operator(
    'yesterday’s log, and the chain of today',
    ['seen', caught('anchors', 'tokens', 'trust')],
    ({ older, chain }) => ({ ...older, chain }),
  ),
];

const TIMES: readonly Tampering[] = [
  times('an offer recorded an hour earlier', ['none', caught('order', 'times')], -3_600_000),
  times('an offer recorded an hour later', ['none', caught('times')], 3_600_000),
  times(
    'an offer recorded a minute earlier',
    ['none', notExcluded('within the two minutes that clocks may lie apart')],
    -60_000,
  ),
];

export const BY_OPERATORS: readonly Tampering[] = [...EVENTS, ...CERTIFIER, ...TIMES];

/** The log goes on under another key and another name than it began with. */
function secondCertifier({ rows, chain }: HonestDay): Shown {
  const started = rowOf(rows, 'CertifierStarted');
  const data = { ...dataOf<'CertifierStarted'>(started), publicKey: otherKey.publicKey };
  const { streamId, type, schemaVersion } = started;
  const last = rows.at(-1)!;
  const { occurredAt } = last;
  return {
    rows: withAfter(rows, last, { streamId, type, data, schemaVersion, occurredAt }),
    chain,
  };
}

function neverAnchored({ rows, powers }: HonestDay): Promise<Shown> {
  return powers.onNewChain(without(rows, ({ type }) => type === 'CheckpointAnchored'));
}

function times(what: string, expected: Parameters<typeof tampering>[2], byMs: number): Tampering {
  return operator(what, expected, ({ rows, chain }) => {
    const row = rowOf(rows, 'FlexibilityOffered');
    const moved = rehashed(sha256, { ...row, recordedAt: shifted(row.recordedAt, byMs) });
    return { rows: rows.map((other) => (other === row ? moved : other)), chain };
  });
}

function soldPod(rows: readonly StoredRow[]): string {
  const settled = rowOf(rows, 'SettlementComputed', hasRows);
  return dataOf<'SettlementComputed'>(settled).rows[0]!.podId;
}
