import type { PodDetails } from './events';

/** What a customer may have behind the meter, as registered. */
export const PLANT_KINDS = ['pv', 'storage', 'evCharger', 'cogeneration'] as const;
export type PlantKind = (typeof PLANT_KINDS)[number];

/** A group of PoDs by a plant that they have, or that none is known of; who has several is in several. */
export const PLANT_GROUPS = [...PLANT_KINDS, 'none'] as const;
export type PlantGroup = (typeof PLANT_GROUPS)[number];

/** The groups of a PoD: a plant each, or `none`. */
export function plantGroupsOf({
  pvPeakW,
  connection,
}: Pick<PodDetails, 'pvPeakW' | 'connection'>): readonly PlantGroup[] {
  const { storageW = 0, storageWh = 0, evChargerW = 0, cogenerationW = 0 } = connection ?? {};
  const has: Readonly<Record<PlantKind, boolean>> = {
    pv: pvPeakW > 0,
    storage: storageW > 0 || storageWh > 0,
    evCharger: evChargerW > 0,
    cogeneration: cogenerationW > 0,
  };
  const plants = PLANT_KINDS.filter((kind) => has[kind]);
  return plants.length > 0 ? plants : ['none'];
}
