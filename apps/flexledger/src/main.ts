import { DomainError } from '@flexledger/domain';
import { LogDamaged, LogInUse } from '@flexledger/event-store';
import { GridModelError } from '@flexledger/grid';
import { RulePackError } from '@flexledger/service-kit';
import { Command, CommanderError } from 'commander';
import { auditCommand } from './commands/audit';
import { benchCommand } from './commands/bench';
import { clearCommand } from './commands/clear';
import { demoCommand } from './commands/demo';
import { doctorCommand } from './commands/doctor';
import { exportCommand } from './commands/export';
import { gridCommand } from './commands/grid';
import { importCommand } from './commands/import';
import { kpisCommand } from './commands/kpis';
import { tell } from './commands/output';
import { priceCurveCommand } from './commands/price-curve';
import { replayCommand } from './commands/replay';
import { simulateCommand } from './commands/simulate';
import { upCommand } from './commands/up';
import { UsageError } from './commands/usage-error';

/** Exit codes: 0 done, 1 done and the answer is no (or something failed), 2 not usable as given. */
const FAILED = 1;
const UNUSABLE = 2;

function program(): Command {
  const flexledger = new Command('flexledger')
    .description('A complete local flexibility market on one event log, every result provable')
    .version('0.1.0');
  const commands = [
    simulateCommand(),
    auditCommand(),
    replayCommand(),
    kpisCommand(),
    priceCurveCommand(),
    importCommand(),
    clearCommand(),
    gridCommand(),
    benchCommand(),
  ];
  const serving = [upCommand(), demoCommand(), doctorCommand(), exportCommand()];
  for (const command of [...commands, ...serving]) flexledger.addCommand(command);
  throwInsteadOfExit(flexledger);
  return flexledger;
}

/** Lets `main` decide on the exit code, of subcommands too. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeFor(error);
  }
}

function exitCodeFor(error: unknown): number {
  // Help and version have printed themselves; so has an argument that commander refused.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE;
  tell(`flexledger: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['FLEXLEDGER_DEBUG'] && error instanceof Error) tell(error.stack ?? '');
  const unusable = [UsageError, LogInUse, LogDamaged, RulePackError, GridModelError, DomainError];
  return unusable.some((kind) => error instanceof kind) ? UNUSABLE : FAILED;
}

void main();
