/** The computation parameters of a grid: set, and found again as they stood at an event. */
import {
  type ComputationParameters,
  type ComputationParametersSet,
  computationParametersStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import type { Clock } from '@flexledger/runtime';

/** What an administrator says: the parameters, and why they are to be so. */
export type NewParameters = ComputationParametersSet['data'];

/**
 * The parameters that a session goes by which was scheduled at a position of the log.
 *
 * @param policy those that hold until an administrator sets others
 * @param position nothing after it counts; absent = as they stand
 */
export async function parametersAt(
  log: EventStore,
  gridId: string,
  policy: ComputationParameters,
  position = Infinity,
): Promise<ComputationParameters> {
  let { forecastMinutes, reviewMinutes } = policy;
  for await (const event of log.readStream(computationParametersStream(gridId))) {
    if (event.position > position) break;
    ({ forecastMinutes, reviewMinutes } = event.data as NewParameters);
  }
  return { forecastMinutes, reviewMinutes };
}

/** Sets them; the same as stand already change nothing. */
export async function setParameters(
  log: EventStore,
  clock: Clock,
  wanted: NewParameters,
  context: CommandContext,
): Promise<void> {
  const handler = createCommandHandler<
    ComputationParameters | null,
    NewParameters,
    ComputationParametersSet
  >({
    store: log,
    clock,
    decider: {
      initialState: null,
      decide: (said, standing) =>
        standing?.forecastMinutes === said.forecastMinutes &&
        standing.reviewMinutes === said.reviewMinutes
          ? []
          : [{ type: 'ComputationParametersSet', data: said }],
      evolve: (_, event) => event.data,
    },
  });
  await handler.handle(computationParametersStream(wanted.gridId), wanted, context);
}
