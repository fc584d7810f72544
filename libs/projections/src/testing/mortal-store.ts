import type { DocumentStore, ViewWrites } from '../document-store';

/** A store that dies at some commits, before or after they are done. */
export function dyingAt(
  store: DocumentStore,
  deaths: readonly ('before' | 'after')[],
): DocumentStore {
  const left = [...deaths];
  return {
    getMany: (view, ids) => store.getMany(view, ids),
    find: (view, query) => store.find(view, query),
    count: (view, where) => store.count(view, where),
    makeIndexes: (views) => store.makeIndexes(views),
    checkpoint: (view) => store.checkpoint(view),
    drop: (view, fence) => store.drop(view, fence),
    storedViews: () => store.storedViews(),
    close: () => store.close(),
    async commit(writes: readonly ViewWrites[], fence) {
      const death = left.shift();
      if (death !== 'before') await store.commit(writes, fence);
      if (death) throw new Error(`died ${death} the commit`);
    },
  };
}
