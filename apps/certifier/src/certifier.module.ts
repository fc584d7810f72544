import { type DynamicModule, Module } from '@nestjs/common';
import { AnchorsController } from './proofs/anchors.controller';
import { LogController } from './proofs/log.controller';
import { PacketsController } from './proofs/packets.controller';
import { ReceiptsController } from './proofs/receipts.controller';
import { RowProofsController } from './proofs/row-proofs.controller';
import { PROOFS, type ProofServices } from './proofs/proof-services';

/** The certifier's HTTP interface. */
@Module({})
export class CertifierModule {
  static register(services: ProofServices): DynamicModule {
    return {
      module: CertifierModule,
      controllers: [
        LogController,
        AnchorsController,
        ReceiptsController,
        PacketsController,
        RowProofsController,
      ],
      providers: [{ provide: PROOFS, useValue: services }],
    };
  }
}
