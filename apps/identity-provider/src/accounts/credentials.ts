/** Secrets and passwords: made, kept as hashes, tried; guessing is slowed by name and address. */
import { randomBytes } from 'node:crypto';
import { DomainError } from '@flexledger/domain';
import {
  hashClientSecret,
  hashPassword,
  newClientSecret,
  secretMatches,
} from '@flexledger/identity';
import type { IdentityPolicy } from '../policy';
import type { CredentialStore, SecretKind } from '../store/credential-store';
import { FREE_TRIES, FREE_TRIES_OF_ADDRESS } from '../store/slowdown';

/** Somebody has failed too often and has to wait. */
export class SlowDown extends Error {
  constructor(readonly retryAfterS: number) {
    super(`Too many tries failed; wait ${retryAfterS} s, then try again.`);
    this.name = 'SlowDown';
  }
}

export interface Credentials {
  /**
   * Gives a client another secret: the one before is worth nothing from now on. Shown once.
   *
   * @param handOut done with the secret before it counts, so that none counts that nobody has
   */
  newSecret(clientId: string, handOut?: (secret: string) => void): Promise<string>;
  /** Gives a user a password, one that is made where none is given. Its sign-ins end. */
  setPassword(userId: string, given?: string): Promise<string>;
  /** @throws DomainError `password-malformed` */
  checkPassword(password: string): void;
  clientSecretMatches(clientId: string, secret: string): Promise<boolean>;
  /** @throws SlowDown */
  passwordMatches(userId: string, password: string, address: string): Promise<boolean>;
  /** @throws SlowDown while a name and address that failed have to wait */
  refuseHasty(kind: SecretKind, id: string, address: string): void;
  noteFailure(kind: SecretKind, id: string, address: string): void;
  noteSuccess(kind: SecretKind, id: string, address: string): void;
}

export function createCredentials(store: CredentialStore, policy: IdentityPolicy): Credentials {
  // Who does not exist is checked against this, so that it takes as long as a wrong word.
  const nobodys = {
    client: hashClientSecret(newClientSecret()),
    user: hashPassword(newClientSecret()),
  };
  const hashOf = async (kind: SecretKind, id: string): Promise<string> =>
    store.secretHash(kind, id) ?? nobodys[kind];
  const places = (kind: SecretKind, id: string, address: string) => ({
    one: `${kind}/${id}/${address}`,
    address: `${kind}/${address}`,
  });
  function refuseHasty(kind: SecretKind, id: string, address: string): void {
    const { one, address: all } = places(kind, id, address);
    const waitMs = Math.max(store.waitMs(one), store.waitMs(all));
    if (waitMs > 0) throw new SlowDown(Math.ceil(waitMs / 1_000));
  }
  function noteFailure(kind: SecretKind, id: string, address: string): void {
    const { one, address: all } = places(kind, id, address);
    store.noteAttempt(one, FREE_TRIES);
    store.noteAttempt(all, FREE_TRIES_OF_ADDRESS);
  }
  function noteSuccess(kind: SecretKind, id: string, address: string): void {
    store.forgetAttempts(places(kind, id, address).one);
  }
  function checkPassword(password: string): void {
    const { passwordLengthMin: min, passwordLengthMax: max } = policy;
    if (password.length >= min && password.length <= max) return;
    const reason = `must have ${min} to ${max} characters`;
    throw new DomainError('password-malformed', `The password ${reason}.`, [
      { field: 'password', reason },
    ]);
  }
  return {
    checkPassword,
    refuseHasty,
    noteFailure,
    noteSuccess,
    async newSecret(clientId, handOut) {
      const secret = newClientSecret();
      handOut?.(secret);
      store.putSecretHash('client', clientId, await hashClientSecret(secret));
      return secret;
    },
    async setPassword(userId, given) {
      if (given !== undefined) checkPassword(given);
      const password = given ?? randomBytes(15).toString('base64url');
      store.putSecretHash('user', userId, await hashPassword(password));
      store.issuer.destroyOf(userId);
      return password;
    },
    clientSecretMatches: async (clientId, secret) =>
      secretMatches(secret, await hashOf('client', clientId)),
    async passwordMatches(userId, password, address) {
      refuseHasty('user', userId, address);
      // Noted before it is tried: many tries at once are not one try.
      noteFailure('user', userId, address);
      const hash = await hashOf('user', userId);
      if (!(await secretMatches(password.slice(0, policy.passwordLengthMax), hash))) return false;
      noteSuccess('user', userId, address);
      return true;
    },
  };
}
