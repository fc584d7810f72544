/** What an algorithm of DER control answers, of JSON or XML. */
import type { DerControlReported, DerSetpoint } from '@flexledger/domain';
import { listOf, membersOf } from '@flexledger/service-kit';

/** Numbers of an answer, so that its event stays far below the megabyte of an append. */
const MAX_VALUES = 40_000;
const MAX_NAME = 100;

/**
 * `{"runId": …, "setpoints": [{"resourceId": …, "powerW": […], "powerVar": […]}]}`, consumption positive; `powerVar` may
 * be left out, and a value null, where the resource is left free.
 *
 * @throws Error saying what is wrong with which
 */
export function parseDerReport(said: unknown): Omit<DerControlReported['data'], 'gridId'> {
  const { runId, setpoints } = membersOf(said);
  if (!isName(runId)) throw new Error('runId must be that of the run that is answered');
  const rows = listOf(setpoints).map(membersOf);
  if (rows.length === 0) throw new Error('setpoints must hold one at least');
  const parsed = rows.map(setpointOf);
  const values = parsed.reduce((sum, { powerW }) => sum + 2 * powerW.length, 0);
  if (values > MAX_VALUES) throw new Error(`setpoints must hold at most ${MAX_VALUES} values`);
  return { runId, setpoints: parsed };
}

function setpointOf({
  resourceId,
  powerW,
  powerVar,
}: Readonly<Record<string, unknown>>): DerSetpoint {
  if (!isName(resourceId)) throw new Error(`resourceId must have 1 to ${MAX_NAME} characters`);
  const active = numbersOf(resourceId, 'powerW', powerW);
  return {
    resourceId,
    powerW: active,
    powerVar:
      powerVar === undefined ? active.map(() => null) : numbersOf(resourceId, 'powerVar', powerVar),
  };
}

function numbersOf(resourceId: string, field: string, said: unknown): (number | null)[] {
  const list = listOf(said);
  const isRight = (value: unknown): value is number | null =>
    value === null || Number.isSafeInteger(value);
  if (list.every(isRight)) return [...list];
  throw new Error(`${field} of ${resourceId} must be whole numbers or null`);
}

function isName(said: unknown): said is string {
  return typeof said === 'string' && said !== '' && said.length <= MAX_NAME;
}
