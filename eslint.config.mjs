import nx from '@nx/eslint-plugin';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

/**
 * Who may import whom (docs/ARCHITECTURE.md). Two apps meet in the log or at a port; only the composer,
 * its tools and the scenario may import apps. `libs/service-kit/src/boundaries.spec.ts` breaks each row on purpose.
 */
const depConstraints = [
  {
    sourceTag: 'type:domain',
    onlyDependOnLibsWithTags: ['type:domain'],
    allowedExternalImports: ['@js-temporal/polyfill', 'canonicalize', 'fast-check'],
  },
  {
    sourceTag: 'type:pure',
    onlyDependOnLibsWithTags: ['type:pure'],
    allowedExternalImports: ['fast-check'],
  },
  {
    sourceTag: 'type:pure-operations',
    onlyDependOnLibsWithTags: ['type:domain', 'type:pure', 'type:pure-operations'],
    allowedExternalImports: ['fast-check'],
  },
  {
    sourceTag: 'type:audit',
    onlyDependOnLibsWithTags: ['type:domain', 'type:pure', 'type:pure-operations'],
    allowedExternalImports: ['fast-check'],
  },
  { sourceTag: 'type:runtime', onlyDependOnLibsWithTags: [] },
  {
    sourceTag: 'type:identity',
    onlyDependOnLibsWithTags: ['type:domain', 'type:runtime'],
    allowedExternalImports: ['@noble/curves', '@noble/curves/*', 'jose', 'lru-cache', 'fast-check'],
  },
  {
    sourceTag: 'type:engine',
    onlyDependOnLibsWithTags: ['type:engine', 'type:domain', 'type:identity', 'type:runtime'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:projection',
    onlyDependOnLibsWithTags: ['type:engine', 'type:domain', 'type:identity', 'type:runtime'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:exports',
    onlyDependOnLibsWithTags: [
      'type:projection',
      'type:engine',
      'type:domain',
      'type:identity',
      'type:runtime',
      'type:command-line',
    ],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:messaging',
    onlyDependOnLibsWithTags: ['type:engine', 'type:domain', 'type:identity', 'type:runtime'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:ports',
    onlyDependOnLibsWithTags: ['type:domain'],
    bannedExternalImports: ['@nestjs/*', 'libsql', 'express'],
  },
  {
    sourceTag: 'type:api-client',
    onlyDependOnLibsWithTags: [],
    allowedExternalImports: ['openapi-fetch'],
  },
  {
    // What a browser runs: the same pure code as a platform, and nothing of a platform.
    sourceTag: 'type:screens',
    onlyDependOnLibsWithTags: [
      'type:domain',
      'type:pure',
      'type:pure-operations',
      'type:audit',
      'type:api-client',
      // The solver is WebAssembly, and knows nothing of a platform.
      'runs:in-a-browser',
    ],
    allowedExternalImports: [
      'svelte',
      'svelte/*',
      '@sveltejs/*',
      'vite',
      'uplot',
      'uplot/*',
      'd3-scale',
      'd3-shape',
      'hyparquet-writer',
      // What reads it back in tests.
      'hyparquet',
      '@noble/curves',
      '@noble/curves/*',
      '@noble/hashes',
      '@noble/hashes/*',
    ],
  },
  {
    sourceTag: 'type:contracts',
    onlyDependOnLibsWithTags: ['type:pure', 'type:identity', 'type:runtime'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:edge',
    onlyDependOnLibsWithTags: ['type:identity', 'type:runtime', 'type:domain', 'type:messaging'],
    bannedExternalImports: ['@nestjs/*', 'libsql', 'mongodb', '@eventstore/*'],
  },
  {
    sourceTag: 'type:kit',
    onlyDependOnLibsWithTags: libs(),
  },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: [...libs(), 'type:kit', 'type:contracts'] },
  {
    sourceTag: 'type:command-line',
    onlyDependOnLibsWithTags: ['type:command-line'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:scenario',
    onlyDependOnLibsWithTags: [...libs(), 'type:kit', 'type:app'],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:tool',
    onlyDependOnLibsWithTags: tools(),
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'type:commands',
    onlyDependOnLibsWithTags: [
      ...tools(),
      'type:exports',
      'type:api-client',
      'type:edge',
      'type:tool',
    ],
    bannedExternalImports: ['@nestjs/*'],
  },
  { sourceTag: 'type:composer', onlyDependOnLibsWithTags: composed() },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: [...composed(), 'type:composer'] },
];

function libs() {
  return [
    'domain',
    'pure',
    'pure-operations',
    'audit',
    'runtime',
    'identity',
    'engine',
    'projection',
    'messaging',
    'ports',
  ].map((kind) => `type:${kind}`);
}

function tools() {
  return [
    ...libs(),
    'type:command-line',
    'type:kit',
    'type:contracts',
    'type:app',
    'type:scenario',
  ];
}

/** Everything but the composer itself, and what only tries it. */
function composed() {
  return [
    ...libs(),
    'type:exports',
    'type:api-client',
    'type:command-line',
    'type:kit',
    'type:contracts',
    'type:app',
    'type:edge',
    'type:scenario',
    'type:tool',
    'type:commands',
  ];
}

/** Time and chance enter through `libs/runtime` only; everything else takes them as ports. */
const timeAndChance = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']" },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]" },
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']" },
  { selector: "CallExpression[callee.property.name='randomUUID']" },
].map((rule) => ({
  ...rule,
  message: 'Take the time, ids and randomness from @flexledger/runtime.',
}));

const pureGlobals = ['process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'Buffer'].map(
  (name) => ({ name, message: 'This project is pure: no I/O, no timers, no Node globals.' }),
);

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/generated/**', '.nx/**', 'data/**'] },
  {
    files: ['**/*.ts', '**/*.svelte'],
    extends: [tseslint.configs.recommended, tseslint.configs.stylistic],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          // What every form of a port promises: tests, which no index exports, reached by their path.
          allow: ['libs/[a-z-]+/src/testing/[a-z-]+\\.spec-suite$'],
          depConstraints,
        },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...timeAndChance],
      'max-params': ['error', 5],
      complexity: ['error', 20],
    },
  },
  {
    files: ['domain', 'grid', 'grid-operations', 'merkle-log', 'audit'].map(
      (name) => `libs/${name}/**/*.ts`,
    ),
    ignores: ['**/*.spec.ts', '**/*.int-spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['node:*', 'fs', 'crypto', 'path'], message: 'Pure: no I/O here.' }],
        },
      ],
      'no-restricted-globals': ['error', ...pureGlobals],
    },
  },
  {
    // The audit is tried with the cryptography, the solver and the rule packs that the services have.
    files: ['libs/audit/**/*.spec.ts', 'libs/audit/src/testing/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: depConstraints.map((row) =>
            row.sourceTag === 'type:audit'
              ? { ...row, onlyDependOnLibsWithTags: [...libs(), 'type:kit'] }
              : row,
          ),
        },
      ],
    },
  },
  {
    files: [
      'libs/runtime/**/*.ts',
      '**/*.spec.ts',
      '**/*.int-spec.ts',
      '**/*.e2e-spec.ts',
      '**/*.nightly-spec.ts',
    ],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // A browser has one clock, its own; svelte-check knows its names.
    files: ['apps/dashboard/web/**'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // Types are checked by svelte-check, which knows what runes make of a variable.
      'prefer-const': 'off',
      'no-undef': 'off',
      // Addresses are plain texts, which one listener follows (web/src/frame/navigate.svelte.ts).
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['**/*.mjs', '**/*.cjs', '**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  prettier,
);
