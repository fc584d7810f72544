import path from 'node:path';
import { exportTrust, writeTrustFile } from '@flexledger/audit-cli';
import { print, printJson } from '@flexledger/command-line';
import { requireLog } from '@flexledger/event-store';

/** Flags of `flexledger trust export`. */
export interface TrustExportFlags {
  readonly data: string;
  readonly rpc?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** Prints or writes the trust policy of a log. */
export async function exportTrustFile({ data, rpc, out, json }: TrustExportFlags): Promise<void> {
  const dataDir = path.resolve(data);
  requireLog(dataDir);
  const trust = await exportTrust({ dataDir, ...(rpc === undefined ? {} : { rpcUrl: rpc }) });
  if (out === undefined) return printJson(trust);
  writeTrustFile(out, trust);
  if (json) return printJson({ file: out, origin: trust.origin, chainId: trust.chain.chainId });
  print(
    `${out} names ${trust.origin} on chain ${trust.chain.chainId}; keep it where its operator cannot reach.`,
  );
}
