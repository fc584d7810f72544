/**
 * The built-in issuer: `oidc-provider` with what this market decides. Access tokens are JWTs (RFC 9068)
 * with the party and the scopes of who asks, signed by the key that all the operator's processes verify
 * by. Clients are registered by the administrator, so nobody is asked for consent; an app gets what its
 * user may and it may itself.
 */
import { randomBytes } from 'node:crypto';
import { SCOPES, TOKEN_LIFE_S, type TokenKey, isScope } from '@flexledger/identity';
import { messageOf } from '@flexledger/runtime';
import type { Configuration, KoaContextWithOIDC, Provider, errors } from 'oidc-provider';
import type { Accounts } from '../accounts/accounts';
import type { Credentials } from '../accounts/credentials';
import type { IdentityPolicy } from '../policy';
import type { CredentialStore } from '../store/credential-store';
import { ALL_SCOPES, PROTOCOL_SCOPES, adapterOf } from './adapter';
import { loadOidcProvider } from './load-oidc-provider';
import {
  deviceConfirmPage,
  deviceDonePage,
  deviceInputPage,
  errorPage,
  signedOutPage,
} from './pages';

export interface Issuer {
  /** The library's provider, made for the address it is served at. */
  provider(): Promise<Provider>;
  /** Says at which address it is served; tokens name it as their issuer. */
  servedAt(url: string, behindProxy: boolean): void;
}

export interface IssuerOptions {
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly store: CredentialStore;
  readonly tokenKey: () => Promise<TokenKey>;
  /** `aud` of access tokens. */
  readonly audience: string;
  readonly policy: IdentityPolicy;
  readonly onProblem: (problem: string) => void;
}

/** What tokens are for, as RFC 8707 names it; clients may leave it out. */
const RESOURCE = 'urn:flexledger:api';
const ALGORITHM = 'ES256';
const CODE_LIFE_S = 60;
const SIGN_IN_LIFE_S = 900;

export function createIssuer(options: IssuerOptions): Issuer {
  let address: { readonly url: string; readonly behindProxy: boolean } | undefined;
  let made: Promise<Provider> | undefined;
  return {
    servedAt(url, behindProxy) {
      address = { url, behindProxy };
      made = undefined;
    },
    provider() {
      if (!address) throw new Error('The issuer is asked before it is served.');
      made ??= makeProvider(options, address.url, address.behindProxy);
      return made;
    },
  };
}

async function makeProvider(
  options: IssuerOptions,
  url: string,
  behindProxy: boolean,
): Promise<Provider> {
  const { credentials, onProblem } = options;
  const key = await options.tokenKey();
  const { Provider, errors, interactionPolicy } = await loadOidcProvider();
  const provider = new Provider(
    url,
    configurationOf(options, { errors, policy: interactionPolicy.base(), key, url }),
  );
  provider.proxy = behindProxy;
  // The stored secret is a hash.
  provider.Client.prototype.compareClientSecret = function matches(secret: string) {
    return credentials.clientSecretMatches(this.clientId, secret);
  };
  provider.on('server_error', (_, error) => onProblem(`issuer of tokens: ${messageOf(error)}`));
  return provider;
}

type Errors = typeof errors;
type Policy = ReturnType<(typeof import('oidc-provider'))['interactionPolicy']['base']>;

