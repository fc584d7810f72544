import path from 'node:path';
import { UsageError, print, printJson, takeOverSignals, tell } from '@flexledger/command-line';
import { openSqliteEventStore, requireLog } from '@flexledger/event-store';
import { isLoopbackHost } from '@flexledger/messaging';
import { wallClock } from '@flexledger/runtime';
import { logFile, makeDataFolder } from '../platform/data-folder';
import { logPassword, openKeys } from '../platform/keys';
import { PLATFORM_USER, READER_USER, startServedLog, writersClock } from '../serve/served-log';
import { isUnusable } from './up';

/** Flags of `flexledger log serve`. */
export interface ServeLogFlags {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly localAppends: boolean;
  readonly writersClock: boolean;
  readonly json: boolean;
}

/** Flags of `flexledger log password`. */
export interface PasswordFlags {
  readonly data: string;
  readonly json: boolean;
}

/** Serves the log of a folder until Ctrl-C or SIGTERM. @throws UsageError, LogBusy, LogDamaged, CertificateUnusable */
export async function serveLogUntilSignal(flags: ServeLogFlags): Promise<void> {
  const dataDir = path.resolve(flags.data);
  const tls = tlsOf(flags);
  makeDataFolder(dataDir);
  const keys = openKeys(dataDir, undefined);
  const writers = writersClock();
  const clock = flags.writersClock ? writers : wallClock;
  const log = openSqliteEventStore({ path: logFile(dataDir), clock });
  const stop = new AbortController();
  const releaseSignals = takeOverSignals(() => stop.abort());
  try {
    const served = await startServedLog({
      log,
      setting: { host: flags.host, port: flags.port, ...(tls && { tls }) },
      keys,
      localAppends: flags.localAppends,
      ...(flags.writersClock && { onRecordedAt: writers.heard }),
      onProblem: (problem) => tell(`! ${problem}`),
    });
    if (flags.json) printJson({ address: served.address });
    else print(`The log of ${flags.data} is served at ${served.address}\nStop with Ctrl-C.`);
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
    await served.close();
  } catch (error) {
    throw isUnusable(error) ? new UsageError((error as Error).message) : error;
  } finally {
    releaseSignals();
    await log.close();
  }
}

/** Prints the password of a user. @throws LogAbsent, UsageError */
export function printLogPassword(user: string, { data, json }: PasswordFlags): void {
  requireLog(data);
  const [role] = user.split('+');
  if (user !== PLATFORM_USER && role !== READER_USER) {
    throw new UsageError(
      `There is no user ${user}; name ${PLATFORM_USER}, ${READER_USER}, or ${READER_USER}+PREFIX.`,
    );
  }
  const password = logPassword(openKeys(path.resolve(data), undefined), user);
  if (json) printJson({ user, password });
  else print(password);
}

function tlsOf({ tlsKey, tlsCert, host, localAppends }: ServeLogFlags) {
  if ((tlsKey === undefined) !== (tlsCert === undefined)) {
    throw new UsageError('--tls-key and --tls-cert belong together; name both or neither.');
  }
  if (tlsKey !== undefined) {
    if (!localAppends) return { keyFile: tlsKey, certificateFile: tlsCert! };
    throw new UsageError(
      '--local-appends: with TLS, appends are for the user platform; leave it out.',
    );
  }
  if (isLoopbackHost(host)) return undefined;
  throw new UsageError(
    `--host ${host}: plain text would leave this machine; name --tls-key and --tls-cert, or 127.0.0.1.`,
  );
}
