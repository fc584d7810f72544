/** What a shell offers after what was typed; asked of bash itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { Argument, Command } from 'commander';
import { completionScript, wordsOf } from './completion';

function program(): Command {
  const grid = new Command('grid').description("networks: a person's, and others'");
  grid
    .command('solve')
    .option('--feeder <bus=file>', 'a network below')
    .option('--json', 'as JSON');
  grid.command('series').option('-q', 'no long name');
  const bench = new Command('bench').addArgument(
    new Argument('[name]', 'what').choices(['clearing', 'settlement']),
  );
  return new Command('flexledger').version('1').addCommand(grid).addCommand(bench);
}

/** The words that bash offers; `typed` ends with what is being typed. */
function offered(...typed: readonly string[]): string[] {
  const script = completionScript('bash', wordsOf(program()));
  const words = typed.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(flexledger ${words}); COMP_CWORD=${typed.length}; _flexledger; echo "\${COMPREPLY[*]}"`;
  const told = execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' });
  return told.trim().split(' ').filter(Boolean);
}

it.each([
  [[''], ['grid', 'bench', '--version', '--help']],
  [['gr'], ['grid']],
  [
    ['grid', ''],
    ['solve', 'series', '--help'],
  ],
  [
    ['grid', 'solve', '--'],
    ['--feeder', '--json', '--help'],
  ],
  [['grid', 'solve', 'file.json', '--f'], ['--feeder']],
  [['bench', 's'], ['settlement']],
  [['grid', 'solve', 'no-such'], []],
  [
    ['$(touch /tmp/x)', ''],
    ['grid', 'bench', '--version', '--help'],
  ],
])('after %j it offers %j', (typed, words) => {
  expect(offered(...typed)).toEqual(words);
});

it('a description cannot break out of the script', () => {
  const script = completionScript('zsh', wordsOf(program()));
  expect(script).toContain(String.raw`'grid:networks: a person'\''s, and others'\'''`);
});

const hasZsh = spawnSync('zsh', ['--version']).status === 0;
(hasZsh ? it : it.skip)('zsh reads its script', () => {
  const script = completionScript('zsh', wordsOf(program()));
  expect(spawnSync('zsh', ['-n', '-c', script], { encoding: 'utf8' })).toMatchObject({ status: 0 });
});
