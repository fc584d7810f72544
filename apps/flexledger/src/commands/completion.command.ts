import { Argument, Command } from 'commander';
import { examples, print, printJson } from '@flexledger/command-line';

/**
 * `flexledger completion`: what a shell needs to complete commands and options.
 *
 * @param wholeProgram the program with all its commands
 */
export function completionCommand(wholeProgram: () => Promise<Command>): Command {
  return new Command('completion')
    .description('print what bash or zsh completes commands and options by')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .option('--json', 'print the commands and their words as one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger completion bash >> ~/.bashrc',
        'flexledger completion zsh > ~/.zfunc/_flexledger    # a folder of fpath',
      ),
    )
    .action(async (shell: 'bash' | 'zsh', { json }: { readonly json: boolean }) => {
      const { completionScript, wordsOf } = await import('./completion');
      const words = wordsOf(await wholeProgram());
      if (json) printJson(Object.fromEntries(words.map(({ place, found }) => [place, found])));
      else print(completionScript(shell, words));
    });
}
