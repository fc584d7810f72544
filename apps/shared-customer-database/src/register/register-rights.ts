/**
 * Who may change what in the register (D3.3 2.6): an aggregator its customers, the DSO where PoDs hang,
 * the operator what aggregators may as well, but for baselines: what a PoD is expected to draw its own
 * aggregator answers for alone.
 */
import { DomainError, type PodCommand, type PodState } from '@flexledger/domain';
import { type Principal, type Scope, may, partyOf, scopesOf } from '@flexledger/identity';

/**
 * Judges a command by the speaker's rights to the PoD as it is; what nobody has registered is left to
 * the register's own rules.
 *
 * @throws DomainError `not-permitted`
 */
export function requireRight(command: PodCommand, state: PodState, speaker: Principal): void {
  const { podId, kind } = command;
  const action = actionOf(kind);
  const owners = ownersOf(command, state);
  const isPermitted =
    speaksForItself(command, speaker) &&
    speaker.scopes.includes(action) &&
    owners.every((aggregatorId) => may(speaker, action, { podId, aggregatorId }));
  if (isPermitted) return;
  throw new DomainError(
    'not-permitted',
    `${speaker.actor} has no right to ${kind} of PoD ${podId}; ${whoMay(kind)}.`,
  );
}

function whoMay(kind: PodCommand['kind']): string {
  return kind === 'declareBaseline'
    ? 'only its own aggregator has'
    : 'its own aggregator, the DSO for its location, or the operator has';
}

/** A party with all the rights of its role. @throws RangeError when the actor names no party */
export function principalOf(actor: string): Principal {
  const party = partyOf(actor);
  return { ...party, actor, clientId: actor, scopes: scopesOf(party.role) };
}

/** The right that a command needs. */
export function actionOf(kind: PodCommand['kind']): Scope {
  if (kind === 'locatePod') return 'pods:locate';
  if (kind === 'qualifyService' || kind === 'refuseService') return 'pods:qualify';
  return kind === 'changeAvailability' ? 'availability:write' : 'pods:write';
}

/** A system operator judges services in its own name, and an aggregator alone says what its PoDs will draw. */
function speaksForItself(command: PodCommand, { role }: Principal): boolean {
  if (command.kind === 'declareBaseline') return role === 'aggregator';
  if (command.kind !== 'qualifyService' && command.kind !== 'refuseService') return true;
  return command.requester === role.toUpperCase();
}

/** Whose the PoD is, and whose it would be. */
function ownersOf(command: PodCommand, state: PodState): readonly string[] {
  if (command.kind === 'registerPod') return [command.aggregatorId];
  if (state.status !== 'registered') return [];
  const { aggregatorId } = state.details;
  return command.kind === 'changePodDetails'
    ? [aggregatorId, command.aggregatorId]
    : [aggregatorId];
}
