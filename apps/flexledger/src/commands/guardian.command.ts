import { Argument, Command } from 'commander';
import { UsageError, examples, wholeNumber } from '@flexledger/command-line';
import type {
  Guarded,
  GuardianActFlags,
  GuardianKeyFlags,
  GuardianShowFlags,
} from '@flexledger/audit-cli';

const ON_CHAIN = '--trust trust.json --rpc http://127.0.0.1:8545';

/** `flexledger guardian`: stops what an audit does not agree with, with a key that can pay nobody. */
export function guardianCommand(): Command {
  const guardian = new Command('guardian')
    .description('stop on the chain what an audit does not agree with')
    .addHelpText(
      'after',
      examples(
        'flexledger guardian key --out guardian.key',
        `flexledger guardian show ${ON_CHAIN}`,
        `flexledger guardian reject distributions ${ON_CHAIN} --key guardian.key --first 3`,
      ),
    );
  guardian
    .command('key')
    .description("make a guardian's key, readable by its owner only, or show whose account one is")
    .option('--out <file>', 'file to write')
    .option('--key <key>', 'show the account of this key: a file, or a PKCS#11 URI of a token')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', examples('flexledger guardian key --out guardian.key'))
    .action(async (flags: GuardianKeyFlags) =>
      (await import('@flexledger/audit-cli')).writeGuardianKey(flags),
    );
  onChain(guardian.command('show'))
    .description(
      'what is paused, who is guardian, and which distributions and anchors can be rejected',
    )
    .addHelpText('after', examples(`flexledger guardian show ${ON_CHAIN}`))
    .action(async (flags: GuardianShowFlags) =>
      (await import('@flexledger/audit-cli')).showGuarded(flags),
    );
  rejectCommand(guardian);
  withKey(onChain(guardian.command('pause').addArgument(contractArgument())))
    .description('stop a contract; the token pays nobody and awards nothing then')
    .addHelpText(
      'after',
      examples(`flexledger guardian pause token ${ON_CHAIN} --key guardian.key`),
    )
    .action(async (contract: Guarded, flags: GuardianActFlags) =>
      (await import('@flexledger/audit-cli')).pauseGuarded(contract, flags),
    );
  withKey(onChain(guardian.command('unpause').addArgument(contractArgument())))
    .description("let a contract go on; with the admin's key, as the contract has it")
    .addHelpText('after', examples(`flexledger guardian unpause token ${ON_CHAIN} --key admin.key`))
    .action(async (contract: Guarded, flags: GuardianActFlags) =>
      (await import('@flexledger/audit-cli')).unpauseGuarded(contract, flags),
    );
  return guardian;
}

type Rejecting = GuardianActFlags & { readonly first?: number; readonly last?: number };

function rejectCommand(guardian: Command): void {
  const place = (flag: string) => wholeNumber(flag, 0, Number.MAX_SAFE_INTEGER);
  const what = new Argument('<what>', 'distributions of the token, or anchors of the log');
  withKey(
    onChain(guardian.command('reject').addArgument(what.choices(['distributions', 'anchors']))),
  )
    .description('reject distributions within their hour, or anchors within their day, for ever')
    .option(
      '--first <index>',
      'the first, counted from 0; by default all distributions that are open',
      place('--first'),
    )
    .option('--last <index>', 'the last distribution; by default the first', place('--last'))
    .addHelpText(
      'after',
      examples(
        `flexledger guardian reject distributions ${ON_CHAIN} --key guardian.key --first 3 --last 5`,
        `flexledger guardian reject anchors ${ON_CHAIN} --key guardian.key --first 120`,
      ),
    )
    .action(async (rejected: 'distributions' | 'anchors', flags: Rejecting) => {
      const { first, last } = flags;
      if (last !== undefined && (first === undefined || last < first || rejected === 'anchors')) {
        throw new UsageError(
          '--last goes with --first, is not below it, and is of distributions: of anchors all from --first on are rejected.',
        );
      }
      const { rejectOfLog, rejectOfToken } = await import('@flexledger/audit-cli');
      if (rejected === 'distributions') return rejectOfToken(flags);
      if (first === undefined) {
        throw new UsageError('Name the first anchor that is to be rejected with --first.');
      }
      return rejectOfLog({ ...flags, first });
    });
}

const contractArgument = (): Argument =>
  new Argument('<contract>', 'of those that the trust file names').choices([
    'token',
    'anchor',
    'agreement',
    'access',
  ]);

const onChain = (command: Command): Command =>
  command
    .requiredOption('--trust <file>', 'the chain and contracts that are meant')
    .requiredOption('--rpc <url>', 'any node of that chain')
    .option('--json', 'print one JSON object', false);

const withKey = (command: Command): Command =>
  command.requiredOption(
    '--key <key>',
    'private key of the account: a file of mode 0600, or a PKCS#11 URI (RFC 7512) of a token',
  );
