/** Every text that the screens show is in both languages, and none is shown past the table. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type AST, parse } from 'svelte/compiler';
import { ITALIAN } from './italian';
import { DATA } from './italian/data';
import { count, duration, euro, kW, plural, zoneOf } from '../parts/words';
import { speakAs, t } from './texts';

const ROOT = path.join(__dirname, '..');
/** Their texts are those of the evidence that is checked, as `libs/audit` gives it: in English. */
const IN_ENGLISH = /^(audit|evidence)\//;
/** Read out or shown, if they are texts. */
const SHOWN = [
  'title',
  'aria-label',
  'placeholder',
  'alt',
  'label',
  'hint',
  'action',
  'unit',
  'scope',
];
/** Names of the field and of the product, which are the same in every language. */
const NAMES = /Flexledger|PoDs?|DSO|TSO|kW|kvar|pu|Ctrl K|JSON|CSV/g;

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.(svelte|ts)$/.test(file) && !/spec\.ts$|^language\//.test(file),
);
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const isText = (text: string): boolean => /\p{L}{2,}/u.test(text.replaceAll(NAMES, ''));

afterEach(() => speakAs({ language: 'en', table: undefined }));

it('every text says the same in both languages, with the same filled in', () => {
  const filled = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const differing = Object.entries(ITALIAN).filter(
    ([english, italian]) =>
      italian.trim() === '' || String(filled(english)) !== String(filled(italian)),
  );
  expect(differing).toEqual([]);
});

it('each text stands in one table: of two the last would be shown everywhere', async () => {
  const keys: string[] = [];
  for (const file of readdirSync(path.join(__dirname, 'italian'))) {
    const tables = (await import(path.join(__dirname, 'italian', file))) as Record<string, object>;
    keys.push(...Object.values(tables).flatMap((table) => Object.keys(table)));
  }
  expect(keys.sort()).toEqual(Object.keys(ITALIAN).sort());
});

it('no text of the table is left that nobody shows', () => {
  const sources = files.map(read).join('\n').replaceAll("\\'", "'");
  const unused = Object.keys(ITALIAN).filter(
    (text) => !(text in DATA) && !["'", '"', '`'].some((at) => sources.includes(at + text + at)),
  );
  expect(unused).toEqual([]);
});

it.each(files.filter((file) => file.endsWith('.svelte') && !IN_ENGLISH.test(file)))(
  '%s shows no text past the table',
  (file) => {
    const shown: string[] = [];
    const visit = (node: unknown, isCode = false): void => {
      if (Array.isArray(node)) return node.forEach((one) => visit(one, isCode));
      if (typeof node !== 'object' || node === null) return;
      const { type, name } = node as { readonly type?: string; readonly name?: string };
      if (type === 'Text' && !isCode) shown.push((node as AST.Text).data);
      if (type === 'StyleDirective' || type === 'BinaryExpression') return;
      if (type === 'Literal' && !isCode) shown.push(...sentencesIn(node));
      if (type === 'CallExpression') return visit(unspoken(node), isCode);
      if (type === 'Attribute') {
        const { value } = node as AST.Attribute;
        // The scope of a heading of a table is none that anybody reads.
        const isShown = SHOWN.includes(name!) && !['row', 'col'].includes(wordOf(value));
        visit(value, !isShown);
        return;
      }
      const isVerbatim = isCode || ['code', 'kbd', 'style'].includes(name ?? '');
      for (const [key, part] of Object.entries(node))
        if (!['css', 'instance', 'module', 'metadata', 'parent'].includes(key))
          visit(part, isVerbatim);
    };
    visit(parse(read(file), { modern: true }).fragment);
    expect(shown.filter(isText)).toEqual([]);
  },
);

/** Written with figures in every language, or read by no person. */
const AROUND_FIGURES = /EUR|min|px|^Bearer |^color-mix|var\(--/;

it.each(files.filter((file) => !IN_ENGLISH.test(file)))(
  '%s says no text past the table',
  (file) => {
    const said: string[] = [];
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) return node.forEach(visit);
      if (typeof node !== 'object' || node === null) return;
      const { type } = node as { readonly type?: string };
      if (type === 'ImportDeclaration') return;
      if (type === 'Literal') said.push(...sentencesIn(node).filter((text) => !(text in ITALIAN)));
      if (type === 'TemplateLiteral') {
        const { quasis } = node as { readonly quasis: readonly { value: { cooked: string } }[] };
        said.push(...quasis.map(({ value }) => value.cooked).filter(isSpoken));
      }
      for (const [key, part] of Object.entries(node)) if (key !== 'parent') visit(part);
    };
    const source = read(file);
    const script = file.endsWith('.svelte') ? source : `<script lang="ts">${source}</script>`;
    visit(parse(script, { modern: true }).instance?.content);
    expect(said).toEqual([]);
  },
);

/** A word beside a figure, which a code has not. */
const isSpoken = (text: string): boolean =>
  /\p{L}{2,}[:,]? | \p{L}{2,}/u.test(text.replaceAll(NAMES, '')) && !AROUND_FIGURES.test(text);

/** A literal of several words, which is no name of anything. */
function sentencesIn(node: object): readonly string[] {
  const { value } = node as { readonly value: unknown };
  return typeof value === 'string' && /\p{L} \p{L}/u.test(value) ? [value] : [];
}

/** What a call is given besides the text that it looks up. */
function unspoken(node: object): readonly unknown[] {
  const { callee, arguments: given } = node as {
    readonly callee: { readonly name?: string };
    readonly arguments: readonly unknown[];
  };
  return given.slice(callee.name === 't' || callee.name === 'named' ? 1 : 0);
}

const wordOf = (value: AST.Attribute['value']): string =>
  Array.isArray(value) && value[0]?.type === 'Text' ? value[0].data : '';

it('speaks Italian: texts, figures and times', () => {
  speakAs({ language: 'it', table: ITALIAN });
  expect(t('Sign in')).toBe('Accedi');
  expect(t('{count} events ·', { count: count(14_372) })).toBe('14.372 eventi ·');
  expect(plural(1, t('request'), t('requests'))).toBe('1 richiesta');
  expect([kW(7_920), euro(1_021_210_000), duration(3 * 86_400_000)]).toEqual([
    '7,920',
    'EUR 1.021,21',
    '3 giorni',
  ]);
  expect(zoneOf('Europe/Rome').day(Date.parse('2026-03-17T12:00:00Z'))).toBe('mar 17 mar');
});

it('speaks English as long as nothing else is chosen, and says what is not known as such', () => {
  expect(t('Sign in')).toBe('Sign in');
  expect(t('{id}: {value} pu', { id: 'bus 7', value: undefined })).toBe('bus 7: – pu');
});
