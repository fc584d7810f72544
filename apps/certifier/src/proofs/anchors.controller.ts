import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import {
  type CheckpointDocument,
  type DocumentStore,
  type Page,
  type PageRequest,
  checkpointsView,
  eachOf,
  platoneCertification,
} from '@flexledger/projections';
import {
  HttpQuery,
  PageDto,
  Public,
  PublicWithSpeaker,
  SpeakerIfKnown,
} from '@flexledger/service-kit';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { certifiedEvents } from './certified-events';
import { TransactionQueryDto } from './proof.dto';
import { PROOFS, type ProofServices } from './proof-services';

/** Where checkpoints stand on the chain. */
@ApiTags('certification: anchors')
@Public()
@Controller('api')
export class AnchorsController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('v1/anchors')
  @ApiOperation({ summary: 'Anchored checkpoints, the largest first' })
  list(@Query() page: PageDto): Promise<Page<CheckpointDocument>> {
    const run = () => findAnchors(this.proofs.documents, page);
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('certification/getByTransaction')
  @PublicWithSpeaker()
  @ApiOperation({
    summary: 'What a transaction certifies (path of Platone D2.15)',
    description:
      'Leaves `firstIndex` to `size` - 1 are those that no earlier anchor covers; the events of the ' +
      'first and the last of them stand at `firstPosition` and `lastPosition`. `items` are the events ' +
      'themselves, a page of them: to everyone their places and hashes, and to who brings a token with ' +
      '`events:read` in `event` what it is shown of them. Go on with `cursor` = `next` while it is not null.',
  })
  byTransaction(
    @Query() query: TransactionQueryDto,
    @SpeakerIfKnown() speaker: Principal | undefined,
  ) {
    const { transaction } = query;
    const run = async () => {
      const { checkpoint, firstIndex } = await this.anchoredBy(transaction);
      const { certified } = this.proofs;
      await certified.ofSize(checkpoint.size);
      const places = {
        firstPosition: certified.positionOf(firstIndex) ?? null,
        lastPosition: certified.positionOf(checkpoint.size - 1) ?? null,
      };
      const range = { firstIndex, size: checkpoint.size };
      const page = await certifiedEvents(this.proofs, { ...query, ...range }, speaker);
      return { transaction, firstIndex, ...checkpoint, ...places, ...page };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('certification/getByTransaction/platone')
  @ApiOperation({ summary: 'What a transaction certifies, in the names of D2.4 table 1' })
  platoneByTransaction(@Query() { transaction }: TransactionQueryDto) {
    const run = async () => platoneCertification((await this.anchoredBy(transaction)).checkpoint);
    return this.queries.execute(new HttpQuery({ run }));
  }

  /** The checkpoint, and the size of the one anchored before. @throws DomainError `transaction-unknown` */
  private async anchoredBy(
    transaction: string,
  ): Promise<{ readonly checkpoint: CheckpointDocument; readonly firstIndex: number }> {
    let checkpoint: CheckpointDocument | undefined;
    for await (const anchored of eachOf((page) => findAnchors(this.proofs.documents, page))) {
      if (checkpoint) return { checkpoint, firstIndex: anchored.size };
      if (anchored.anchor?.txHash === transaction) checkpoint = anchored;
    }
    if (checkpoint) return { checkpoint, firstIndex: 0 };
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
