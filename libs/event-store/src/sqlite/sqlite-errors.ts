/** SQLite's error codes in the words of the port. */
import Database from 'libsql';
import { LogDamaged } from '../errors';

/** `SQLITE_...` code of an error of the driver; `undefined` for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** The error as `LogDamaged` when SQLite says that the file is not sound, else as it is. */
export function damageOr(path: string, error: unknown): unknown {
  const code = sqliteCode(error) ?? '';
  if (code.startsWith('SQLITE_NOTADB')) {
    return new LogDamaged(path, 'it is not a SQLite database', { cause: error });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_IOERR_SHORT_READ') {
    const reason = `it is damaged or truncated (${(error as Error).message})`;
    return new LogDamaged(path, reason, { cause: error });
  }
  return error;
}

/** SQLite's and the system's codes of a disk that takes no write: full, read-only, or failing. */
const UNWRITABLE = /^(SQLITE_(FULL|IOERR|READONLY)(_(?!SHORT_READ)\w+)?|ENOSPC|EDQUOT|EROFS|EIO)$/;

/**
 * Whether an error, or what caused it, is that the disk takes no write: a matter of the operator's, that
 * may pass by itself.
 */
export function isUnwritable(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string' && UNWRITABLE.test(code)) return true;
  return cause !== undefined && cause !== error && isUnwritable(cause);
}
