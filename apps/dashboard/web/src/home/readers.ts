/** Who reads a home's data, in words for its customer. */
import type { DataSet } from '@flexledger/domain';
import { type PlainText, t } from '../language/texts';

/** A reader by a right of the market's rules, as `GET /api/v1/data-access/{source}` names it. */
interface ByRight {
  readonly reader: string;
  readonly right: string;
  readonly dataSets: readonly DataSet[];
}

/** A reader by grant, or who asks. */
interface Other {
  readonly reader: string;
  readonly status: string;
  readonly dataSets: readonly DataSet[];
  readonly request: { readonly dataSets: readonly DataSet[]; readonly purpose: string } | null;
}

/** What a data set is to a customer. */
const DATA_SET_NAMES: Readonly<Record<DataSet, PlainText>> = {
  measurements: 'quarter-hours',
  livePower: 'power now',
  baselines: 'baselines',
  setpoints: 'setpoints',
  grid: 'grid',
};

const RIGHTS: Readonly<Record<string, PlainText>> = {
  agreement: 'sells for you under your agreement',
  registration: 'has registered your home, without an agreement in force',
  gridOperation: 'operates the grid that you hang on',
  gridObservation: 'watches over the transmission grid',
  marketOperation: 'runs the market and settles what you gave',
  supervision: 'checks the market and its settlements',
};

const NAMES: Readonly<Record<string, PlainText>> = {
  dso: 'The grid operator',
  tso: 'The transmission operator',
  operator: 'The market operator',
  auditor: 'The auditor',
};

/** A party as a customer knows it: `AGG1` of `aggregator:AGG1`. */
function readerName(reader: string): string {
  const known = NAMES[reader];
  return known === undefined ? reader.split(':').slice(1).join(':') : t(known);
}

/** A data set in a word. */
export const dataSetName = (dataSet: DataSet): string => t(DATA_SET_NAMES[dataSet]);

function rightName(right: string): string {
  const known = RIGHTS[right];
  return known === undefined ? right : t(known);
}

/** Data sets in a row of words. */
function dataSetNames(dataSets: readonly DataSet[]): string {
  return dataSets.map(dataSetName).join(', ');
}

/** Who reads by right but the customer itself, who reads by grant, and who waits for an answer. */
export function readersShown({
  byRight,
  others,
}: {
  readonly byRight: readonly ByRight[];
  readonly others: readonly Other[];
}) {
  return {
    byRight: byRight
      .filter(({ right }) => right !== 'owner')
      .map(({ reader, right, dataSets }) => ({
        reader,
        name: readerName(reader),
        why: rightName(right),
        what: dataSetNames(dataSets),
      })),
    granted: others
      .filter(({ dataSets }) => dataSets.length > 0)
      .map(({ reader, dataSets }) => ({
        reader,
        name: readerName(reader),
        what: dataSetNames(dataSets),
      })),
    asking: others.flatMap(({ reader, dataSets, request }) => {
      if (request === null) return [];
      const { purpose, dataSets: asked } = request;
      // A grant replaces the one before: what it reads already stays.
      const together = [...new Set([...dataSets, ...asked])];
      return [{ reader, name: readerName(reader), purpose, what: dataSetNames(asked), together }];
    }),
  };
}
