import type { Bundle } from '@flexledger/audit';
import { DomainError } from '@flexledger/domain';
import { type Principal, may } from '@flexledger/identity';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, ForbiddenException, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { makeReceipt } from './make-receipt';
import { ownName } from './own-name';
import { ReceiptQueryDto } from './proof.dto';
import { PROOFS, type ProofServices } from './proof-services';

/** What each bidder can show later of its own bids: that they stood in the log when the gate closed. */
@ApiTags('certification: receipts')
@Controller('api/v1/sessions/:sessionId/receipt')
export class ReceiptsController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'Receipt of the own orders of a session, from the closing of its gate on',
    description:
      'A bundle (docs/verify/bundle.md): the own orders and the closing, each with its inclusion under the ' +
      'first checkpoint that covers the closing, and the cosignatures of witnesses. Keep it: ' +
      '`flexledger audit --bundle FILE --trust FILE` checks it offline. What counts as in time is in ' +
      'docs/verify/receipt.md.',
  })
  @ApiResponse({
    status: 404,
    description: 'No such session, its gate is open, no own order in it, or not sealed yet',
  })
  receipt(
    @Param('sessionId') sessionId: string,
    @Query() { bidderId }: ReceiptQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<Bundle> {
    const bidder = bidderOf(speaker, bidderId);
    const run = () => makeReceipt(this.proofs, { kind: 'receipt', sessionId, bidderId: bidder });
    return this.queries.execute(new HttpQuery({ run }));
  }
}

/**
 * Each bidder its own; who sees all orders names whose.
 *
 * @throws ForbiddenException for another's
 * @throws DomainError `query-malformed` when whose is not said
 */
function bidderOf(speaker: Principal, asked: string | undefined): string {
  const seesAll = may(speaker, 'orders:read');
  // Customers have no bids: aggregators bid for them.
  const own = speaker.role === 'customer' ? undefined : ownName(speaker);
  if (asked !== undefined && (seesAll || asked === own)) return asked;
  if (asked === undefined && own !== undefined) return own;
  if (!seesAll) {
    throw new ForbiddenException(`${speaker.actor} is given receipts of its own orders only.`);
  }
  const reason = 'must name an aggregator, DSO or TSO, whose receipt is asked for';
  throw new DomainError('query-malformed', `bidderId ${reason}.`, [{ field: 'bidderId', reason }]);
}
