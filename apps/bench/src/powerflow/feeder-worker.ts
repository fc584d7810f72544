/** Entry of a worker thread: solves its share of the feeders. */
import { parentPort, workerData } from 'node:worker_threads';
import { solveFeederDays } from './feeder-days';

const { from, to } = workerData as { from: number; to: number };
parentPort!.postMessage(solveFeederDays(from, to));
