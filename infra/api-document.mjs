/**
 * Writes `docs/openapi.json`, the document that a process of all platforms serves, and the types of
 * `libs/api-client` out of it.
 *
 *   npm run api-document               writes both
 *   node infra/api-document.mjs --check  only compares the types with the document as it is kept, whose
 *                                      likeness to what is served a test holds
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { astToString, COMMENT_HEADER } from 'openapi-typescript';
import openapiTS from 'openapi-typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = path.join(root, 'docs/openapi.json');
const typesFile = path.join(root, 'libs/api-client/src/generated/interface.ts');

if (process.argv.includes('--check')) {
  const types = await typesOf(JSON.parse(readFileSync(kept, 'utf8')));
  if (readFileSync(typesFile, 'utf8') !== types) {
    process.stderr.write(
      'libs/api-client/src/generated/interface.ts is not what docs/openapi.json says: run ' +
        '`npm run api-document` and check both in.\n',
    );
    process.exitCode = 1;
  }
} else {
  const document = await servedDocument();
  writeFileSync(kept, `${JSON.stringify(document, null, 1)}\n`);
  writeFileSync(typesFile, await typesOf(document));
}

async function typesOf(document) {
  return `${COMMENT_HEADER}${astToString(await openapiTS(document, { alphabetize: true }))}`;
}

async function servedDocument() {
  const data = mkdtempSync(path.join(tmpdir(), 'flexledger-api-'));
  const up = ['up', '--data', data, '--port', '0', '--mqtt-port', '0'];
  const command = path.join(root, 'apps/flexledger/bin/flexledger.js');
  const child = spawn(process.execPath, [command, ...up]);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  try {
    const answer = await fetch(`${await addressOf(child, ended)}/api/docs/openapi.json`);
    if (!answer.ok) throw new Error(`It answered ${answer.status}: ${await answer.text()}`);
    return await answer.json();
  } finally {
    child.kill('SIGINT');
    await ended;
    rmSync(data, { recursive: true });
  }
}

/** @throws Error with all that it said, where it ends before it serves */
function addressOf({ stdout, stderr }, ended) {
  return new Promise((resolve, reject) => {
    let text = '';
    let said = '';
    stderr.on('data', (chunk) => (said += chunk));
    stdout.on('data', (chunk) => {
      text += chunk;
      const [, url] = /REST, docs +(http\S+)\/api\/docs/.exec(text) ?? [];
      if (url && text.includes('Stop with')) resolve(url);
    });
    ended.then((how) =>
      reject(new Error(`The document cannot be read, flexledger up: ${how}.\n${text}${said}`)),
    );
  });
}
