import { UsageError, print, printJson } from '@flexledger/command-line';
import { type PlatformClient, PlatformUnavailable, createPlatformClient } from '@flexledger/ports';
import type { LightNodeDocument, Page } from '@flexledger/projections';
import { table } from '@flexledger/terminal';
import { requireLog } from '../platform/data-folder';
import { openTokens } from '../platform/platform-tokens';

/** Flags of every `flexledger node ...`. */
export interface NodeFlags {
  readonly url: string;
  readonly as: string;
  readonly data: string;
  readonly json: boolean;
}

export interface TokenFlags extends NodeFlags {
  readonly replace: boolean;
  readonly minutes: number;
}

export interface RevokeFlags extends NodeFlags {
  readonly reason: string;
}

/** Prints the Light Nodes. @throws UsageError where no platform answers; DomainError as it refuses */
export async function list(flags: NodeFlags): Promise<void> {
  const nodes: LightNodeDocument[] = [];
  await calling(flags, async (call) => {
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const path = `/api/v1/nodes?limit=1000${query}`;
      const page: Page<LightNodeDocument> = await call({ method: 'GET', path });
      nodes.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
  });
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
  const path = `/api/v1/nodes/${encodeURIComponent(podId)}/enrolment-token`;
  const body = { replaces: flags.replace, validMinutes: flags.minutes };
  const issued = await calling(flags, (call) =>
    call<{ token: string; expiresAt: string }>({ method: 'POST', path, body }),
  );
  if (flags.json) return printJson(issued);
  print(`${issued.token}\ncounts once, until ${issued.expiresAt}`);
}

/** Revokes a node. */
export async function revoke(podId: string, flags: RevokeFlags): Promise<void> {
  const path = `/api/v1/nodes/${encodeURIComponent(podId)}/revocation`;
  const body = { reason: flags.reason };
  const answer = await calling(flags, (call) => call<object>({ method: 'POST', path, body }));
  if (flags.json) return printJson(answer);
  print(`the node of PoD ${podId} is revoked`);
}

/** Speaks as the flags say, with a token made by the folder's own key. */
async function calling<Answer>(
  { url, as, data }: NodeFlags,
  speak: (call: PlatformClient) => Promise<Answer>,
): Promise<Answer> {
  requireLog(data);
  const { tokenOf } = await openTokens(data);
  try {
    return await speak(
      createPlatformClient({ baseUrl: url, token: (isStale) => tokenOf(as, isStale) }),
    );
  } catch (error) {
    if (error instanceof PlatformUnavailable) throw new UsageError(error.message);
    throw error;
  }
}
