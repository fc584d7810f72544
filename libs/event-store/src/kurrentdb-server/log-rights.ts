/** Who may do what with a served log. */
import { type Metadata, status } from '@grpc/grpc-js';
import { ServiceRefusal } from './service-refusal';

/** What a user may do. */
export interface LogRights {
  readonly mayAppend: boolean;
  /** Beginnings of the streams that are shown; all when absent. */
  readonly streamPrefixes?: readonly string[];
}

/** Tells what a user with a password may do; `undefined` is nobody. Without a user: who did not sign in. */
export type RightsOf = (user?: {
  readonly name: string;
  readonly password: string;
}) => LogRights | undefined;

/** @throws ServiceRefusal when the caller is nobody */
export function rightsOfCall(metadata: Metadata, rightsOf: RightsOf): LogRights {
  const [given] = metadata.get('authorization');
  const rights = rightsOf(given === undefined ? undefined : userOf(String(given)));
  if (rights) return rights;
  const what = given === undefined ? 'Sign in with a user and a password' : 'There is no such user';
  throw new ServiceRefusal(status.UNAUTHENTICATED, `${what}.`);
}

/** @throws ServiceRefusal when a stream is not for the caller */
export function requireReadable(rights: LogRights, streamId: string): void {
  if (isReadable(rights, streamId)) return;
  throw accessDenied(`stream ${streamId} is not shown to this user`);
}

/** Whether a stream is for the caller. */
export function isReadable({ streamPrefixes }: LogRights, streamId: string): boolean {
  return streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true;
}

/** The refusal that KurrentDB's clients know. */
export function accessDenied(reason: string): ServiceRefusal {
  return new ServiceRefusal(status.PERMISSION_DENIED, `Access denied: ${reason}.`, {
    exception: 'access-denied',
  });
}

function userOf(header: string): { readonly name: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(header) ?? [];
  if (encoded === undefined) return { name: '', password: '' };
  const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { name, password: rest.join(':') };
}
