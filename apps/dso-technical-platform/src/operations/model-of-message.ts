import type { OperatingLimits } from '@flexledger/domain';
import { gridFileOf, importCgmes } from '@flexledger/grid';
import { isCim, parseCgmesXml } from '@flexledger/service-kit';

/**
 * A grid model as a data server sends it: `{"model": …, "limits": …}` as in the REST interface, or CIM in RDF/XML
 * (equipment, topology and steady state in one file), whose limits are those that stand.
 *
 * @throws Error, GridModelError saying what of it cannot be read
 */
export function modelOf(payload: Buffer): {
  readonly model: object;
  readonly limits: OperatingLimits | undefined;
} {
  const text = payload.toString('utf8');
  if (isCim(payload)) {
    const { network } = importCgmes([parseCgmesXml(text, 'message')]);
    return { model: gridFileOf(network), limits: undefined };
  }
  const said = JSON.parse(text) as { readonly model?: unknown; readonly limits?: OperatingLimits };
  if (typeof said.model !== 'object' || said.model === null) throw new Error('model is missing');
  return { model: said.model, limits: said.limits };
}
