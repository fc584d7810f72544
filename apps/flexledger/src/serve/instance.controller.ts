import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { Live, Public } from '@flexledger/service-kit';
import { Controller, type DynamicModule, Get, Inject, Module } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Instance } from '@flexledger/platform-cli';

const INSTANCE = Symbol('instance');
const LOG = Symbol('event log');

/** What a process tells of itself and of the log it works on. */
export interface InstanceFound extends Omit<Instance, 'url' | 'otherPorts'> {
  /** Position of the log's last event; null before the first. */
  readonly head: number | null;
}

/** What runs here. */
@ApiTags('health')
@Live()
@Public()
@Controller('api/v1/instance')
export class InstanceController {
  constructor(
    @Inject(INSTANCE) private readonly instance: Omit<Instance, 'url'>,
    @Inject(LOG) private readonly log: Pick<EventStore, 'head'>,
  ) {}

  @Get()
  @ApiOperation({
    summary:
      'Release and platforms of this process, since when, with which broker and chain, and how far its log is',
  })
  async found(): Promise<InstanceFound> {
    const head = await this.log.head();
    return { ...this.instance, head: head === BEFORE_FIRST ? null : head };
  }
}

@Module({})
export class InstanceModule {
  static register(instance: Omit<Instance, 'url'>, log: Pick<EventStore, 'head'>): DynamicModule {
    return {
      module: InstanceModule,
      controllers: [InstanceController],
      providers: [
        { provide: INSTANCE, useValue: instance },
        { provide: LOG, useValue: log },
      ],
    };
  }
}
