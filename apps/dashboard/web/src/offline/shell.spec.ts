import { type Kept, fileOf, kindOf, pageOf } from './shell';

function memory(): Kept & { readonly names: () => string[] } {
  const kept = new Map<string, Response>();
  const nameOf = (asked: RequestInfo | URL): string => String(asked);
  return {
    match: async (asked) => kept.get(nameOf(asked))?.clone(),
    put: async (asked, answer) => void kept.set(nameOf(asked), answer),
    keys: async () => [...kept.keys()] as unknown as Request[],
    delete: async (asked) => kept.delete(nameOf(asked)),
    names: () => [...kept.keys()],
  };
}
const answer =
  (text: string, status = 200) =>
  async () =>
    new Response(text, { status });
const away = async (): Promise<Response> => {
  throw new TypeError('Failed to fetch');
};
const PAGE = '<div id="screens"></div>';
const DRAWN = '<div id="screens"><!--first-view-->7.1 kWh\n<p>sold<!--/first-view--></div>';
const ORIGIN = 'https://market.example';

it.each([
  ['/sessions/x?mtu=3', 'navigate', 'page'],
  ['/', 'navigate', 'page'],
  ['/screens/index-1a2b.js', 'cors', 'file'],
  ['/api/v1/status', 'cors', 'other'],
  ['/oauth/authorize?x', 'navigate', 'other'],
  ['/docs/', 'navigate', 'other'],
  ['/', 'cors', 'other'],
])('%s asked by %s is a %s', (path, mode, kind) => {
  expect(kindOf({ mode, method: 'GET', url: ORIGIN + path }, ORIGIN)).toBe(kind);
});

it('has nothing to say of others and of what is sent', () => {
  const asked = { mode: 'navigate', url: 'https://other.example/' };
  expect(kindOf({ ...asked, method: 'GET' }, ORIGIN)).toBe('other');
  expect(kindOf({ mode: 'navigate', url: `${ORIGIN}/`, method: 'POST' }, ORIGIN)).toBe('other');
});

it('gives the page of the platform while it answers, and the last one when it does not', async () => {
  const kept = memory();
  await expect(pageOf(kept, away)).rejects.toThrow('Failed to fetch');
  await pageOf(kept, answer(PAGE));
  expect(await (await pageOf(kept, away)).text()).toBe(PAGE);
  expect(await (await pageOf(kept, answer('simulating …'))).text()).toBe('simulating …');
  expect((await pageOf(kept, answer('no', 503))).status).toBe(503);
  expect(await (await pageOf(kept, away)).text()).toBe(PAGE);
});

it('keeps the page without its figures, which would be old, and as the same whatever they are', async () => {
  const kept = memory();
  await pageOf(kept, answer(DRAWN));
  await fileOf(kept, '/screens/a.js', answer('a'));
  expect(await (await pageOf(kept, away)).text()).toBe(PAGE);
  await pageOf(kept, answer(DRAWN.replace('7.1', '9.3')));
  expect(kept.names()).toEqual(['/', '/screens/a.js']);
});

it('asks for a file once, and keeps none of another build', async () => {
  const kept = memory();
  await pageOf(kept, answer(PAGE));
  await fileOf(kept, '/screens/a.js', answer('a'));
  expect(await (await fileOf(kept, '/screens/a.js', away)).text()).toBe('a');
  await fileOf(kept, '/screens/none.js', answer('none', 404));
  expect(kept.names()).toEqual(['/', '/screens/a.js']);
  await pageOf(kept, answer(`${PAGE}<!-- another build -->`));
  expect(kept.names()).toEqual(['/']);
});
