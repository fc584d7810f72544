/** Bundles and proofs as files: read with their faults named, audited without a folder. */
import { readFileSync, statSync } from 'node:fs';
import {
  type AuditReport,
  type Bundle,
  type TrustPolicy,
  BundleUnusable,
  auditBundle,
  auditTlogProof,
  readBundle,
} from '@flexledger/audit';
import { UsageError } from '@flexledger/command-line';
import { type TlogProof, isTlogProof, parseTlogProof } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import { readChain } from './chain-snapshot';
import { createNodeTools } from './node-tools';

/** What a bundle may weigh: far above a session of a large market. */
const BYTES_AT_MOST = 500_000_000;
/** An anchor a minute for twenty years: what a bundle says of them was so when it was made, and the log went on. */
const ANCHORS_AT_MOST = 10_000_000;

/** A bundle, or a proof of one event. @throws UsageError naming the file and what is wrong with it */
export function readBundleFile(file: string): Bundle | TlogProof {
  try {
    const { size } = statSync(file);
    if (size > BYTES_AT_MOST) throw new BundleUnusable(`it has more than ${BYTES_AT_MOST} bytes`);
    const text = readFileSync(file, 'utf8');
    return isTlogProof(text) ? parseTlogProof(text) : readBundle(JSON.parse(text));
  } catch (error) {
    const why = messageOf(error);
    throw new UsageError(
      `The bundle ${file} cannot be used: ${why}. Ask for it again; "flexledger bundle" makes one.`,
    );
  }
}

/** Audits a bundle or a proof against a trust file and, where its address is given, the chain. */
export async function auditBundleFile(
  file: string,
  { trust, rpcUrl }: { readonly trust: TrustPolicy; readonly rpcUrl?: string },
): Promise<AuditReport> {
  const bundle = readBundleFile(file);
  const chain =
    rpcUrl === undefined
      ? 'name its address with --rpc'
      : await readChain(
          { dataDir: '', rpcUrl },
          {
            anchorContracts: [trust.chain, ...(trust.formerContracts ?? [])].map(
              ({ anchorContract }) => anchorContract.address,
            ),
            tokenContracts: [],
            agreementContracts: [],
            accessContracts: [],
            anchors: ANCHORS_AT_MOST,
          },
        );
  const basis = { trust, chain, isChainAsked: rpcUrl !== undefined };
  return 'events' in bundle
    ? auditBundle(bundle, basis, createNodeTools())
    : auditTlogProof(bundle, basis, createNodeTools());
}
