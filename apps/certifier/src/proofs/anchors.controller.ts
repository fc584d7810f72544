import { DomainError } from '@flexledger/domain';
import {
  type CheckpointDocument,
  type DocumentStore,
  type Page,
  type PageRequest,
  checkpointsView,
} from '@flexledger/projections';
import { PageDto, Public } from '@flexledger/service-kit';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { TransactionQueryDto } from './proof.dto';
import { PROOFS, type ProofServices } from './proof-services';

/** Where checkpoints stand on the chain. */
@ApiTags('certification: anchors')
@Public()
@Controller('api')
export class AnchorsController {
  constructor(@Inject(PROOFS) private readonly proofs: ProofServices) {}

  @Get('v1/anchors')
  @ApiOperation({ summary: 'Anchored checkpoints, the largest first' })
  list(@Query() page: PageDto): Promise<Page<CheckpointDocument>> {
    return findAnchors(this.proofs.documents, page);
  }

  @Get('certification/getByTransaction')
  @ApiOperation({
    summary: 'What a transaction certifies (path of Platone D2.15)',
    description: 'Events `firstPosition` to `size` - 1 are those that no earlier anchor covers.',
  })
  async byTransaction(@Query() { transaction }: TransactionQueryDto) {
    let cursor: string | undefined;
    let found: CheckpointDocument | undefined;
    do {
      const page = await findAnchors(this.proofs.documents, {
        limit: 1_000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const checkpoint of page.items) {
        if (found) return { transaction, firstPosition: checkpoint.size, ...found };
        if (checkpoint.anchor?.txHash === transaction) found = checkpoint;
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    if (found) return { transaction, firstPosition: 0, ...found };
    throw new DomainError(
      'transaction-unknown',
      `Transaction ${transaction} anchored no checkpoint of this log; GET /api/v1/anchors lists those that did.`,
    );
  }
}

function findAnchors(
  documents: DocumentStore,
  page: PageRequest,
): Promise<Page<CheckpointDocument>> {
  const order = { orderBy: 'anchoredSize', descending: true } as const;
  return documents.find(checkpointsView, { where: { anchoredSize: {} }, ...order, ...page });
}
