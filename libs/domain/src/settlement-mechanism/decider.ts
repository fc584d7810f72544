import { refuseMalformedTerms } from '../agreement/decider';
import { canonicalJson } from '../log/canonical-json';
import { type Decider, DomainError, type Violation } from '../log/decider';
import type { SettlementMechanism, SettlementMechanismEvent } from './events';

/** What is done with a mechanism. */
export type SettlementMechanismCommand =
  | { readonly kind: 'offerMechanism'; readonly mechanism: SettlementMechanism }
  | {
      readonly kind: 'withdrawMechanism';
      readonly smartContractId: string;
      readonly aggregatorId: string;
    };

/** The mechanism as it was offered last; null where it was never offered. */
export interface SettlementMechanismState {
  readonly offered: SettlementMechanism | null;
  readonly isWithdrawn: boolean;
}

const NAME_MAX = 100;

/**
 * Offered, offered anew with another name or for other PoDs, withdrawn, offered again; the same again
 * changes nothing. Its terms never change: they are its id.
 */
export const settlementMechanismDecider: Decider<
  SettlementMechanismState,
  SettlementMechanismCommand,
  SettlementMechanismEvent
> = {
  initialState: { offered: null, isWithdrawn: false },
  decide(command, { offered, isWithdrawn }) {
    if (command.kind === 'withdrawMechanism') {
      const { smartContractId, aggregatorId } = command;
      if (offered === null) {
        throw new DomainError(
          'mechanism-unknown',
          `No settlement mechanism ${smartContractId} was ever offered.`,
        );
      }
      if (isWithdrawn) return [];
      return [{ type: 'SettlementMechanismWithdrawn', data: { smartContractId, aggregatorId } }];
    }
    const { mechanism } = command;
    refuseMalformed(mechanism);
    const isSame = !isWithdrawn && offered !== null && isSameOffer(offered, mechanism);
    return isSame ? [] : [{ type: 'SettlementMechanismOffered', data: mechanism }];
  },
  evolve: (state, event) =>
    event.type === 'SettlementMechanismOffered'
      ? { offered: event.data, isWithdrawn: false }
      : { ...state, isWithdrawn: true },
};

function isSameOffer(one: SettlementMechanism, other: SettlementMechanism): boolean {
  return one.name === other.name && canonicalJson(one.cluster) === canonicalJson(other.cluster);
}

function refuseMalformed({ name, cluster, ...terms }: SettlementMechanism): void {
  refuseMalformedTerms(`settlement mechanism ${name}`, terms);
  const violations: Violation[] = [];
  if (name.trim() === '' || name.length > NAME_MAX) {
    violations.push({ field: 'name', reason: `must have 1 to ${NAME_MAX} characters` });
  }
  const { fromPowerW = 0, belowPowerW = Infinity } = cluster;
  if (fromPowerW >= belowPowerW) {
    violations.push({
      field: 'cluster.belowPowerW',
      reason: 'must be above fromPowerW: there is no PoD between',
    });
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new DomainError(
    'mechanism-malformed',
    `The settlement mechanism cannot be offered: ${list}.`,
    violations,
  );
}
