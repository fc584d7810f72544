import 'reflect-metadata';
import { DomainError } from '@flexledger/domain';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsString, ValidateNested } from 'class-validator';
import { MayBeAbsent, validationPipe } from './validation';

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
