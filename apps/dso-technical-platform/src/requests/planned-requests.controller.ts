import { type CommandContext, DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { getSession } from '@flexledger/projections';
import { HttpCommand, type HttpCommandOptions, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { NamedRequest } from '../forecast/record-forecast';
import { GRIDS, type GridServices } from '../grids/grid-services';
import { HoldDto, PlannedRequestPath } from './planned-request.dto';

/** Holding planned requests back and releasing them by hand, while the gate is open. */
@ApiTags('grid: requests')
@Controller('api/v1/grids/:gridId/forecasts/:sessionId/requests/:requestId')
export class PlannedRequestsController {
  constructor(
    @Inject(GRIDS) private readonly grids: GridServices,
    private readonly commands: CommandBus,
  ) {}

  @Post('hold')
  @HttpCode(200)
  @Scopes('requests:write')
  @ApiOperation({
    summary: 'Hold a request back; one that the market has already is taken back from there',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  hold(
    @Param() path: PlannedRequestPath,
    @Body() { reason }: HoldDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const asked = { hold: path.requestId, reason };
    return this.decide(path, { speaker, key, asked }, (named, context) =>
      this.grids.forecasts.hold({ ...named, reason }, context),
    );
  }

  @Post('release')
  @HttpCode(200)
  @Scopes('requests:write')
  @ApiOperation({ summary: 'Send a request to the market at once, held back or not' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  release(
    @Param() path: PlannedRequestPath,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const asked = { release: path.requestId };
    return this.decide(path, { speaker, key, asked }, (named, context) =>
      this.grids.forecasts.release(named, context),
    );
  }

  /** An operator's word on a planned request; answers where that one stands now. */
  private decide(
    path: PlannedRequestPath,
    by: Pick<HttpCommandOptions<unknown>, 'speaker' | 'key' | 'asked'>,
    word: (named: NamedRequest, context: CommandContext) => Promise<void>,
  ) {
    return this.commands.execute(
      new HttpCommand({
        ...by,
        action: 'requests:write',
        owner: { requester: 'DSO' },
        about: path.sessionId,
        readsViews: true,
        run: async (context) => {
          const named = await this.named(path);
          await word(named, context);
          return this.answer(named);
        },
      }),
    );
  }

  /** @throws DomainError `request-unknown`, `gate-closed` */
  private async named({ gridId, sessionId, requestId }: PlannedRequestPath): Promise<NamedRequest> {
    const session = await getSession(this.grids.documents, sessionId);
    const planned = session && (await this.grids.forecasts.recorded(gridId, session))?.planned;
    if (!session || !planned?.has(requestId)) {
      throw new DomainError(
        'request-unknown',
        `No request ${requestId} is planned for session ${sessionId} on grid ${gridId}; ` +
          `GET /api/v1/grids/${gridId}/violations lists them.`,
      );
    }
    if (session.status !== 'scheduled' && session.status !== 'open') {
      throw new DomainError(
        'gate-closed',
        `Session ${sessionId} is ${session.status}: its requests stand as they are.`,
      );
    }
    return { gridId, session, requestId };
  }

  private async answer({ gridId, session, requestId }: NamedRequest) {
    const recorded = await this.grids.forecasts.recorded(gridId, session);
    const { sessionId } = session;
    return { gridId, sessionId, requestId, state: recorded!.states.get(requestId) };
  }
}
