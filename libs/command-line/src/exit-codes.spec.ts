/** The page tells the table that the help prints. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT_CODES, exitCodesText } from './exit-codes';

it('is told by docs/command-line.md, every code in a line of at most 80 columns', () => {
  const page = readFileSync(path.resolve(__dirname, '../../../docs/command-line.md'), 'utf8');
  expect(page).toContain(exitCodesText());
  for (const line of exitCodesText().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const code of Object.values(EXIT_CODES)) {
    expect(exitCodesText()).toMatch(new RegExp(`^ +${code}  `, 'm'));
  }
});
