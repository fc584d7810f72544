import { print, printJson, answered, everyPage } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';
import { type PlatformFlags, clientOf } from './ask-platform';

/** Flags of every `flexledger node ...`. */
export interface NodeFlags extends PlatformFlags {
  readonly json: boolean;
}

export interface TokenFlags extends NodeFlags {
  readonly replace: boolean;
  readonly minutes: number;
}

export interface RevokeFlags extends NodeFlags {
  readonly reason: string;
}

/** Prints the Light Nodes. */
export async function list(flags: NodeFlags): Promise<void> {
  const client = clientOf(flags);
  const nodes = await everyPage((cursor) =>
    answered(client.GET('/api/v1/nodes', { params: { query: { limit: 1_000, ...cursor } } })),
  );
  if (flags.json) return printJson({ nodes });
  const rows = nodes.map((node) => [
    node.podId,
    node.aggregatorId ?? '',
    node.status,
    node.connected ? 'connected' : '',
    node.meterDriver ?? '',
    node.meterSerialNumber ?? '',
    node.tokenExpiresAt ?? '',
  ]);
  const columns = ['PoD', 'aggregator', 'status', '', 'meter', 'serial number', 'token until'];
  print(table(rows, columns));
}

/** Prints a one-time token, which is shown nowhere else. */
export async function token(podId: string, flags: TokenFlags): Promise<void> {
  const call = clientOf(flags).POST('/api/v1/nodes/{podId}/enrolment-token', {
    params: { path: { podId } },
    body: { replaces: flags.replace, validMinutes: flags.minutes },
  });
  const issued = await answered(call);
  if (flags.json) return printJson(issued);
  print(`${issued.token}\ncounts once, until ${issued.expiresAt}`);
}

/** Revokes a node. */
export async function revoke(podId: string, flags: RevokeFlags): Promise<void> {
  const call = clientOf(flags).POST('/api/v1/nodes/{podId}/revocation', {
    params: { path: { podId } },
    body: { reason: flags.reason },
  });
  const answer = await answered(call);
  if (flags.json) return printJson(answer);
  print(`the node of PoD ${podId} is revoked`);
}
