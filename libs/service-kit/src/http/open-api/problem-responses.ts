/** The refusals of an operation in the OpenAPI document: which can come, by what the operation takes. */
import type { Operation } from './complete-document';
import type { JsonSchema } from './example-of';
import { refusalStatus } from '../problem-details';

interface Refusal {
  readonly name: string;
  readonly description: string;
  /** Codes beside those of the rules. */
  readonly codes: readonly string[];
}

const REFUSALS: Readonly<Record<number, Refusal>> = {
  400: {
    name: 'Malformed',
    description: 'The input is refused; `errors` lists every field with its reason',
    codes: ['input-malformed', 'query-malformed', 'body-malformed', 'bad-request'],
  },
  401: {
    name: 'Unauthenticated',
    description: 'No token, or one that does not hold',
    codes: ['invalid-token'],
  },
  403: {
    name: 'Forbidden',
    description: 'The token does not reach so far',
    codes: ['forbidden'],
  },
  404: { name: 'Unknown', description: 'There is no such thing', codes: ['not-found'] },
  409: {
    name: 'Conflict',
    description: 'It comes at the wrong time, or others changed the same thing just now',
    codes: ['conflict'],
  },
  412: {
    name: 'PreconditionFailed',
    description: 'Another version stands than `If-Match` names',
    codes: ['precondition-failed'],
  },
  413: {
    name: 'TooLarge',
    description: 'The body is larger than the limit that the answer names',
    codes: ['content-too-large'],
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is of another type than JSON',
    codes: ['unsupported-media-type'],
  },
  422: {
    name: 'Unmatched',
    description: 'Of the right form, and about something that is not so; or a key used before',
    codes: ['idempotency-key-reused'],
  },
  429: {
    name: 'TooMany',
    description: 'Too many at once; `Retry-After` says how long to wait',
    codes: ['too-many-streams', 'too-many-requests'],
  },
  500: { name: 'Unforeseen', description: 'A failure of the server', codes: ['internal'] },
  503: {
    name: 'Unavailable',
    description: 'It passes by itself; ask again after `Retry-After`',
    codes: [
      'log-busy',
      'views-behind',
      'platform-unavailable',
      'issuer-unavailable',
      'service-unavailable',
      'storage-unwritable',
      'too-many-streams',
    ],
  },
};

/** References to the refusals of an operation, by status. */
export function problemsOf(operation: Operation, method: string): Record<string, object> {
  const { parameters = [], requestBody, security, responses } = operation;
  const takes = (place: string): boolean => parameters.some((it) => it.in === place);
  const writes = method !== 'get';
  const statuses = [
    ...(parameters.length > 0 || requestBody ? [400] : []),
    ...(security ? [401, 403] : []),
    // What a path, a query or a body names may not be there.
    ...(takes('path') || takes('query') || requestBody ? [404] : []),
    ...(writes ? [409, 422] : []),
    ...(parameters.some(({ name }) => name.toLowerCase() === 'if-match') ? [412] : []),
    // A body is read, and refused, whether the operation takes one or not.
    ...(writes ? [400, 413, 415] : []),
    500,
    503,
    ...Object.keys(responses)
      .map(Number)
      .filter((status) => status in REFUSALS),
  ];
  return Object.fromEntries(
    [...new Set(statuses)]
      .sort((one, other) => one - other)
      .map((status) => [status, { $ref: `#/components/responses/${REFUSALS[status]!.name}` }]),
  );
}

/** The responses that `problemsOf` refers to, and all schemas. */
export function problemComponents(
  codes: readonly string[],
  types: Readonly<Record<string, JsonSchema>>,
): { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly responses: object } {
  const listed = Object.entries(REFUSALS).map(([status, refusal]) => ({
    ...refusal,
    status: Number(status),
    codes: [
      ...new Set([...refusal.codes, ...codes.filter((it) => mayHave(it, Number(status)))]),
    ].sort(),
  }));
  return {
    schemas: {
      ...types,
      Problem: PROBLEM,
      ...Object.fromEntries(listed.map((it) => [`${it.name}Problem`, problemSchema(it)])),
    },
    responses: Object.fromEntries(listed.map((it) => [it.name, problemResponse(it)])),
  };
}

const PROBLEM: JsonSchema = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', description: '`urn:problem-type:flexledger:` and the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong, why, and what to do' },
    instance: { type: 'string', description: 'Path of the request' },
    code: { type: 'string', description: 'Stable and machine-readable' },
    errors: {
      type: 'array',
      description: 'All that is wrong, by field, a hundred at most',
      items: {
        type: 'object',
        required: ['field', 'reason'],
        properties: { field: { type: 'string' }, reason: { type: 'string' } },
      },
    },
  },
};

type Listed = Refusal & { readonly status: number };

function problemSchema({ status, codes }: Listed): JsonSchema {
  return {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        type: 'object',
        properties: {
          status: { type: 'integer', const: status },
          code: { type: 'string', enum: codes },
        },
      },
    ],
  };
}

function problemResponse({ name, description, status, codes }: Listed): object {
  const [code = 'error'] = REFUSALS[status]!.codes.concat(codes);
  const title = code.replaceAll('-', ' ');
  const headers = {
    ...(status === 401 || status === 403
      ? { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'RFC 6750' } }
      : {}),
    ...(status === 429 || status === 503
      ? { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } }
      : {}),
  };
  return {
    description,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: {
      'application/problem+json': {
        schema: { $ref: `#/components/schemas/${name}Problem` },
        example: {
          type: `urn:problem-type:flexledger:${code}`,
          title: title.charAt(0).toUpperCase() + title.slice(1),
          status,
          detail: `${description.replaceAll('`', '')}.`,
          instance: '/api/v1/sessions',
          code,
          ...(status === 400
            ? { errors: [{ field: 'offers[1].quantityW', reason: 'must be an integer number' }] }
            : {}),
        },
      },
    },
  };
}

/** A refusal of the rules is a conflict, or by its fields malformed, where its code does not say more. */
function mayHave(code: string, status: number): boolean {
  const own = refusalStatus({ code, violations: [] });
  return own === status || (own === 409 && status === 400);
}
