import { canonicalJson } from '@flexledger/domain';
import { openMemoryEventStore } from '@flexledger/event-store';
import {
  type AnyView,
  type DocumentStore,
  PAGE_LIMIT,
  allViews,
  openSqliteDocumentStore,
  openViews,
} from '@flexledger/projections';
import type { WorldAfter } from '../live-world';
import { viewsOf } from '../market/open-process';

/** Read models of a world that are not what its log comes to when it is read once from its beginning. */
export async function viewFaults(after: WorldAfter): Promise<string[]> {
  const faults: string[] = [];
  const replayed = openSqliteDocumentStore({ path: ':memory:' });
  const store = openMemoryEventStore({ log: after.log, clock: { nowMs: () => 0 } });
  const views = openViews({ path: '', documents: replayed, store });
  try {
    await views.runner.catchUp();
    for (const { view, halted } of views.runner.status()) {
      if (halted) faults.push(`view ${view} halts: ${halted.message}`);
    }
    const expected = new Map<string, string>();
    for (const view of allViews) expected.set(view.name, await textOf(replayed, view));
    for (const [process, platforms] of after.layout) {
      await after.caughtUp(process);
      const documents = after.documents.get(process)!;
      for (const view of viewsOf(platforms)) {
        if ((await textOf(documents, view)) !== expected.get(view.name)) {
          faults.push(`view ${view.name} of ${process} is not what the log comes to`);
        }
      }
    }
  } finally {
    await views.close();
  }
  return faults;
}

async function textOf(documents: DocumentStore, view: AnyView): Promise<string> {
  const texts: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await documents.find(view as never, {
      limit: PAGE_LIMIT,
      ...(cursor === undefined ? {} : { cursor }),
    });
    texts.push(...page.items.map((item) => canonicalJson(item)));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return texts.join('\n');
}
