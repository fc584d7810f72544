/**
 * The operator with the chain too: the log is made anew and anchored, certified and awarded anew. What
 * the events say against each other is then all that tells without a trust file; with one, that it is
 * another log than the one seen.
 */
import type { CheckName } from '@flexledger/audit';
import { type StoredRow, awardDigest } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { dataOf } from '../testing/simulated-day';
import { ANCHORS_AND_CONTRACTS } from './anchors-and-contracts';
import { edited, editedFirst, lastRowOf, rowOf, shifted, withAfter, without } from './edit-rows';
import {
  hasRows,
  keyReplaced,
  keyReplacedUnsigned,
  nodeReplaced,
  receiptsSwapped,
  settlementOf,
  sharesChanged,
  stolen,
  timesMovedBack,
  withCorrection,
  withRefusal,
  withheld,
} from './forged-days';
import type { HonestDay, TrustHeld } from './honest-day';
import type { RemakePower } from './remake-log';
import { type Outcome, type Tampering, caught, notExcluded, tampering } from './tampering';

const mighty = tampering.bind(undefined, 'operator, chain');

type Rows = readonly StoredRow[];

/** Made anew on a chain whose first block is the honest one's. */
function anew(
  what: string,
  outcome: Outcome | CheckName,
  change: (rows: Rows, day: HonestDay) => Rows,
  [trust, power]: readonly [TrustHeld, Partial<RemakePower>?] = ['none'],
): Tampering {
  const expected = typeof outcome === 'string' ? caught(outcome) : outcome;
  return mighty(what, [trust, expected], (day) =>
    day.powers.onNewChain(change(day.rows, day), power),
  );
}

const otherHex = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

const WITHOUT = notExcluded('the log agrees with itself and with its chain');
const SEAM = notExcluded('where a simulated day goes on, seals go back: an audit allows for it');
const THEFT = { awards: 'follow' } as const;

