/**
 * The topics by which an aggregator's own systems bring time series (D3.3 A.2.2.4): what is said on the one is answered on
 * the other. An account of the broker for each aggregator (`mqtt.aggregators`) reaches its own two and no others.
 */

const ROOT = 'aggregator';
/** Part of a topic: no wildcard, no further level. */
const AGGREGATOR_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Where an aggregator's systems say a file of time series: `aggregator/alfa/series`.
 *
 * @throws RangeError when the aggregator's id cannot stand in a topic
 */
export function seriesTopic(aggregatorId: string): string {
  if (!AGGREGATOR_ID.test(aggregatorId)) {
    throw new RangeError(`Aggregator "${aggregatorId}" cannot have a topic`);
  }
  return `${ROOT}/${aggregatorId}/series`;
}

/** Where they are told what became of it. @throws RangeError as `seriesTopic` */
export function seriesAnswerTopic(aggregatorId: string): string {
  return `${seriesTopic(aggregatorId)}/answer`;
}

/** As whom they sign in: the aggregator as it stands in events. */
export function seriesUsername(aggregatorId: string): string {
  return `aggregator:${aggregatorId}`;
}
