import type { ProcessorHealth, ProcessorRunner } from '@flexledger/event-store';
import type { Principal } from '@flexledger/identity';
import {
  Body,
  Controller,
  type DynamicModule,
  Get,
  Headers,
  HttpCode,
  Inject,
  Module,
  Post,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { Scopes, Speaker } from '../access/scopes';
import { HttpCommand, HttpQuery } from '../http/http-bus';
import { Live } from '../http/not-modified.interceptor';

const PROCESSORS = Symbol('processors');

/** Which event a processor goes past, and why. */
export class SkipDto {
  @ApiProperty({ example: 'market/settlement' })
  @IsString()
  @Length(1, 200)
  readonly processor!: string;

  @ApiProperty({ description: 'The event at which it has halted' })
  @IsString()
  @Length(1, 100)
  readonly eventId!: string;

  @ApiProperty({ example: 'The grid model of that day was withdrawn.' })
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

/** The processors of this process: who works, how far, and what has halted. */
@ApiTags('processors')
@Live()
@Controller('api/v1/processors')
export class ProcessorsController {
  constructor(
    @Inject(PROCESSORS) private readonly processors: ProcessorRunner,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('processors:read')
  @ApiOperation({
    summary: 'Each processor with the instance that works, its checkpoint, and where it has halted',
  })
  list(@Speaker() speaker: Principal): Promise<{ readonly items: readonly ProcessorHealth[] }> {
    const needs = { speaker, action: 'processors:read', owner: {} } as const;
    const run = async () => ({ items: await this.processors.status() });
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post('skips')
  @HttpCode(200)
  @Scopes('market:operate')
  @ApiOperation({
    summary: 'Let a halted processor go past the event it has halted at',
    description: 'The decision is an event of the log, `ProcessorEventSkipped`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  skip(
    @Body() { processor, eventId, reason }: SkipDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<SkipDto> {
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'market:operate',
        owner: {},
        about: `processor/${processor}`,
        key,
        asked: { processor, eventId, reason },
        run: async (context) => {
          await this.processors.skip(processor, eventId, reason, context);
          return { processor, eventId, reason };
        },
      }),
    );
  }
}

/** The processors of a process, for its HTTP edge. */
@Module({})
export class ProcessorsModule {
  static register(processors: ProcessorRunner): DynamicModule {
    return {
      module: ProcessorsModule,
      controllers: [ProcessorsController],
      providers: [{ provide: PROCESSORS, useValue: processors }],
    };
  }
}
