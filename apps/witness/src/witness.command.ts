import { Command } from 'commander';

const EXAMPLE = `
Example of witness.yaml:
  name: example.org/tso
  port: 7380
  logs:
    - key: flexledger/rome+ff19d1f9+AV+Czp89MnJJDdOYMLXvN67dySZNODGV1JTQgWJ5MbO0

  flexledger witness --config witness.yaml`;

/** `flexledger witness`: cosigns what logs seal, so that none shows two histories unseen. */
export function witnessCommand(): Command {
  return new Command('witness')
    .description('cosign the checkpoints of logs (C2SP tlog-witness), refusing a log that forks')
    .requiredOption('--config <file>', 'name, key, state and logs, YAML or JSON')
    .option('--json', 'print address and key as one JSON object', false)
    .addHelpText('after', EXAMPLE)
    .action(async (flags: { config: string; json: boolean }) =>
      (await import('./run-witness')).runWitness(flags),
    );
}
