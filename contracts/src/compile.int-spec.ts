import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventLogAnchorArtefact } from './generated/event-log-anchor';
import { flexTokenArtefact } from './generated/flex-token';

/** Goal: the committed artefacts are what the committed sources compile to. Method: compile again. */

const script = path.resolve(__dirname, '../compile.mjs');

describe('the generated artefacts', () => {
  it('are what the compiler makes of the sources', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, '--check']);
    expect(stdout + stderr).toBe('');
  });

  it.each([eventLogAnchorArtefact, flexTokenArtefact])('name their source: %#', (artefact) => {
    const source = readFileSync(
      path.resolve(__dirname, 'solidity', `${artefact.contractName}.sol`),
      'utf8',
    );
    expect(artefact.sourceSha256).toBe(createHash('sha256').update(source).digest('hex'));
    expect(source).toContain(`pragma solidity ${artefact.compiler.split(/[ +]/)[1]};`);
  });
});
