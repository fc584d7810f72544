import { Command } from 'commander';
import { examples, wholeNumber } from '@flexledger/command-line';
import type { PasswordFlags, ServeLogFlags } from './log';
import type { ArchiveFlags } from './archive-log';

/** `flexledger log`: the event log for programs of others, and its archive. */
export function logCommand(): Command {
  return new Command('log')
    .description('serve the event log to any client of KurrentDB; archive its closed months')
    .addHelpText(
      'after',
      examples(
        'flexledger log serve --data data/day --port 2113',
        'flexledger log password reader+pod-+session- --data data/day',
        'flexledger log archive --data data/day --before 2026-09',
      ),
    )
    .addCommand(
      new Command('serve')
        .description(
          "serve the log over KurrentDB's protocol, beside a running platform or without one",
        )
        .option('--data <dir>', 'folder of the log, made where there is none', 'data')
        .option(
          '--host <address>',
          'address to listen at; others than loopback need a certificate',
          '127.0.0.1',
        )
        .option(
          '--port <n>',
          'port to listen at; 0 takes any',
          wholeNumber('port', 0, 65_535),
          2_113,
        )
        .option('--tls-key <file>', 'key of the certificate, PEM')
        .option('--tls-cert <file>', 'certificate and its chain, PEM')
        .option('--local-appends', 'without TLS: take appends of whoever reaches the port', false)
        .option(
          '--writers-clock',
          'record by the clock of who appends, as a simulated day needs it',
          false,
        )
        .option('--json', 'tell on one line of JSON where it answers', false)
        .action(async (flags: ServeLogFlags) => (await import('./log')).serveLogUntilSignal(flags)),
    )
    .addCommand(
      new Command('password')
        .description('print the password of a user of the served log')
        .argument(
          '<user>',
          'platform (appends), reader, or reader+PREFIX+PREFIX (streams that begin so)',
        )
        .option('--data <dir>', 'folder of the log', 'data')
        .option('--json', 'print one JSON object', false)
        .action(async (user: string, flags: PasswordFlags) =>
          (await import('./log')).printLogPassword(user, flags),
        ),
    )
    .addCommand(
      new Command('archive')
        .description(
          "move the measurements of closed months into compressed files beside the log's own; platforms may run",
        )
        .option('--data <dir>', 'folder of the log', 'data')
        .option(
          '--before <month>',
          'those that were recorded before this month, yyyy-mm in UTC; two months stay when absent',
        )
        .option('--json', 'print one JSON object', false)
        .addHelpText('after', examples('flexledger log archive --data data/day --before 2026-09'))
        .action(async (flags: ArchiveFlags) => (await import('./archive-log')).archiveLog(flags)),
    );
}
