/**
 * What every platform's HTTP edge sends through the buses of `@nestjs/cqrs`: a command or a query, each
 * with who asks and on whose things. Rights by owner, the id under which a repeat is known and the
 * waiting for what was written before stand here, once; what a command does is a function of its
 * platform. Domain events never pass these buses: they come from the log alone.
 */
import type { CommandContext } from '@flexledger/domain';
import type { Principal, Resource, Scope } from '@flexledger/identity';
import { Inject } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryHandler,
} from '@nestjs/cqrs';
import { requireAccess } from '../access/scopes';
import type { DataGrants } from '../data-access/grants';
import { commandContext } from './command-context';
import { commandedBy } from './request-spans';

/** The log and the views of this process, as far as reading requests depend on them. */
export interface LogReads {
  /** Resolves once the views hold everything that stood in the log when it was called. */
  caughtUp(): Promise<void>;
  /** Another text after every event, and for another log at the same address. */
  version(): Promise<string>;
  /** What owners of data have granted to others; nothing where absent. */
  readonly grants?: DataGrants;
}

/** Under which Nest finds the `LogReads`. */
export const LOG_READS = Symbol('log reads');

/** Whose thing a request touches; looked up where the request does not say it. */
export type Owner = Resource | (() => Promise<Resource>);

export interface HttpCommandOptions<Result> {
  readonly speaker: Principal;
  readonly action: Scope;
  readonly owner: Owner;
  /** What the command is about; commands about the same belong together in the log. */
  readonly about: string;
  /** The request's `Idempotency-Key`. */
  readonly key: string | undefined;
  /** What is asked: the same key with something else is refused. */
  readonly asked: object;
  /** Where a client's keys are told apart, when that is not what the command is about. */
  readonly path?: string;
  /** What it does is built on views, which have to hold what was written before. */
  readonly readsViews?: boolean;
  readonly run: (context: CommandContext) => Promise<Result>;
}

/** A request that changes something. */
export class HttpCommand<Result> extends Command<Result> {
  constructor(readonly options: HttpCommandOptions<Result>) {
    super();
  }
}

interface HttpQueryOptions<Result> {
  /** Absent where anyone may ask, or the answer holds the speaker's own rows only. */
  readonly needs?: { readonly speaker: Principal; readonly action: Scope; readonly owner: Owner };
  readonly run: () => Promise<Result>;
}

/** A request that reads: it sees what was written before it came. */
export class HttpQuery<Result> extends Query<Result> {
  constructor(readonly options: HttpQueryOptions<Result>) {
    super();
  }
}

@CommandHandler(HttpCommand)
export class HttpCommandHandler implements ICommandHandler<HttpCommand<unknown>> {
  constructor(@Inject(LOG_READS) private readonly reads: LogReads) {}

  /** @throws ForbiddenException for things that are not the speaker's, and what the command throws */
  async execute({ options }: HttpCommand<unknown>): Promise<unknown> {
    const { speaker, action, owner, about, key, asked, path, readsViews, run } = options;
    if (readsViews) await this.reads.caughtUp();
    requireAccess(speaker, action, await resourceOf(owner));
    const context = commandContext(speaker, about, key, asked, path);
    commandedBy(context);
    return run(context);
  }
}

@QueryHandler(HttpQuery)
export class HttpQueryHandler implements IQueryHandler<HttpQuery<unknown>> {
  constructor(@Inject(LOG_READS) private readonly reads: LogReads) {}

  /** @throws ForbiddenException for things that are not the speaker's, and what the query throws */
  async execute({ options: { needs, run } }: HttpQuery<unknown>): Promise<unknown> {
    await this.reads.caughtUp();
    if (needs) requireAccess(needs.speaker, needs.action, await resourceOf(needs.owner));
    return run();
  }
}

function resourceOf(owner: Owner): Resource | Promise<Resource> {
  return typeof owner === 'function' ? owner() : owner;
}
