/** What counts as a violation on a grid that is published without limits of its own. */
import type { OperatingLimits, RulePack } from '@flexledger/domain';

/** Limits of a grid without congestion of its own: the models' ratings and a wide voltage band. */
export const OPEN_LIMITS: OperatingLimits = {
  vMinPerMille: 900,
  vMaxPerMille: 1_100,
  lineLimitA: {},
  transformerLimitPerMille: 1_200,
  note: 'voltage band of EN 50160, ratings of the published model',
};

/** What a rule pack counts as a violation on a grid that is published without limits of its own. */
export function limitsOf({ id, version, grid }: RulePack): OperatingLimits {
  if (!grid) return OPEN_LIMITS;
  const { lowVoltage, mediumVoltage, lineLimitPerMille, transformerLimitPerMille } = grid;
  return {
    vMinPerMille: lowVoltage.minPerMille,
    vMaxPerMille: lowVoltage.maxPerMille,
    mediumVoltage,
    lineLimitA: {},
    lineLimitPerMille,
    transformerLimitPerMille,
    note: `thresholds of rule pack ${id}, version ${version}`,
  };
}
