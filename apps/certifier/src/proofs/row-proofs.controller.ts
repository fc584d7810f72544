import type { Bundle } from '@flexledger/audit';
import { type Principal, may } from '@flexledger/identity';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, ForbiddenException, Get, Inject, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ownName } from './own-name';
import { makeRowProofs } from './make-row-proofs';
import { PROOFS, type ProofServices } from './proof-services';

/** What each party can show of its own rows of a settlement, without those of others. */
@ApiTags('certification: settlements')
@Controller('api/v1/sessions/:sessionId/settlement/certified')
export class RowProofsController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('settlements:read')
  @ApiOperation({
    summary:
      'The own rows of a settlement, each with its salt and its proof, under an anchored checkpoint',
    description:
      'A bundle (docs/verify/settlement-rows.md) of the settlement that counts, for the party whose rows they ' +
      'are: aggregator, customer, DSO or TSO. `flexledger audit --bundle FILE --trust FILE` checks it offline, ' +
      'and nobody learns of another row by it. Who reads settlements whole is given them by `flexledger bundle`.',
  })
  @ApiResponse({
    status: 404,
    description:
      'No settlement of the session is published, it has no own row, or it is not anchored yet',
  })
  rows(@Param('sessionId') sessionId: string, @Speaker() speaker: Principal): Promise<Bundle> {
    const partyId = ownName(speaker);
    if (partyId === undefined || may(speaker, 'settlements:read')) {
      throw new ForbiddenException(
        `${speaker.actor} has no rows of its own; "flexledger bundle" proves settlements whole.`,
      );
    }
    const run = () => makeRowProofs(this.proofs, { sessionId, partyId }, speaker);
    return this.queries.execute(new HttpQuery({ run }));
  }
}
