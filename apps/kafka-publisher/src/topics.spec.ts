/** Which topics there are, by which keys events go into them, and how a party's certificate is named. */
import { keyOf, principalName, topicsOf } from './topics';

it('each aggregator has five topics of its own, beside those of DSO, TSO, market and customer database', () => {
  expect(topicsOf(['alfa']).map(({ name, party }) => `${name} for ${party}`)).toEqual([
    'validated_outcome_DSO for dso',
    'validated_outcome_TSO for tso',
    'measurements_market for platform:market',
    'setpoint_receipts_DSO for dso',
    'packets_SCD for platform:shared-customer-database',
    'anomalies_SCD for platform:shared-customer-database',
    'observability_TSO for tso',
    'validated_outcome_alfa for aggregator:alfa',
    'settlement_alfa for aggregator:alfa',
    'measurements_alfa for aggregator:alfa',
    'setpoint_receipts_alfa for aggregator:alfa',
    'agreements_alfa for aggregator:alfa',
  ]);
});

it('an aggregator whose id Kafka would confuse with another has none', () => {
  expect(topicsOf(['al.fa', 'al fa', 'x'.repeat(300)])).toEqual(topicsOf([]));
});

it.each([
  [{ podId: 'IT1', sessionId: 's' }, 'IT1'],
  [{ sessionId: 's' }, 's'],
  [{}, 'settlement-1'],
])('events with %j go by the key %s', (data, key) => {
  expect(keyOf({ data, streamId: 'settlement-1' })).toBe(key);
});

it('a party is known to Kafka by a name that its certificates may have', () => {
  expect(principalName('aggregator:alfa')).toBe('aggregator.alfa');
  expect(principalName('dso')).toBe('dso');
});
