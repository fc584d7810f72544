/** What aggregators know stands in a file beside what others know. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readAggregatorKnowledge, writeAggregatorKnowledge } from './aggregator-knowledge';

let file: string;
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'flexledger-knowledge-')), 'market.json');
});
afterEach(() => rmSync(path.dirname(file), { recursive: true }));

const own = {
  aggregatorId: 'AGG1',
  marginPerMille: 50,
  pods: { IT002E60000001: { costMicroEurPerKwh: 80_000, feedInW: 0 } },
};

it('is read as it was written, and only its owner may read it', () => {
  writeAggregatorKnowledge(file, [own]);
  expect(readAggregatorKnowledge(file)).toEqual([own]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('leaves what others keep in the file', () => {
  writeFileSync(file, '{"seed":7,"tso":[],"aggregators":[]}');
  writeAggregatorKnowledge(file, [own]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ seed: 7, tso: [], aggregators: [own] });
});

it('is nothing where there is no file, or no such member', () => {
  expect(readAggregatorKnowledge(file)).toEqual([]);
  writeFileSync(file, '{"seed":7}');
  expect(readAggregatorKnowledge(file)).toEqual([]);
});

it.each([
  ['{', /market\.json: the file is not JSON/],
  ['[]', /the file is no JSON object/],
  ['{"aggregators":{}}', /aggregators is no list/],
  ['{"aggregators":[null]}', /aggregators\[0\] has no aggregatorId/],
  ['{"aggregators":[{"aggregatorId":"AGG1","marginPerMille":0.5}]}', /whole marginPerMille/],
  ['{"aggregators":[{"aggregatorId":"AGG1","marginPerMille":5}]}', /has no pods.*backup/],
])('names what is wrong with %s', (text, message) => {
  writeFileSync(file, text);
  expect(() => readAggregatorKnowledge(file)).toThrow(message);
});
