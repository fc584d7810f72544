import { Command } from 'commander';
import { examples, wholeNumber } from '@flexledger/command-line';
import type { ProvisionFlags } from './kafka';

/** `flexledger kafka`: the cluster to which the log is published. */
export function kafkaCommand(): Command {
  return new Command('kafka')
    .description('prepare the Kafka cluster to which the log is published')
    .addHelpText(
      'after',
      examples('flexledger kafka provision --config flexledger.yaml --copies 3'),
    )
    .addCommand(
      new Command('provision')
        .description(
          'make the topics that are missing, and let each party read its own and nothing else',
        )
        .option('--config <file>', 'configuration, YAML or JSON, with the cluster under kafka')
        .option('--data <dir>', 'folder of the log whose aggregators get topics (default "data")')
        .option('--aggregators <ids>', 'aggregators besides those of the log, parted by commas', '')
        .option('--publisher <name>', 'common name of the certificate that publishes', 'flexledger')
        .option(
          '--tls-key <file>',
          'key of who may make topics, PEM; that of the configuration without it',
        )
        .option('--tls-cert <file>', 'its certificate, PEM')
        .option(
          '--partitions <n>',
          'partitions of a new topic',
          wholeNumber('partitions', 1, 10_000),
          6,
        )
        .option(
          '--copies <n>',
          'copies of each message, on as many nodes',
          wholeNumber('copies', 1, 10),
          3,
        )
        .option('--no-acls', 'leave access rights alone, for a cluster without an authorizer')
        .option('--json', 'print one JSON object', false)
        .action(async (flags: ProvisionFlags) => (await import('./kafka')).provision(flags)),
    );
}
