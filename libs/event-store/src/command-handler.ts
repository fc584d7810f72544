/** What `createCommandHandler` gives: commands of an aggregate, decided and appended. */
import type { Decider, DomainEvent, EventDecoder } from '@flexledger/domain';
import type { Clock } from '@flexledger/runtime';
import type { CommandContext } from './command-context';
import type { EventStore } from './port';

export interface CommandResult<Event> {
  readonly events: readonly Event[];
  /** Position of the last event appended, `BEFORE_FIRST` when the decision was to do nothing. */
  readonly position: number;
  /** The command had been carried out before: this is what it led to then, read from the log. */
  readonly repeated?: true;
}

export interface AddressedCommand<Command> {
  readonly streamId: string;
  readonly command: Command;
  readonly context: CommandContext;
}

export interface CommandHandler<Command, State, Event> {
  /**
   * Decides and appends. Commands to one stream run one after another in the order of the calls;
   * their results, in the order of the calls, are appended in that order too.
   *
   * @throws DomainError when the rules refuse; nothing has been appended
   * @throws CommandConflict when the id is that of an earlier command with other content
   */
  handle(
    streamId: string,
    command: Command,
    context: CommandContext,
  ): Promise<CommandResult<Event>>;
  /**
   * Many commands, appended in the order given whatever the streams and whether or not their states
   * were in memory, as long as no other process has gone on with one of the streams since it was last met
   * here. Those of one stream that may recur are appended together, at the place of the first; `position` may
   * then be that of a later one. Each settles by itself: one refusal leaves the others standing.
   */
  handleInOrder(
    commands: readonly AddressedCommand<Command>[],
  ): Promise<PromiseSettledResult<CommandResult<Event>>[]>;
  /** The stream's state now, whoever wrote to it. */
  stateOf(streamId: string): Promise<State>;
  /**
   * The stream's state as it was last met here: others may have gone further. For a question that the
   * command's decision asks again; it costs no look at the log.
   */
  knownStateOf(streamId: string): Promise<State>;
}

export interface CommandHandlerOptions<State, Command, Event extends DomainEvent<string, object>> {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly decider: Decider<State, Command, Event>;
  /** Streams whose state is kept in memory. */
  readonly cachedStreams?: number;
  /**
   * Of how many commands a stream is asked whether they come again; 4,096 when absent. An older one is
   * recognised too, but only once it has been decided again. 0 where every command may recur.
   */
  readonly rememberedCommands?: number;
  /**
   * A stream's state as it was at a revision, known from elsewhere than from all its events, as from a summary; asked
   * when the stream is first met. From its beginning where absent.
   */
  readonly startAt?: (
    streamId: string,
  ) => Promise<{ readonly state: State; readonly revision: number } | undefined>;
  /** Older versions as they read today; events of another vocabulary than ours are for tests. */
  readonly decode?: EventDecoder;
}