function configurationOf(
  { accounts, store, audience, policy }: IssuerOptions,
  library: {
    readonly errors: Errors;
    readonly policy: Policy;
    readonly key: TokenKey;
    /** Where it is served. */
    readonly url: string;
  },
): Configuration {
  const { InvalidGrant, InvalidTarget } = library.errors;
  // Whoever registered a client has consented: no page asks again.
  library.policy.remove('consent');
  /** The party and scopes of whom a token is for, now. */
  async function rightsOf(token: { accountId?: string; clientId?: string }) {
    const rights =
      token.accountId === undefined
        ? await accounts.clientRights(token.clientId!)
        : await accounts.userRights(token.accountId);
    if (rights && rights.party !== null) return rights;
    throw new InvalidGrant(`${token.accountId ?? token.clientId} is disabled`);
  }
  return {
    adapter: (model) => adapterOf(model, { accounts, store, url: library.url }, InvalidGrant),
    jwks: { keys: [library.key as never] },
    cookies: {
      keys: [store.shared('cookieKey', () => randomBytes(32).toString('base64url'))],
      long: { httpOnly: true, sameSite: 'lax' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    scopes: [...ALL_SCOPES],
    claims: { openid: ['sub', 'party', 'roles'] },
    conformIdTokenClaims: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    responseTypes: ['code'],
    // A page asks for tokens of its own app only: from where that gets its users back.
    clientBasedCORS: (_, origin, { clientAuthMethod, redirectUris = [] }) =>
      clientAuthMethod === 'none' &&
      redirectUris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    interactions: {
      policy: library.policy,
      url: (_, interaction) => `/sign-in/${interaction.uid}`,
    },
    async findAccount(_, userId) {
      const rights = await accounts.userRights(userId);
      if (!rights) return undefined;
      const { party, roles } = rights;
      return { accountId: userId, claims: () => ({ sub: userId, party, roles: [...roles] }) };
    },
    loadExistingGrant: (context) => grantOf(context, accounts),
    async extraTokenClaims(_, token) {
      return { party: (await rightsOf(token as { accountId?: string; clientId?: string })).party! };
    },
    formats: {
      customizers: {
        // What was granted may have been taken away since.
        async jwt(_, token, { payload }) {
          const { scopes } = await rightsOf(token as { accountId?: string; clientId?: string });
          const held = String(payload.scope ?? '').split(' ');
          payload.scope = held
            .filter((scope) => isScope(scope) && scopes.includes(scope))
            .join(' ');
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: {
        enabled: true,
        // Whose token it is may give it back, and nobody else.
        allowedPolicy: (_, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => answer(context, signedOutPage(form)),
        postLogoutSuccessSource: (context) =>
          answer(context, deviceDonePage('You have signed out.')),
      },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: (context, form, out, error) =>
          answer(context, deviceInputPage(form, error?.name ?? out?.error)),
        userCodeConfirmSource: (context, form, client, _device, code) =>
          answer(context, deviceConfirmPage(form, client.clientId, code)),
        successSource: (context) =>
          answer(context, deviceDonePage('You have signed in. Go back to your terminal.')),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo(_, resource) {
          if (resource !== RESOURCE) throw new InvalidTarget(`the only resource is ${RESOURCE}`);
          return {
            scope: Object.keys(SCOPES).join(' '),
            audience,
            accessTokenTTL: TOKEN_LIFE_S,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: ALGORITHM } },
          };
        },
      },
    },
    renderError: (context, out) => answer(context, errorPage(out.error_description ?? out.error)),
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      end_session: '/oauth/sign-out',
      device_authorization: '/oauth/device-code',
      code_verification: '/oauth/device',
      jwks: '/.well-known/jwks.json',
    },
    ttl: {
      AccessToken: TOKEN_LIFE_S,
      ClientCredentials: TOKEN_LIFE_S,
      IdToken: TOKEN_LIFE_S,
      AuthorizationCode: CODE_LIFE_S,
      DeviceCode: policy.deviceCodeS,
      Interaction: SIGN_IN_LIFE_S,
      Session: policy.sessionS,
      RefreshToken: policy.sessionS,
      Grant: policy.sessionS,
    },
  };
}

/** What an app may for its user, decided anew at each sign-in. */
async function grantOf(context: KoaContextWithOIDC, accounts: Accounts) {
  const { oidc } = context;
  const { clientId } = oidc.client!;
  const { accountId } = oidc.session!;
  const grant = new oidc.provider.Grant({ clientId, accountId: accountId! });
  const user = await accounts.userRights(accountId!);
  const client = await accounts.clientRights(clientId);
  grant.addOIDCScope(PROTOCOL_SCOPES.join(' '));
  const scopes = user?.scopes.filter((scope) => client?.scopes.includes(scope)) ?? [];
  grant.addResourceScope(RESOURCE, scopes.join(' '));
  await grant.save();
  return grant;
}

function answer(context: KoaContextWithOIDC, page: string): void {
  context.type = 'html';
  context.body = page;
}
