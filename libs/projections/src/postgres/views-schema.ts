/** Read models as they lie in PostgreSQL. Texts are compared byte by byte, as in every engine. */
import type { ClientBase } from 'pg';
import { quoted } from '../sqlite/find-sql';
import type { AnyView } from '../view';

/** PostgreSQL shortens longer names, and two might become one. */
export const MOST_OF_NAME = 63;

/** Of the lock that whoever makes schemas holds: "FlxV" in ASCII. */
const MAKING = 0x466c7856;

/** Makes the schema with the tables of checkpoints and of the fence where they are absent. */
export async function makeViewsSchema(client: ClientBase, schema: string): Promise<void> {
  const of = (table: string): string => `${quoted(schema)}.${quoted(table)}`;
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MAKING]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${of('_views')} (
         name text COLLATE "C" PRIMARY KEY, version int NOT NULL, "logStart" text NOT NULL,
         "position" bigint NOT NULL, halt text)`,
    );
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${of('_fence')} (
         one boolean PRIMARY KEY DEFAULT true CHECK (one), fence bigint)`,
    );
    await client.query(`INSERT INTO ${of('_fence')} (fence) VALUES (NULL) ON CONFLICT DO NOTHING`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Makes the table of a view where it is absent. @throws TypeError when its name cannot be one */
export async function makeTable(client: ClientBase, schema: string, view: AnyView): Promise<void> {
  if (!/^[a-z][a-z0-9-]*$/.test(view.name)) {
    throw new TypeError(`View "${view.name}": a view's name is kebab-case.`);
  }
  const fields = view.indexes.map((field) => `, ${quoted(field)} text COLLATE "C"`).join('');
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${quoted(schema)}.${quoted(view.name)}
       (id text COLLATE "C" PRIMARY KEY, doc text NOT NULL${fields})`,
  );
}
