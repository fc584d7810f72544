/** The report of an audit as the steps that a person reads. */
import type { AuditReport, CheckName, CheckReport } from '@flexledger/audit';
import type { Step } from '../audit/steps';
import { count, plural } from '../parts/words';

/** Each check in words: its name, and what holds where it does. */
const CHECKS: Readonly<Record<CheckName, readonly [name: string, of: string]>> = {
  hashes: ['Event hashes', 'events hash to what they say'],
  versions: ['Versions', 'events are of versions that this browser reads'],
  order: ['Order', 'events stand in their order, without a gap'],
  gates: ['Gates', 'orders were taken while the gate was open'],
  signatures: ['Signatures of nodes', 'packets are signed by the node’s key of then'],
  checkpoints: ['Checkpoint signature', 'checkpoint is signed by the key that is trusted'],
  inclusion: ['Inclusion', 'events lead to the root of the checkpoint'],
  anchors: ['Anchor', 'checkpoint stands on the chain'],
  times: ['Times', 'times agree with one another'],
  trust: ['Trust', 'thing agrees with what is trusted'],
  clearing: ['Clearing', 'clearings and results, computed again, are those recorded'],
  validation: ['Validation', 'answers of the DSO, power flow computed again, are those recorded'],
  settlement: [
    'Settlement',
    'settlements, computed again from what was measured, are those recorded',
  ],
  agreements: ['Agreements', 'agreements hold'],
  access: ['Grants of data', 'batches stand on the chain with the roots of the grants in the log'],
  tokens: ['Tokens', 'awards equal the settlements'],
};

/** One step a check. What had nothing to check is open, not good. */
export const stepsOf = (report: AuditReport): readonly Step[] => report.checks.map(stepOf);

function stepOf({ name, ok, count: checked, failed, failures, note }: CheckReport): Step {
  const [title, holds] = CHECKS[name];
  const noted = note === undefined ? '' : ` ${note[0]!.toUpperCase()}${note.slice(1)}.`;
  if (!ok) {
    const more = failed > 1 ? ` and ${plural(failed - 1, 'other failure')}` : '';
    const [first] = failures;
    const at = first?.position === undefined ? '' : `event ${first.position} (${first.type}): `;
    return {
      name: title,
      state: 'bad',
      detail: `${at}${first?.reason ?? 'it could not be checked'}${more}.${noted}`,
      bytes: failures.map(({ position, eventId, reason }) => [
        position === undefined ? 'of no one event' : `event ${position}`,
        `${reason}${eventId === undefined ? '' : ` · ${eventId}`}`,
      ]),
    };
  }
  if (checked === 0) {
    return { name: title, state: 'open', detail: `There was nothing to check.${noted}`, bytes: [] };
  }
  return { name: title, state: 'good', detail: `${count(checked)} ${holds}.${noted}`, bytes: [] };
}