/** Nothing but the events tells. */
const CONTRADICTIONS: readonly Tampering[] = [
  anew('a gate moved', 'gates', (rows) =>
    editedFirst(rows, 'SessionScheduled', (data) => {
      data.gateClosesAt = data.resultDueAt;
    }),
  ),
  anew('a session opened before its gate', caught('gates', 'times'), (rows) => {
    const row = rowOf(rows, 'SessionOpened');
    return edited(rows, row, () => {}, { occurredAt: shifted(row.occurredAt, -3_600_000) });
  }),
  anew('offers counted that are not there', 'gates', (rows) =>
    editedFirst(rows, 'SessionClosed', (data) => {
      data.offers += 1;
    }),
  ),
  anew('a larger need', 'clearing', (rows) =>
    editedFirst(rows, 'FlexibilityRequested', (data) => {
      data.quantityW[0]! += 1_000;
    }),
  ),
  anew('other rules', caught('clearing'), (rows) =>
    editedFirst(rows, 'RulePackAdopted', (data) => {
      data.rulePack.settlement.afterMinutes += 1;
    }),
  ),
  anew('a cleared row raised', caught('clearing', 'settlement'), (rows) =>
    editedFirst(
      rows,
      'MarketCleared',
      (data) => {
        data.rows[0]!.acceptedW[0]! += 10;
      },
      hasRows,
    ),
  ),
  anew('a published row dearer', 'clearing', (rows) =>
    editedFirst(
      rows,
      'ResultPublished',
      (data) => {
        data.rows[0]!.priceMicroEurPerKwh[0]! += 1;
      },
      hasRows,
    ),
  ),
  anew('a refusal of the DSO written in', caught('validation', 'clearing', 'settlement'), (rows) =>
    editedFirst(
      rows,
      'OutcomeValidated',
      (data) => {
        const one = { index: 0, status: 'KO', permittedW: [0], violatedElement: 'line0' } as const;
        data.exceptions = [{ ...one, permittedW: [...one.permittedW] }];
      },
      ({ exceptions }) => exceptions.length === 0,
    ),
  ),
  anew('another grid model', caught('validation'), (rows) =>
    editedFirst(rows, 'GridModelPublished', (data) => {
      Object.assign(data.model, { name: 'another' });
    }),
  ),
  anew(
    'a settled row raised, totals and award to follow',
    'settlement',
    (rows) => {
      const [settled, published] = settlementOf(rows);
      const raised = edited<'SettlementComputed'>(rows, settled, (data) => {
        data.rows[0]!.paidMicroEur[0]! += 1_000_000;
      });
      return edited<'SettlementPublished'>(raised, published, (data) => {
        data.netMicroEur += 1_000_000;
      });
    },
    ['none', THEFT],
  ),
  anew('another total of a settlement', 'settlement', (rows) =>
    editedFirst(rows, 'SettlementPublished', (data) => {
      data.deliveredWMtu += 1;
    }),
  ),
  anew('another input digest of a settlement', 'settlement', (rows) =>
    editedFirst(rows, 'SettlementComputed', (data) => {
      data.inputDigest = otherHex(data.inputDigest);
    }),
  ),
  anew('a correction without a late measurement', 'settlement', (rows) => withCorrection(rows), [
    'none',
    THEFT,
  ]),
  anew('an award that is independent of any settlement', 'tokens', (rows) =>
    editedFirst(rows, 'TokensAwarded', (data) => {
      data.amountMicroEur += 1;
    }),
  ),
  anew('the root of the distribution replaced', 'tokens', (rows) =>
    editedFirst(rows, 'TokensAwarded', (data) => {
      data.distributionRoot = `0x${'ab'.repeat(32)}`;
    }),
  ),
  anew('a settlement awarded twice', caught('settlement', 'tokens'), (rows) => {
    const awarded = lastRowOf(rows, 'TokensAwarded');
    const { streamId, type, schemaVersion, occurredAt } = awarded;
    const data = { ...dataOf<'TokensAwarded'>(awarded), correction: 1 };
    return withAfter(rows, awarded, { streamId, type, data, schemaVersion, occurredAt });
  }),
  anew('an award left out', 'tokens', (rows) => {
    const awarded = lastRowOf(rows, 'TokensAwarded');
    return without(rows, (row) => row === awarded);
  }),
  mighty('tokens beside the log', ['none', caught('tokens')], async ({ rows, chain }) => {
    const [[contract, state]] = [...chain.tokens] as [[string, TokenState]];
    const [award] = state.awards;
    const more = { ...award!, sessionDigestHex: awardDigest(sha256, 'nothing', 0) };
    const tokens = new Map([[contract, { ...state, awards: [...state.awards, more] }]]);
    return { rows, chain: { ...chain, tokens } };
  }),
  mighty(
    'an award that names another settlement',
    ['none', caught('tokens')],
    ({ rows, chain }) => {
      const [[contract, state]] = [...chain.tokens] as [[string, TokenState]];
      const [award, ...others] = state.awards;
      const named = { ...award!, settlementLeafHex: others[0]!.settlementLeafHex };
      const tokens = new Map([[contract, { ...state, awards: [named, ...others] }]]);
      return { rows, chain: { ...chain, tokens } };
    },
  ),
  anew('awards that name the settlements as they were', caught('settlement', 'tokens'), resettled, [
    'none',
    { leaves: 'stay' },
  ]),
  anew('a log that says that an award names another settlement', 'tokens', swappedLeaves, [
    'none',
    { leaves: 'stay' },
  ]),
  anew(
    'a certificate of no agreement',
    caught('agreements'),
    (rows) =>
      editedFirst(rows, 'AgreementCertified', (data) => {
        data.termsDigest = otherHex(data.termsDigest);
      }),
    ['none', { certificates: 'stay' }],
  ),
  anew(
    'the shares of an agreement changed, nothing to follow',
    caught('agreements', 'tokens'),
    (rows) => sharesChanged(rows),
    ['none', { certificates: 'stay' }],
  ),
  anew('a true packet refused', 'signatures', (rows, day) => withRefusal(rows, day)),
];

