/** The SQLite engine: the contract all engines share, and what only a file can do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEFORE_FIRST } from '@flexledger/event-store';
import Database from 'libsql';
import { ViewsDamaged } from '../document-store';
import { documentStoreContract } from '../document-store.contract.spec-suite';
import type { View } from '../view';
import { openSqliteDocumentStore } from './sqlite-document-store';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flexledger-views-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = (): string => join(folder, `${(files += 1)}`, 'views.sqlite');

describe('the SQLite document store in a file', () => {
  documentStoreContract(async () => openSqliteDocumentStore({ path: newPath() }));
});

describe('the SQLite document store in memory', () => {
  documentStoreContract(async () => openSqliteDocumentStore({ path: ':memory:' }));
});

describe('the views file', () => {
  interface Doc {
    readonly name: string;
  }
  const view: View<Doc> = {
    name: 'names',
    version: 1,
    types: [],
    indexes: ['name'],
    keysOf: () => [],
    evolve: (doc) => doc,
  };
  const checkpoint = { version: 1, logStart: 'log-a', position: 3 };

  it('holds its documents when it is opened again', async () => {
    const path = newPath();
    const before = openSqliteDocumentStore({ path });
    const puts = [{ id: 'a', doc: { name: 'Anna' } }];
    await before.commit([{ view, puts, deletes: [], checkpoint, continues: BEFORE_FIRST }]);
    await before.close();
    const after = openSqliteDocumentStore({ path });
    expect(await after.checkpoint(view)).toEqual(checkpoint);
    expect((await after.find(view, { where: { name: 'Anna' } })).items).toEqual([{ name: 'Anna' }]);
    await after.close();
  });

  it('tells a view whose indexes changed without a new version', async () => {
    const documents = openSqliteDocumentStore({ path: newPath() });
    await documents.commit([{ view, puts: [], deletes: [], checkpoint, continues: BEFORE_FIRST }]);
    const path = newPath();
    await documents.close();
    const first = openSqliteDocumentStore({ path });
    await first.commit([{ view, puts: [], deletes: [], checkpoint, continues: BEFORE_FIRST }]);
    await first.close();
    const second = openSqliteDocumentStore({ path });
    const changed: View<Doc> = { ...view, indexes: [] };
    await expect(second.count(changed)).rejects.toThrow("raise the view's version");
    await second.close();
  });

  it('has an index for each field a query may name once they are made, however often', async () => {
    const path = newPath();
    const documents = openSqliteDocumentStore({ path });
    await documents.commit([{ view, puts: [], deletes: [], checkpoint, continues: BEFORE_FIRST }]);
    const tool = new Database(path);
    const indexes = (): unknown =>
      tool.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`).all();
    expect(indexes()).toEqual([]);
    await documents.makeIndexes([view]);
    await documents.makeIndexes([view]);
    expect(indexes()).toEqual([{ name: 'names.name' }]);
    tool.close();
    await documents.close();
  });

  it('is refused, and left alone, when it is something else', () => {
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'not a database, but long enough to have a header of its own\n'.repeat(20));
    expect(() => openSqliteDocumentStore({ path: text })).toThrow(ViewsDamaged);
    const other = join(folder, 'other.sqlite');
    const db = new Database(other);
    db.exec('CREATE TABLE accounts (id)');
    db.close();
    expect(() => openSqliteDocumentStore({ path: other })).toThrow(
      /other\.sqlite cannot be used: it is another SQLite file\. Delete the file/,
    );
  });
});
