/** What a report comes to: a log that nothing certifies is not one that holds. */
import type { AuditReport, CheckReport } from '@flexledger/audit';
import { verdictOn } from './audit';

const check = (
  name: CheckReport['name'],
  count: number,
  failed = 0,
  reason = 'it does not',
): CheckReport => ({
  name,
  ok: failed === 0,
  count,
  failed,
  failures: failed === 0 ? [] : [{ reason }],
});
const notRun = (name: CheckReport['name']): CheckReport =>
  check(name, 1, 1, 'not run: there is no chain state');
const report = (...checks: CheckReport[]): AuditReport => ({
  ok: checks.every(({ ok }) => ok),
  checks,
  notExcluded: [],
  lastCheckpoint: null,
  logKeys: null,
  contracts: null,
});

it.each<[string, AuditReport, ReturnType<typeof verdictOn>]>([
  ['certified', report(check('hashes', 9), check('checkpoints', 1)), 'holds'],
  ['without a checkpoint', report(check('hashes', 9), check('checkpoints', 0)), 'interrupted'],
  ['empty', report(check('hashes', 0), check('checkpoints', 0)), 'interrupted'],
  [
    'at fault, without a checkpoint',
    report(check('hashes', 9, 1), check('checkpoints', 0)),
    'broken',
  ],
  [
    'whose chain was not asked',
    report(check('checkpoints', 1), notRun('anchors'), notRun('tokens')),
    'unchecked',
  ],
  [
    'whose chain was not asked, and at fault',
    report(check('checkpoints', 1, 1), notRun('anchors'), notRun('tokens')),
    'broken',
  ],
  [
    'of which one contract is not there',
    report(check('checkpoints', 1), check('anchors', 1), notRun('tokens')),
    'broken',
  ],
  [
    'a bundle, whose chain was to be asked and does not answer',
    report(check('checkpoints', 1), notRun('anchors')),
    'unchecked',
  ],
  ['of a newer release', report(check('versions', 9, 1), check('checkpoints', 1)), 'unreadable'],
])('of a log that is %s', (_, of, verdict) => {
  expect(verdictOn(of)).toBe(verdict);
});
