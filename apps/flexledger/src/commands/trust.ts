import path from 'node:path';
import { exportTrust, writeTrustFile } from '@flexledger/audit-cli';
import { oneLine, print, printJson, tell } from '@flexledger/command-line';
import { requireLog } from '@flexledger/event-store';

/** Flags of `flexledger trust export`. */
export interface TrustExportFlags {
  readonly data: string;
  readonly rpc?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** Prints or writes the trust policy of a log, as far as its key has sealed it, and what it left out. */
export async function exportTrustFile({ data, rpc, out, json }: TrustExportFlags): Promise<void> {
  const dataDir = path.resolve(data);
  requireLog(dataDir);
  const leftOut: string[] = [];
  const source = { dataDir, ...(rpc === undefined ? {} : { rpcUrl: rpc }) };
  const trust = await exportTrust(source, (words) => leftOut.push(words));
  for (const words of leftOut) tell(oneLine(`Left out: ${words}.`));
  if (out === undefined) return printJson(trust);
  writeTrustFile(out, trust);
  if (json) {
    return printJson({ file: out, origin: trust.origin, chainId: trust.chain.chainId, leftOut });
  }
  print(
    `${out} names ${trust.origin} on chain ${trust.chain.chainId}; keep it where its operator cannot reach.`,
  );
}
