import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { getSession } from '@flexledger/projections';
import { Scopes, Speaker, commandContext, requireAccess } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { NamedRequest } from '../forecast/record-forecast';
import { GRIDS, type GridServices } from '../grids/grid-services';
import { HoldDto, PlannedRequestPath } from './planned-request.dto';

/** Holding planned requests back and releasing them by hand, while the gate is open. */
@ApiTags('grid: requests')
@Controller('api/v1/grids/:gridId/forecasts/:sessionId/requests/:requestId')
export class PlannedRequestsController {
  constructor(@Inject(GRIDS) private readonly grids: GridServices) {}

  @Post('hold')
  @HttpCode(200)
  @Scopes('requests:write')
  @ApiOperation({
    summary: 'Hold a request back; one that the market has already is taken back from there',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async hold(
    @Param() path: PlannedRequestPath,
    @Body() { reason }: HoldDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const named = await this.named(path, speaker);
    const { sessionId, requestId } = path;
    const context = commandContext(speaker, sessionId, key, { hold: requestId, reason });
    await this.grids.forecasts.hold({ ...named, reason }, context);
    return this.answer(named);
  }

  @Post('release')
  @HttpCode(200)
  @Scopes('requests:write')
  @ApiOperation({ summary: 'Send a request to the market at once, held back or not' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  async release(
    @Param() path: PlannedRequestPath,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const named = await this.named(path, speaker);
    const { sessionId, requestId } = path;
    const context = commandContext(speaker, sessionId, key, { release: requestId });
    await this.grids.forecasts.release(named, context);
    return this.answer(named);
  }

  /** @throws DomainError `request-unknown`, `gate-closed`; ForbiddenException */
  private async named(
    { gridId, sessionId, requestId }: PlannedRequestPath,
    speaker: Principal,
  ): Promise<NamedRequest> {
    requireAccess(speaker, 'requests:write', { requester: 'DSO' });
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
