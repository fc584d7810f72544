#!/usr/bin/env node
const { existsSync } = require('node:fs');
const path = require('node:path');

const program = path.resolve(__dirname, '../../../dist/edge-node/flexledger-node.cjs');
if (!existsSync(program)) {
  console.error('flexledger-node: there is no build yet; run "npm ci" or "npm run build" first.');
  process.exit(1);
}
require(program);
