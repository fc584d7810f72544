/** What an operator has to make room for, told from what is damaged or asked wrongly. */
import { AppendFailed } from '../errors';
import { isUnwritable } from './sqlite-errors';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

it.each([
  ['SQLITE_FULL', true],
  ['SQLITE_IOERR_WRITE', true],
  ['SQLITE_READONLY', true],
  ['SQLITE_READONLY_DBMOVED', true],
  ['ENOSPC', true],
  ['EROFS', true],
  // A file that is cut off is damaged.
  ['SQLITE_IOERR_SHORT_READ', false],
  ['SQLITE_BUSY', false],
  ['SQLITE_CONSTRAINT_UNIQUE', false],
  ['ENOENT', false],
])('%s: the disk takes no write is %s', (code, is) => {
  expect(isUnwritable(withCode(code))).toBe(is);
  expect(isUnwritable(new AppendFailed('a', code, { cause: withCode(code) }))).toBe(is);
});

it('is no other error, and no error without a code', () => {
  expect([undefined, null, 'ENOSPC', new Error('ENOSPC')].map(isUnwritable)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
