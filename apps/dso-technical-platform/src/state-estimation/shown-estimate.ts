import type { StateEstimated } from '@flexledger/domain';

/** An estimate with a row for each bus, as REST and the broker show it. */
export function shownEstimate<Estimate extends StateEstimated['data']>(estimate: Estimate) {
  const { busIds, vmMicroPu, vaMicroDegree, vmSigmaMicroPu, vaSigmaMicroDegree, ...rest } =
    estimate;
  return {
    ...rest,
    buses: busIds.map((busId, index) => ({
      busId,
      vmMicroPu: vmMicroPu[index]!,
      vaMicroDegree: vaMicroDegree[index]!,
      vmSigmaMicroPu: vmSigmaMicroPu[index]!,
      vaSigmaMicroDegree: vaSigmaMicroDegree[index]!,
    })),
  };
}
