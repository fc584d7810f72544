import type { Principal } from '@flexledger/identity';
import { findAlarms } from '@flexledger/projections';
import { Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Get, Headers, Inject, Param, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { ownCommand, ownQuery } from '../http/speaking-aggregator';
import { AcknowledgementDto, AlarmPageDto } from './alarm.dto';

/** What an aggregator's operator has to know of (D3.3 A.2.2.2): kept, listed, answered. */
@ApiTags('aggregator: alarms')
@Controller('api/v1/portfolio/alarms')
export class AlarmsController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('orders:read')
  @ApiOperation({
    summary: 'Your alarms, the newest first',
    description:
      'What cannot be delivered as sold, what a quarter-hour lacks, silent nodes, refused terms, PoDs that ' +
      'cannot be offered, offers refused or lost, each with its facts. As they happen they come by stream and ' +
      'webhook (`AlarmRaised`, `AlarmAcknowledged`, `AlarmEnded`).',
  })
  list(@Query() { status, kind, ...page }: AlarmPageDto, @Speaker() speaker: Principal) {
    return this.queries.execute(
      ownQuery(this.aggregators, speaker, 'orders:read', ({ aggregatorId }) => {
        const where = { aggregatorId, ...(status && { status }), ...(kind && { kind }) };
        return findAlarms(this.aggregators.documents, where, page);
      }),
    );
  }

  @Put(':alarmId/acknowledgement')
  @Scopes('offers:write')
  @ApiOperation({
    summary: 'Say what was done about an alarm, or why nothing is',
    description:
      'Once; it is kept with who said it. An alarm whose cause comes again is a new one.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  acknowledge(
    @Param('alarmId') alarmId: string,
    @Body() { action, reason }: AcknowledgementDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const said = {
      ...(action === undefined ? {} : { action }),
      ...(reason === undefined ? {} : { reason }),
    };
    const asked = { alarmId, ...said };
    const command = { speaker, action: 'offers:write', about: 'alarms', key, asked } as const;
    return this.commands.execute(
      ownCommand(this.aggregators, command, async ({ aggregatorId }, context) => ({
        changed: await this.aggregators.alarms.change(
          { kind: 'acknowledgeAlarm', aggregatorId, alarmId, ...said },
          context,
        ),
      })),
    );
  }
}
