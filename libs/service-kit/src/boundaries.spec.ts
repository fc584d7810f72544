/**
 * The boundaries between projects are kept by lint, and a guard that nobody tried is no guard: each
 * row of the table in `eslint.config.mjs` is broken here on purpose, by a file that exists only as
 * text inside the project, and must fail by the rule's name. What the row allows must pass.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from './repository-root';

const BOUNDARIES = '@nx/enforce-module-boundaries';
const SYNTAX = 'no-restricted-syntax';

/** Tag of a project, one of its folders, what it must not import and what it may. */
const rows: [tag: string, folder: string, forbidden: string[], allowed: string[]][] = [
  [
    'domain',
    'libs/domain',
    ['@flexledger/runtime', 'ajv'],
    ['@js-temporal/polyfill', 'canonicalize'],
  ],
  ['pure', 'libs/grid', ['@flexledger/domain', 'ajv'], ['@flexledger/merkle-log']],
  ['pure', 'libs/merkle-log', ['@flexledger/identity', 'jose'], ['fast-check']],
  [
    'pure-operations',
    'libs/grid-operations',
    ['@flexledger/identity', '@flexledger/audit', 'ajv'],
    ['@flexledger/domain', '@flexledger/grid'],
  ],
  [
    'audit',
    'libs/audit',
    ['@flexledger/identity', '@flexledger/event-store', '@flexledger/market-platform', 'jose'],
    ['@flexledger/domain', '@flexledger/merkle-log', '@flexledger/grid-operations'],
  ],
  ['api-client', 'libs/api-client', ['@flexledger/domain', 'ajv'], ['openapi-fetch']],
  [
    'screens',
    'apps/dashboard/web',
    ['@flexledger/service-kit', '@flexledger/projections', '@flexledger/identity', 'ajv'],
    ['@flexledger/domain', '@flexledger/merkle-log', '@flexledger/api-client', 'svelte'],
  ],
  ['runtime', 'libs/runtime', ['@flexledger/domain'], ['node:timers']],
  ['identity', 'libs/identity', ['@flexledger/event-store', 'ajv'], ['@flexledger/domain', 'jose']],
  [
    'engine',
    'libs/event-store',
    ['@flexledger/messaging', '@flexledger/grid', '@nestjs/common'],
    ['@flexledger/identity', 'libsql'],
  ],
  ['engine', 'libs/solver', ['@nestjs/common'], ['highs']],
  [
    'projection',
    'libs/projections',
    ['@flexledger/messaging', '@nestjs/cqrs'],
    ['@flexledger/event-store'],
  ],
  [
    'exports',
    'libs/exports',
    ['@flexledger/messaging', '@flexledger/market-platform', '@nestjs/common'],
    ['@flexledger/projections', '@flexledger/command-line', 'hyparquet-writer'],
  ],
  [
    'messaging',
    'libs/messaging',
    ['@flexledger/projections', '@nestjs/core'],
    ['@flexledger/event-store', 'mqtt'],
  ],
  [
    'ports',
    'libs/ports',
    ['@flexledger/event-store', '@flexledger/projections', '@nestjs/common', 'libsql'],
    ['@flexledger/domain'],
  ],
  [
    'contracts',
    'contracts',
    ['@flexledger/event-store', '@nestjs/common'],
    ['@flexledger/merkle-log', 'ethers'],
  ],
  [
    'edge',
    'edge-node',
    ['@flexledger/event-store', '@flexledger/service-kit', '@nestjs/common', 'libsql'],
    ['@flexledger/messaging', 'modbus-serial'],
  ],
  [
    'kit',
    'libs/service-kit',
    ['@flexledger/market-platform', '@flexledger/contracts', '@flexledger/edge-node'],
    ['@flexledger/identity', '@nestjs/common'],
  ],
  [
    'app',
    'apps/market-platform',
    ['@flexledger/aggregator-platform', '@flexledger/edge-node'],
    ['@flexledger/service-kit', '@nestjs/common'],
  ],
  [
    'command-line',
    'libs/command-line',
    ['@flexledger/runtime', '@nestjs/common'],
    ['@flexledger/terminal', 'cli-table3'],
  ],
  [
    'scenario',
    'apps/scenario',
    ['@flexledger/composer', '@flexledger/edge-node', '@nestjs/common'],
    ['@flexledger/aggregator-platform', '@flexledger/grid'],
  ],
  [
    'tool',
    'apps/bench',
    ['@flexledger/composer', '@flexledger/grid-cli', '@nestjs/common'],
    ['@flexledger/scenario', '@flexledger/market-platform', '@flexledger/terminal'],
  ],
  [
    'commands',
    'apps/platform-cli',
    ['@flexledger/composer', '@nestjs/common'],
    ['@flexledger/api-client', '@flexledger/edge-node', '@flexledger/audit-cli'],
  ],
  // Only its end-to-end tests may import the composer; it may import all that has a name.
  [
    'composer',
    'apps/flexledger',
    [],
    ['@flexledger/market-platform', '@flexledger/edge-node', '@flexledger/scenario'],
  ],
  ['e2e', 'apps/flexledger-e2e', [], ['@flexledger/composer', '@flexledger/exports']],
];

