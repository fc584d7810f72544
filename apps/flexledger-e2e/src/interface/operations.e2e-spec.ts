/**
 * Every operation of the interface, out of its own document: who may call it, what it refuses and how, and
 * whether it answers what it says. A new route is tried here without a line of its own.
 */
import { ROLES, type Scope, partyOf, scopesOf } from '@flexledger/identity';
import type { ApiDocument } from '@flexledger/service-kit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { BODIES, type Expected, expectedAnswer } from './expected-answers';
import { type MarketAtGate, openMarketAtGate } from '../testing/market-at-gate';
import { tokenOf } from '../testing/http-client';
import {
  type OperationAt,
  bodyExample,
  keptDocument,
  operationsOf,
  pathToNothing,
} from '../testing/operations';

const document = keptDocument();
const operations = operationsOf(document);
const ACTORS = ['dso', 'tso', 'aggregator:AGG1', 'operator', 'auditor'];
const MORE = ['customer:IT002E60000000', 'platform:market-platform'];
const EVERYONE = [...ACTORS, ...MORE];
/** Above what a body may have. */
const OVERSIZED = 'x'.repeat(2 * 1_024 * 1_024 + 1);
/** Routes of a process that delivers webhooks; of the certifier and of one instance of several. */
const ELSEWHERE = /^\/api\/v1\/(webhooks|instance)/;

let market: MarketAtGate;
let served: ApiDocument;
const tokens = new Map<string, string>();

beforeAll(async () => {
  market = await openMarketAtGate(MORE);
  served = (await (await fetch(`${market.url}/api/docs/openapi.json`)).json()) as ApiDocument;
  for (const actor of EVERYONE) tokens.set(actor, await tokenOf(market.url, market.dataDir, actor));
});
afterAll(() => market?.close());

const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false });
ajv.addSchema(document, 'document');

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: { readonly code?: string; readonly errors?: readonly { field: string }[] };
}

/** Asks, and holds the answer against the document: never a status or a body that it does not tell. */
async function ask(
  { method, at, operation }: OperationAt,
  path: string,
  { actor, ...init }: { actor?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers = {
    // One that is idle while others are tried is ended by the server.
    connection: 'close',
    ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(actor === undefined ? {} : { authorization: `Bearer ${tokens.get(actor)!}` }),
    ...init.headers,
  };
  const answer = await fetch(new URL(path, market.url), { ...init, method, headers });
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!;
  const text = await answer.text();
  const body = /json$/.test(type) ? (JSON.parse(text) as Answer['body']) : {};
  const { status } = answer;
  requireSaidType(at, method, String(status), type);
  const told = `${method} ${at} answered ${status}: ${text.slice(0, 500)}`;
  if (!(String(status) in operation.responses) || status >= 500) throw new Error(told);
  const schema = schemaOf(at, method, String(status), type);
  if (schema && !schema(body)) throw new Error(`${told}\n${ajv.errorsText(schema.errors)}`);
  return { status, type, body };
}

/** An answer has a type that the document says of its status, and no body where it says none. */
function requireSaidType(at: string, method: string, status: string, type: string): void {
  const said = responseOf(at, method, status);
  const types = Object.keys(said?.content ?? {});
  if (!said || (types.length === 0 ? type === '' : types.includes(type))) return;
  throw new Error(
    `${method} ${at} says ${types.join(', ') || 'no body'} of ${status}, not ${type}.`,
  );
}

interface SaidResponse {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

function responseOf(at: string, method: string, status: string): SaidResponse | undefined {
  const said = document.paths[at]![method.toLowerCase()]!.responses[status] as
    SaidResponse | undefined;
  if (said?.$ref === undefined) return said;
  const { responses } = document.components as { responses: Record<string, SaidResponse> };
  return responses[said.$ref.split('/').at(-1)!];
}

/** What an answer has to be, undefined for no JSON. */
function schemaOf(
  at: string,
  method: string,
  status: string,
  type: string,
): ValidateFunction | undefined {
  if (!/json$/.test(type)) return undefined;
  const response = document.paths[at]![method.toLowerCase()]!.responses[status] as {
    $ref?: string;
    content?: Record<string, { schema?: object }>;
  };
  const where =
    response.$ref?.slice(1) ?? pointerOf(['paths', at, method.toLowerCase(), 'responses', status]);
  const found = ajv.getSchema(`document#${where}/content/${type.replace('/', '~1')}/schema`);
  if (!found) throw new Error(`${method} ${at} tells nothing of ${status} as ${type}.`);
  return found;
}

const pointerOf = (steps: readonly string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const hasAll = (actor: string, scopes: readonly string[]): boolean => {
  const held: readonly Scope[] = scopesOf(partyOf(actor).role);
  return scopes.every((scope) => held.includes(scope as Scope));
};

/** Every role may read: nobody is refused. */
const isForAll = ({ scopes }: OperationAt): boolean =>
  EVERYONE.every((actor) => hasAll(actor, scopes));

/** Who may call an operation, the one who sees most first. */
function callerOf({ scopes }: OperationAt): string {
  const order = ['operator', 'auditor', ...EVERYONE];
  return order.find((actor) => hasAll(actor, scopes))!;
}

const here = operations.filter(({ at }) => !ELSEWHERE.test(at));
const named = (some: readonly OperationAt[]) =>
  some.map((it) => [`${it.method} ${it.at}`, it] as const);

describe('the document', () => {
  it('is what is served: run `npm run response-schemas && npm run api-document` where it is not', () => {
    const kept = Object.fromEntries(
      Object.entries(document.paths).filter(([at]) => !ELSEWHERE.test(at)),
    );
    expect(served.paths).toEqual(kept);
    expect(document.components.schemas).toMatchObject(served.components.schemas);
  });

  it('has a schema and an example of every answer, and an id, for every operation', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation, at } of operations) {
      const answers = Object.entries(operation.responses).filter(([status]) => /^2/.test(status));
      expect([at, answers.length]).toEqual([at, 1]);
      for (const media of Object.entries(answers[0]![1].content ?? {})) {
        if (/json/.test(media[0])) expect(media[1]).toHaveProperty('example');
        expect(media[1]).toHaveProperty('schema');
      }
    }
  });

  it('gives examples that its own schemas allow', () => {
    for (const { operation, at, method } of operations) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const [type, media] of Object.entries(
          content as Record<string, { example?: unknown }>,
        )) {
          if (media.example === undefined) continue;
          const valid = schemaOf(at, method, status, type)!;
          if (!valid(media.example)) throw new Error(`${at} ${ajv.errorsText(valid.errors)}`);
        }
      }
    }
  });

  it('is tried by every role that can get a token: nodes speak over MQTT', () => {
    const roles = new Set([...EVERYONE.map((actor) => partyOf(actor).role), 'node']);
    expect(roles).toEqual(new Set(ROLES));
  });
});

