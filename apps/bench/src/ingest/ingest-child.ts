/** Entry of a process of its own: the access layer, its broker and its log; the nodes are another process. */
import path from 'node:path';
import { answerApart, runApart } from '../run-apart';
import type { Load, LoadAnswered } from './generate-load';
import { serveIngest } from './serve-ingest';

async function main(folder: string, load: Load): Promise<void> {
  const ingested = await serveIngest(
    path.join(folder, 'log.sqlite'),
    load.nodes,
    async (broker) => {
      const args = [JSON.stringify(broker), JSON.stringify(load)];
      const run = await runApart<LoadAnswered>(`${__dirname}/generator-child`, args);
      if (!run) throw new Error('The nodes took more than ten minutes.');
      return run.answer;
    },
  );
  answerApart(ingested);
}

void main(process.argv[2]!, JSON.parse(process.argv[3]!) as Load);
