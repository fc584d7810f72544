/** Checks at work: which of them rest on the market's events, and how they are shown what. */
import type { StoredRow } from '@flexledger/domain';
import { createClearingCheck } from './checks/clearing';
import { createGateCheck } from './checks/gates';
import { createSettlementCheck } from './checks/settlement';
import { createValidationCheck } from './checks/validation';
import type { EventCheck, LoggedEvent } from './logged-event';
import { messageOf } from './message-of';
import type { Replay } from './replay';
import type { Findings } from './report';
import type { Scope } from './scope';
import type { AuditTools } from './tools';

/** Everything of a session computed again: gate, clearing, validation, settlement. */
export function marketChecks(
  replay: Replay,
  scope: Scope,
  tools: AuditTools,
  findings: Readonly<Record<'gates' | 'clearing' | 'validation' | 'settlement', Findings>>,
): readonly EventCheck[] {
  return [
    createGateCheck(replay, scope, findings.gates),
    createClearingCheck(replay, scope, tools, findings.clearing),
    createValidationCheck(replay, scope, tools.sha256, findings.validation),
    createSettlementCheck(replay, scope, tools.sha256, findings.settlement),
  ];
}

/** Checks that are shown events, and what the log had said before. */
export interface Watch {
  readonly checks: readonly EventCheck[];
  readonly replay: Replay;
  /** Told of data that is not of its type. */
  readonly hashes: Findings;
}

/** Shows an event to the checks that want its type, then folds it. */
export async function showEvent(
  { checks, replay, hashes }: Watch,
  event: LoggedEvent,
  row: StoredRow,
): Promise<void> {
  for (const check of checks) {
    if (!check.types.includes(event.type)) continue;
    try {
      const seeing = check.see(event, row);
      if (seeing) await seeing;
    } catch (error) {
      check.findings.fail(event, `it cannot be checked: ${messageOf(error)}`);
    }
  }
  try {
    replay.take(event);
  } catch (error) {
    hashes.fail(event, `its data is not that of a ${event.type}: ${messageOf(error)}`);
  }
}

/** Ends checks after the last event. */
export async function endChecks(checks: readonly EventCheck[]): Promise<void> {
  for (const check of checks) {
    try {
      await check.end?.();
    } catch (error) {
      check.findings.fail(undefined, `it could not be finished: ${messageOf(error)}`);
    }
  }
}
