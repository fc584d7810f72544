/**
 * `docs/requirements.md` speaks of every requirement once, in states that mean something, and what it names as
 * proof is there. The lists themselves stand beside the project, where they are.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';

interface Line {
  readonly id: string;
  readonly what: string;
  readonly state: string;
  readonly proof: string;
}

const root = repositoryRoot();
const lists = process.env['REQUIREMENTS_FOLDER'] ?? path.join(root, '../shared');
const STATES = ['done', 'partly', 'open', 'cancelled'];

/** The cells of every row of every table, headings apart. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter(([first]) => first !== 'id' && !/^-+$/.test(first!));
}

const lines = rowsOf(readFileSync(path.join(root, 'docs/requirements.md'), 'utf8')).map(
  ([id, what, state, proof, ...more]): Line => {
    if (proof === undefined || more.length > 0) throw new Error(`The line of ${id} has no 4 cells`);
    return { id: id!, what: what!, state: state!, proof };
  },
);

/** Files and folders of the project that a line names. */
const filesOf = ({ proof }: Line): string[] =>
  [...proof.matchAll(/`([^`\s]+)`/g)]
    .map(([, name]) => name!)
    .filter((name) => /^(apps|contracts|docs|edge-node|examples|infra|libs)\//.test(name));

it('every line has an id of its own, words and a state', () => {
  const ids = lines.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(lines.filter(({ what, state }) => what === '' || !STATES.includes(state))).toEqual([]);
});

it('what is named as proof is there', () => {
  const missing = lines.flatMap((line) =>
    filesOf(line)
      .filter((file) => !existsSync(path.join(root, file)))
      .map((file) => `${line.id}: ${file}`),
  );
  expect(missing).toEqual([]);
});

it('what is done names its test, what is done in part also what is missing', () => {
  const isShown = (line: Line): boolean => filesOf(line).some((file) => /spec\.ts$/.test(file));
  const unproved = lines.filter((line) => line.state === 'done' && !isShown(line));
  expect(unproved).toEqual([]);
  // Of the second list a row is done on a served platform alone: no test in one process will do.
  const served = /\.(e2e|int|browser)-spec\.ts$/;
  const inside = lines.filter(
    (line) =>
      line.id.startsWith('R2-') &&
      line.state === 'done' &&
      !filesOf(line).some((file) => served.test(file)),
  );
  expect(inside).toEqual([]);
  expect(lines.filter(({ state, proof }) => state === 'partly' && proof === '')).toEqual([]);
});

describe.each([
  ['first', 'REQUIREMENTS.md', /^(?!R2-)/],
  ['second', 'REQUIREMENTS-2.md', /^R2-/],
])('the %s list', (_, name, isOfList) => {
  const file = path.join(lists, name);
  const isThere = existsSync(file);

  (isThere ? it : it.skip)(`has every id of it (skipped where there is no ${name})`, () => {
    const asked = rowsOf(readFileSync(file, 'utf8'))
      .map(([id]) => id!)
      // Tables of figures have no ids.
      .filter((id) => name === 'REQUIREMENTS.md' || isOfList.test(id));
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter((id) => !lines.some((line) => line.id === id))).toEqual([]);
    const unasked = lines.filter(({ id }) => id.startsWith('R2-') && !asked.includes(id));
    expect(name === 'REQUIREMENTS.md' ? [] : unasked).toEqual([]);
  });
});

it('cancelled is what the consortium cancelled, and nothing else', () => {
  const isMarked = ({ id }: Line): boolean => id.endsWith('(x)');
  expect(lines.filter((line) => isMarked(line) !== (line.state === 'cancelled'))).toEqual([]);
});
