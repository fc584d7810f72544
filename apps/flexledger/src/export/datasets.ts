import type { Dataset } from './dataset';
import { checkpointsDataset, eventsDataset } from './log-datasets';
import {
  offersDataset,
  outcomesDataset,
  requestsDataset,
  sessionsDataset,
  settlementsDataset,
} from './market-datasets';
import { activationsDataset, measurementsDataset, podsDataset } from './register-datasets';

/** All datasets of `flexledger export`. */
export const datasets: readonly Dataset[] = [
  podsDataset,
  sessionsDataset,
  requestsDataset,
  offersDataset,
  outcomesDataset,
  settlementsDataset,
  measurementsDataset,
  activationsDataset,
  checkpointsDataset,
  eventsDataset,
];
