/** Secrets and passwords: made, kept as hashes, tried; guessing is slowed by name and address. */
import { randomBytes } from 'node:crypto';
import { DomainError } from '@flexledger/domain';
import {
  FREE_TRIES,
  FREE_TRIES_OF_ADDRESS,
  hashClientSecret,
  hashPassword,
  newClientSecret,
  passwordMark,
  secretMatches,
} from '@flexledger/identity';
import type { IdentityPolicy } from '../policy';
import type { CredentialStore, SecretKind } from '../store/credential-store';

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
  /**
   * Gives a user a password, one that is made where none is given. Its sign-ins end.
   *
   * @param handOut as of `newSecret`
   */
  setPassword(
    userId: string,
    given?: string,
    handOut?: (password: string) => void,
  ): Promise<string>;
  /** Tells a given password from another, and nothing to who does not have the store. */
  markOf(password: string): Promise<string>;
  /** @throws DomainError `password-malformed` */
  checkPassword(password: string): void;
  clientSecretMatches(clientId: string, secret: string): Promise<boolean>;
  /** @throws SlowDown */
  passwordMatches(userId: string, password: string, address: string): Promise<boolean>;
  /** @throws SlowDown while a name and address that failed have to wait */
  refuseHasty(kind: SecretKind, id: string, address: string): void;
  noteFailure(kind: SecretKind, id: string, address: string): void;
  /** Forgets the failures of this name at this address; those of others there go on counting. */
  noteSuccess(kind: SecretKind, id: string, address: string): void;
}

export function createCredentials(store: CredentialStore, policy: IdentityPolicy): Credentials {
  // A user that does not exist is checked against this, so that it takes as long as a wrong word.
  const nobodys = hashPassword(newClientSecret());
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
    markOf: (password) => passwordMark(password, store.shared('passwordMarkKey', newClientSecret)),
    async newSecret(clientId, handOut) {
      const secret = newClientSecret();
      handOut?.(secret);
      store.putSecretHash('client', clientId, await hashClientSecret(secret));
      return secret;
    },
    async setPassword(userId, given, handOut) {
      if (given !== undefined) checkPassword(given);
      const password = given ?? randomBytes(15).toString('base64url');
      handOut?.(password);
      store.putSecretHash('user', userId, await hashPassword(password));
      store.issuer.destroyOf(userId);
      return password;
    },
    async clientSecretMatches(clientId, secret) {
      const hash = store.secretHash('client', clientId);
      return hash !== undefined && secretMatches(secret, hash);
    },
    async passwordMatches(userId, password, address) {
      refuseHasty('user', userId, address);
      // Noted before it is tried: many tries at once are not one try.
      noteFailure('user', userId, address);
      const hash = store.secretHash('user', userId) ?? (await nobodys);
      if (!(await secretMatches(password.slice(0, policy.passwordLengthMax), hash))) return false;
      noteSuccess('user', userId, address);
      // Only its own try: who knows one password may not guess others the longer for it.
      store.takeBackAttempt(places('user', userId, address).address, FREE_TRIES_OF_ADDRESS);
      return true;
    },
  };
}
