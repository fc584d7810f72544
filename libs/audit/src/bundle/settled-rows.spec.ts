/** A party proves its own settled rows by the settlement's root, whatever the parts; nothing else passes. */
import type { SaltedRow, SettlementRow, StoredRow } from '@flexledger/domain';
import { canonicalJson, rowEntry, toHex } from '@flexledger/domain';
import { merkleRoot } from '@flexledger/merkle-log';
import fc from 'fast-check';
import { createFindings } from '../report';
import { tools } from '../testing/node-tools';
import type { Bundle, BundledEvent } from './bundle';
import { createRowProver, provedOwnRows } from './settled-rows';

const { sha256 } = tools;
const SESSION = 'realTime-2026-03-17T15:00Z';

const rowOf = (index: number, aggregatorId: string): SaltedRow => ({
  offerId: `O${index}`,
  requestId: 'R1',
  podId: `POD${index}`,
  aggregatorId,
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  firstMtu: 0,
  acceptedW: [1_000],
  priceMicroEurPerKwh: [4_000_000],
  baselineW: [3_000],
  measuredW: [2_000],
  deliveredW: [1_000],
  paidMicroEur: [1_000],
  penaltyMicroEur: [0],
  salt: index.toString(16).padStart(32, '0'),
});

const stored = (type: string, position: number, data: object): StoredRow =>
  ({ type, position, data: canonicalJson(data) }) as unknown as StoredRow;

/** Rows of a settlement, AGG1's where true, in parts; and the bundle of AGG1's own. */
function bundleOf(parts: readonly (readonly boolean[])[]): Bundle {
  let count = 0;
  const whole = parts.map((part, index) => ({
    sessionId: SESSION,
    correction: 0,
    part: { index, of: parts.length },
    inputDigest: '',
    rows: part.map((isOwn) => rowOf((count += 1), isOwn ? 'AGG1' : 'AGG2')),
  }));
  const rowsRoot = toHex(merkleRoot(sha256, whole.flatMap(({ rows }) => rows).map(rowEntry)));
  const prover = createRowProver(sha256);
  const proofs = whole.map((data) => prover.take({ ...data, rowsRoot }));
  const events = whole.map((data, index): BundledEvent => {
    const rows = data.rows.filter(({ aggregatorId }) => aggregatorId === 'AGG1');
    const row = stored('SettlementComputed', index, { ...data, rowsRoot, rows });
    return { leaf: index, proof: [], row, ownRows: true, rowProofs: proofs[index]!(rows)! };
  });
  const published = { sessionId: SESSION, correction: 0, rows: count, rowsRoot };
  const row = stored('SettlementPublished', parts.length, published);
  const of = { kind: 'rows', sessionId: SESSION, partyId: 'AGG1' } as const;
  const all = [...events, { leaf: parts.length, proof: [], row }];
  return { format: 'flexledger/bundle@1', of, checkpoint: '', anchors: 0, events: all };
}

function checked(bundle: Bundle) {
  const findings = createFindings('inclusion');
  const proved = provedOwnRows(bundle, sha256, findings);
  return { proved: proved.size, isOk: findings.report().ok };
}

/** With the data of the first part changed. */
function changed(bundle: Bundle, change: (data: { rows: SettlementRow[] }) => void): Bundle {
  const [first, ...rest] = bundle.events as [BundledEvent, ...BundledEvent[]];
  const data = JSON.parse(first.row.data) as { rows: SettlementRow[] };
  change(data);
  const row = { ...first.row, data: canonicalJson(data) };
  return { ...bundle, events: [{ ...first, row }, ...rest] };
}

const PARTS = [[true, false, true], [false, false], [true]];

it('proves the own rows of each part, whatever the parts and whose the others are', () => {
  const partsArb = fc.array(fc.array(fc.boolean(), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(partsArb, (parts) => {
      expect(checked(bundleOf(parts))).toEqual({ proved: parts.length, isOk: true });
    }),
  );
});

it.each<[string, (bundle: Bundle) => Bundle]>([
  [
    'a pay raised',
    (bundle) => changed(bundle, ({ rows }) => void (rows[0] = { ...rows[0]!, paidMicroEur: [2] })),
  ],
  [
    'another salt',
    (bundle) =>
      changed(bundle, ({ rows }) => void (rows[0] = { ...rows[0]!, salt: 'f'.repeat(32) })),
  ],
  [
    'a row left out, and its proof kept',
    (bundle) => changed(bundle, ({ rows }) => void rows.pop()),
  ],
  ['rows in another order', (bundle) => changed(bundle, ({ rows }) => void rows.reverse())],
  [
    'a row that is another’s',
    (bundle) => ({ ...bundle, of: { kind: 'rows', sessionId: SESSION, partyId: 'AGG2' } }),
  ],
  [
    'another session',
    (bundle) => ({ ...bundle, of: { kind: 'rows', sessionId: 'another', partyId: 'AGG1' } }),
  ],
  [
    'a part shown twice',
    (bundle) => ({ ...bundle, events: [bundle.events[0]!, ...bundle.events] }),
  ],
  [
    'the place of another row',
    (bundle) => {
      const [first, ...rest] = bundle.events as [BundledEvent, ...BundledEvent[]];
      const rowProofs = first.rowProofs!.map(({ index, proof }) => ({ index: index + 1, proof }));
      return { ...bundle, events: [{ ...first, rowProofs }, ...rest] };
    },
  ],
  [
    'a part without proofs beside those that have them',
    (bundle) => {
      const [first, ...rest] = bundle.events as [BundledEvent, ...BundledEvent[]];
      const { rowProofs: _, ...unproved } = first;
      return { ...bundle, events: [unproved, ...rest] };
    },
  ],
  [
    'a part of a correction that is not shown to be published',
    (bundle) => changed(bundle, (data) => Object.assign(data, { correction: 1 })),
  ],
  [
    'rows of an event that is no settlement',
    (bundle) => {
      const [first, ...rest] = bundle.events as [BundledEvent, ...BundledEvent[]];
      const row = { ...first.row, type: 'SessionCleared' };
      return { ...bundle, events: [{ ...first, row }, ...rest] };
    },
  ],
])('does not hold with %s', (_, change) => {
  expect(checked(change(bundleOf(PARTS))).isOk).toBe(false);
});

it('proves nothing without the publication, which a bundle of rows has to show and one of a party need not', () => {
  const bundle = bundleOf(PARTS);
  const events = bundle.events.slice(0, -1);
  expect(checked({ ...bundle, events })).toEqual({ proved: 0, isOk: false });
  const of = { kind: 'party', partyId: 'AGG1' } as const;
  expect(checked({ ...bundle, of, events })).toEqual({ proved: 0, isOk: true });
});

it('has no proof of rows without salts, nor of parts that were written anew', () => {
  const whole = { sessionId: SESSION, correction: 0, part: { index: 0, of: 1 }, inputDigest: '' };
  const { salt: _, ...unsalted } = rowOf(1, 'AGG1');
  const prover = createRowProver(sha256);
  expect(prover.take({ ...whole, rows: [unsalted] })([unsalted])).toBeUndefined();
  const first = prover.take({ ...whole, rows: [rowOf(1, 'AGG1')] });
  prover.take({ ...whole, rows: [rowOf(2, 'AGG1')] });
  expect(first([rowOf(1, 'AGG1')])).toBeUndefined();
});
