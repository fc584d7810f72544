import {
  type CustomerKind,
  type PlantGroup,
  type VoltageLevel,
  plantGroupsOf,
} from '@flexledger/domain';
import type { PodDocument } from '../pod-register/pod-register-view';

/** Which PoDs indicators are of (D3.3 annex C): all that fit whatever is said. */
export interface PodGroup {
  readonly customerKind?: CustomerKind;
  /** Of the connection; a PoD whose connection nobody described is in none. */
  readonly voltageLevel?: VoltageLevel;
  /** With a plant behind the meter, as registered; `none`: none is known of. */
  readonly plant?: PlantGroup;
  /** Contracted power, W: this much at least, and less than that. */
  readonly fromPowerW?: number;
  readonly belowPowerW?: number;
}

/** Whether a PoD is one of a group; one that was never described is in the group of all only. */
export function isInGroup(
  { details }: PodDocument,
  { customerKind, voltageLevel, plant, fromPowerW, belowPowerW }: PodGroup,
): boolean {
  const power = details?.contractedPowerW;
  if (customerKind !== undefined && details?.customerKind !== customerKind) return false;
  if (voltageLevel !== undefined && details?.connection?.voltageLevel !== voltageLevel) {
    return false;
  }
  if (plant !== undefined && !(details && plantGroupsOf(details).includes(plant))) return false;
  if (fromPowerW !== undefined && !(power !== undefined && power >= fromPowerW)) return false;
  return belowPowerW === undefined || (power !== undefined && power < belowPowerW);
}
