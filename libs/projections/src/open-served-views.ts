/** Read models at a server, whichever of those that there are. */
import type { DocumentStore } from './document-store';
import { openMongoDocumentStore } from './mongo/mongo-document-store';
import { openPostgresDocumentStore } from './postgres/postgres-document-store';

const POSTGRES = /^postgres(ql)?:\/\//;
const MONGODB = /^mongodb(\+srv)?:\/\//;

/** An address of no engine that there is. */
export class ViewsAddressUnknown extends Error {
  override readonly name = 'ViewsAddressUnknown';

  constructor(url: string) {
    super(
      `${url} is no address of read models; write postgres://HOST:PORT/DATABASE or mongodb://HOST:PORT/.`,
    );
  }
}

/**
 * Opens the documents of one owner's views.
 *
 * @param name of the database in MongoDB, of the schema in PostgreSQL: for these views alone
 * @throws ViewsUnavailable, ViewsAddressUnknown
 */
export function openServedViews(url: string, name: string): Promise<DocumentStore> {
  if (POSTGRES.test(url)) return openPostgresDocumentStore({ url, schema: name });
  if (MONGODB.test(url)) return openMongoDocumentStore({ url, database: name });
  return Promise.reject(new ViewsAddressUnknown(url));
}
