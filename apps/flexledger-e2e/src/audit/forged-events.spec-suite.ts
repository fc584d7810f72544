/**
 * What an operator could do who holds the log and recomputes every hash: one event is changed, and
 * the check whose matter it is must name it, beside the roots that no longer fit the chain.
 */
import type { StoredRow } from '@flexledger/event-store';
import { canonicalJson, sha256Hex } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import type { CheckName, LoggedEvent } from '@flexledger/audit';
import {
  type DataOf,
  type SimulatedLog,
  checkOf,
  dataOf,
  positionsNamed,
  withForged,
} from './testing/simulated-day';

interface Forgery {
  /** The check that must name the forged event, or the event that rests on it. */
  readonly check: CheckName;
  readonly what: string;
  readonly find: (day: SimulatedLog) => StoredRow;
  readonly apply: (rows: readonly StoredRow[], row: StoredRow) => StoredRow[];
  /** Type of the event named; that of the forged one when absent. */
  readonly named?: LoggedEvent['type'];
}

function forgery<Type extends LoggedEvent['type']>(
  check: CheckName,
  what: string,
  type: Type,
  change: (data: DataOf<Type>) => void,
  wanted?: (data: DataOf<Type>) => boolean,
): Forgery {
  return {
    check,
    what: `${what} in ${type}`,
    find: (day) => day.rowOf(type, wanted),
    apply: (rows, row) => withForged<Type>(rows, row, change),
  };
}

/** Of a PoD that was paid, so that something rests on it. */
function consequence<Type extends LoggedEvent['type']>(
  [check, named]: readonly [CheckName, LoggedEvent['type']],
  what: string,
  type: Type,
  change: (data: DataOf<Type>) => void,
): Forgery {
  const find = (day: SimulatedLog): StoredRow => {
    const { podId } = dataOf<'SettlementComputed'>(day.rowOf('SettlementComputed', hasRows))
      .rows[0]!;
    return day.rowOf(type, (data) => ((data as { podId?: string }).podId ?? podId) === podId);
  };
  const apply = (rows: readonly StoredRow[], row: StoredRow) => withForged<Type>(rows, row, change);
  return { check, what: `${what} in ${type}`, find, apply, named };
}

const hasRows = (data: { readonly rows: readonly unknown[] }): boolean => data.rows.length > 0;
const otherHex = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

