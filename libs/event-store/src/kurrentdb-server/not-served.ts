/** What clients may ask of KurrentDB and not of this log: each call is refused with what to do in its place. */
import * as persistentService from '@eventstore/db-client/generated/persistent_grpc_pb';
import { type UntypedHandleCall, status } from '@grpc/grpc-js';
import { ServiceRefusal } from './service-refusal';

const NEVER_DELETES =
  'This log never deletes or truncates; what is wrong in it is set right by a later event.';
const KEEPS_NO_PLACE =
  'This log keeps no place of its readers, so it serves no persistent subscriptions; subscribe to the stream or to $all, ' +
  'and begin anew after the position of the last event that was dealt with.';

/** A call of any form: the answer of one that has one, else the end of its stream. */
const refusing =
  (details: string) =>
  (
    call: { emit(event: 'error', error: Error): void },
    answer?: (error: Error, value: null) => void,
  ): void => {
    const refusal = new ServiceRefusal(status.UNIMPLEMENTED, details);
    if (answer) answer(refusal, null);
    else call.emit('error', refusal);
  };

/** Of the streams' service. */
export const DELETIONS = { delete: refusing(NEVER_DELETES), tombstone: refusing(NEVER_DELETES) };

/** The service of persistent subscriptions, which is there to say why not. */
export const { PersistentSubscriptionsService } = persistentService;
export const PERSISTENT_SUBSCRIPTIONS = Object.fromEntries(
  Object.keys(PersistentSubscriptionsService).map((method) => [method, refusing(KEEPS_NO_PLACE)]),
) as Record<string, UntypedHandleCall>;
