import type { PacketsPort } from '@flexledger/ports';
import { type DynamicModule, Module } from '@nestjs/common';
import { PACKETS, PacketsController } from './packets/packets.controller';

/** The blockchain access layer's HTTP interface. */
@Module({})
export class BlockchainAccessLayerModule {
  static register(packets: PacketsPort): DynamicModule {
    return {
      module: BlockchainAccessLayerModule,
      controllers: [PacketsController],
      providers: [{ provide: PACKETS, useValue: packets }],
    };
  }
}
