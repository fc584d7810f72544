/** Goal: the bench goes on where its peers cannot be had. Method: a machine without Python. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measurePeers } from './peers';

describe('the peers of the power flow bench', () => {
  const searched = process.env['PATH'];
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-peers-'));

  afterAll(() => {
    process.env['PATH'] = searched;
    rmSync(folder, { recursive: true });
  });

  it('are skipped with the reason where there is no Python', async () => {
    process.env['PATH'] = folder;
    expect(await measurePeers([], folder)).toEqual({
      skipped: expect.stringMatching(/^python3 -m venv .*ENOENT/) as unknown,
    });
  });
});
