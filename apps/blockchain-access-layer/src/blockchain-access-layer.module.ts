import type { PacketsPort } from '@flexledger/ports';
import { type DynamicModule, Module } from '@nestjs/common';
import { NODES, type NodeServices, NodesController } from './enrolment/nodes.controller';
import { ObservabilityController } from './live-power/observability.controller';
import { POWER, PowerController, type PowerServices } from './live-power/power.controller';
import { PACKETS, PacketsController } from './packets/packets.controller';

/** The blockchain access layer's HTTP interface. */
@Module({})
export class BlockchainAccessLayerModule {
  static register(packets: PacketsPort, nodes: NodeServices, power: PowerServices): DynamicModule {
    return {
      module: BlockchainAccessLayerModule,
      controllers: [PacketsController, NodesController, PowerController, ObservabilityController],
      providers: [
        { provide: PACKETS, useValue: packets },
        { provide: NODES, useValue: nodes },
        { provide: POWER, useValue: power },
      ],
    };
  }
}
