/** Who reads the data of a source without a grant, and by which right of the market's rules. */
import { type DataSet, GRID_SOURCE, dataSetsOf } from '@flexledger/domain';
import { type Role, readersByRight } from '@flexledger/identity';
import type { PodDocument } from '@flexledger/projections';

/**
 * Why a party reads data that nobody granted to it. `owner`: they are its own. `agreement`: it trades the PoD under
 * the agreement that its customer accepted; `registration`: it has registered the PoD, and no agreement is in force.
 * `gridOperation`, `gridObservation`: the DSO and the TSO run their grids by them. `marketOperation`: the market is
 * cleared and settled by them. `supervision`: the regulator and auditors check settlements.
 */
export type AccessRight =
  | 'owner'
  | 'agreement'
  | 'registration'
  | 'gridOperation'
  | 'gridObservation'
  | 'marketOperation'
  | 'supervision';

export interface ReaderByRight {
  /** A party as events name it. */
  readonly reader: string;
  readonly right: AccessRight;
  readonly dataSets: readonly DataSet[];
}

const RIGHTS = [
  ['dso', 'gridOperation'],
  ['tso', 'gridObservation'],
  ['operator', 'marketOperation'],
  ['auditor', 'supervision'],
] as const satisfies readonly (readonly [Role, AccessRight])[];

/** @param pod of the register, where the source is one; of the grid absent */
export function readersByRightOf(source: string, pod?: PodDocument): ReaderByRight[] {
  const readBy = (role: Role): DataSet[] =>
    dataSetsOf(source).filter((dataSet) => readersByRight(dataSet).includes(role));
  const readers: ReaderByRight[] = RIGHTS.map(([role, right]) => ({
    reader: role,
    right: source === GRID_SOURCE && role === 'dso' ? 'owner' : right,
    dataSets: readBy(role),
  }));
  if (pod) {
    const { podId, aggregatorId, agreement, status } = pod;
    const customer = { reader: `customer:${podId}`, right: 'owner', dataSets: readBy('customer') };
    const isInForce =
      agreement?.status === 'inForce' && agreement.terms.aggregatorId === aggregatorId;
    const aggregator = {
      reader: `aggregator:${aggregatorId}`,
      right: isInForce ? 'agreement' : 'registration',
      dataSets: readBy('aggregator'),
    };
    const own =
      status === 'registered' && aggregatorId !== null ? [customer, aggregator] : [customer];
    readers.unshift(...(own as ReaderByRight[]));
  }
  return readers.filter(({ dataSets }) => dataSets.length > 0);
}
