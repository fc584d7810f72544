/**
 * What every engine of `DocumentStore` has to do. An engine's int-spec calls it with a function that
 * opens an empty store.
 */
import { BEFORE_FIRST } from '@flexledger/event-store';
import fc from 'fast-check';
import {
  CheckpointConflict,
  type DocumentStore,
  FencedOff,
  InvalidQuery,
  type Page,
  type Query,
  type ViewWrites,
} from './document-store';
import type { View } from './view';

interface Parcel {
  readonly id: string;
  readonly town: string | null;
  readonly weightG: number | null;
  readonly note?: string;
}

const parcels: View<Parcel> = {
  name: 'contract-parcels',
  version: 1,
  types: [],
  indexes: ['town', 'weightG'],
  keysOf: () => [],
  evolve: (doc) => doc,
};
const letters: View<Parcel> = { ...parcels, name: 'contract-letters' };

function writes(
  puts: readonly Parcel[],
  change: Partial<ViewWrites> & { readonly position?: number } = {},
): ViewWrites {
  const { position = 0, ...rest } = change;
  return {
    view: parcels,
    puts: puts.map((doc) => ({ id: doc.id, doc })),
    deletes: [],
    checkpoint: { version: 1, logStart: 'log-a', position },
    continues: BEFORE_FIRST,
    ...rest,
  };
}

