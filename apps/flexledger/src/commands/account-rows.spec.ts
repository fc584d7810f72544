/** The first password: shown on a terminal once, else named by its file, and never in a log. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FirstAccounts } from '@flexledger/identity-provider';
import { accountRows, passwordWasShown } from './account-rows';

let folder: string;
let made: FirstAccounts & Required<Pick<FirstAccounts, 'administrator'>>;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'account-rows-'));
  const passwordFile = path.join(folder, 'admin-password.json');
  writeFileSync(passwordFile, JSON.stringify({ userId: 'admin', password: 'open sesame' }));
  const secretsFile = path.join(folder, 'client-secrets.json');
  made = { clients: [], secretsFile, administrator: { userId: 'admin', passwordFile } };
});
afterEach(() => rmSync(folder, { recursive: true }));

const rows = (isTerminal: boolean, accounts: FirstAccounts = made): string[] =>
  accountRows('data', accounts, isTerminal, (name, text) => `${name}: ${text}`);
const CLIENTS = 'clients: secrets in data/client-secrets.json';

it('a terminal shows it, and its file is gone once it was shown', () => {
  expect(rows(true)).toEqual([
    CLIENTS,
    'sign in: as admin with open sesame, which is shown this once',
  ]);
  expect(existsSync(made.administrator.passwordFile)).toBe(true);
  passwordWasShown(made);
  expect(existsSync(made.administrator.passwordFile)).toBe(false);
  expect(rows(true)).toEqual([CLIENTS]);
});

it('what goes elsewhere names the file only', () => {
  expect(rows(false)).toEqual([
    CLIENTS,
    'sign in: as admin, password in data/admin-password.json; take it and delete the file',
  ]);
});

it('nobody is named where no password waits', () => {
  const { administrator: _, ...others } = made;
  expect(rows(true, others)).toEqual([CLIENTS]);
});
