import type { Page, PageRequest } from './document-store';

/** Documents are parsed a page at a time, while the process answers others in between. */
const DOCUMENTS_AT_ONCE = 1_000;

/**
 * The pages of a query one after another, each with the documents that are there when it is asked for;
 * an empty one is left out.
 *
 *   for await (const pods of eachPage((page) => findPods(documents, where, page))) ...
 *
 * @param find the query, with the cursor and limit that it is given
 * @param limit most documents of a page, 1,000 when absent
 * @throws InvalidQuery, as the query does
 */
export async function* eachPage<Doc>(
  find: (page: PageRequest) => Promise<Page<Doc>>,
  limit = DOCUMENTS_AT_ONCE,
): AsyncGenerator<readonly Doc[]> {
  let page = await find({ limit });
  for (;;) {
    if (page.items.length > 0) yield page.items;
    if (page.next === null) return;
    page = await find({ limit, cursor: page.next });
  }
}

/** The documents of a query one after another, a page of them in memory. */
export async function* eachOf<Doc>(
  find: (page: PageRequest) => Promise<Page<Doc>>,
): AsyncGenerator<Doc> {
  for await (const items of eachPage(find)) yield* items;
}

/** All documents of a query. */
export async function allOf<Doc>(find: (page: PageRequest) => Promise<Page<Doc>>): Promise<Doc[]> {
  const docs: Doc[] = [];
  for await (const items of eachPage(find)) docs.push(...items);
  return docs;
}
