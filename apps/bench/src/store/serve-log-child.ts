/** Entry of a process of its own: serves an embedded log over KurrentDB's protocol until it is ended. */
import path from 'node:path';
import { openSqliteEventStore, serveLog } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';

async function main(folder: string): Promise<void> {
  const log = openSqliteEventStore({ path: path.join(folder, 'served.sqlite'), clock: wallClock });
  const { port } = await serveLog({
    log,
    host: '127.0.0.1',
    port: 0,
    rightsOf: () => ({ mayAppend: true }),
    onProblem: (problem) => process.stderr.write(`${problem}\n`),
  });
  process.stdout.write(`${port}\n`);
}

void main(process.argv[2]!);
