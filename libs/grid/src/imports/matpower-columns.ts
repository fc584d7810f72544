/**
 * Names of MATPOWER's columns (MATPOWER User's Manual, appendix B, and its `idx_*` functions), in
 * the order in which each function gives them back.
 */
const busNames: readonly (readonly [string, number])[] = [
  ['PQ', 1],
  ['PV', 2],
  ['REF', 3],
  ['NONE', 4],
  ...numbered(
    'BUS_I BUS_TYPE PD QD GS BS BUS_AREA VM VA BASE_KV ZONE VMAX VMIN LAM_P LAM_Q MU_VMAX MU_VMIN',
  ),
];
const generatorNames = [
  ...numbered('GEN_BUS PG QG QMAX QMIN VG MBASE GEN_STATUS PMAX PMIN'),
  ...numbered('MU_PMAX MU_PMIN MU_QMAX MU_QMIN', 22),
  ...numbered('PC1 PC2 QC1MIN QC1MAX QC2MIN QC2MAX RAMP_AGC RAMP_10 RAMP_30 RAMP_Q APF', 11),
];
const branchNames = [
  ...numbered('F_BUS T_BUS BR_R BR_X BR_B RATE_A RATE_B RATE_C TAP SHIFT BR_STATUS'),
  ...numbered('PF QF PT QT MU_SF MU_ST', 14),
  ...numbered('ANGMIN ANGMAX', 12),
  ...numbered('MU_ANGMIN MU_ANGMAX', 20),
];
const costNames: readonly (readonly [string, number])[] = [
  ['PW_LINEAR', 1],
  ['POLYNOMIAL', 2],
  ...numbered('MODEL STARTUP SHUTDOWN NCOST COST'),
];

function numbered(names: string, first = 1): (readonly [string, number])[] {
  return names.split(' ').map((name, index) => [name, first + index] as const);
}

/** Names and values that one of MATPOWER's functions gives, in its order; undefined = another. */
export function constantsOf(
  functionName: string,
): readonly (readonly [string, number])[] | undefined {
  switch (functionName) {
    case 'idx_bus':
      return busNames;
    case 'idx_gen':
      return generatorNames;
    case 'idx_brch':
      return branchNames;
    case 'idx_cost':
      return costNames;
    case 'define_constants':
      return [...busNames, ...generatorNames, ...branchNames, ...costNames];
    default:
      return undefined;
  }
}

/** 0-based columns of the three matrices of a case, as far as the import reads them. */
export const busColumn = {
  number: 0,
  type: 1,
  pMw: 2,
  qMvar: 3,
  gsMw: 4,
  bsMvar: 5,
  vaDegree: 8,
  baseKv: 9,
  vMaxPu: 11,
  vMinPu: 12,
} as const;

/** Types of buses; 1 has given P and Q. */
export const busType = { pv: 2, reference: 3, isolated: 4 } as const;

export const generatorColumn = {
  bus: 0,
  pMw: 1,
  qMvar: 2,
  qMaxMvar: 3,
  qMinMvar: 4,
  vmPu: 5,
  status: 7,
} as const;

/** Of `mpc.dcline` (`idx_dcline`). */
export const dcLineColumn = {
  from: 0,
  to: 1,
  status: 2,
  pFromMw: 3,
  pToMw: 4,
  qFromMvar: 5,
  qToMvar: 6,
  vmFromPu: 7,
  vmToPu: 8,
  loss0Mw: 15,
  loss1: 16,
} as const;
export const dcLineColumnCount = 17;

export const branchColumn = {
  from: 0,
  to: 1,
  rPu: 2,
  xPu: 3,
  bPu: 4,
  rateAMva: 5,
  ratio: 8,
  shiftDegree: 9,
  status: 10,
} as const;