const FORGERIES: readonly Forgery[] = [
  forgery('gates', 'a gate moved', 'SessionScheduled', (data) => {
    data.gateClosesAt = data.resultDueAt;
  }),
  forgery('gates', 'offers not counted', 'SessionClosed', (data) => {
    data.offers += 1;
  }),
  forgery('signatures', 'another energy', 'MeasurementRecorded', (data) => {
    data.inputData.withdrawnWh += 1;
  }),
  forgery('signatures', 'another energy and its hash', 'MeasurementRecorded', (data) => {
    data.inputData.withdrawnWh += 1;
    data.hash = sha256Hex(canonicalJson(data.inputData));
  }),
  forgery('checkpoints', 'another root', 'CheckpointSealed', (data) => {
    data.root = otherHex(data.root);
  }),
  forgery('anchors', 'another root', 'CheckpointAnchored', (data) => {
    data.root = otherHex(data.root);
  }),
  forgery('clearing', 'other rules', 'RulePackAdopted', (data) => {
    data.rulePack.settlement.afterMinutes += 1;
  }),
  forgery(
    'clearing',
    'another quantity',
    'MarketCleared',
    (data) => {
      data.rows[0]!.acceptedW[0]! += 10;
    },
    hasRows,
  ),
  forgery(
    'clearing',
    'another marginal price',
    'MarketCleared',
    (data) => {
      data.requests[0]!.marginalPriceMicroEurPerKwh[0] = 1;
    },
    ({ requests }) => requests.length > 0,
  ),
  forgery('clearing', 'another input', 'MarketCleared', (data) => {
    data.inputDigest = otherHex(data.inputDigest);
  }),
  forgery(
    'clearing',
    'another price',
    'ResultPublished',
    (data) => {
      data.rows[0]!.priceMicroEurPerKwh[0]! += 1;
    },
    hasRows,
  ),
  forgery(
    'clearing',
    'a row less',
    'ResultPublished',
    (data) => {
      data.rows.pop();
    },
    hasRows,
  ),
  forgery(
    'validation',
    'a refusal',
    'OutcomeValidated',
    (data) => {
      const refusal = { index: 0, status: 'KO', permittedW: [], violatedElement: 'line0' } as const;
      data.exceptions = [{ ...refusal, permittedW: [] }];
    },
    ({ exceptions }) => exceptions.length === 0,
  ),
  forgery('validation', 'another model', 'GridModelPublished', (data) => {
    Object.assign(data.model, { name: 'another' });
  }),
  forgery(
    'settlement',
    'another payment',
    'SettlementComputed',
    (data) => {
      data.rows[0]!.paidMicroEur[0]! += 1;
    },
    hasRows,
  ),
  forgery('settlement', 'another input', 'SettlementComputed', (data) => {
    data.inputDigest = otherHex(data.inputDigest);
  }),
  forgery('settlement', 'another total', 'SettlementPublished', (data) => {
    data.deliveredWMtu += 1;
  }),
  forgery('agreements', 'another transaction', 'AgreementCertified', (data) => {
    data.txHash = `0x${'0'.repeat(64)}`;
  }),
  forgery('agreements', 'another digest', 'AgreementCertified', (data) => {
    data.termsDigest = otherHex(data.termsDigest);
  }),
  forgery('tokens', 'another amount', 'TokensAwarded', (data) => {
    data.amountMicroEur += 1;
  }),
  forgery('tokens', 'another block', 'TokensAwarded', (data) => {
    data.blockNumber += 1;
  }),
  forgery('tokens', 'another distribution', 'TokensAwarded', (data) => {
    data.distributionRoot = `0x${'0'.repeat(64)}`;
  }),
  consequence(['clearing', 'MarketCleared'], 'a dearer offer', 'FlexibilityOffered', (data) => {
    for (const offer of data.offers) {
      if (offer.kind === 'single') offer.priceMicroEurPerKwh[0]! += 1;
    }
  }),
  consequence(['clearing', 'MarketCleared'], 'a larger need', 'FlexibilityRequested', (data) => {
    data.quantityW[0]! += 1;
  }),
  consequence(['settlement', 'SettlementComputed'], 'others', 'BaselineDeclared', (data) => {
    data.baselineW.fill(1);
  }),
  consequence(['tokens', 'TokensAwarded'], 'another wallet', 'PodRegistered', (data) => {
    data.wallet = `0x${'1'.repeat(40)}`;
  }),
  consequence(
    ['agreements', 'AgreementCertified'],
    'another share of penalties',
    'AgreementProposed',
    (data) => {
      data.customerPenaltySharePerMille += 1;
    },
  ),
  consequence(['tokens', 'TokensAwarded'], 'other shares', 'AgreementProposed', (data) => {
    data.customerSharePerMille -= 1;
  }),
];

/** @param simulated the day, once it is there */
export function findsForgedEvents(simulated: () => SimulatedLog): void {
  it.each(FORGERIES)('$check: $what', async ({ check, find, apply, named }) => {
    const day = simulated();
    const row = find(day);
    const report = await day.audited(apply(day.rows, row));
    expect(checkOf(report, 'hashes').failures).toEqual([]);
    expect(checkOf(report, 'order').failures).toEqual([]);
    const [failure] = checkOf(report, check).failures;
    if (named) expect(failure!.type).toBe(named);
    else expect(failure).toMatchObject({ position: row.position, eventId: row.id });
    // No forged log has the anchored roots.
    expect(checkOf(report, 'checkpoints').ok).toBe(false);
    expect(checkOf(report, 'inclusion').ok).toBe(false);
  });

  it('gates: an offer taken a minute after the gate closed', async () => {
    const day = simulated();
    const { gateClosesAt } = dataOf<'SessionScheduled'>(day.rowOf('SessionScheduled'));
    const offer = day.rowOf('FlexibilityOffered');
    const late = isoFromMs(Date.parse(gateClosesAt) + 60_000);
    const envelope = { occurredAt: late, recordedAt: late };
    const report = await day.audited(withForged(day.rows, offer, () => {}, envelope));
    expect(positionsNamed(report, 'gates')).toEqual([offer.position]);
  });
}
