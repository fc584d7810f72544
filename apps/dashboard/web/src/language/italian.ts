/** Every text of the screens in Italian, under its English. */
import { DASHBOARDS } from './italian/dashboards';
import { DATA } from './italian/data';
import { FRAME } from './italian/frame';
import { GRID } from './italian/grid';
import { HOMES } from './italian/homes';
import { NAMES } from './italian/names';
import { NOW } from './italian/now';
import { OPERATING } from './italian/operating';
import { PORTFOLIO } from './italian/portfolio';
import { SESSIONS } from './italian/sessions';

export const ITALIAN = {
  ...DASHBOARDS,
  ...DATA,
  ...FRAME,
  ...GRID,
  ...HOMES,
  ...NAMES,
  ...NOW,
  ...OPERATING,
  ...PORTFOLIO,
  ...SESSIONS,
} as const;
