const { compilerOptions } = require('./tsconfig.base.json');

/** Packages that ship only ES modules; Jest runs CommonJS, so swc translates them. */
const esModules = ['aedes', 'hyparquet', 'hyparquet-writer', 'jose', 'oidc-provider'];

const moduleNameMapper = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([name, [file]]) => [
    `^${name}$`,
    file.replace('./', '<rootDir>/'),
  ]),
);

/** @type {import('jest').Config} */
module.exports = {
  // A machine under load shall not fail a test; one that hangs still ends.
  testTimeout: 300_000,
  testEnvironment: 'node',
  globalSetup: '<rootDir>/jest.run-folder.cjs',
  globalTeardown: '<rootDir>/jest.run-folder-removed.cjs',
  setupFiles: ['<rootDir>/jest.setup.cjs'],
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/edge-node', '<rootDir>/contracts'],
  // What takes minutes and seldom breaks alone is for the night: `npm run nightly`.
  testMatch: process.env.NIGHTLY
    ? ['**/*.nightly-spec.ts']
    : ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts'],
  transform: { '\\.(ts|js|mjs)$': ['@swc/jest', { sourceMaps: 'inline' }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  moduleNameMapper,
  maxWorkers: 2,
  // What test files leave behind in a worker adds up, until it does little but collect garbage at Node's limit of 4 GB.
  workerIdleMemoryLimit: '1500MB',
};
