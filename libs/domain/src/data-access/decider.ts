import { type Decider, DomainError, type Violation } from '../log/decider';
import { refuse, refuseReason } from '../party/account';
import { partyKindOf } from '../party/decider';
import { SALT } from '../settlement/salted-rows';
import {
  type DataAccessEvent,
  type DataAccessRequest,
  type DataSet,
  DATA_SETS,
  dataSetsOf,
  ownerOfSource,
} from './events';

/** `by`: the party that speaks. */
export type DataAccessCommand =
  | ({ readonly kind: 'requestAccess' } & DataAccessRequest)
  | {
      readonly kind: 'grantAccess';
      readonly by: string;
      readonly source: string;
      readonly reader: string;
      readonly dataSets: readonly DataSet[];
      readonly salt: string;
    }
  | {
      readonly kind: 'revokeAccess';
      readonly by: string;
      readonly source: string;
      readonly reader: string;
      readonly reason: string;
      readonly salt: string;
    }
  | {
      readonly kind: 'refuseAccess';
      readonly by: string;
      readonly source: string;
      readonly reader: string;
      readonly reason: string;
    };

/** Of one reader of a source. */
export interface ReaderState {
  /** What it reads by the owner's grant; none = nothing. */
  readonly granted: readonly DataSet[];
  /** What it has asked for and has no answer to. */
  readonly asked?: Pick<DataAccessRequest, 'dataSets' | 'purpose'>;
}

/** The readers of one source, by their party. */
export type DataAccessState = ReadonlyMap<string, ReaderState>;

/** Asked for by the reader itself, granted, revoked and refused by the owner alone. */
export const dataAccessDecider: Decider<DataAccessState, DataAccessCommand, DataAccessEvent> = {
  initialState: new Map(),
  decide,
  evolve,
};

const NOTHING: ReaderState = { granted: [] };
const PURPOSE_LENGTH_MAX = 500;
/** Who reads by right all that there is, and what has no party of its own. */
const BY_RIGHT = ['operator', 'auditor', 'platform'];

function decide(command: DataAccessCommand, state: DataAccessState): DataAccessEvent[] {
  const { source, reader } = command;
  const { granted, asked } = state.get(reader) ?? NOTHING;
  const owner = ownerOfSource(source);
  if (command.kind === 'requestAccess') {
    const { dataSets, purpose } = command;
    const purposes = purposeViolations(purpose);
    refuse('access-malformed', `The request of ${reader}`, [...violationsOf(command), ...purposes]);
    const wanted = inOrder(dataSets);
    if (wanted.every((dataSet) => granted.includes(dataSet))) return [];
    if (asked && isSame(asked.dataSets, wanted) && asked.purpose === purpose) return [];
    return [{ type: 'DataAccessRequested', data: { source, reader, dataSets: wanted, purpose } }];
  }
  if (command.by !== owner) {
    throw new DomainError(
      'not-data-owner',
      `${command.by} does not own the data of ${source}: ${owner} does, and says alone who reads them.`,
    );
  }
  switch (command.kind) {
    case 'grantAccess': {
      const { salt } = command;
      refuse('access-malformed', `The grant to ${reader}`, [
        ...violationsOf(command),
        ...saltViolations(salt),
      ]);
      const dataSets = inOrder(command.dataSets);
      if (isSame(granted, dataSets) && !asked) return [];
      return [{ type: 'DataAccessGranted', data: { source, reader, owner, dataSets, salt } }];
    }
    case 'revokeAccess': {
      const { reason, salt } = command;
      refuseReason(reason);
      refuse('access-malformed', 'The revocation', saltViolations(salt));
      if (granted.length === 0) return [];
      return [{ type: 'DataAccessRevoked', data: { source, reader, owner, reason, salt } }];
    }
    case 'refuseAccess': {
      const { reason } = command;
      refuseReason(reason);
      if (asked) return [{ type: 'DataAccessRefused', data: { source, reader, owner, reason } }];
      throw new DomainError(
        'access-not-requested',
        `${reader} has asked for nothing of ${source} that waits for an answer.`,
      );
    }
  }
}

function evolve(state: DataAccessState, event: DataAccessEvent): DataAccessState {
  switch (event.type) {
    case 'DataAccessRequested': {
      const { reader, dataSets, purpose } = event.data;
      const { granted } = state.get(reader) ?? NOTHING;
      return new Map(state).set(reader, { granted, asked: { dataSets, purpose } });
    }
    case 'DataAccessGranted':
      return new Map(state).set(event.data.reader, { granted: event.data.dataSets });
    case 'DataAccessRevoked': {
      const { asked } = state.get(event.data.reader) ?? NOTHING;
      return new Map(state).set(event.data.reader, { ...NOTHING, ...(asked && { asked }) });
    }
    case 'DataAccessRefused': {
      const { granted } = state.get(event.data.reader) ?? NOTHING;
      return new Map(state).set(event.data.reader, { granted });
    }
    default:
      return state;
  }
}

function violationsOf({
  source,
  reader,
  dataSets,
}: Pick<DataAccessRequest, 'source' | 'reader' | 'dataSets'>): Violation[] {
  const violations: Violation[] = [];
  const say = (field: string, reason: string): void => void violations.push({ field, reason });
  const kind = partyKindOf(reader);
  if (partyKindOf(ownerOfSource(source)) === undefined) say('source', 'is no PoD, and not grid');
  if (kind === undefined) say('reader', `"${reader}" names no party`);
  else if (BY_RIGHT.includes(kind)) say('reader', `${reader} reads all of it by right`);
  if (reader === ownerOfSource(source)) say('reader', 'is the owner itself');
  const known = dataSetsOf(source);
  if (dataSets.length === 0) say('dataSets', 'must name one at least');
  for (const dataSet of dataSets) {
    if (!known.includes(dataSet)) {
      say('dataSets', `${dataSet} is none of ${source}, which has ${known.join(', ')}`);
    }
  }
  return violations;
}

function purposeViolations(purpose: string): Violation[] {
  if (purpose.trim() !== '' && purpose.length <= PURPOSE_LENGTH_MAX) return [];
  return [{ field: 'purpose', reason: `must have 1 to ${PURPOSE_LENGTH_MAX} characters` }];
}

function saltViolations(salt: string): Violation[] {
  return SALT.test(salt) ? [] : [{ field: 'salt', reason: 'must be 16 bytes in hex' }];
}

/** Each once, in the order of `DATA_SETS`. */
function inOrder(dataSets: readonly DataSet[]): DataSet[] {
  return DATA_SETS.filter((dataSet) => dataSets.includes(dataSet));
}

function isSame(one: readonly DataSet[], other: readonly DataSet[]): boolean {
  return one.join() === other.join();
}
