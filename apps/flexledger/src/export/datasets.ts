import type { Dataset } from './dataset';
import { type DatasetName, DATASET_NAMES } from './dataset-names';
import { kpisDataset } from './kpi-dataset';
import { checkpointsDataset, eventsDataset } from './log-datasets';
import {
  offersDataset,
  requestsDataset,
  sessionsDataset,
  settlementsDataset,
} from './market-datasets';
import { outcomesDataset, resultsDataset, validatedOutcomesDataset } from './outcome-datasets';
import { activationsDataset, measurementsDataset, podsDataset } from './register-datasets';

const byName: Readonly<Record<DatasetName, Dataset>> = {
  pods: podsDataset,
  sessions: sessionsDataset,
  requests: requestsDataset,
  offers: offersDataset,
  outcomes: outcomesDataset,
  'validated-outcomes': validatedOutcomesDataset,
  results: resultsDataset,
  settlements: settlementsDataset,
  measurements: measurementsDataset,
  kpis: kpisDataset,
  activations: activationsDataset,
  checkpoints: checkpointsDataset,
  events: eventsDataset,
};

/** All datasets of `flexledger export`. */
export const datasets: readonly Dataset[] = DATASET_NAMES.map((name) => byName[name]);
