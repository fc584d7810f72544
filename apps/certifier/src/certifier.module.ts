import { type DynamicModule, Module } from '@nestjs/common';
import { AnchorsController } from './proofs/anchors.controller';
import { createLogTree } from './proofs/log-tree';
import { LogController } from './proofs/log.controller';
import { LOG_TREE, PROOFS, type ProofServices } from './proofs/proof-services';

/** The certifier's HTTP interface. */
@Module({})
export class CertifierModule {
  static register(services: ProofServices): DynamicModule {
    return {
      module: CertifierModule,
      controllers: [LogController, AnchorsController],
      providers: [
        { provide: PROOFS, useValue: services },
        { provide: LOG_TREE, useValue: createLogTree(services.store) },
      ],
    };
  }
}
