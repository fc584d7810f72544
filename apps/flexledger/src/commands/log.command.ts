import { Command } from 'commander';
import { examples, wholeNumber } from '@flexledger/command-line';
import type { PasswordFlags, ServeLogFlags } from './log';
import type { ArchiveFlags } from './archive-log';
import type { ChangeContractsFlags } from './change-contracts';
import type {
  AskCompromiseFlags,
  EndKeyFlags,
  RecoveryKeyFlags,
  SignCompromiseFlags,
} from './log-keys';

/** `flexledger log`: the event log for programs of others, and its archive. */
export function logCommand(): Command {
  return new Command('log')
    .description(
      'serve the event log to any client of KurrentDB; archive its closed months; end a key of it, change its contracts',
    )
    .addHelpText(
      'after',
      examples(
        'flexledger log serve --data data/day --port 2113',
        'flexledger log password reader+pod-+session- --data data/day',
        'flexledger log archive --data data/day --before 2026-09',
        'flexledger log recovery-key --origin flexledger/rome --out recovery.json',
      ),
    )
    .addCommand(recoveryKeyCommand())
    .addCommand(askCompromiseCommand())
    .addCommand(signCompromiseCommand())
    .addCommand(endKeyCommand())
    .addCommand(changeContractsCommand())
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

function recoveryKeyCommand(): Command {
  return new Command('recovery-key')
    .description(
      'make the key that alone ends a key of the log, on a machine that stays offline; it goes by its public half into certifier.recoveryKey',
    )
    .requiredOption('--origin <name>', 'name of the log, as in certifier.origin')
    .requiredOption('--out <file>', 'file to write, which must not be there yet')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger log recovery-key --origin flexledger/rome --out recovery.json'),
    )
    .action(async (flags: RecoveryKeyFlags) =>
      (await import('./log-keys')).writeRecoveryKey(flags),
    );
}

function askCompromiseCommand(): Command {
  return new Command('ask-compromise')
    .description(
      'somebody else may have the key of the log: draw the next one, and write what the recovery key is to sign',
    )
    .option('--data <dir>', 'folder of the log', 'data')
    .option(
      '--config <file>',
      'configuration of the certifier, where it names the log or a key in a token; the token is to hold the next key',
    )
    .option(
      '--size <n>',
      'leaves of the last checkpoint that is to be believed; the last one when absent',
      wholeNumber('size', 1, Number.MAX_SAFE_INTEGER),
    )
    .requiredOption('--out <file>', 'file to write')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger log ask-compromise --data data/day --out request.json'),
    )
    .action(async (flags: AskCompromiseFlags) =>
      (await import('./log-keys')).writeCompromiseRequest(flags),
    );
}

function signCompromiseCommand(): Command {
  return new Command('sign-compromise')
    .description('sign by the recovery key, offline, that a key of the log has ended')
    .requiredOption('--request <file>', 'what "flexledger log ask-compromise" has written')
    .requiredOption('--key <file>', 'the recovery key')
    .requiredOption('--out <file>', 'file to write')
    .option('--show', 'show what the request asks to be signed, and sign nothing', false)
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger log sign-compromise --request request.json --key recovery.json --out statement.txt --show',
        'flexledger log sign-compromise --request request.json --key recovery.json --out statement.txt',
      ),
    )
    .action(async (flags: SignCompromiseFlags) =>
      (await import('./log-keys')).writeCompromiseStatement(flags),
    );
}

function endKeyCommand(): Command {
  return new Command('end-key')
    .description(
      'record the statement of the recovery key in the log, and put the next key in its place; start the certifier anew after it',
    )
    .requiredOption('--statement <file>', 'what "flexledger log sign-compromise" has written')
    .option('--data <dir>', 'folder of the log', 'data')
    .option(
      '--config <file>',
      'configuration of the certifier, where it names the log or a key in a token',
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples('flexledger log end-key --statement statement.txt --data data/day'),
    )
    .action(async (flags: EndKeyFlags) => (await import('./log-keys')).endLogKey(flags));
}

function changeContractsCommand(): Command {
  return new Command('change-contracts')
    .description(
      'go on with other contracts on the same chain: deploy them, record the change signed by the key of the log, anchor in them; stop the platform before',
    )
    .requiredOption(
      '--reason <text>',
      'why, for auditors; the same reason again goes on with a change that was cut off',
    )
    .option('--data <dir>', 'folder of the log', 'data')
    .option(
      '--config <file>',
      'configuration of the certifier, where it names the log, the chain, duties or a key in a token',
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger log change-contracts --data data/day --reason "contracts of release 0.2.0"',
      ),
    )
    .action(async (flags: ChangeContractsFlags) =>
      (await import('./change-contracts')).changeLogContracts(flags),
    );
}
