import { type OutcomeRow, type Setpoint, acceptedByMtu } from '@flexledger/domain';

/**
 * Setpoints of a delivery window from what was sold for it (FR_AP_A_2): baseline, minus what is sold
 * up, plus what is sold down; null where nothing is sold. One setpoint a PoD, in the order of codes.
 *
 * @param sold rows of all sessions as they fall into the window
 * @param baselineW by PoD, W by MTU of the window
 */
export function setpointsFor(
  windowStart: string,
  mtuCount: number,
  sold: readonly OutcomeRow[],
  baselineW: ReadonlyMap<string, readonly number[]>,
): Setpoint[] {
  const active = sold.filter((row) => row.product === 'P');
  const up = acceptedByMtu(
    active.filter((row) => row.direction === 'up'),
    mtuCount,
    (row) => row.podId,
  );
  const down = acceptedByMtu(
    active.filter((row) => row.direction === 'down'),
    mtuCount,
    (row) => row.podId,
  );
  const podIds = [...new Set([...up.keys(), ...down.keys()])].sort();
  return podIds.flatMap((podId) => {
    const baseline = baselineW.get(podId);
    if (!baseline) return [];
    const targetW = baseline.map((watts, mtu) => {
      const upW = up.get(podId)?.[mtu] ?? 0;
      const downW = down.get(podId)?.[mtu] ?? 0;
      return upW === 0 && downW === 0 ? null : watts - upW + downW;
    });
    if (targetW.every((watts) => watts === null)) return [];
    return [{ podId, windowStart, targetW, targetVar: targetW.map(() => null) }];
  });
}
