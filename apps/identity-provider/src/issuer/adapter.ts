/**
 * What `oidc-provider` keeps, kept in the credential store; clients come from their streams with the
 * hash of their secret, so that one that was added or disabled anywhere is so here at once.
 */
import { SCOPES, isScope } from '@flexledger/identity';
import type { Adapter, AdapterPayload, errors } from 'oidc-provider';
import type { Accounts } from '../accounts/accounts';
import { SCREENS_CLIENT } from '../accounts/first-accounts';
import type { CredentialStore, IssuerRow } from '../store/credential-store';

/** Scopes of the protocol itself, beside those of the interfaces. */
export const PROTOCOL_SCOPES = ['openid', 'offline_access'] as const;
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
/** Rows without an end of their own, as the library makes none that is kept, s. */
const DEFAULT_LIFE_S = 86_400;

/** What is answered from. */
export interface AdapterSources {
  readonly accounts: Accounts;
  readonly store: CredentialStore;
  /** Where the issuer is served, and the screens with it. */
  readonly url: string;
}

export function adapterOf(
  model: string,
  sources: AdapterSources,
  InvalidGrant: typeof errors.InvalidGrant,
): Adapter {
  const { issuer } = sources.store;
  return {
    async upsert(id, payload, expiresIn) {
      issuer.put(model, id, { ...payload }, expiresIn || DEFAULT_LIFE_S);
    },
    find: async (id) =>
      model === 'Client' ? clientOf(id, sources) : payloadOf(issuer.find(model, id)),
    findByUid: async (uid) => payloadOf(issuer.findBy(model, 'uid', uid)),
    findByUserCode: async (code) => payloadOf(issuer.findBy(model, 'userCode', code)),
    async consume(id) {
      if (!issuer.consume(model, id)) throw new InvalidGrant(`${model} was used already`);
    },
    destroy: async (id) => issuer.destroy(model, id),
    revokeByGrantId: async (grantId) => issuer.destroyGrant(grantId),
  };
}

function payloadOf(row: IssuerRow | undefined): AdapterPayload | undefined {
  if (!row) return undefined;
  return { ...row.payload, ...(row.consumedS === null ? {} : { consumed: row.consumedS }) };
}

/** A client's metadata (RFC 7591); undefined for one that may ask for nothing now. */
async function clientOf(
  id: string,
  { accounts, store, url }: AdapterSources,
): Promise<AdapterPayload | undefined> {
  const rights = await accounts.clientRights(id);
  if (!rights) return undefined;
  const { party, scopes } = rights;
  if (party !== null) {
    const hash = store.secretHash('client', id);
    if (hash === undefined) return undefined;
    return {
      client_id: id,
      // The hash: `compareClientSecret` is ours.
      client_secret: hash,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: scopes.join(' '),
    };
  }
  const redirectUris = id === SCREENS_CLIENT ? addressesOfScreens(url) : rights.redirectUris;
  return {
    client_id: id,
    token_endpoint_auth_method: 'none',
    grant_types: [
      ...(redirectUris.length > 0 ? ['authorization_code'] : []),
      'refresh_token',
      DEVICE_CODE,
    ],
    response_types: redirectUris.length > 0 ? ['code'] : [],
    redirect_uris: [...redirectUris],
    ...(id === SCREENS_CLIENT ? { post_logout_redirect_uris: [...redirectUris] } : {}),
    application_type: redirectUris.some((uri) => uri.startsWith('http:')) ? 'native' : 'web',
    scope: [...PROTOCOL_SCOPES, ...scopes].join(' '),
  };
}

/** Where the screens come back to; on this machine by either of its names. */
function addressesOfScreens(url: string): readonly string[] {
  const own = new URL('/', url);
  if (own.hostname !== '127.0.0.1') return [own.href];
  const named = new URL(own);
  named.hostname = 'localhost';
  return [own.href, named.href];
}

/** Every scope that the issuer knows. */
export const ALL_SCOPES: readonly string[] = [
  ...PROTOCOL_SCOPES,
  ...Object.keys(SCOPES).filter(isScope),
];
