/**
 * Writes `docs/openapi.json`, the document that a process of all platforms serves, and the types of
 * `libs/api-client` out of it; run by `npm run api-document`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { astToString, COMMENT_HEADER } from 'openapi-typescript';
import openapiTS from 'openapi-typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = mkdtempSync(path.join(tmpdir(), 'flexledger-api-'));
const up = ['up', '--data', data, '--port', '0', '--mqtt-port', '0'];
const child = spawn(process.execPath, [
  path.join(root, 'apps/flexledger/bin/flexledger.js'),
  ...up,
]);
child.stderr.pipe(process.stderr);
try {
  const url = await addressOf(child);
  const answer = await fetch(`${url}/api/docs/openapi.json`);
  const document = await answer.json();
  writeFileSync(path.join(root, 'docs/openapi.json'), `${JSON.stringify(document, null, 1)}\n`);
  const types = astToString(await openapiTS(document, { alphabetize: true }));
  const folder = path.join(root, 'libs/api-client/src/generated');
  writeFileSync(path.join(folder, 'interface.ts'), `${COMMENT_HEADER}${types}`);
} finally {
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('close', resolve));
  rmSync(data, { recursive: true });
}

function addressOf({ stdout }) {
  return new Promise((resolve, reject) => {
    let text = '';
    stdout.on('data', (chunk) => {
      text += chunk;
      const [, url] = /REST, docs +(http\S+)\/api\/docs/.exec(text) ?? [];
      if (url && text.includes('Stop with')) resolve(url);
    });
    child.once('close', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
  });
}
