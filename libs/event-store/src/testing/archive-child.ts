/**
 * The process that `archive-kill.int-spec.ts` kills: it archives a log and prints the fault points that it comes by;
 * at the one that is named, when it is met for the n-th time, it waits for its end. Arguments: the log's path, the
 * point, n.
 */
import { writeSync } from 'node:fs';
import { archiveEvents } from '../sqlite/archive/archive-events';

const [path = '', point = '', nth = '1'] = process.argv.slice(2);
let met = 0;
let goOn: (() => void) | undefined;
// Keeps the process alive where it waits, and what waits too: a lease that nobody can reach is given back as garbage.
const alive = setInterval(() => void goOn, 1_000);

void archiveEvents({
  path,
  before: '9999-01',
  streamPrefix: 'meter-',
  rowsPerFile: 400,
  faults: {
    async reach(name) {
      if (name !== point) return;
      met += 1;
      if (met < Number(nth)) return;
      writeSync(1, `${name}\n`);
      await new Promise<void>((done) => (goOn = done));
    },
  },
}).then(() => {
  clearInterval(alive);
  writeSync(1, 'done\n');
});
