/** Walking through the pages of a query. */
import type { Page, PageRequest } from './document-store';
import { allOf, eachOf, eachPage } from './each-page';

/** A query over numbers, whose cursor is the place to go on at. */
function numbers(count: number) {
  const asked: PageRequest[] = [];
  const find = async (page: PageRequest): Promise<Page<number>> => {
    asked.push(page);
    const from = Number(page.cursor ?? 0);
    const until = Math.min(from + page.limit!, count);
    const items = Array.from({ length: until - from }, (_, index) => from + index);
    return { items, next: until < count ? String(until) : null };
  };
  return { asked, find };
}

it('asks for one page after another, each from where the last ended', async () => {
  const { asked, find } = numbers(5);
  const pages = [];
  for await (const page of eachPage(find, 2)) pages.push(page);
  expect(pages).toEqual([[0, 1], [2, 3], [4]]);
  expect(asked).toEqual([{ limit: 2 }, { limit: 2, cursor: '2' }, { limit: 2, cursor: '4' }]);
});

it('gives no page where there is no document', async () => {
  const { asked, find } = numbers(0);
  for await (const page of eachPage(find)) throw new Error(`a page of ${page.length}`);
  expect(asked).toHaveLength(1);
});

it('asks for no page that nobody takes', async () => {
  const { asked, find } = numbers(50);
  for await (const page of eachPage(find, 10)) if (page.includes(10)) break;
  expect(asked).toHaveLength(2);
});

it('passes on what the query throws', async () => {
  await expect(allOf(() => Promise.reject(new Error('no such field')))).rejects.toThrow(
    'no such field',
  );
});

it('gives documents one by one, and asks for no page beyond the one that was enough', async () => {
  const { asked, find } = numbers(2_500);
  const taken = [];
  for await (const document of eachOf(find)) if (taken.push(document) === 1_001) break;
  expect(taken).toEqual(Array.from({ length: 1_001 }, (_, index) => index));
  expect(asked).toHaveLength(2);
});

it('collects all documents', async () => {
  expect(await allOf(numbers(2_500).find)).toHaveLength(2_500);
});