/** Code, the project it stands in, and the rule that must fail; none where it must pass. */
const statements: [code: string, folder: string, rule: string | null][] = [
  ['export const now = Date.now();', 'libs/domain', SYNTAX],
  ['export const now = Date.now();', 'apps/market-platform', SYNTAX],
  ['export const now = new Date();', 'libs/service-kit', SYNTAX],
  ['export const chance = Math.random();', 'libs/grid', SYNTAX],
  ["export { randomUUID } from 'node:crypto';", 'libs/grid', 'no-restricted-imports'],
  [
    "import * as crypto from 'node:crypto';\nexport const id = crypto.randomUUID();",
    'edge-node',
    SYNTAX,
  ],
  ['export const day = new Date(0);', 'libs/domain', null],
  ['export const now = Date.now();', 'libs/runtime', null],
  ["export { readFileSync } from 'node:fs';", 'libs/domain', 'no-restricted-imports'],
  ["export { readFileSync } from 'fs';", 'libs/merkle-log', 'no-restricted-imports'],
  ["export { readFileSync } from 'node:fs';", 'libs/event-store', null],
  ['export const seed = process.pid;', 'libs/domain', 'no-restricted-globals'],
  ["export const page = fetch('http://127.0.0.1');", 'libs/grid', 'no-restricted-globals'],
  ['setTimeout(() => {}, 1);', 'libs/merkle-log', 'no-restricted-globals'],
  ["export const hex = Buffer.from('ab', 'hex');", 'libs/audit', 'no-restricted-globals'],
  ["export { createHash } from 'node:crypto';", 'libs/audit', 'no-restricted-imports'],
  ['export const seed = process.pid;', 'libs/grid-operations', 'no-restricted-globals'],
];

interface Case {
  readonly folder: string;
  /** One statement, or one module to import. */
  readonly text: string;
  readonly code: string;
  readonly rule: string | null;
  /** Part of the message. */
  readonly because: string;
}

const cases: Case[] = [
  ...rows.flatMap(([tag, folder, forbidden, allowed]) => {
    const code = (module: string): string =>
      `import * as it from '${module}';\nexport const used = it;\n`;
    const because = `tagged with "type:${tag}"`;
    return [
      ...forbidden.map((text) => ({ folder, text, code: code(text), rule: BOUNDARIES, because })),
      ...allowed.map((text) => ({ folder, text, code: code(text), rule: null, because })),
    ];
  }),
  ...statements.map(([text, folder, rule]) => {
    return { folder, text, code: `${text}\n`, rule, because: '' };
  }),
];

/**
 * ESLint loads its configuration as an ES module, which Jest's sandbox cannot: one child does all.
 * The boundaries are judged by Nx's stored graph of projects, so that is brought up to date first.
 */
const LINT = `
  import { createProjectGraphAsync } from '@nx/devkit';
  import { ESLint } from 'eslint';
  await createProjectGraphAsync();
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { default: config } = await import('./eslint.config.mjs');
  const table = config.flatMap((entry) => {
    const rule = entry.rules?.['${BOUNDARIES}'];
    return rule ? rule[1].depConstraints.map((row) => row.sourceTag) : [];
  });
  const eslint = new ESLint();
  const found = [];
  for (const { folder, code } of JSON.parse(chunks.join(''))) {
    const [result] = await eslint.lintText(code, { filePath: folder + '/src/boundary-trial.ts' });
    found.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
  }
  process.stdout.write(JSON.stringify({ table, found }));
`;

interface Linted {
  /** `sourceTag` of each row in the configuration; tests of the audit have a table of their own. */
  readonly table: readonly string[];
  readonly found: readonly (readonly { ruleId: string | null; message: string }[])[];
}
let linted: Linted;

beforeAll(() => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', LINT], {
    cwd: path.resolve(repositoryRoot()),
    input: JSON.stringify(cases),
    env: { ...process.env, NX_DAEMON: 'false' },
    maxBuffer: 64 * 1_024 * 1_024,
  });
  linted = JSON.parse(output.toString()) as Linted;
}, 120_000);

describe('the lint', () => {
  it('has a row here for each row of its table', () => {
    const tried = new Set(rows.map(([tag]) => `type:${tag}`));
    expect([...tried].sort()).toEqual([...new Set(linted.table)].sort());
  });

  describe.each(cases.map((trial, index) => ({ ...trial, index })))(
    'in $folder',
    ({ index, text, rule, because }) => {
      it(rule === null ? `lets ${text} pass` : `refuses ${text} by ${rule}`, () => {
        const expected = { ruleId: rule, message: expect.stringContaining(because) };
        expect(linted.found[index]).toEqual(rule === null ? [] : [expected]);
      });
    },
  );
});
