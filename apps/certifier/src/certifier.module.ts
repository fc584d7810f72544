import { type DynamicModule, Module } from '@nestjs/common';
import { AnchorsController } from './proofs/anchors.controller';
import { createLogTree } from './proofs/log-tree';
import { LogController } from './proofs/log.controller';
import { LOG_TREE, PROOFS, type ProofServices } from './proofs/proof-services';

/** The certifier's HTTP interface. */
@Module({})
export class CertifierModule {
  static register(services: ProofServices): DynamicModule {
    const tree = createLogTree(services.store);
    // Reading a long log takes seconds: begun now, so that the first who asks need not wait for it.
    const reading = services.store.head().then((head) => tree.ofSize(head + 1));
    // What keeps it from being read is told to who asks for a proof.
    reading.catch(() => undefined);
    return {
      module: CertifierModule,
      controllers: [LogController, AnchorsController],
      providers: [
        { provide: PROOFS, useValue: services },
        { provide: LOG_TREE, useValue: tree },
      ],
    };
  }
}
