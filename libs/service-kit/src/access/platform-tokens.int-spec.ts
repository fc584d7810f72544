/** Tokens of an operator's platforms: kept while they are good, given anew when one was refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokens } from './platform-tokens';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-tokens-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a token is kept for its actor, and another takes its place when it was refused', async () => {
  const { issuer, tokenOf, verify } = await openTokens(folder);
  const issueFor = jest.spyOn(issuer, 'issueFor');
  const first = await tokenOf('dso');
  expect(await tokenOf('dso')).toBe(first);
  await tokenOf('platform:market');
  expect(issueFor.mock.calls).toEqual([['dso'], ['platform:market']]);
  const second = await tokenOf('dso', true);
  expect(issueFor).toHaveBeenCalledTimes(3);
  expect(await tokenOf('dso')).toBe(second);
  expect(issueFor).toHaveBeenCalledTimes(3);
  expect(await verify(second)).toMatchObject({ actor: 'dso' });
});
