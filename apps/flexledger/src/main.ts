import { Command, CommanderError } from 'commander';
import { tell } from './commands/output';

/** Exit codes: 0 done, 1 done and the answer is no (or something failed), 2 not usable as given. */
const FAILED = 1;
const UNUSABLE = 2;

/** Loaded only when asked for: `clear` shall not wait until the web server's code is read. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  simulate: async () => (await import('./commands/simulate')).simulateCommand(),
  audit: async () => (await import('./commands/audit')).auditCommand(),
  replay: async () => (await import('./commands/replay')).replayCommand(),
  kpis: async () => (await import('./commands/kpis')).kpisCommand(),
  'price-curve': async () => (await import('./commands/price-curve')).priceCurveCommand(),
  import: async () => (await import('./commands/import')).importCommand(),
  clear: async () => (await import('./commands/clear')).clearCommand(),
  grid: async () => (await import('./commands/grid')).gridCommand(),
  bench: async () => (await import('./commands/bench')).benchCommand(),
  up: async () => (await import('./commands/up')).upCommand(),
  demo: async () => (await import('./commands/demo')).demoCommand(),
  doctor: async () => (await import('./commands/doctor')).doctorCommand(),
  export: async () => (await import('./commands/export')).exportCommand(),
  config: async () => (await import('./commands/config')).configCommand(),
};

/** The program with the command that the first argument names, or with all of them for its help. */
async function program(): Promise<Command> {
  const flexledger = new Command('flexledger')
    .description('A complete local flexibility market on one event log, every result provable')
    .version('0.1.0');
  const named = COMMANDS[process.argv[2] ?? ''];
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) {
    flexledger.addCommand(await load());
  }
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
  try {
    await (await program()).parseAsync();
  } catch (error) {
    process.exitCode = await exitCodeFor(error);
  }
}

async function exitCodeFor(error: unknown): Promise<number> {
  // Help and version have printed themselves; so has an argument that commander refused.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE;
  tell(`flexledger: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['FLEXLEDGER_DEBUG'] && error instanceof Error) tell(error.stack ?? '');
  const unusable = [
    (await import('./commands/usage-error')).UsageError,
    (await import('@flexledger/domain')).DomainError,
    (await import('@flexledger/grid')).GridModelError,
    (await import('./platform/chain-guard')).ChainInUse,
    (await import('./config/load-config')).ConfigError,
    (await import('@flexledger/event-store')).LogBusy,
    (await import('@flexledger/event-store')).LogDamaged,
    (await import('@flexledger/service-kit')).RulePackError,
  ];
  return unusable.some((kind) => error instanceof kind) ? UNUSABLE : FAILED;
}

void main();
