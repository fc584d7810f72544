import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runApart } from '../run-apart';

/** `flexledger bench projections`: a full rebuild of all read models. */
export interface ProjectionsBench {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly peakMb: number;
}

const EVENTS = 300_000;

/** Rebuilds all read models from a log of signed quarter-hours of 1,500 PoDs, from an empty file. */
export async function benchProjections(onResult: (result: ProjectionsBench) => void): Promise<{
  readonly results: readonly ProjectionsBench[];
}> {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-bench-'));
  try {
    const script = `${__dirname}/rebuild-child`;
    const run = await runApart<{ seconds: number; events: number }>(script, [
      folder,
      String(EVENTS),
    ]);
    if (!run) throw new Error('The rebuild took more than ten minutes.');
    const { seconds, events } = run.answer;
    const eventsPerSecond = Math.round(events / seconds);
    const result = { events, seconds, eventsPerSecond, peakMb: run.peakMb };
    onResult(result);
    return { results: [result] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
