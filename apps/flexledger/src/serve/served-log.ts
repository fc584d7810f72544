/** The embedded log over KurrentDB's protocol: who may do what with it, and where it answers. */
import { timingSafeEqual } from 'node:crypto';
import { type EventStore, type RightsOf, serveLog } from '@flexledger/event-store';
import { type Clock, wallClock } from '@flexledger/runtime';
import { readCertificate } from '@flexledger/service-kit';
import type { Config } from '../config/config';
import { type PlatformKeys, logPassword, openKeys } from '../platform/keys';

/** The user whose appends are taken: a platform on another machine. */
export const PLATFORM_USER = 'platform';
/** The user who reads; `reader+pod-+session-` sees the streams that begin so, and no others. */
export const READER_USER = 'reader';

/** A log that is served. */
export interface ServedLog {
  /** For KurrentDB's clients; users and passwords are left out. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** How a log is served. */
export interface LogServing {
  readonly log: EventStore;
  readonly setting: Pick<Config['log'], 'host' | 'port' | 'tls'>;
  readonly keys: PlatformKeys;
  /** Whoever reaches a port without TLS may append, not only read. */
  readonly localAppends?: boolean;
  readonly onRecordedAt?: (recordedAtMs: number) => void;
  readonly onProblem: (problem: string) => void;
}

/** Serves the embedded log where the configuration names a port for it. */
export async function servedLogOf(
  { dataDir, log: setting }: Config,
  log: EventStore,
  onProblem: (problem: string) => void,
): Promise<ServedLog | undefined> {
  if (setting.port === undefined || setting.url !== undefined) return undefined;
  return startServedLog({ log, setting, keys: openKeys(dataDir, undefined), onProblem });
}

/** Listens. @throws Error when the port is taken; CertificateUnusable */
export async function startServedLog(serving: LogServing): Promise<ServedLog> {
  const { log, setting, keys, localAppends = false, onRecordedAt, onProblem } = serving;
  const { host, port = 0, tls } = setting;
  const server = await serveLog({
    log,
    host,
    port,
    ...(tls && { tls: readCertificate(tls) }),
    rightsOf: rightsOf(keys, tls ? undefined : { mayAppend: localAppends }),
    ...(onRecordedAt && { onRecordedAt }),
    onProblem,
  });
  return {
    address: `esdb://${host}:${server.port}?tls=${tls !== undefined}`,
    port: server.port,
    close: () => server.close(),
  };
}

/**
 * A user's rights follow from the name, the password from the name and the installation's own secret.
 *
 * @param withoutUser rights of who does not sign in, which clients cannot do in plain text; nobody's when absent
 */
export function rightsOf(
  keys: PlatformKeys,
  withoutUser: { readonly mayAppend: boolean } | undefined,
): RightsOf {
  return (user) => {
    if (!user) return withoutUser;
    const { name, password } = user;
    if (!isSame(password, logPassword(keys, name))) return undefined;
    if (name === PLATFORM_USER) return { mayAppend: true };
    const [role, ...streamPrefixes] = name.split('+');
    if (role !== READER_USER) return undefined;
    return { mayAppend: false, ...(streamPrefixes.length > 0 && { streamPrefixes }) };
  };
}

/** The latest instant that a writer has named; the machine's before any has: for the log of a simulated day. */
export function writersClock(): Clock & { heard(recordedAtMs: number): void } {
  let latestMs: number | undefined;
  return {
    nowMs: () => latestMs ?? wallClock.nowMs(),
    heard: (recordedAtMs) => void (latestMs = Math.max(latestMs ?? 0, recordedAtMs)),
  };
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
