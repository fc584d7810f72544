/** The built screens as they are served, on a small build of their own. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import request from 'supertest';
import type { StatusSnapshot } from '../status/status-snapshot';
import type { FirstViewSources } from './first-view';
import { ScreensModule } from './screens.controller';

let folder: string;
let apps: INestApplication[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-screens-'));
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  rmSync(folder, { recursive: true });
});

async function served(chainRpcUrl?: string, sources?: FirstViewSources) {
  const app = await NestFactory.create(ScreensModule.register(chainRpcUrl, sources, folder), {
    logger: false,
  });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return request(await app.getUrl());
}

function build(): void {
  mkdirSync(path.join(folder, 'screens'));
  writeFileSync(path.join(folder, 'index.html'), '<meta content="{{chainRpcUrl}}"><p>the page');
  writeFileSync(path.join(folder, 'screens/index-1a2b.js'), 'run()');
  writeFileSync(path.join(folder, 'screens/.hidden'), 'secret');
}

it.each(['/', '/sessions', '/sessions/dayAhead-2026-03-17T23:00Z?mtu=3', '/home'])(
  'answers %s with the page, which may run and ask what is from here and nothing else',
  async (address) => {
    build();
    const { status, text, headers } = await (await served()).get(address);
    expect([status, text]).toEqual([200, '<meta content=""><p>the page']);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; .*connect-src 'self'; /,
    );
    expect(headers['cache-control']).toBe('no-cache');
  },
);

/** Draws the day that was asked for, with a style of its own and what a script must not come out of. */
function buildDrawing(): void {
  build();
  mkdirSync(path.join(folder, 'server'));
  mkdirSync(path.join(folder, '.vite'));
  writeFileSync(
    path.join(folder, 'index.html'),
    '<head><!--head--><script type="module" crossorigin src="/screens/index-1.js"></script>' +
      '<link rel="stylesheet" crossorigin href="/screens/index-1.css"></head>' +
      '<div id="screens"><!--first-view--><!--/first-view--></div><!--figures-->',
  );
  writeFileSync(path.join(folder, 'screens/index-1.css'), 'h1{color:red}\n');
  writeFileSync(path.join(folder, 'screens/Audit-1.css'), 'ol{margin:0}\n');
  writeFileSync(
    path.join(folder, 'server/server.cjs'),
    `exports.htmlOf = ({ asked, days }, { pathname }) => ({
      head: '<title>Now</title>',
      body: '<p style="left: 4.5%;">' + pathname + ' ' + asked.events + ' ' + days.length + '</p>',
    });`,
  );
  const audit = { file: 'screens/Audit-1.js', css: ['screens/Audit-1.css'], imports: ['_verify'] };
  const manifest = {
    'index.html': { file: 'screens/index.js', isEntry: true },
    'src/audit/Audit.svelte': { ...audit, imports: ['index.html', '_verify'] },
    _verify: { file: 'screens/verify-2.js' },
  };
  writeFileSync(path.join(folder, '.vite/manifest.json'), JSON.stringify(manifest));
}

const figures = (events: number): StatusSnapshot =>
  ({ timeZone: 'Europe/Rome', nowMs: 0, events, day: null, problems: ['</script>'] }) as never;
const SOURCES: FirstViewSources = {
  status: { read: async (day) => figures(day === '2026-03-17' ? 17 : 1) },
  caughtUp: async () => {},
  demonstrationUsers: () => [],
};

it('draws the first view with its figures and styles, which the policy names', async () => {
  buildDrawing();
  const { text, headers } = await (await served(undefined, SOURCES)).get('/?day=2026-03-17');
  expect(text).toContain('<title>Now</title>');
  expect(text).toContain('<p data-at="0">/ 17 2</p>');
  const sheets = [...text.matchAll(/<style>(.*?)<\/style>/gs)].map(([, sheet]) => sheet!);
  expect(sheets).toEqual(['h1{color:red}', '[data-at="0"]:not(#_){left: 4.5%;}']);
  const hashes = sheets.map((one) => createHash('sha256').update(one).digest('base64'));
  expect(headers['content-security-policy']).toContain(
    `style-src 'self' 'sha256-${hashes[0]}' 'sha256-${hashes[1]}';`,
  );
  // What stands in the page is painted before the code that goes on with it has come.
  expect(text).toContain('<script type="module" crossorigin fetchpriority="low" src=');
  const [, given] = /<script type="application\/json" id="figures">(.*?)<\/script>/.exec(text)!;
  expect(JSON.parse(given!)).toMatchObject({ asked: { events: 17, problems: ['</script>'] } });
});

