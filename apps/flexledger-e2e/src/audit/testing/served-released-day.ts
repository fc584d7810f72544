/** A day that an earlier release made, served by the platform of today. */
import type { PartialConfig } from '@flexledger/composer';
import { OPEN_LIMITS } from '@flexledger/grid-operations';
import type { VirtualClock } from '@flexledger/runtime';
import { gridFile, loadRulePack } from '@flexledger/service-kit';
import { type ServedWhole, serveWhole } from '../../testing/whole-platform';
import { registerPod } from './continued-day';
import type { ReleasedDay } from './released-day';

/** Serves it with what is configured of its certifier. */
export function serveReleasedDay(
  { dataDir }: ReleasedDay,
  clock: VirtualClock,
  certifier: PartialConfig['certifier'],
  onProblem: (problem: string) => void = () => {},
): Promise<ServedWhole> {
  return serveWhole({
    dataDir,
    clock,
    rules: loadRulePack('platone'),
    grid: { gridId: 'ieee33', model: gridFile('ieee33'), limits: OPEN_LIMITS },
    pods: 20,
    certifier,
    onProblem,
  });
}

/** Registers a PoD, and seals that. */
export async function sealNews({ platform }: ServedWhole, podId: string): Promise<void> {
  await registerPod(platform, podId);
  await platform.processors.drain();
  await platform.certifier.certifier.seal();
  await platform.processors.drain();
}
