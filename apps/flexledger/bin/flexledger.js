#!/usr/bin/env node
const { existsSync } = require('node:fs');
const path = require('node:path');

const main = path.resolve(__dirname, '../../../dist/apps/flexledger/src/main.js');
if (!existsSync(main)) {
  console.error('flexledger: there is no build yet; run "npm ci" or "npm run build" first.');
  process.exit(1);
}
require(main);
