/** Which flow a call carries, who sends its message, and under which name both ends know it. */
import { flowOfCall } from './flow-of-call';

const SESSION = 'realTime-2026-03-17T11:00Z';
const at = (end: string): string => `/api/v1/sessions/${encodeURIComponent(SESSION)}/${end}`;

it.each([
  ['aggregator:AGG1', 'POST', at('offers'), 'flow2a', 'caller', 'AP', 'MP', SESSION],
  ['tso', 'POST', at('requests'), 'flow2b', 'caller', 'TSO', 'MP', SESSION],
  ['dso', 'POST', at('requests'), 'flow2c', 'caller', 'DSOTP', 'MP', SESSION],
  ['dso', 'GET', at('outcomes-to-validate/0'), 'flow3', 'called', 'DSOTP', 'MP', SESSION],
  ['dso', 'POST', at('validation'), 'flow4', 'caller', 'DSOTP', 'MP', SESSION],
  ['tso', 'GET', '/api/v1/results?deliveryDay=2026-03-17', 'flow5', 'called', 'TSO', 'MP', 'tso'],
  ['aggregator:AGG1', 'POST', '/api/v1/setpoints', 'flow6', 'caller', 'AP', 'SCD', 'key-1'],
  [
    'platform:market',
    'POST',
    '/api/v1/measurements/query',
    'flow8',
    'called',
    'MP',
    'SCD',
    'key-1',
  ],
])('%s %s %s', (...row) => {
  const [actor, method, path, flow, sentBy, caller, called, referenceId] = row;
  const idempotencyKey = actor === 'tso' ? {} : { idempotencyKey: 'key-1' };
  expect(flowOfCall({ actor, method, path, ...idempotencyKey })).toEqual({
    flow,
    sentBy,
    caller,
    called,
    referenceId,
  });
});

it.each([
  ['auditor', 'POST', at('offers')],
  ['customer:IT001E00000001', 'GET', '/api/v1/results'],
  ['aggregator:AGG1', 'GET', at('offers')],
  ['aggregator:AGG1', 'POST', '/api/v1/measurements/query/else'],
  ['dso', 'POST', at('offers')],
])('%s %s %s carries none', (actor, method, path) => {
  expect(flowOfCall({ actor, method, path })).toBeUndefined();
});
