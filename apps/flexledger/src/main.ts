import { Command, CommanderError } from 'commander';
import {
  EXIT_CODES,
  SignInFailed,
  endOnSignal,
  exitCodesText,
  tell,
} from '@flexledger/command-line';
import { VERSION } from './version';

/** Errors of what was given; by name, as their classes stand in code that may not be loaded. */
const UNUSABLE_BY: ReadonlySet<string> = new Set([
  'UsageError',
  'DomainError',
  'GridModelError',
  'CertificateUnusable',
  'ChainInUse',
  'ConfigError',
  'DataFolderIncomplete',
  'CredentialsUnusable',
  'DataFolderUnusable',
  'LogAbsent',
  'LogAddressUnknown',
  'LogBusy',
  'LogDamaged',
  'LogUnavailable',
  'ProcessorStateDamaged',
  'RulePackError',
  'SessionNotAuditable',
  'ViewsDamaged',
  'ViewsUnavailable',
]);

/**
 * What a command takes; its code is loaded when it runs, so that neither help nor a wrong option waits
 * until the web server's code is read.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  simulate: async () => (await import('./commands/simulate.command')).simulateCommand(),
  audit: async () => (await import('./commands/audit.command')).auditCommand(),
  replay: async () => (await import('@flexledger/log-cli')).replayCommand(),
  kpis: async () => (await import('@flexledger/log-cli')).kpisCommand(),
  'price-curve': async () => (await import('@flexledger/log-cli')).priceCurveCommand(),
  import: async () => (await import('@flexledger/log-cli')).importCommand(),
  clear: async () => (await import('@flexledger/log-cli')).clearCommand(),
  grid: async () => (await import('@flexledger/grid-cli')).gridCommand(),
  assess: async () => (await import('./commands/assess.command')).assessCommand(),
  soak: async () => (await import('@flexledger/soak')).soakCommand(),
  bench: async () => (await import('@flexledger/bench')).benchCommand(),
  up: async () => (await import('./commands/up.command')).upCommand(),
  status: async () => (await import('@flexledger/platform-cli')).statusCommand(),
  demo: async () => (await import('./commands/demo.command')).demoCommand(),
  doctor: async () => (await import('./commands/doctor.command')).doctorCommand(),
  export: async () => (await import('@flexledger/log-cli')).exportCommand(),
  kafka: async () => (await import('./commands/kafka.command')).kafkaCommand(),
  log: async () => (await import('./commands/log.command')).logCommand(),
  node: async () => (await import('@flexledger/platform-cli')).nodeCommand(),
  config: async () => (await import('./commands/config.command')).configCommand(),
  digest: async () => (await import('@flexledger/log-cli')).digestCommand(),
  witness: async () => (await import('@flexledger/witness')).witnessCommand(),
  monitor: async () => (await import('./commands/monitor.command')).monitorCommand(),
  guardian: async () => (await import('./commands/guardian.command')).guardianCommand(),
  bundle: async () => (await import('./commands/bundle.command')).bundleCommand(),
  backup: async () => (await import('./commands/backup.command')).backupCommand(),
  restore: async () => (await import('./commands/backup.command')).restoreCommand(),
  migrate: async () => (await import('./commands/migrate.command')).migrateCommand(),
  trust: async () => (await import('./commands/trust.command')).trustCommand(),
  party: async () => (await import('@flexledger/platform-cli')).partyCommand(),
  user: async () => (await import('@flexledger/platform-cli')).userCommand(),
  client: async () => (await import('@flexledger/platform-cli')).clientCommand(),
  login: async () => (await import('@flexledger/platform-cli')).loginCommand(),
  completion: async () =>
    (await import('./commands/completion.command')).completionCommand(() => program(COMMANDS)),
};

/** The command that the first argument names, or all of them for the program's help. */
function wanted(): typeof COMMANDS {
  const name = process.argv[2] ?? '';
  return Object.hasOwn(COMMANDS, name) ? { [name]: COMMANDS[name]! } : COMMANDS;
}

async function program(
  commands: Readonly<Record<string, () => Promise<Command>>>,
): Promise<Command> {
  const flexledger = new Command('flexledger')
    .description('A complete local flexibility market on one event log, every result provable')
    .version(VERSION)
    .addHelpText('after', `\n${exitCodesText()}`);
  for (const load of Object.values(commands)) flexledger.addCommand(await load());
  throwInsteadOfExit(flexledger);
  return flexledger;
}

/** Lets `main` decide on the exit code, of subcommands too. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

async function main(): Promise<void> {
  // Who reads along (`| head`) may have enough: then there is nobody left to answer.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  endOnSignal(process.argv[2] === 'up');
  try {
    await (await program(wanted())).parseAsync();
  } catch (error) {
    process.exitCode = exitCodeFor(error);
  }
}

function exitCodeFor(error: unknown): number {
  // Help and version have printed themselves; so has an argument that commander refused.
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.unusable;
  tell(`flexledger: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['FLEXLEDGER_DEBUG'] && error instanceof Error) tell(error.stack ?? '');
  if (error instanceof SignInFailed) return EXIT_CODES.signInFailed;
  return error instanceof Error && UNUSABLE_BY.has(error.name)
    ? EXIT_CODES.unusable
    : EXIT_CODES.failed;
}

void main();
