/** Power flows of a grid's assets: what they are to the grid (D3.3 C.7), as measured, and as they follow from a forecast. */
import type { AssetCategory } from '@flexledger/domain';
import { type Network, solvePowerFlow } from '@flexledger/grid';
import { type GridForecast, forecastOfMtu, loadingOf } from './grid-forecast';
import { LV_KV_MAX, type OperatedGrid } from './operated-grid';

/** Medium voltage up to and including this. */
const MV_KV_MAX = 36;

/** Where active power is measured: what flows into a line or transformer at one end, or is injected at a bus. */
export interface AssetPlace {
  readonly assetId: string;
  /** null at a bus. */
  readonly side: 'from' | 'to' | null;
}

/** What an asset is to the grid; undefined for a bus of low voltage, and for what the grid does not have. */
export function categoryOf(network: Network, assetId: string): AssetCategory | undefined {
  const kvOf = (busId: string): number => network.buses.find(({ id }) => id === busId)!.vnKv;
  const supply = network.externalGrid.bus;
  const transformer = network.transformers.find(({ id }) => id === assetId);
  if (transformer) {
    const { hv, lv } = transformer;
    if (kvOf(hv) > MV_KV_MAX) return 'primarySubstation';
    if (kvOf(lv) <= LV_KV_MAX) return 'secondarySubstation';
    return hv === supply ? 'primarySubstation' : 'line';
  }
  const line = network.lines.find(({ id }) => id === assetId);
  if (line) return [line.from, line.to].includes(supply) ? 'primarySubstation' : 'line';
  const bus = network.buses.find(({ id }) => id === assetId);
  if (!bus) return undefined;
  if (bus.id === supply) return 'primarySubstation';
  return bus.vnKv > LV_KV_MAX ? 'secondarySubstation' : undefined;
}

/**
 * Active power at each place by the power flow of one MTU of a forecast, W; null where the forecast has no solution or
 * the model no such asset.
 */
export function forecastFlowsW(
  grid: OperatedGrid,
  forecast: GridForecast,
  mtu: number,
  places: readonly AssetPlace[],
): (number | null)[] {
  const loading = loadingOf(grid, forecastOfMtu(forecast, mtu));
  const solved = solvePowerFlow(grid.compiled, { loading });
  if (!solved.converged) return places.map(() => null);
  const lines = new Map(solved.lines.map((line) => [line.id, line]));
  const transformers = new Map(solved.transformers.map((one) => [one.id, one]));
  const { nodeOfBus } = grid.compiled.topology;
  const supplyNode = nodeOfBus[grid.busIndex.get(grid.compiled.network.externalGrid.bus)!]!;

  /** Of all buses that closed switches join to it, as it is measured. */
  function injectionMw(bus: number): number | null {
    const node = nodeOfBus[bus]!;
    if (node < 0) return null;
    let watts = 0;
    nodeOfBus.forEach((other, index) => {
      if (other === node) watts += forecast.busW[index]![mtu]!;
    });
    return (node === supplyNode && solved.converged ? solved.externalGrid.pMw : 0) - watts / 1e6;
  }

  return places.map(({ assetId, side }) => {
    let flowMw: number | null | undefined;
    if (side === null) {
      const bus = grid.busIndex.get(assetId);
      flowMw = bus === undefined ? null : injectionMw(bus);
    } else {
      const line = lines.get(assetId);
      const transformer = transformers.get(assetId);
      flowMw =
        side === 'from'
          ? (line?.pFromMw ?? transformer?.pHvMw)
          : (line?.pToMw ?? transformer?.pLvMw);
    }
    return flowMw === null || flowMw === undefined ? null : Math.round(flowMw * 1e6);
  });
}
