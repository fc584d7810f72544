/** The built site below `/docs`, on a small site of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import request from 'supertest';
import { DocsModule } from './docs.controller';

const SCRIPT = 'document.documentElement.classList.add("dark")';
/** `printf %s 'document...' | openssl dgst -sha256 -binary | base64` */
const SCRIPT_HASH = "'sha256-+jXBBVrxtk8tcWi34/+64B/q/AmYPxbCP60MxuNQyBo='";

let folder: string;
let apps: INestApplication[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-docs-'));
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  rmSync(folder, { recursive: true });
});

async function served(site: string) {
  const app = await NestFactory.create(DocsModule.register(site), { logger: false });
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return request(await app.getUrl());
}

/** A site of two pages, and a file beside it that is none of it. */
function buildSite(): string {
  const site = path.join(folder, 'site');
  mkdirSync(path.join(site, 'how-to'), { recursive: true });
  const page = `<html><script type="module" src="/docs/app.js"></script><script>${SCRIPT}</script>`;
  writeFileSync(path.join(site, 'index.html'), `${page}first page`);
  writeFileSync(path.join(site, 'how-to/dso.html'), `${page}for a DSO`);
  writeFileSync(path.join(site, '404.html'), `${page}nothing here`);
  writeFileSync(path.join(site, '.hidden'), 'secret');
  writeFileSync(path.join(folder, 'beside.txt'), 'secret');
  return site;
}

it('serves the pages, each at its address', async () => {
  const http = await served(buildSite());
  const first = await http.get('/docs/');
  expect([first.status, first.type, first.text]).toEqual([
    200,
    'text/html',
    expect.stringContaining('first page'),
  ]);
  expect((await http.get('/docs/how-to/dso.html')).text).toContain('for a DSO');
  expect((await http.get('/docs')).headers['location']).toBe('/docs/');
});

it('lets run the scripts that stand in the pages, and no others', async () => {
  const http = await served(buildSite());
  const { headers } = await http.get('/docs/how-to/dso.html');
  expect(headers['content-security-policy']).toContain(`script-src 'self' ${SCRIPT_HASH};`);
});

it.each(['/docs/none.html', '/docs/how-to', '/docs/.hidden', '/docs/%2e%2e/beside.txt'])(
  'answers %s with the page that says there is nothing',
  async (address) => {
    const answer = await (await served(buildSite())).get(address);
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('nothing here')]);
  },
);

it('says how to build the site where that was not done', async () => {
  const answer = await (await served(path.join(folder, 'none'))).get('/docs/');
  expect([answer.status, answer.type]).toEqual([404, 'text/plain']);
  expect(answer.text).toContain('npm run docs:build');
});
