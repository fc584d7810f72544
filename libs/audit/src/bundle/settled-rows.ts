/**
 * Rows of settlements in a bundle, proved without the rows of others: their leaves lead to the root that
 * the settlement was published with (`docs/verify/settlement-rows.md`).
 */
import {
  type Sha256,
  type SettlementRow,
  type StoredRow,
  fromHex,
  isSalted,
  rowEntry,
  toHex,
} from '@flexledger/domain';
import { MerkleTree, leafHash, verifyInclusion } from '@flexledger/merkle-log';
import type { LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { Bundle, BundledEvent, RowProof } from './bundle';

type Computed = LoggedOf<'SettlementComputed'>['data'];
type Published = LoggedOf<'SettlementPublished'>['data'];

/** Proves rows of settlements whose events it was shown whole, in the order of the log. */
export interface RowProver {
  /** Folds a part; what it returns proves rows of that part, once the last part was taken. */
  take(whole: Computed): (own: readonly SettlementRow[]) => RowProof[] | undefined;
}

export function createRowProver(sha256: Sha256): RowProver {
  const trees = new Map<string, MerkleTree>();
  return {
    take({ sessionId, correction, part, rows }) {
      const key = keyOf({ sessionId, correction });
      const tree = part.index === 0 ? new MerkleTree(sha256) : trees.get(key);
      if (!tree || !rows.every(isSalted)) return () => undefined;
      trees.set(key, tree);
      const first = tree.size;
      for (const row of rows) tree.append(rowEntry(row));
      const places = new Map(rows.map(({ salt }, place) => [salt, first + place]));
      return (own) => {
        // Written anew since: what it was is in no settlement.
        if (trees.get(key) !== tree) return undefined;
        const indices = own.flatMap(({ salt }) => places.get(salt ?? '') ?? []);
        if (indices.length < own.length) return undefined;
        return indices.map((index) => ({
          index,
          proof: tree.inclusionProof(index, tree.size).map(toHex),
        }));
      };
    },
  };
}

/**
 * The events of a party whose own rows are proved: each row stands at its place under the root of the settlement
 * as its publication in the bundle names it. A proof that does not lead there is a finding.
 */
export function provedOwnRows(
  { of, events }: Bundle,
  sha256: Sha256,
  inclusion: Findings,
): ReadonlySet<BundledEvent> {
  const proved = new Set<BundledEvent>();
  if (of.kind !== 'party' && of.kind !== 'rows') return proved;
  const roots = publishedRoots(events);
  const lastIndex = new Map<string, number>();
  for (const event of events) {
    if (event.ownRows !== true) continue;
    const said = saidIn(event);
    if (typeof said === 'string') {
      // Of a party's bundle that stays open, and is told so; a bundle of rows is of nothing else.
      if (of.kind === 'rows') inclusion.fail(event.row, said);
      continue;
    }
    const { key, rows, proofs, root } = said;
    inclusion.checked();
    const fault = rowsFault(rows, proofs, { ...root, after: lastIndex.get(key) ?? -1 });
    lastIndex.set(key, proofs.at(-1)?.index ?? lastIndex.get(key) ?? -1);
    if (fault === undefined) proved.add(event);
    else inclusion.fail(event.row, fault);
  }
  return proved;

  /** The rows of a part, with what proves them; or why nothing does. */
  function saidIn({ row, rowProofs: proofs }: BundledEvent) {
    const data = row.type === 'SettlementComputed' ? parsed<Computed>(row) : undefined;
    if (!data || !proofs) return 'it has no proofs of the rows that it shows';
    if (of.kind === 'rows' && data.sessionId !== of.sessionId) {
      return `it is of session ${data.sessionId}, not of ${of.sessionId}`;
    }
    const key = keyOf(data);
    const root = roots.get(key);
    if (!root) return 'the publication of its settlement is not shown';
    return { key, rows: data.rows, proofs, root };
  }

  function rowsFault(
    rows: unknown,
    proofs: readonly RowProof[],
    { root, size, after }: { readonly root: Uint8Array; readonly size: number; after: number },
  ): string | undefined {
    if (!Array.isArray(rows) || rows.length !== proofs.length) {
      return `it has proofs of ${proofs.length} rows, and not of those that it shows`;
    }
    for (const [place, row] of (rows as readonly SettlementRow[]).entries()) {
      const { index, proof } = proofs[place]!;
      const name = `its row ${place} is not shown to be row ${index} of the ${size} of its settlement`;
      if (index <= after || !isObject(row) || !isSalted(row)) return name;
      const claim = { index, size, root, proof: proof.map(fromHex) };
      const hash = leafHash(sha256, rowEntry(row));
      if (!verifyInclusion(sha256, { ...claim, leafHash: hash })) return name;
      if (of.kind === 'rows' && !isOf(row, of.partyId)) {
        return `its row ${place} is none of ${of.partyId}`;
      }
      after = index;
    }
    return undefined;
  }
}

/** By settlement, the root over its rows and how many there are, of the publications that are in the bundle whole. */
function publishedRoots(events: readonly BundledEvent[]) {
  const roots = new Map<string, { readonly root: Uint8Array; readonly size: number }>();
  for (const { row, ownRows } of events) {
    if (row.type !== 'SettlementPublished' || ownRows === true) continue;
    const data = parsed<Published>(row);
    if (!data || !/^[0-9a-f]{64}$/.test(data.rowsRoot ?? '')) continue;
    roots.set(keyOf(data), { root: fromHex(data.rowsRoot!), size: data.rows });
  }
  return roots;
}

/** Whether a settled row is a party's: of an aggregator, a PoD, the DSO or the TSO. */
function isOf({ aggregatorId, podId, requester }: SettlementRow, partyId: string): boolean {
  return [aggregatorId, podId, requester].includes(partyId);
}

function keyOf({ sessionId, correction }: Pick<Computed, 'sessionId' | 'correction'>): string {
  return `${sessionId}/${correction}`;
}

function parsed<Data extends object>({ data }: StoredRow): Data | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? (value as Data) : undefined;
  } catch {
    return undefined; // the hashes tell
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
