import { NodeConfigUnusable } from '../config/node-config';
import { EnrolmentRefused } from '../enrolment/enrol-node';
import { LocalPortUnusable } from '../local/local-api';
import { OutboxDamaged } from '../outbox/file-outbox';
import { NoAnswer } from '../uplink/ask';
import { NodeFolderUnusable } from './node-folder';
import { KeyNotRotated } from './rotate-key';

const KINDS = [
  EnrolmentRefused,
  KeyNotRotated,
  LocalPortUnusable,
  NoAnswer,
  NodeConfigUnusable,
  NodeFolderUnusable,
  OutboxDamaged,
];

/** Whether an error of a node's program is one that its user can make good, by what it says. */
export function isUnusable(error: unknown): error is Error {
  return KINDS.some((kind) => error instanceof kind);
}
