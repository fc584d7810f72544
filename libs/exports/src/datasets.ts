import type { Dataset } from './dataset';
import { kpisDataset } from './kpi-dataset';
import { checkpointsDataset, eventsDataset } from './log-datasets';
import {
  offersDataset,
  requestsDataset,
  sessionsDataset,
  settlementsDataset,
} from './market-datasets';
import { outcomesDataset, resultsDataset, validatedOutcomesDataset } from './outcome-datasets';
import {
  platoneCertificationsDataset,
  platoneContractsDataset,
  platoneOutcomesDataset,
  platonePodsDataset,
  platoneServicesDataset,
  platoneSettlementsDataset,
} from './platone-datasets';
import {
  activationsDataset,
  baselinesDataset,
  measurementsDataset,
  podsDataset,
} from './register-datasets';

/** All datasets of `flexledger export`, in the order in which they are told. */
export const datasets: readonly Dataset[] = [
  podsDataset,
  platonePodsDataset,
  baselinesDataset,
  sessionsDataset,
  requestsDataset,
  offersDataset,
  outcomesDataset,
  validatedOutcomesDataset,
  resultsDataset,
  settlementsDataset,
  measurementsDataset,
  kpisDataset,
  activationsDataset,
  checkpointsDataset,
  eventsDataset,
  platoneServicesDataset,
  platoneOutcomesDataset,
  platoneSettlementsDataset,
  platoneCertificationsDataset,
  platoneContractsDataset,
];
