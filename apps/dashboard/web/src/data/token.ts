/** What a token says of its bearer. Only shown: the platforms verify it with each request. */
import { t } from '../language/texts';

export interface SignedIn {
  readonly userId: string;
  /** `aggregator:AGG1` */
  readonly party: string;
  readonly role: string;
  /** Aggregator id, PoD of a customer; null where the role says all. */
  readonly partyId: string | null;
  readonly scopes: readonly string[];
}

/** Reads a JWT; undefined for what is none of ours. */
export function signedInBy(token: string): SignedIn | undefined {
  try {
    const bytes = atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'));
    const claims = JSON.parse(bytes) as Record<string, unknown>;
    const { sub, party, scope } = claims;
    if (typeof sub !== 'string' || typeof party !== 'string') return undefined;
    const [role = '', ...id] = party.split(':');
    return {
      userId: sub,
      party,
      role,
      partyId: id.join(':') || null,
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
    };
  } catch {
    return undefined;
  }
}

/** A party as people say it. */
export function roleName({ role, partyId }: Pick<SignedIn, 'role' | 'partyId'>): string {
  const names: Readonly<Record<string, string>> = {
    operator: t('Market operator'),
    dso: 'DSO',
    tso: 'TSO',
    aggregator: t('Aggregator'),
    customer: t('Customer'),
    auditor: t('Auditor'),
  };
  return [names[role] ?? role, ...(partyId === null ? [] : [partyId])].join(' ');
}
