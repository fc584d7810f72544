/** What the handbook says of the code is what the code says; what it links to is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { configSchema, settingsOfEnvironment } from '@flexledger/composer';
import { repositoryRoot } from '@flexledger/service-kit';

const root = repositoryRoot();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

it('the pages that follow from the code are current', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'infra/docs-pages.mjs'), '--check'],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('the configuration page names the variables that are read', () => {
  const { known } = settingsOfEnvironment(configSchema(), {});
  const named = [...read('docs/reference/configuration.md').matchAll(/`(FLEXLEDGER_\w+)`/g)];
  expect(new Set(named.map(([, name]) => name))).toEqual(new Set(known));
});

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

it.each(pages)('%s links to files and headings that are there', (page) => {
  const text = withoutCode(read(page));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)"/g)].map(
    ([, link, picture]) => (link ?? picture)!,
  );
  const broken = links.filter((link) => !/^(https?|mailto):/.test(link) && !leads(page, link));
  expect(broken).toEqual([]);
});

function leads(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, target))) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  return headingsOf(read(target)).includes(heading);
}

/** As both GitHub and the site name them. */
function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, '');
}

it('the README is short, with its pictures', () => {
  const text = read('README.md');
  expect(text.split('\n').length).toBeLessThan(120);
  expect([...text.matchAll(/docs\/pictures\/[\w-]+\.svg/g)].length).toBeGreaterThanOrEqual(2);
});

it.each(readdirSync(path.join(root, 'libs')))('libs/%s has a page that says what it is', (lib) => {
  const text = read(`libs/${lib}/README.md`);
  expect(text).toMatch(/^# \S/);
  expect(text.length).toBeGreaterThan(200);
});

const messages = [...read('docs/troubleshooting.md').matchAll(/^### (.+)$/gm)].map(
  ([, message]) => message!,
);

it('there are messages to be looked for', () => {
  expect(messages.length).toBeGreaterThan(15);
});

it.each(messages)('the code says: %s', (message) => {
  const parts = message
    .split('…')
    .map((part) => part.trim())
    .filter((part) => part.length > 2);
  expect(parts.filter((part) => !sources().includes(part))).toEqual([]);
});

let allSources: string | undefined;

/** The code with its texts in one piece, where they are put together of several. */
function sources(): string {
  allSources ??= ['apps', 'libs', 'contracts/src', 'edge-node/src']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !/spec\.ts$|e2e|testing|node_modules/.test(name))
        .map((name) => read(path.join(folder, name))),
    )
    .join('\n')
    .replaceAll(/['`"]\s*\+\s*['`"]/g, '');
  return allSources;
}
