/** Colours of voltage and loading: calm where there is room, alarming past a limit; words say the same. */

/** 0 calm to 1 at the limit; more past it. */
export function strainOfVoltage(vmPu: number, vMinPu: number, vMaxPu: number): number {
  if (Number.isNaN(vmPu)) return Number.NaN;
  const below = (1 - vmPu) / Math.max(1e-9, 1 - vMinPu);
  const above = (vmPu - 1) / Math.max(1e-9, vMaxPu - 1);
  return Math.max(0, below, above);
}

/** A CSS colour of a strain; quiet for what is not known. */
export function colourOfStrain(strain: number): string {
  if (Number.isNaN(strain)) return 'var(--edge)';
  if (strain > 1) return 'var(--alarm)';
  const share = Math.round(Math.min(1, strain) * 100);
  return `color-mix(in oklab, var(--offered) ${share}%, var(--accepted))`;
}
