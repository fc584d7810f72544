/**
 * How the DSO technical platform computes, as its administrator set it (D3.3 A.3.3.1: the DSOTP administrator
 * "inserts computation parameters"). Stream `computationParameters-{gridId}`. Operating limits are not among
 * them: they are published with the grid model. Sessions scheduled after it go by it.
 */
export interface ComputationParametersSet {
  readonly type: 'ComputationParametersSet';
  readonly data: ComputationParameters & { readonly gridId: string; readonly reason: string };
}

/** In whole minutes. */
export interface ComputationParameters {
  /** After a gate opens, when the session is forecast and its requests are sized. */
  readonly forecastMinutes: number;
  /** After the forecast, when the requests leave; until then an operator may hold them back. */
  readonly reviewMinutes: number;
}

export const computationParametersStream = (gridId: string): string =>
  `computationParameters-${gridId}`;
