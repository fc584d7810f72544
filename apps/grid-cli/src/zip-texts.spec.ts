/** What an archive of somebody else may do: nothing but be read. */
import { readdirSync } from 'node:fs';
import { strToU8, zipSync } from 'fflate';
import { zipTexts } from './zip-texts';

it('a name that leads out of the archive is a name, and no file is written', () => {
  const names = ['../../escaped.xml', '/tmp/escaped.xml', 'C:\\escaped.xml', 'a/../../b.xml'];
  const archive = zipSync(Object.fromEntries(names.map((name) => [name, strToU8('<x/>')])));
  const before = readdirSync('..');
  const texts = zipTexts(Buffer.from(archive), 'grid.zip');
  expect(texts).toEqual(names.map((name) => ({ file: `grid.zip:${name}`, text: '<x/>' })));
  expect(readdirSync('..')).toEqual(before);
});
