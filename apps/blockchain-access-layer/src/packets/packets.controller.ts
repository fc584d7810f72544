import type { Principal } from '@flexledger/identity';
import type { PacketPage, PacketsPort } from '@flexledger/ports';
import { HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PacketQueryDto } from './packet.dto';
import { PACKETS_MAX } from './packets-port';

/** Under which Nest finds the `PacketsPort`. */
export const PACKETS = Symbol('packets');

/** Certified packets (flow 7b). */
@ApiTags('access layer: packets')
@Controller('api/v1/packets')
export class PacketsController {
  constructor(
    @Inject(PACKETS) private readonly packets: PacketsPort,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('measurements:read')
  @ApiOperation({
    summary: 'Certified packets in the order of the log, for those who may read all',
    description: 'Go on with `next` as `after`; a page may be empty when nothing is new.',
  })
  after(
    @Query() { after, limit = PACKETS_MAX }: PacketQueryDto,
    @Speaker() speaker: Principal,
  ): Promise<PacketPage> {
    const needs = { speaker, action: 'measurements:read', owner: {} } as const;
    const run = () => this.packets.packetsAfter(after, limit);
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}
