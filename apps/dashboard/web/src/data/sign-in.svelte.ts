/**
 * Signing in by authorization code with PKCE. The token stays in memory; what renews it is the issuer's
 * own cookie, which no script can read. The address to come back to and the verifier of one sign-in under
 * way wait in the tab's storage, as the page is left for it.
 */
import { GIVEN_SCOPES, SCREEN_SCOPES } from './scopes';
import { type SignedIn, signedInBy } from './token';

const CLIENT = 'flexledger-screens';
const UNDER_WAY = 'flexledger/sign-in';
const CHANNEL = 'flexledger/signed-in';
/** A token is renewed so long before it ends. */
const AHEAD_MS = 60_000;

interface UnderWay {
  readonly verifier: string;
  readonly state: string;
  readonly back: string;
}

interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  /** On `performance.now()`, which no wrong clock moves. */
  readonly endsAtMs: number;
  readonly who: SignedIn;
}

/** Not followed: what is read with one token is the same with the next. */
let tokens: Tokens | undefined;
let who = $state.raw<SignedIn>();
let phase = $state<'asking' | 'in' | 'out' | 'ended'>('asking');
let renewing: Promise<Tokens | undefined> | undefined;
/** Until it is known who this is nothing is asked for: what a visitor is refused is not asked for again. */
let tellBegun: () => void;
const begun = new Promise<void>((resolve) => (tellBegun = resolve));

export const signIn = {
  /** Who has signed in; undefined for a visitor. */
  get who(): SignedIn | undefined {
    return who;
  },
  /** `ended` where somebody had signed in and has to do so again; what they typed stands. */
  get phase() {
    return phase;
  },
  may: (scope: string): boolean => who?.scopes.includes(scope) === true,
};

/** On the way back from the issuer, or with its cookie alone: who this is, once, before anything is shown. */
export async function begin(): Promise<void> {
  const answer = new URLSearchParams(location.search);
  const underWay = takeUnderWay();
  if (answer.has('code') || answer.has('error')) {
    const back = underWay?.back ?? '/';
    history.replaceState(null, '', back);
    const isOurs = underWay !== undefined && answer.get('state') === underWay.state;
    const code = answer.get('code');
    if (isOurs && code !== null)
      tokens = await exchange(code, underWay.verifier).catch(() => undefined);
    if (tokens && back.startsWith('/?signed-in')) {
      new BroadcastChannel(CHANNEL).postMessage('signed-in');
      close();
    }
  }
  hold(tokens ?? (await renew()));
  phase = tokens ? 'in' : 'out';
  tellBegun();
  new BroadcastChannel(CHANNEL).addEventListener('message', () => void again());
}

async function again(): Promise<void> {
  if (phase === 'in') return;
  const fresh = await renew();
  if (!fresh) return;
  hold(fresh);
  phase = 'in';
}

/** Goes to the issuer and comes back here; `userId` names a demonstration's user. */
export async function signInHere(userId?: string): Promise<void> {
  location.href = await authorizeAddress(location.pathname + location.search, userId);
}

/** The same in a window of its own, so that what stands here unsent is not lost. */
export async function signInBeside(): Promise<void> {
  const beside = open('about:blank', 'flexledger-sign-in', 'width=480,height=640');
  const address = await authorizeAddress('/?signed-in');
  if (!beside) location.href = address;
  else {
    // A window has storage of its own; it is opened as a copy of this one's before that is set.
    beside.sessionStorage.setItem(UNDER_WAY, sessionStorage.getItem(UNDER_WAY)!);
    beside.location.href = address;
  }
}

/** Ends the sign-in at the issuer, which asks once. */
export function signOut(): void {
  const hint = tokens?.idToken;
  const query = new URLSearchParams({
    client_id: CLIENT,
    post_logout_redirect_uri: `${location.origin}/`,
    ...(hint === undefined ? {} : { id_token_hint: hint }),
  });
  location.href = `/oauth/sign-out?${query.toString()}`;
}

/** A token that is good for a while; undefined for a visitor. */
export async function currentToken(): Promise<string | undefined> {
  await begun;
  if (!tokens) return undefined;
  if (tokens.endsAtMs - performance.now() > AHEAD_MS) return tokens.accessToken;
  return (await renewed())?.accessToken;
}

/** Another token in the place of one that was refused; undefined when the sign-in is over. */
export async function renewed(): Promise<Tokens | undefined> {
  renewing ??= renew().finally(() => (renewing = undefined));
  const fresh = await renewing;
  if (fresh) hold(fresh);
  else if (phase === 'in') phase = 'ended';
  return fresh;
}

/**
 * For somebody who is about to let another in, whom nobody gives a right that the own token has not: with what its user
 * may give on, until it is renewed. Where there is none, the answer to what is asked with the standing one says why.
 */
export async function mayGiveOn(): Promise<void> {
  tokens = (await renew([...SCREEN_SCOPES, ...GIVEN_SCOPES])) ?? tokens;
}

/** Who has signed in stays the same thing as long as nothing about it has changed. */
function hold(fresh: Tokens | undefined): void {
  tokens = fresh;
  const isSame =
    who?.userId === fresh?.who.userId && String(who?.scopes) === String(fresh?.who.scopes);
  if (!isSame) who = fresh?.who;
}

/** By the issuer's cookie, without leaving the page. */
async function renew(scopes: readonly string[] = SCREEN_SCOPES): Promise<Tokens | undefined> {
  const { query, underWay } = await authorization('/', { prompt: 'none' }, scopes);
  try {
    // The issuer leads back to the screens with the code in the address; the page itself is not needed.
    const answer = await fetch(`/oauth/authorize?${query.toString()}`, { redirect: 'follow' });
    const led = new URL(answer.url).searchParams;
    const code = led.get('code');
    if (code === null || led.get('state') !== underWay.state) return undefined;
    return await exchange(code, underWay.verifier);
  } catch {
    return undefined;
  }
}

async function authorizeAddress(back: string, userId?: string): Promise<string> {
  const asked = userId === undefined ? {} : { prompt: 'login', login_hint: userId };
  const { query, underWay } = await authorization(back, asked);
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(underWay));
  return `/oauth/authorize?${query.toString()}`;
}

async function authorization(
  back: string,
  more: Readonly<Record<string, string>>,
  scopes: readonly string[] = SCREEN_SCOPES,
) {
  const underWay: UnderWay = { verifier: randomText(48), state: randomText(16), back };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(underWay.verifier));
  const query = new URLSearchParams({
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: `${location.origin}/`,
    scope: ['openid', ...scopes].join(' '),
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    state: underWay.state,
    ...more,
  });
  return { query, underWay };
}

async function exchange(code: string, verifier: string): Promise<Tokens | undefined> {
  const response = await fetch('/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT,
      redirect_uri: `${location.origin}/`,
      code,
      code_verifier: verifier,
    }),
  });
  if (!response.ok) return undefined;
  const answer = (await response.json()) as {
    access_token: string;
    expires_in: number;
    id_token?: string;
  };
  const who = signedInBy(answer.access_token);
  const endsAtMs = performance.now() + answer.expires_in * 1_000;
  return who && { accessToken: answer.access_token, idToken: answer.id_token ?? '', endsAtMs, who };
}

function takeUnderWay(): UnderWay | undefined {
  const text = sessionStorage.getItem(UNDER_WAY);
  sessionStorage.removeItem(UNDER_WAY);
  try {
    return text === null ? undefined : (JSON.parse(text) as UnderWay);
  } catch {
    return undefined;
  }
}

function randomText(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