/** Any text, half surrogates and U+0000 included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ max: 0xffff, min: 0 }), fc.constantFrom(0, 0x1a, 0x30, 0xd800)))
  .map((units) => String.fromCharCode(...units));

const parcel = (id: string, town: string | null, weightG: number | null): Parcel => ({
  id,
  town,
  weightG,
});

async function allPages(
  documents: DocumentStore,
  query: Query<Parcel>,
): Promise<{ readonly items: Parcel[]; readonly pages: number }> {
  const items: Parcel[] = [];
  let page: Page<Parcel> = await documents.find(parcels, query);
  let pages = 1;
  for (items.push(...page.items); page.next !== null; items.push(...page.items)) {
    page = await documents.find(parcels, { ...query, cursor: page.next });
    pages += 1;
  }
  return { items, pages };
}

export function documentStoreContract(openEmpty: () => Promise<DocumentStore>): void {
  let documents: DocumentStore;
  beforeEach(async () => (documents = await openEmpty()));
  afterEach(() => documents.close());

  describe('documents', () => {
    it('returns what was put, in the order of the ids asked for', async () => {
      await documents.commit([writes([parcel('a', 'Roma', 1), parcel('b', null, null)])]);
      expect(await documents.getMany(parcels, ['b', 'x', 'a', 'b'])).toEqual([
        parcel('b', null, null),
        undefined,
        parcel('a', 'Roma', 1),
        parcel('b', null, null),
      ]);
      expect(await documents.getMany(parcels, [])).toEqual([]);
    });

    it('keeps every JSON document byte for byte, whatever its id', async () => {
      await fc.assert(
        fc.asyncProperty(anyText, anyText, fc.json(), async (id, town, json) => {
          const doc = { id, town, weightG: null, content: JSON.parse(json) as unknown };
          const stored = await documents.checkpoint(parcels);
          const continues = stored?.position ?? BEFORE_FIRST;
          const checkpoint = { version: 1, logStart: 'log-a', position: continues + 1 };
          await documents.commit([
            { view: parcels, puts: [{ id, doc }], deletes: [], checkpoint, continues },
          ]);
          const [read] = await documents.getMany(parcels, [id]);
          expect(JSON.stringify(read)).toBe(JSON.stringify(doc));
          const { items } = await documents.find(parcels, { where: { town }, limit: 10_000 });
          expect(items.map((item) => item.town)).toEqual(items.map(() => town));
          expect(items.map((item) => item.id)).toContain(id);
        }),
        { numRuns: 50 },
      );
    });

    it('replaces whole documents and deletes', async () => {
      await documents.commit([
        writes([{ ...parcel('a', 'Roma', 1), note: 'fragile' }, parcel('b', 'Roma', 2)]),
      ]);
      await documents.commit([
        writes([parcel('a', 'Lucca', 3)], {
          deletes: ['b', 'never-was'],
          position: 1,
          continues: 0,
        }),
      ]);
      expect(await documents.getMany(parcels, ['a', 'b'])).toEqual([
        parcel('a', 'Lucca', 3),
        undefined,
      ]);
      expect(await documents.count(parcels, { town: 'Roma' })).toBe(0);
      expect(await documents.count(parcels, { town: 'Lucca' })).toBe(1);
    });

    it('is empty for a view nobody wrote', async () => {
      expect(await documents.getMany(parcels, ['a'])).toEqual([undefined]);
      expect(await documents.find(parcels)).toEqual({ items: [], next: null });
      expect(await documents.count(parcels)).toBe(0);
      expect(await documents.checkpoint(parcels)).toBeUndefined();
    });
  });

  describe('commit and checkpoint', () => {
    it('stores the checkpoint with the documents, each view its own', async () => {
      await documents.commit([
        writes([parcel('a', null, 1)], { position: 7 }),
        writes([parcel('z', null, 1)], { view: letters, position: 9 }),
      ]);
      expect(await documents.checkpoint(parcels)).toEqual({
        version: 1,
        logStart: 'log-a',
        position: 7,
      });
      expect((await documents.checkpoint(letters))?.position).toBe(9);
      expect(await documents.getMany(letters, ['a', 'z'])).toEqual([
        undefined,
        parcel('z', null, 1),
      ]);
    });

    it('writes all or nothing, over all views', async () => {
      await documents.commit([writes([parcel('a', null, 1)])]);
      const unwritable = { id: 'c', town: {} as string, weightG: 0 };
      await expect(
        documents.commit([
          writes([parcel('a', null, 2)], { position: 1, continues: 0 }),
          writes([parcel('z', null, 1), unwritable], { view: letters }),
        ]),
      ).rejects.toThrow('View contract-letters indexes town, which holds object');
      expect(await documents.getMany(parcels, ['a'])).toEqual([parcel('a', null, 1)]);
      expect(await documents.count(letters)).toBe(0);
      expect((await documents.checkpoint(parcels))?.position).toBe(0);
      expect(await documents.checkpoint(letters)).toBeUndefined();
    });

    it('refuses a writer that was overtaken', async () => {
      await documents.commit([writes([parcel('a', null, 1)], { position: 5 })]);
      for (const continues of [BEFORE_FIRST, 4]) {
        await expect(
          documents.commit([writes([parcel('a', null, 2)], { position: 6, continues })]),
        ).rejects.toThrow(CheckpointConflict);
      }
      expect(await documents.getMany(parcels, ['a'])).toEqual([parcel('a', null, 1)]);
    });

    it('drops a view with its checkpoint, also for one with other indexes', async () => {
      await documents.commit([
        writes([parcel('a', null, 1)]),
        writes([parcel('z', null, 1)], { view: letters }),
      ]);
      const other: View<Parcel> = { ...parcels, version: 2, indexes: ['town'] };
      await documents.drop(other);
      expect(await documents.checkpoint(other)).toBeUndefined();
      expect(await documents.count(other)).toBe(0);
      await documents.commit([writes([parcel('b', 'Roma', 1)], { view: other })]);
      expect((await documents.find(other, { where: { town: 'Roma' } })).items).toHaveLength(1);
      expect(await documents.count(letters)).toBe(1);
    });
  });

  describe('the fence', () => {
    it('refuses whoever folds under a lower one, or under none, and writes nothing', async () => {
      await documents.commit([writes([parcel('a', null, 1)])], 7);
      for (const fence of [6, undefined]) {
        const late = documents.commit(
          [writes([parcel('a', null, 2)], { position: 1, continues: 0 })],
          fence,
        );
        await expect(late).rejects.toThrow(FencedOff);
        await expect(late).rejects.toMatchObject({ fence, highest: 7 });
        await expect(documents.drop(parcels, fence)).rejects.toThrow(FencedOff);
        await expect(documents.commit([], fence)).rejects.toThrow(FencedOff);
      }
      expect(await documents.getMany(parcels, ['a'])).toEqual([parcel('a', null, 1)]);
      expect((await documents.checkpoint(parcels))?.position).toBe(0);
    });

    it('lets the same writer and later ones go on', async () => {
      await documents.commit([], 0);
      await documents.commit([writes([parcel('a', null, 1)])], 7);
      await documents.commit([writes([], { position: 1, continues: 0 })], 7);
      await documents.commit([writes([], { position: 2, continues: 1 })], 9);
      await documents.drop(parcels, 9);
      await expect(documents.commit([], 8)).rejects.toThrow(FencedOff);
    });

    it('is kept without writing anything, and not by a commit that is refused', async () => {
      await documents.commit([], 7);
      await expect(documents.commit([writes([])])).rejects.toThrow('folds without a lease');
      const overtaken = documents.commit([writes([], { continues: 5 })], 99);
      await expect(overtaken).rejects.toThrow(CheckpointConflict);
      await documents.commit([writes([parcel('a', null, 1)])], 7);
    });
  });

  describe('what is stored', () => {
    it('is named, whatever version and release wrote it', async () => {
      expect(await documents.storedViews()).toEqual([]);
      await documents.commit([writes([]), writes([], { view: letters })]);
      expect(await documents.storedViews()).toEqual(['contract-letters', 'contract-parcels']);
      await documents.drop({ name: 'contract-letters' });
      expect(await documents.storedViews()).toEqual(['contract-parcels']);
    });

    it('says what a view stopped at, until it goes on', async () => {
      const at = { version: 1, logStart: 'log-a', position: 3 };
      const halt = { position: 4, id: 'e4', type: 'Given', reason: 'no such gift' };
      await documents.commit([writes([], { checkpoint: { ...at, halt } })]);
      expect(await documents.checkpoint(parcels)).toEqual({ ...at, halt });
      await documents.commit([writes([], { checkpoint: at, continues: 3 })]);
      expect(await documents.checkpoint(parcels)).toEqual(at);
    });
  });

  const indexing = [
    ['without indexes', []],
    ['with indexes', [parcels, letters]],
  ] as const;

  describe.each(indexing)('find %s', (_, indexed) => {
    const sample = [
      parcel('a', 'Roma', 30),
      parcel('b', 'Lucca', 10),
      parcel('c', null, 20),
      parcel('d', 'Roma', null),
      parcel('e', 'Roma', 10),
    ];
    const idsOf = async (query: Query<Parcel>): Promise<string[]> =>
      (await documents.find(parcels, query)).items.map(({ id }) => id);
    beforeEach(async () => {
      await documents.commit([writes(sample)]);
      await documents.makeIndexes(indexed);
    });

    it('filters by values, null and ranges, all of them together', async () => {
      expect(await idsOf({ where: { town: 'Roma' } })).toEqual(['a', 'd', 'e']);
      expect(await idsOf({ where: { town: null } })).toEqual(['c']);
      expect(await idsOf({ where: { weightG: { from: 10, below: 30 } } })).toEqual(['b', 'c', 'e']);
      expect(await idsOf({ where: { weightG: {} } })).toEqual(['a', 'b', 'c', 'e']);
      expect(await idsOf({ where: { town: 'Roma', weightG: { from: 11 } } })).toEqual(['a']);
      expect(await documents.count(parcels, { town: 'Roma' })).toBe(3);
      expect(await documents.count(parcels)).toBe(5);
    });

    it('orders by a field, null first and equal ones by id, both ways', async () => {
      expect(await idsOf({ orderBy: 'weightG' })).toEqual(['d', 'b', 'e', 'c', 'a']);
      expect(await idsOf({ orderBy: 'weightG', descending: true })).toEqual([
        'a',
        'c',
        'e',
        'b',
        'd',
      ]);
      expect(await idsOf({ descending: true })).toEqual(['e', 'd', 'c', 'b', 'a']);
    });

    it('goes on after what was changed or deleted meanwhile', async () => {
      const first = await documents.find(parcels, { limit: 2 });
      await documents.commit([
        writes([parcel('aa', null, 1)], { deletes: ['b'], position: 1, continues: 0 }),
      ]);
      const rest = await documents.find(parcels, { cursor: first.next! });
      expect(rest).toEqual({ items: sample.slice(2), next: null });
    });

    it.each([0, -1, 1.5, 10_001, NaN])('refuses a limit of %p', async (limit) => {
      await expect(documents.find(parcels, { limit })).rejects.toThrow(InvalidQuery);
    });

    it.each(['', 'x', 'bnVsbA', '%%%'])('refuses the cursor %p', async (cursor) => {
      await expect(documents.find(parcels, { cursor })).rejects.toThrow(InvalidQuery);
    });

    it('refuses a cursor of another order or view, and a field it cannot search by', async () => {
      const { next } = await documents.find(parcels, { orderBy: 'town', limit: 1 });
      const cursor = next!;
      await expect(documents.find(parcels, { cursor })).rejects.toThrow(InvalidQuery);
      await expect(documents.find(letters, { orderBy: 'town', cursor })).rejects.toThrow(
        InvalidQuery,
      );
      const where = { note: 'x' } as object;
      await expect(documents.find(parcels, { where })).rejects.toThrow(
        'View contract-parcels has no field "note" to search by; it has town, weightG.',
      );
      await expect(documents.count(parcels, where)).rejects.toThrow(InvalidQuery);
    });
  });

  it.each(indexing)('pages through everything once, in order, %s', async (_, indexed) => {
    await documents.makeIndexes(indexed);
    let position = BEFORE_FIRST;
    const anyParcels = fc.uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom(...'abcd') }),
        town: fc.option(fc.constantFrom('Lucca', 'Roma')),
        weightG: fc.option(fc.integer({ min: -2, max: 2 })),
      }),
      { selector: ({ id }) => id, maxLength: 20 },
    );
    const anyOrder = fc.record({
      orderBy: fc.constantFrom(undefined, 'town' as const, 'weightG' as const),
      descending: fc.boolean(),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    let before: readonly string[] = [];
    await fc.assert(
      fc.asyncProperty(anyParcels, anyOrder, async (docs, { orderBy, descending, limit }) => {
        await documents.commit([
          writes([], { deletes: before, position: position + 1, continues: position }),
        ]);
        await documents.commit([writes(docs, { position: position + 2, continues: position + 1 })]);
        position += 2;
        before = docs.map(({ id }) => id);
        const query = { ...(orderBy && { orderBy }), descending, limit };
        const { items, pages } = await allPages(documents, query);
        expect(items).toEqual(sorted(docs, orderBy, descending));
        expect(pages).toBe(Math.max(1, Math.ceil(docs.length / limit)));
      }),
      { numRuns: 60 },
    );
  });
}

function sorted(
  docs: readonly Parcel[],
  orderBy: 'town' | 'weightG' | undefined,
  descending: boolean,
): Parcel[] {
  const compare = <Value extends string | number>(
    one: Value | null,
    other: Value | null,
  ): number => {
    if (one === other) return 0;
    if (one === null || other === null) return one === null ? -1 : 1;
    return one < other ? -1 : 1;
  };
  const ascending = [...docs].sort((one, other) => {
    const byField =
      orderBy === 'town'
        ? compare(one.town, other.town)
        : orderBy === 'weightG'
          ? compare(one.weightG, other.weightG)
          : 0;
    return byField || compare(one.id, other.id);
  });
  return descending ? ascending.reverse() : ascending;
}