it('names the files of a page, so that they are asked for at once', async () => {
  buildDrawing();
  const http = await served(undefined, SOURCES);
  const { text } = await http.get('/audit/7');
  expect(text).toContain(
    '<link rel="modulepreload" fetchpriority="low" href="/screens/Audit-1.js">',
  );
  expect(text).toContain(
    '<link rel="modulepreload" fetchpriority="low" href="/screens/verify-2.js">',
  );
  // Painted without asking for it; the script finds it below what it paints.
  expect(text).toContain('<style>ol{margin:0}\n[data-at="0"]');
  expect(text).toMatch(
    /figures".*<link rel="stylesheet" crossorigin media="not all" href="\/screens\/Audit-1.css">/,
  );
  expect((await http.get('/')).text).not.toContain('modulepreload');
});

it.each([
  [
    'there are no figures',
    '/',
    { ...SOURCES, status: { read: () => Promise.reject(new Error('away')) } },
  ],
  ['a sign-in passes by', '/?code=1&state=2', SOURCES],
])('leaves the page to draw itself when %s', async (_, address, sources) => {
  buildDrawing();
  const { status, text } = await (await served(undefined, sources)).get(address);
  expect(status).toBe(200);
  expect(text).toContain(
    '<head><title>Flexledger</title><script type="module" crossorigin src="/screens/index-1.js">',
  );
  expect(text).toContain('</script><link rel="stylesheet"');
  expect(text).toContain('<!--first-view--><!--/first-view-->');
});

it('lets a browser ask a chain that has an address, and tells it', async () => {
  build();
  const answer = await (await served('https://rpc.example/v1?"key"')).get('/audit');
  expect(answer.text).toContain('content="https://rpc.example/v1?&quot;key&quot;"');
  expect(answer.headers['content-security-policy']).toContain(
    "connect-src 'self' https://rpc.example;",
  );
});

it('serves the files of the page for good, and no others', async () => {
  build();
  const http = await served();
  const { status, headers } = await http.get('/screens/index-1a2b.js');
  expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  // What runs apart from the page may run the solver, and ask nobody else either.
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*connect-src 'self';/);
  for (const other of ['/screens/none.js', '/screens/.hidden', '/screens/%2e%2e/index.html']) {
    const answer = await http.get(other);
    expect([answer.status, answer.headers['cache-control']]).toEqual([404, 'no-cache']);
  }
  expect((await http.get('/nowhere')).status).toBe(404);
});

it('gives a file as it was compressed, to who takes that', async () => {
  build();
  writeFileSync(path.join(folder, 'screens/index-1a2b.js.gz'), gzipSync('compressed()'));
  const http = await served();
  const small = await http.get('/screens/index-1a2b.js').set('accept-encoding', 'gzip');
  expect([small.headers['content-encoding'], small.text]).toEqual(['gzip', 'compressed()']);
  expect(small.headers['content-type']).toMatch(/javascript/);
  expect(small.headers['vary']).toBe('Accept-Encoding');
  const plain = await http.get('/screens/index-1a2b.js').set('accept-encoding', 'identity');
  expect([plain.headers['content-encoding'], plain.text]).toEqual([undefined, 'run()']);
});

it('serves what installs it and opens it offline by name, asked for anew each time', async () => {
  build();
  writeFileSync(path.join(folder, 'offline.js'), 'keep()');
  const http = await served();
  const { status, headers } = await http.get('/offline.js');
  expect([status, headers['cache-control']]).toEqual([200, 'no-cache']);
  expect(headers['content-type']).toMatch(/javascript/);
  expect((await http.get('/manifest.webmanifest')).status).toBe(404);
});

it('says how to build the screens where that was not done', async () => {
  const answer = await (await served()).get('/');
  expect([answer.status, answer.type]).toEqual([503, 'text/plain']);
  expect(answer.text).toContain('npm run build');
});
