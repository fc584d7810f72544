import { type Principal, type Scope, may } from '@flexledger/identity';
import { requireAccess } from '@flexledger/service-kit';
import { ForbiddenException } from '@nestjs/common';

/**
 * Whose accounts a list holds: those of every party for who may see all, else the speaker's own.
 *
 * @throws ForbiddenException when another party's are asked for
 */
export function partyAsked(
  speaker: Principal,
  action: Scope,
  asked: string | undefined,
): { readonly party?: string } {
  if (may(speaker, action)) return asked === undefined ? {} : { party: asked };
  const party = asked ?? speaker.actor;
  requireAccess(speaker, action, { party });
  return { party };
}

/**
 * Whoever looks after the accounts of its own party gives none of them more than it may itself: neither
 * rights, nor the secret of one that has them. What others' accounts may is their parties' business.
 *
 * @throws ForbiddenException naming the rights that the speaker lacks
 */
export function requireHeld(
  { actor, clientId, scopes }: Principal,
  account: { readonly party: string | null; readonly scopes: readonly string[] },
): void {
  if (account.party !== actor) return;
  const lacking = account.scopes.filter((scope) => !(scopes as readonly string[]).includes(scope));
  if (lacking.length === 0) return;
  throw new ForbiddenException(
    `${clientId} lacks ${lacking.join(', ')}, and so can give it to nobody; let somebody of ${actor} do ` +
      'it who may, or the market administrator.',
  );
}
