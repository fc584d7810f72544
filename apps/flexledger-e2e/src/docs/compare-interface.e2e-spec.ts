/** What counts as a break of a published interface, and that today's breaks nothing that is not allowed with a reason. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '@flexledger/service-kit';

const infra = path.join(repositoryRoot(), 'infra');
const program = pathToFileURL(path.join(infra, 'interface-changes.mjs')).href;

const FILES = {
  openApi: 'docs/openapi.json',
  events: 'infra/event-schemas.json',
  asyncApi: 'infra/asyncapi.json',
};
type Documents = Readonly<Record<keyof typeof FILES, object>>;

function today(): Documents {
  const read = ([name, file]: [string, string]) =>
    [name, JSON.parse(readFileSync(path.join(repositoryRoot(), file), 'utf8'))] as const;
  return Object.fromEntries(Object.entries(FILES).map(read)) as Documents;
}

/** Today's documents with another value at a place of them; without any where `value` is undefined. */
function todayWith(at: readonly string[], value: unknown): Documents {
  const documents = today();
  let place = documents as Record<string, unknown>;
  for (const name of at.slice(0, -1)) place = place[name] as Record<string, unknown>;
  const last = at.at(-1)!;
  expect([at, last in place || value !== undefined]).toEqual([at, true]);
  place[last] = value;
  // What is undefined does not come into JSON.
  return JSON.parse(JSON.stringify(documents)) as Documents;
}

const OPERATIONS = ['openApi', 'paths'];
const SCHEMAS = ['openApi', 'components', 'schemas'];
const PRICE_CAP = [...SCHEMAS, 'RequestDto', 'properties', 'priceCapMicroEurPerKwh', 'type'];
const PACKET = ['asyncApi', 'components', 'messages', 'measurementMessage', 'payload', 'required'];
const RESULT = 'GET /api/v1/sessions/{sessionId}: response 200';
const REQUEST = 'POST /api/v1/sessions/{sessionId}/requests: request';

const CASES: readonly [what: string, at: readonly string[], value: unknown, line: string][] = [
  [
    'a path is removed',
    [...OPERATIONS, '/api/v1/results'],
    undefined,
    'GET /api/v1/results: removed',
  ],
  [
    'an operation is removed',
    [...OPERATIONS, '/api/v1/sessions', 'post'],
    undefined,
    'POST /api/v1/sessions: removed',
  ],
  [
    'a field of a response is removed',
    [...SCHEMAS, 'PublicSession', 'properties', 'gateClosesAt'],
    undefined,
    `${RESULT}.gateClosesAt: removed`,
  ],
  [
    'a field of a response may be null',
    [...SCHEMAS, 'PublicSession', 'properties', 'gateClosesAt', 'type'],
    ['string', 'null'],
    `${RESULT}.gateClosesAt: null is given now`,
  ],
  [
    'a request has another required field',
    [...SCHEMAS, 'RequestDto', 'required'],
    ['reason'],
    `${REQUEST}.reason: now required`,
  ],
  [
    'a field of a request is taken no more',
    [...SCHEMAS, 'SetpointDto', 'properties', 'targetVar'],
    undefined,
    'POST /api/v1/setpoints: request.setpoints[].targetVar: removed',
  ],
  [
    'the type of a request’s field is narrower',
    PRICE_CAP,
    ['number'],
    `${REQUEST}.priceCapMicroEurPerKwh: null no longer taken`,
  ],
  [
    'a request’s text may be less long',
    [...SCHEMAS, 'RequestDto', 'properties', 'requestId', 'maxLength'],
    50,
    `${REQUEST}.requestId: maxLength is 50 now, was 100`,
  ],
  [
    'an event is removed',
    ['events', 'SessionOpened'],
    undefined,
    'event SessionOpened version 1: removed',
  ],
  [
    'an event’s field is not always there',
    ['events', 'SessionOpened', '1', 'required'],
    [],
    'event SessionOpened version 1.sessionId: no longer always there',
  ],
  [
    'what a Light Node sends needs more',
    PACKET,
    ['unit'],
    'channel measurement: measurementMessage.unit: now required',
  ],
  [
    'a topic has another name',
    ['asyncApi', 'channels', 'setpoint', 'address'],
    'flexledger/{podId}/target',
    'channel setpoint at flexledger/{podId}/setpoint: now at flexledger/{podId}/target',
  ],
];

/** Compares the documents of today with each of others. */
function changesOf(others: readonly Documents[]): string[][] {
  const script =
    `import { breakingChanges } from '${program}';\n` +
    `import { readFileSync } from 'node:fs';\n` +
    `const [before, others] = JSON.parse(readFileSync(0, 'utf8'));\n` +
    `process.stdout.write(JSON.stringify(others.map((now) => breakingChanges(before, now))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    input: JSON.stringify([today(), others]),
    maxBuffer: 1e8,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as string[][];
}

it('a change that breaks whoever keeps to the documents is named', () => {
  const others = CASES.map(([, at, value]) => todayWith(at, value));
  const found = changesOf(others);
  CASES.forEach(([what, , , line], index) => {
    expect([what, found[index]]).toEqual([what, expect.arrayContaining([line])]);
  });
});

it('what is only added breaks nobody', () => {
  expect(
    changesOf([
      todayWith([...OPERATIONS, '/api/v1/new'], { get: { responses: {} } }),
      todayWith([...SCHEMAS, 'RequestDto', 'properties', 'note'], { type: 'string' }),
      todayWith([...SCHEMAS, 'PublicSession', 'properties', 'note'], { type: 'string' }),
      todayWith(['events', 'SomethingNew'], { 1: { type: 'object' } }),
    ]),
  ).toEqual([[], [], [], []]);
});

it('the interface of today breaks nothing that was published, but what is allowed with a reason', () => {
  const compared = spawnSync(process.execPath, [path.join(infra, 'compare-interface.mjs')], {
    encoding: 'utf8',
  });
  expect(compared).toMatchObject({ status: 0, stderr: '' });
});
