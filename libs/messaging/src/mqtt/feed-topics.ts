/**
 * The topics of what measures a grid and of what is made of it, as JSON or XML: readings of phasor measurement units,
 * and a DSO's operational data. Who may publish on which, an account of the broker says (`mqtt.sources`).
 */

/** Readings as they come from the devices, on it or on `raw/bal/{device}` (D2.15 2.1.2). */
export const RAW_PHASORS = 'raw/bal';
/** The same with the power that was calculated, on it or on `processed/bal/{device}`. */
export const PROCESSED_PHASORS = 'processed/bal';

const ROOT = 'dso';

/** Part of a topic: no wildcard, no further level. */
const TOPIC_PART = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/**
 * A topic of one grid, `dso/rome/scada`.
 *
 * @throws RangeError when the grid's id cannot stand in a topic
 */
export function gridTopic(gridId: string, path: string): string {
  if (!TOPIC_PART.test(gridId)) throw new RangeError(`Grid "${gridId}" cannot have a topic`);
  return `${ROOT}/${gridId}/${path}`;
}

/** Whether a topic or filter is one of phasors or grids, or below one. */
export function isFeedTopic(topic: string): boolean {
  return [RAW_PHASORS, PROCESSED_PHASORS, ROOT].some(
    (root) => topic === root || topic.startsWith(`${root}/`),
  );
}
