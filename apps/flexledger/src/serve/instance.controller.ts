import { Live, Public } from '@flexledger/service-kit';
import { Controller, type DynamicModule, Get, Inject, Module } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Instance } from '../platform/instance-file';

const INSTANCE = Symbol('instance');

/** What runs here. */
@ApiTags('health')
@Live()
@Public()
@Controller('api/v1/instance')
export class InstanceController {
  constructor(@Inject(INSTANCE) private readonly instance: Omit<Instance, 'url'>) {}

  @Get()
  @ApiOperation({
    summary: 'Release and platforms of this process, since when, with which broker and chain',
  })
  found(): Omit<Instance, 'url'> {
    return this.instance;
  }
}

@Module({})
export class InstanceModule {
  static register(instance: Omit<Instance, 'url'>): DynamicModule {
    return {
      module: InstanceModule,
      controllers: [InstanceController],
      providers: [{ provide: INSTANCE, useValue: instance }],
    };
  }
}
