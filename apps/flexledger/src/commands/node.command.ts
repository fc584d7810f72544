import { Command, InvalidArgumentError } from 'commander';
import { examples } from '@flexledger/command-line';
import type { NodeFlags, RevokeFlags, TokenFlags } from './node';
import { ofPlatform } from './platform-flags';

/** `flexledger node`: Light Nodes of a running platform. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('Light Nodes of a running platform: list, enrolment tokens, revoke, replace')
    .addHelpText(
      'after',
      examples(
        'flexledger node token IT002E60000001 --as aggregator:AGG1',
        'flexledger node list',
        'flexledger node revoke IT002E60000001 --reason "box stolen"',
      ),
    );
  const add = (name: string, description: string): Command =>
    ofPlatform(command.command(name)).description(description);
  add('list', 'Light Nodes in the order of their PoDs').action(async (flags: NodeFlags) =>
    (await import('./node')).list(flags),
  );
  add('token', 'a one-time token with which a Light Node enrols for a PoD')
    .argument('<pod>', 'the PoD')
    .option('--replace', 'the node that enrols takes the place of the one that is there', false)
    .option('--minutes <n>', 'how long it counts', minutes, 1_440)
    .action(async (pod: string, flags: TokenFlags) => (await import('./node')).token(pod, flags));
  add('revoke', 'its key and credentials count no more; it is cut off')
    .argument('<pod>', 'the PoD')
    .requiredOption('--reason <text>', 'why')
    .action(async (pod: string, flags: RevokeFlags) => (await import('./node')).revoke(pod, flags));
  return command;
}

function minutes(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('give whole minutes, 1 or more');
}
