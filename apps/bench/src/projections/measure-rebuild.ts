import { rmSync } from 'node:fs';
import path from 'node:path';
import type { EventStore } from '@flexledger/event-store';
import { openViews } from '@flexledger/projections';

const REPEATS = 3;

/** What one rebuild took. */
export interface Rebuild {
  readonly seconds: number;
  /** Of all threads of the process together: on a busy machine it varies less. */
  readonly cpuSeconds: number;
}

/** Rebuilds every read model from the whole log into an empty file: the median of three. */
export async function measureRebuild(
  store: EventStore,
  folder: string,
  events: number,
): Promise<Rebuild> {
  const rebuilds: Rebuild[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const file = path.join(folder, `views-${repeat}.sqlite`);
    const views = openViews({ path: file, store });
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    const folded = await views.runner.catchUp();
    const { user, system } = process.cpuUsage(startedCpu);
    const seconds = (performance.now() - startedMs) / 1e3;
    rebuilds.push({ seconds, cpuSeconds: (user + system) / 1e6 });
    await views.close();
    rmSync(file);
    if (folded !== events) throw new Error(`${folded} of ${events} events were folded.`);
  }
  return rebuilds.sort((a, b) => a.seconds - b.seconds)[Math.floor(REPEATS / 2)]!;
}
