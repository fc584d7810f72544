/** The indicators of the demonstration as a dataset. */
import type { KpiRow } from '@flexledger/domain';
import { kpiViews, marketKpis, podKpis } from '@flexledger/projections';
import type { Dataset, Row } from './dataset';

export const kpisDataset: Dataset = {
  name: 'kpis',
  about: 'the seven indicators in hundredths of a percent, by session, day, PoD and in total',
  columns: {
    scope: 'text',
    id: 'text',
    kpi: 'text',
    name: 'text',
    product: 'text',
    direction: 'text',
    horizon: 'text',
    activity: 'text',
    valueBasisPoints: 'integer',
    periods: 'integer',
    targetBasisPoints: 'integer',
    meetsTarget: 'boolean',
    note: 'text',
    category: 'text',
  },
  views: kpiViews,
  narrows: true,
  async *rows({ documents, narrowed }) {
    const days = narrowed?.days ?? {};
    const [onlySession] = narrowed?.isOneSession ? narrowed.sessionIds : [];
    for await (const row of marketKpis(documents, days)) {
      if (onlySession === undefined || row.id === onlySession) yield rowOf(row);
    }
    if (onlySession !== undefined) return;
    for await (const row of podKpis(documents, {}, days)) yield rowOf(row);
  },
};

/** In the order of the columns; the total has no id. */
function rowOf(row: KpiRow): Row {
  const { scope, id, kpi, name, product, direction, horizon, activity, category } = row;
  const { valueBasisPoints, periods, targetBasisPoints, meetsTarget, note } = row;
  return {
    scope,
    id: id === '' ? null : id,
    kpi,
    name,
    product,
    direction,
    horizon,
    activity,
    valueBasisPoints,
    periods,
    targetBasisPoints,
    meetsTarget,
    note,
    category,
  };
}
