import 'reflect-metadata';
import { DomainError } from '@flexledger/domain';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, ValidateNested } from 'class-validator';
import { MayBeAbsent, RowsAsSent, validationPipe } from './validation';

class Move {
  @IsString() readonly kind!: string;
}
class Walk extends Move {
  @IsInt() readonly steps!: number;
}
class MovesDto {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Move, {
    keepDiscriminatorProperty: true,
    discriminator: { property: 'kind', subTypes: [{ name: 'walk', value: Walk }] },
  })
  readonly moves!: Move[];
}

const check = (body: unknown): Promise<unknown> =>
  validationPipe().transform(body, { type: 'body', metatype: MovesDto });

const violations = async (body: unknown) => {
  const error: unknown = await check(body).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DomainError);
  return (error as DomainError).violations;
};

it('makes entries of a list what their kind says', async () => {
  expect(await check({ moves: [{ kind: 'walk', steps: 3 }] })).toEqual({
    moves: [{ kind: 'walk', steps: 3 }],
  });
});

it('a null among them is told by its place', async () => {
  expect(await violations({ moves: [{ kind: 'walk', steps: 3 }, null] })).toEqual([
    { field: 'moves[1]', reason: 'must be an object' },
  ]);
});

it('every fault is told at once', async () => {
  const faults = await violations({ moves: [{ kind: 'walk', steps: 0.5 }], speed: 1 });
  expect(faults.map(({ field }) => field).sort()).toEqual(['moves[0].steps', 'speed']);
});

it('what may be absent may not be null', async () => {
  class NoteDto {
    @MayBeAbsent() @IsString() readonly note?: string;
  }
  const said = (body: unknown) =>
    validationPipe().transform(body, { type: 'body', metatype: NoteDto });
  expect(await said({})).toEqual({});
  await expect(said({ note: null })).rejects.toThrow('note must be a string');
});

describe('rows as they were sent', () => {
  class RowsDto {
    @IsString() readonly name!: string;
    @IsArray() @ArrayMaxSize(2) @RowsAsSent() readonly rows!: unknown[];
  }
  const said = (body: unknown) =>
    validationPipe().transform(body, { type: 'body', metatype: RowsDto }) as Promise<RowsDto>;

  it('come to their receiver with all that they hold, in an instance of their class', async () => {
    const rows = [{ quantityW: [1, 2], more: null }, 'no row'];
    const taken = await said({ name: 'one', rows });
    expect(taken).toBeInstanceOf(RowsDto);
    expect(taken.rows).toBe(rows);
    expect(taken.name).toBe('one');
  });

  it('the rules on the list and on what stands beside it hold', async () => {
    await expect(said({ name: 1, rows: [] })).rejects.toThrow('name must be a string');
    await expect(said({ name: 'one', rows: [1, 2, 3] })).rejects.toThrow('rows must contain');
    await expect(said({ name: 'one', rows: {} })).rejects.toThrow('rows must be an array');
    await expect(said({ name: 'one' })).rejects.toThrow('rows is missing');
    await expect(said({ name: 'one', rows: [], speed: 1 })).rejects.toThrow('speed');
    await expect(said([])).rejects.toThrow('is missing');
  });
});
