import { DomainError } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import {
  TILE_WIDTH,
  encodeEntryBundle,
  parseTilePath,
  tileWidthAt,
  tlogProofText,
} from '@flexledger/merkle-log';
import {
  type CheckpointDocument,
  checkpointCovering,
  latestCheckpoint,
} from '@flexledger/projections';
import { HttpQuery, Public } from '@flexledger/service-kit';
import { Controller, Get, Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { LeafPlace } from '../leaves/leaf-store';
import { type ContractsNamed, keyHistoryOf } from './key-changes';
import { ConsistencyQueryDto, InclusionQueryDto } from './proof.dto';
import { PROOFS, type ProofServices } from './proof-services';

/**
 * The transparency log: checkpoints, proofs and tiles (C2SP tlog-tiles, prefix `/api/v1/log`). Open
 * to everyone, because it holds hashes only and lives from being checked. Proofs and tiles speak of
 * leaves by their index; an event is named by its position in the log or its id.
 */
@ApiTags('certification: log')
@Public()
@Controller('api/v1/log')
export class LogController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    private readonly queries: QueryBus,
  ) {}

  @Get('checkpoint')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiResponse({ status: 404, description: 'Nothing is sealed yet' })
  @ApiOperation({ summary: 'The last checkpoint, as a signed note' })
  checkpoint(): Promise<string> {
    return this.queries.execute(new HttpQuery({ run: async () => (await this.sealed()).note }));
  }

  @Get('key-changes')
  @ApiOperation({
    summary: 'Statements by which the log has gone over from key to key',
    description:
      'Each is signed by the key before and by the one that follows, or by the recovery key, whose verifier key is ' +
      '`recoveryKey`; null where the log names none (docs/verify/trust.md).',
  })
  keyChanges(): Promise<{
    readonly items: readonly string[];
    readonly recoveryKey: string | null;
  }> {
    const run = async () => {
      const { statements, recoveryKey } = await keyHistoryOf(this.proofs.log);
      return { items: statements, recoveryKey };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('contracts')
  @ApiOperation({
    summary: 'Contracts that the log is certified by, and those before them',
    description:
      'The oldest first; the last are in force, and `until` of the others is the last anchor in them, with the statement ' +
      'of the log’s key by which it went on (docs/verify/trust.md). What was awarded in former ones is claimed there.',
  })
  contracts(): Promise<{
    readonly chainId: number | null;
    readonly items: readonly ContractsNamed[];
  }> {
    const run = async () => {
      const { chainId, contracts } = await keyHistoryOf(this.proofs.log);
      return { chainId, items: contracts };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('inclusion')
  @ApiOperation({
    summary: 'Proof that an event stands in the log (RFC 9162)',
    description: 'The event is named by its `position` or its `id`; `index` is that of its leaf.',
  })
  inclusion(@Query() asked: InclusionQueryDto) {
    const run = async () => {
      const covered = await this.coveredSize('size', asked.size);
      const tree = await this.proofs.certified.ofSize(covered);
      const { index, position } = await this.leafOf(asked, covered);
      return {
        index,
        position,
        size: covered,
        leafHash: hex(tree.leafHashAt(index)),
        root: hex(tree.root(covered)),
        proof: tree.inclusionProof(index, covered).map(hex),
      };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('proof')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOperation({
    summary: 'The same with its checkpoint as one file (C2SP tlog-proof)',
    description:
      'Under the last checkpoint, or the one of `size` events; `extra` is the event hash, 32 bytes.',
  })
  @ApiResponse({ status: 404, description: 'No such event, or no checkpoint of that size' })
  proof(@Query() asked: InclusionQueryDto): Promise<string> {
    const run = async () => {
      const { size, note } = await this.sealed(asked.size);
      const tree = await this.proofs.certified.ofSize(size);
      const { index, position } = await this.leafOf(asked, size);
      const extra = await this.eventHashAt(position);
      return tlogProofText({
        extra,
        index,
        proof: tree.inclusionProof(index, size),
        checkpoint: note,
      });
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('consistency')
  @ApiOperation({ summary: 'Proof that a later log begins with an earlier one (RFC 9162)' })
  consistency(@Query() { from, to }: ConsistencyQueryDto) {
    const run = async () => {
      const covered = await this.coveredSize('to', to);
      if (from > covered) throw beyond('from', from, `the later log has ${covered} events`);
      const tree = await this.proofs.certified.ofSize(covered);
      return {
        from,
        to: covered,
        fromRoot: hex(tree.root(from)),
        toRoot: hex(tree.root(covered)),
        proof: tree.consistencyProof(from, covered).map(hex),
      };
    };
    return this.queries.execute(new HttpQuery({ run }));
  }

  @Get('tile/*path')
  @Header('Content-Type', 'application/octet-stream')
  @ApiProduces('application/octet-stream')
  @ApiOperation({ summary: 'A tile of hashes, or of entries: the 32-byte hashes of events' })
  async tile(@Param('path') steps: string[]): Promise<StreamableFile> {
    const path = `tile/${steps.join('/')}`;
    const bytes = await this.queries.execute(new HttpQuery({ run: () => this.tileAt(path) }));
    return new StreamableFile(bytes);
  }

  /** @throws DomainError `tile-unknown` */
  private async tileAt(path: string): Promise<Uint8Array> {
    const tile = parseTilePath(path);
    const { size } = await this.sealed();
    const level = tile?.level === 'entries' ? 0 : tile?.level;
    if (!tile || tile.width > tileWidthAt(size, level!, tile.index)) {
      throw new DomainError('tile-unknown', `The log of ${size} events has no ${path}.`);
    }
    const tree = await this.proofs.certified.ofSize(size);
    return tile.level === 'entries'
      ? this.entries(tile)
      : tree.tile({ ...tile, level: tile.level });
  }

  private async entries({ index, width }: { index: number; width: number }): Promise<Uint8Array> {
    const { certified, log } = this.proofs;
    const after = index === 0 ? BEFORE_FIRST : certified.positionOf(index * TILE_WIDTH - 1)!;
    const entries: Uint8Array[] = [];
    for await (const { hash } of log.readAll({ after, limit: width })) {
      entries.push(Buffer.from(hash, 'hex'));
    }
    return encodeEntryBundle(entries);
  }

  /** The leaf of an event that a log of so many events covers. @throws DomainError */
  private async leafOf({ position, id }: InclusionQueryDto, covered: number): Promise<LeafPlace> {
    if ((position === undefined) === (id === undefined)) {
      const reason = 'or id must name the event, one of the two';
      throw new DomainError('query-malformed', `The position ${reason}.`, [
        { field: 'position', reason },
      ]);
    }
    const { certified } = this.proofs;
    const event = position === undefined ? { id: id! } : { position };
    let leaf = certified.find(event);
    if (!leaf) {
      // It may have come since the last checkpoint.
      await certified.readOn();
      leaf = certified.find(event);
    }
    if (leaf && leaf.index < covered) return leaf;
    const why = `the proof would cover ${covered} events`;
    if (leaf) throw beyond(position === undefined ? 'id' : 'position', position ?? id!, why);
    if (position !== undefined && position > (certified.positionOf(covered - 1) ?? BEFORE_FIRST)) {
      throw beyond('position', position, why);
    }
    const named = position === undefined ? `with id ${id}` : `at position ${position}`;
    throw new DomainError('event-unknown', `The log holds no event ${named}.`);
  }

  /** A size that a checkpoint vouches for or may come to; that of the last one when none is asked. */
  private async coveredSize(field: string, asked: number | undefined): Promise<number> {
    const { size } = await this.sealed();
    if (asked === undefined || asked <= size) return asked ?? size;
    throw beyond(field, asked, `the last checkpoint covers ${size} events`);
  }

  /** Of the event at a position that was found. */
  private async eventHashAt(position: number): Promise<Uint8Array> {
    for await (const { hash } of this.proofs.log.readAll({ after: position - 1, limit: 1 })) {
      return Buffer.from(hash, 'hex');
    }
    throw new DomainError('event-unknown', `The log holds no event at position ${position}.`);
  }

  /** The last checkpoint, or the one of a size. @throws DomainError `checkpoint-unknown` */
  private async sealed(size?: number): Promise<CheckpointDocument & { readonly note: string }> {
    const { documents } = this.proofs;
    const found = await (size === undefined
      ? latestCheckpoint(documents)
      : checkpointCovering(documents, size - 1, { anchored: false }));
    if (found?.note && (size ?? found.size) === found.size) return { ...found, note: found.note };
    if (size !== undefined) {
      throw new DomainError('checkpoint-unknown', `No checkpoint is of ${size} events.`);
    }
    throw new DomainError(
      'checkpoint-unknown',
      'No checkpoint is sealed yet; try again in a minute.',
    );
  }
}

function beyond(field: string, value: number | string, why: string): DomainError {
  const reason = `${value} is too large: ${why}`;
  return new DomainError('query-malformed', `${field} ${reason}.`, [{ field, reason }]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