/** Log and chain agree in everything. */
const ANEW: readonly Tampering[] = [
  anew('all rebuilt, the money elsewhere', WITHOUT, stolen, ['none', THEFT]),
  anew('all rebuilt, the money elsewhere', caught('trust'), stolen, ['seen', THEFT]),
  anew('all rebuilt, the money elsewhere', caught('trust'), stolen, ['stale', THEFT]),
  anew(
    'all rebuilt on a chain with the same first block',
    notExcluded('the trust file was never used: the audit says that it had seen no checkpoint'),
    stolen,
    ['exported', THEFT],
  ),
  mighty('all rebuilt on a fresh chain', ['none', WITHOUT], ({ rows, powers }) =>
    powers.onOtherChain(rows),
  ),
  mighty('all rebuilt on a fresh chain', ['exported', caught('trust')], ({ rows, powers }) =>
    powers.onOtherChain(rows),
  ),
  mighty('all rebuilt in new contracts on the old chain', ['none', WITHOUT], ({ rows, powers }) =>
    powers.inNewContracts(rows),
  ),
  mighty(
    'all rebuilt in new contracts on the old chain',
    ['exported', caught('trust')],
    ({ rows, powers }) => powers.inNewContracts(rows),
  ),
  anew('the shares of an agreement changed, all to follow', WITHOUT, sharesChanged, [
    'none',
    THEFT,
  ]),
  anew('the shares of an agreement changed, all to follow', caught('trust'), sharesChanged, [
    'seen',
    THEFT,
  ]),
  anew('offers moved back, with a seal that goes back too', SEAM, timesMovedBack),
  anew('offers moved back, with a seal that goes back too', caught('trust'), timesMovedBack, [
    'seen',
  ]),
  anew('a node key replaced without the old one', caught('signatures'), keyReplaced),
  anew(
    'a node key replaced as by a release that kept no signature',
    caught('signatures'),
    keyReplacedUnsigned,
  ),
  anew(
    'another box in the place of a node',
    notExcluded('a new box has no key that another could name; who has the PoD has to know of it'),
    nodeReplaced,
  ),
  anew('another box in the place of a node', caught('trust'), nodeReplaced, ['seen']),
  anew(
    'receipts of setpoints swapped between PoDs',
    notExcluded(
      'no audit holds when it was applied against what the node signed; no money rests on it',
    ),
    receiptsSwapped,
  ),
  anew('receipts of setpoints swapped between PoDs', caught('trust'), receiptsSwapped, ['seen']),
  anew('what a node signed of a setpoint changed', caught('signatures'), (rows) =>
    statementChanged(rows, 'SetpointReceiptSigned'),
  ),
  anew('what a node signed of an activation changed', caught('signatures'), (rows) =>
    statementChanged(rows, 'ActivationSigned'),
  ),
  anew(
    'a settlement withheld',
    notExcluded('the log does not say that it is over; the auditor has to miss it'),
    withheld,
    ['none', THEFT],
  ),
  anew('a settlement withheld', caught('trust'), withheld, ['seen', THEFT]),
  mighty('an older state of log and chain', ['none', WITHOUT], ({ older }) => older),
  mighty('an older state of log and chain', ['seen', caught('trust')], ({ older }) => older),
  mighty(
    'an older state, back to where the trust file had seen it',
    ['stale', notExcluded('nothing after the last checkpoint seen is known')],
    ({ older }) => older,
  ),
];

export const BY_CHAIN_OPERATORS: readonly Tampering[] = [
  ...CONTRADICTIONS,
  ...ANCHORS_AND_CONTRACTS,
  ...ANEW,
];

type TokenState = Exclude<ReturnType<HonestDay['chain']['tokens']['get']>, string | undefined>;

/** A time that a node has put its name to, its signature left. */
function statementChanged(rows: Rows, type: 'SetpointReceiptSigned' | 'ActivationSigned'): Rows {
  return editedFirst(rows, type, ({ content }) => {
    if ('appliedAt' in content) content.appliedAt = shifted(content.appliedAt, 60_000);
    else content.receivedAt = shifted(content.receivedAt, 60_000);
  });
}

/** The settled rows have other salts, so that the event of the settlement is another. */
function resettled(rows: Rows): Rows {
  return editedFirst(
    rows,
    'SettlementComputed',
    (data) => {
      data.rows[0]!.salt = 'ab'.repeat(16);
    },
    hasRows,
  );
}

function swappedLeaves(rows: Rows): Rows {
  return editedFirst(rows, 'TokensAwarded', (data) => {
    data.settlementLeaf = otherHex(data.settlementLeaf!);
  });
}
