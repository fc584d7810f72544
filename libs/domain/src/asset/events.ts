/**
 * How an aggregator groups its customers (D3.3 A.2.2.3, Views & Model): an asset is PoDs, other assets, or
 * both, under a name of the aggregator's own. The aggregator's own business, as its costs are: the events
 * name no single PoD as their subject. Stream `assets-{aggregatorId}`.
 */

/** What an asset is made of; a PoD that it holds in several ways counts once. */
export interface Asset {
  /** How formulas name it: `roofs`. */
  readonly assetId: string;
  /** What people read: `Roofs of the north`. */
  readonly name: string;
  readonly podIds: readonly string[];
  readonly assetIds: readonly string[];
}

export type AssetEvent =
  | {
      /** It is so from now on, whatever it was before. */
      readonly type: 'AssetDefined';
      readonly data: { readonly aggregatorId: string } & Asset;
    }
  | {
      readonly type: 'AssetRemoved';
      readonly data: { readonly aggregatorId: string; readonly assetId: string };
    };

/** How an asset may be named in formulas: like `roofs`, with no sign that means something there. */
export const ASSET_ID = /^[a-z][A-Za-z0-9_]{0,39}$/;

export const assetsStream = (aggregatorId: string): string => `assets-${aggregatorId}`;

/** The PoDs of an asset and of all assets in it, each once, in the order of their codes. */
export function podsOfAsset(assets: ReadonlyMap<string, Asset>, assetId: string): string[] {
  const pods = new Set<string>();
  const seen = new Set<string>();
  const open = [assetId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const asset = assets.get(id);
    if (!asset || seen.has(id)) continue;
    seen.add(id);
    for (const podId of asset.podIds) pods.add(podId);
    open.push(...asset.assetIds);
  }
  return [...pods].sort();
}
