/** What can be exported and how, for the help of the command, which shall not load how it is done. */
import type { TextFormat } from '@flexledger/exports';

/** Datasets of `flexledger export`, in the order in which they are told. */
export const DATASET_NAMES = [
  'pods',
  'platone-pods',
  'baselines',
  'sessions',
  'requests',
  'offers',
  'outcomes',
  'validated-outcomes',
  'results',
  'settlements',
  'measurements',
  'kpis',
  'activations',
  'checkpoints',
  'events',
  'platone-services',
  'platone-outcomes',
  'platone-settlements',
  'platone-certifications',
  'platone-contracts',
] as const;

/** Formats that are text, and so may go to the standard output. */
const TEXT_FORMATS = ['csv', 'json'] as const satisfies readonly TextFormat[];

/** All formats. */
export const FORMATS = [...TEXT_FORMATS, 'parquet'] as const;
export type Format = (typeof FORMATS)[number];
