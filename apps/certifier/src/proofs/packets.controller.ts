import type { Principal } from '@flexledger/identity';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, ParseIntPipe } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type CertifiedPacket, makePacket } from './make-packet';
import { PROOFS, type ProofServices } from './proof-services';

/** Packets of Light Nodes as they are certified (D3.3 tables 21 to 23). */
@ApiTags('certification: packets')
@Controller('api/v1/pods/:podId/measurements/:sequence/certified')
export class PacketsController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('events:read')
  @ApiOperation({
    summary: 'A packet as its node signed it, with its proof under an anchored checkpoint',
    description:
      'A bundle (docs/verify/bundle.md) of the measurement and of its node’s stream until then, with the ' +
      'fields of D3.3 tables 21 to 23 in `packet` and the transaction in `anchor`. Keep it: ' +
      '`flexledger audit --bundle FILE --trust FILE` checks it offline. For who is shown the measurement.',
  })
  @ApiResponse({
    status: 404,
    description: 'No such packet is shown to the speaker, or not anchored yet',
  })
  packet(
    @Param('podId') podId: string,
    @Param('sequence', ParseIntPipe) sequence: number,
    @Speaker() speaker: Principal,
  ): Promise<CertifiedPacket> {
    const run = () => makePacket(this.proofs, { podId, sequence }, speaker);
    return this.queries.execute(new HttpQuery({ run }));
  }
}
