const { mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const path = require('node:path');

/**
 * A folder that the test files of one run share, whose name stands in TEST_RUN_FOLDER: what takes long to make and
 * nobody changes is made in it once (`madeOnce` of the end-to-end tests). It is below the root, where compiled files
 * find the packages.
 */
module.exports = ({ rootDir }) => {
  const cache = path.join(rootDir, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  process.env.TEST_RUN_FOLDER = mkdtempSync(path.join(cache, 'flexledger-tests-'));
};

module.exports.remove = () => rmSync(process.env.TEST_RUN_FOLDER, { recursive: true, force: true });
