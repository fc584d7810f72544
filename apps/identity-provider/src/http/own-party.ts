import { DomainError } from '@flexledger/domain';
import { type Principal, type Scope, may } from '@flexledger/identity';
import { requireAccess } from '@flexledger/service-kit';

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

/** The party of a user or client. @throws DomainError when there is no such */
export function partyOfAccount(
  state: { readonly status: string; readonly party?: string | null },
  kind: 'user' | 'client',
  id: string,
): { readonly party?: string } {
  if (state.status !== 'none') return state.party == null ? {} : { party: state.party };
  throw new DomainError(`${kind}-unknown`, `There is no ${kind} ${id}.`);
}