describe.each(named(here.filter(({ scopes }) => scopes.length > 0)))('%s', (_, asked) => {
  it('asks for a token', async () => {
    const answer = await ask(asked, pathToNothing(asked), asked.body ? { body: '{}' } : {});
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid-token' } });
  });
});

const refusing = here.filter((asked) => !isForAll(asked));

describe.each(named(refusing))('%s', (_, asked) => {
  it.each(EVERYONE.filter((actor) => !hasAll(actor, asked.scopes)))('refuses %s', async (actor) => {
    const sent = { actor, ...(asked.body ? { body: '{}' } : {}) };
    const answer = await ask(asked, pathToNothing(asked), sent);
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

describe.each(named(here.filter(({ at }) => at.includes('{'))))('%s', (name, asked) => {
  it.each(EVERYONE.filter((actor) => hasAll(actor, asked.scopes)))(
    'has nothing for %s under an id that nobody has',
    async (actor) => {
      const body = asked.body && { body: JSON.stringify(bodyOf(asked)) };
      const path = `${pathToNothing(asked)}?${queryOf(asked)}`;
      expect(outcomeOf(await ask(asked, path, { actor, ...body }))).toEqual(
        expectedAnswer(name, actor),
      );
    },
  );
});

/** Status and code of an answer. */
function outcomeOf({ status, body: { code } }: Answer): Expected {
  return { status, ...(code === undefined ? {} : { code }) };
}

/** A right body, by hand; else of the examples that the document gives of its fields. */
function bodyOf(asked: OperationAt): object {
  return BODIES[`${asked.method} ${asked.at}`] ?? bodyExample(asked.body!, document);
}

const lists = here.filter(({ method, at }) => method === 'GET' && !at.includes('{'));

describe.each(named(lists))('%s', (name, asked) => {
  it.each(EVERYONE.filter((actor) => hasAll(actor, asked.scopes)))(
    'answers %s as it says',
    async (actor) => {
      expect(outcomeOf(await ask(asked, `${asked.at}?${queryOf(asked)}`, { actor }))).toEqual(
        expectedAnswer(name, actor),
      );
    },
  );
});

/** Values that a field of the name never has. */
const WRONG: Readonly<Record<string, string>> = {
  limit: '0',
  from: 'yesterday',
  day: 'tomorrow',
  date: '17/03/2026',
  deliveryDay: '2026-02-30',
  period: '2026-W54',
  days: '32',
  year: 'next',
  customerKind: 'castle',
  voltageLevel: 'EHV',
  plant: 'windmill',
  fromPowerW: '-1',
  belowPowerW: '0.5',
};
const wronged = lists.flatMap((asked) =>
  queryNames(asked).flatMap((field) => (field in WRONG ? [[asked, field] as const] : [])),
);

it.each(wronged.map(([asked, field]) => [asked.at, field, asked] as const))(
  'GET %s refuses a wrong %s, by its name',
  async (at, field, asked) => {
    const query = queryOf(asked);
    query.set(field, WRONG[field]!);
    const { status, body } = await ask(asked, `${at}?${query}`, { actor: callerOf(asked) });
    expect(status).toBe(400);
    expect(body.code).toMatch(/^(input|query)-malformed$/);
    expect([...new Set(body.errors?.map((it) => it.field))]).toEqual([field]);
  },
);

function queryNames({ operation: { parameters = [] } }: OperationAt): readonly string[] {
  return parameters.filter((it) => it.in === 'query').map(({ name }) => name);
}

/** Indicators and sessions are asked for by days, proofs by sizes and rows by their number, all else by instants. */
function queryOf(asked: OperationAt): URLSearchParams {
  const isOfDays = asked.at.includes('/kpis') || asked.at === '/api/v1/sessions';
  const values = isOfDays
    ? { from: '2026-03-16', to: '2026-03-17', year: '2026' }
    : asked.at.includes('/log/') || asked.at.includes('/outcomes-to-validate/')
      ? { from: '1', to: '1', position: '1' }
      : QUERY;
  const own = Object.entries<string>(values).filter(([name]) => queryNames(asked).includes(name));
  return new URLSearchParams(own);
}

const QUERY: Readonly<Record<string, string>> = {
  from: '2026-03-16T00:00:00Z',
  to: '2026-03-17T00:00:00Z',
  by: 'plant',
  day: '2026-03-17',
  deliveryDay: '2026-03-17',
  transaction: `0x${'0'.repeat(64)}`,
  mtu: '0',
  period: '2026-03-17',
};

const taking = here.filter(({ body, scopes }) => body && scopes.length > 0);

describe.each(named(taking))('%s', (_, asked) => {
  const { body: schema = {} } = asked;
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    ask(asked, pathToNothing(asked), {
      actor: callerOf(asked),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    });

  const required = schema.required ?? [];
  // The seeds tell a job that cannot be worked with from what is no job.
  const malformed = asked.at.startsWith('/balancing') ? 422 : 400;

  it('refuses a field that it does not know, by name, and nothing else of a right body', async () => {
    const { status, body } = await send({ ...bodyOf(asked), colour: 'red' });
    expect(status).toBe(malformed);
    expect(body.errors?.map(({ field }) => field)).toEqual(['colour']);
  });

  if (required.length > 0) {
    it('refuses what is missing, and lists all of it', async () => {
      const { status, body } = await send({});
      expect(status).toBe(malformed);
      const fields = new Set(body.errors?.map(({ field }) => field));
      expect([...fields].sort()).toEqual([...required].sort());
    });

    it('refuses a list', async () => expect((await send('[]')).status).toBe(malformed));
  }

  it('refuses other types, and lists all of them', async () => {
    const names = Object.keys(schema.properties ?? {});
    const wrong = Object.fromEntries(names.map((name) => [name, { of: ['another', 'type'] }]));
    const { status, body } = await send(wrong);
    expect(status).toBe(malformed);
    const objects = names.filter((name) => isObject(schema.properties![name]!));
    const fields = new Set(body.errors?.map(({ field }) => field.split(/[.[]/)[0]!));
    const refused = [...fields].filter((field) => !objects.includes(field));
    expect(refused.sort()).toEqual(names.filter((name) => !objects.includes(name)).sort());
  });

  it.each([
    ['no JSON', '{"a": ', {}, 400],
    ['too much', JSON.stringify({ a: OVERSIZED }), {}, 413],
    ['another type', '<a/>', { 'content-type': 'application/xml' }, 415],
  ])('refuses %s', async (__, body, headers, status) => {
    expect((await send(body, headers)).status).toBe(status);
  });
});

/** Whether an object would be of the right type. */
function isObject({
  type,
  $ref,
  allOf,
  anyOf,
}: import('@flexledger/service-kit').JsonSchema): boolean {
  if (type === undefined)
    return $ref !== undefined || allOf !== undefined || !anyOf || anyOf.some(isObject);
  return [type].flat().includes('object');
}
