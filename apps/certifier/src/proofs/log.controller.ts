import { DomainError } from '@flexledger/domain';
import { TILE_WIDTH, encodeEntryBundle, parseTilePath, tileWidthAt } from '@flexledger/merkle-log';
import { type CheckpointDocument, latestCheckpoint } from '@flexledger/projections';
import { Public } from '@flexledger/service-kit';
import { Controller, Get, Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { LogTree } from './log-tree';
import { ConsistencyQueryDto, InclusionQueryDto } from './proof.dto';
import { LOG_TREE, PROOFS, type ProofServices } from './proof-services';

/**
 * The transparency log: checkpoints, proofs and tiles (C2SP tlog-tiles, prefix `/api/v1/log`). Open
 * to everyone, because it holds hashes only and lives from being checked.
 */
@ApiTags('certification: log')
@Public()
@Controller('api/v1/log')
export class LogController {
  constructor(
    @Inject(PROOFS) private readonly proofs: ProofServices,
    @Inject(LOG_TREE) private readonly tree: LogTree,
  ) {}

  @Get('checkpoint')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'The last checkpoint, as a signed note' })
  async checkpoint(): Promise<string> {
    return (await this.sealed()).note;
  }

  @Get('inclusion')
  @ApiOperation({ summary: 'Proof that an event stands in the log (RFC 9162)' })
  async inclusion(@Query() { position, size }: InclusionQueryDto) {
    const covered = await this.coveredSize('size', size);
    if (position >= covered) {
      throw beyond('position', position, `the proof would cover ${covered} events`);
    }
    const tree = await this.tree.ofSize(covered);
    return {
      position,
      size: covered,
      leafHash: hex(tree.leafHashAt(position)),
      root: hex(tree.root(covered)),
      proof: tree.inclusionProof(position, covered).map(hex),
    };
  }

  @Get('consistency')
  @ApiOperation({ summary: 'Proof that a later log begins with an earlier one (RFC 9162)' })
  async consistency(@Query() { from, to }: ConsistencyQueryDto) {
    const covered = await this.coveredSize('to', to);
    if (from > covered) throw beyond('from', from, `the later log has ${covered} events`);
    const tree = await this.tree.ofSize(covered);
    return {
      from,
      to: covered,
      fromRoot: hex(tree.root(from)),
      toRoot: hex(tree.root(covered)),
      proof: tree.consistencyProof(from, covered).map(hex),
    };
  }

  @Get('tile/*path')
  @Header('Content-Type', 'application/octet-stream')
  @ApiProduces('application/octet-stream')
  @ApiOperation({ summary: 'A tile of hashes, or of entries: the 32-byte hashes of events' })
  async tile(@Param('path') steps: string[]): Promise<StreamableFile> {
    const path = `tile/${steps.join('/')}`;
    const tile = parseTilePath(path);
    const { size } = await this.sealed();
    const level = tile?.level === 'entries' ? 0 : tile?.level;
    if (!tile || tile.width > tileWidthAt(size, level!, tile.index)) {
      throw new DomainError('tile-unknown', `The log of ${size} events has no ${path}.`);
    }
    if (tile.level === 'entries') return new StreamableFile(await this.entries(tile));
    return new StreamableFile((await this.tree.ofSize(size)).tile({ ...tile, level: tile.level }));
  }

  private async entries({ index, width }: { index: number; width: number }): Promise<Uint8Array> {
    const entries: Uint8Array[] = [];
    // The log's positions stand for leaf indexes here, which only a log without gaps allows.
    const range = { after: index * TILE_WIDTH - 1, limit: width };
    for await (const { hash } of this.proofs.store.readAll(range)) {
      entries.push(Buffer.from(hash, 'hex'));
    }
    return encodeEntryBundle(entries);
  }

  /** A size that a checkpoint vouches for or may come to; that of the last one when none is asked. */
  private async coveredSize(field: string, asked: number | undefined): Promise<number> {
    const { size } = await this.sealed();
    if (asked === undefined || asked <= size) return asked ?? size;
    throw beyond(field, asked, `the last checkpoint covers ${size} events`);
  }

  private async sealed(): Promise<CheckpointDocument & { readonly note: string }> {
    const last = await latestCheckpoint(this.proofs.documents);
    if (last?.note) return { ...last, note: last.note };
    throw new DomainError(
      'checkpoint-unknown',
      'No checkpoint is sealed yet; try again in a minute.',
    );
  }
}

function beyond(field: string, value: number, why: string): DomainError {
  const reason = `${value} is too large: ${why}`;
  return new DomainError('query-malformed', `${field} ${reason}.`, [{ field, reason }]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
