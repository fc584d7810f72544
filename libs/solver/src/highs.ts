import loadHighs from 'highs';
import type { MilpAnswer, MilpModel, MilpSolver, SolveMilp } from '@flexledger/domain';

/**
 * Lexicographic mixed-integer programming by HiGHS (Huangfu and Hall, 2018) in WebAssembly. The
 * objectives are minimised one after the other; each optimum becomes a row of the next model.
 * A stage cut short passes on the best it found, so that later objectives still improve it.
 * HiGHS runs on one thread with its fixed seed, so equal models give equal answers unless the time
 * limit strikes; a limit on nodes strikes at the same place on every machine.
 */
type Highs = Awaited<ReturnType<typeof loadHighs>>;
type HighsModel = ReturnType<Highs['createModel']>;

/** Objectives are integers at their optimum, so a bound closer than this proves it. */
const ABSOLUTE_GAP = 0.99;
const TOLERANCE = 1e-9;
/** Noise on a bound in floating point. */
const BOUND_NOISE = 1e-6;
/**
 * Ways to solve a stage, in their order. `rowRoom` is room in the row of an earlier objective, per unit of
 * its value: its terms do not add up more exactly than 1e-14, and a row without room may be called
 * infeasible. It comes last, as the bounds of the objectives after it are looser.
 */
const ROADS = [
  { presolve: 'choose', rowRoom: 0 },
  { presolve: 'off', rowRoom: 0 },
  { presolve: 'choose', rowRoom: 1e-14 },
] as const;
type Road = (typeof ROADS)[number];

let loaded: Promise<Highs> | null = null;

/** One stage's outcome. `bound` is null when nothing was proven. */
interface Stage {
  readonly columnValue: Float64Array | null;
  readonly objective: number;
  readonly bound: number | null;
  /** HiGHS says what may not be so: optimal without a bound, or no solution after a stage that had one. */
  readonly isDoubtful: boolean;
}

const NO_ANSWER: Stage = { columnValue: null, objective: Infinity, bound: null, isDoubtful: true };

/** Gives a solver: HiGHS of this thread, or of another. */
export type LoadSolver = () => Promise<MilpSolver>;

/**
 * HiGHS as the domain's solver, under the name and version that outcomes record. Solving blocks the
 * calling thread; a server that must stay responsive calls it from a worker. Should the WebAssembly
 * instance break (memory exhausted), what was found before counts, and the next call gets a fresh one.
 */
export async function loadHighsSolver(): Promise<MilpSolver> {
  const { version } = await highsInstance();
  return { name: `highs-${version.string}`, solve: solveMilp };
}

function highsInstance(): Promise<Highs> {
  loaded ??= loadHighs({ print: () => undefined, printErr: () => undefined });
  return loaded;
}

const solveMilp: SolveMilp = async (model) => {
  const highs = await highsInstance();
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  return { ...solveStages(highs, model, elapsed), elapsedSeconds: elapsed() };
};

function solveStages(
  highs: Highs,
  model: MilpModel,
  elapsed: () => number,
): Pick<MilpAnswer, 'columnValue' | 'bounds'> {
  const fixed: { coefficients: Float64Array; most: number }[] = [];
  const bounds: (number | null)[] = model.objectives.map(() => null);
  let columnValue: Float64Array | null = null;
  let areProven = true;
  for (let index = 0; index < model.objectives.length; index += 1) {
    const coefficients = model.objectives[index]!;
    if (coefficients.every((coefficient) => coefficient === 0)) {
      if (areProven) bounds[index] = 0;
      continue;
    }
    const secondsLeft = model.limits.timeLimitSeconds - elapsed();
    if (secondsLeft <= 0) break;
    const stagesLeft = model.objectives.length - index;
    const seconds: number = stagesLeft > 2 ? secondsLeft / 2 : secondsLeft / stagesLeft;
    const stage = tryStage(highs, { model, coefficients, fixed, columnValue, seconds });
    columnValue = stage.columnValue ?? columnValue;
    if (stage.columnValue === null) break;
    const isProven = stage.bound !== null && stage.objective - stage.bound < 1 - BOUND_NOISE;
    if (areProven) bounds[index] = stage.bound;
    areProven &&= isProven;
    const most = Math.ceil((isProven ? stage.bound! : stage.objective) - BOUND_NOISE);
    fixed.push({ coefficients, most });
  }
  return { columnValue, bounds };
}

interface StageInput {
  readonly model: MilpModel;
  readonly coefficients: Float64Array;
  readonly fixed: readonly { coefficients: Float64Array; most: number }[];
  readonly columnValue: Float64Array | null;
  readonly seconds: number;
}

/**
 * HiGHS may fail on a model it solves by another road (a simplex error after presolve, or an answer that
 * is doubtful): take that one.
 */
function tryStage(highs: Highs, input: StageInput): Stage {
  let doubtful = NO_ANSWER;
  for (const road of ROADS) {
    try {
      const stage = runStage(highs, input, road);
      if (!stage.isDoubtful) return stage;
      if (stage.columnValue !== null) doubtful = stage;
    } catch (error) {
      if (error instanceof highs.errors.HighsValidationError) throw error;
      if (error instanceof highs.errors.HighsError) continue;
      loaded = null;
      return doubtful;
    }
  }
  return doubtful;
}

function runStage(highs: Highs, input: StageInput, { presolve, rowRoom }: Road): Stage {
  const { model, columnValue, seconds } = input;
  const solver = highs.createModel(modelData(highs, input, rowRoom));
  try {
    solver.options.set({
      output_flag: false,
      time_limit: seconds,
      presolve,
      mip_rel_gap: 0,
      mip_abs_gap: ABSOLUTE_GAP,
      mip_feasibility_tolerance: TOLERANCE,
      primal_feasibility_tolerance: TOLERANCE,
      ...(model.limits.nodeLimit === null ? {} : { mip_max_nodes: model.limits.nodeLimit }),
    });
    const start = columnValue === null ? model.start : integerColumns(model, columnValue);
    if (start.columns.length > 0 && presolve !== 'off') {
      solver.setSolution({ indices: start.columns, values: start.values });
    }
    solver.run();
    return readStage(highs, solver, input);
  } finally {
    solver.dispose();
  }
}

function modelData(
  highs: Highs,
  { model, coefficients, fixed }: StageInput,
  rowRoom: number,
): Parameters<Highs['createModel']>[0] {
  const rows = fixed.map((row) => {
    const columns = [...row.coefficients.keys()].filter((column) => row.coefficients[column] !== 0);
    const most = row.most + Math.abs(row.most) * rowRoom;
    return { columns, values: columns.map((column) => row.coefficients[column]!), most };
  });
  const starts = [...model.rowStart];
  for (const row of rows) starts.push(starts.at(-1)! + row.columns.length);
  const numCols = model.columnLower.length;
  const numRows = model.rowLower.length + rows.length;
  const { continuous, integer } = highs.constants.variableType;
  return {
    numCols,
    numRows,
    colCost: coefficients,
    colLower: model.columnLower,
    colUpper: model.columnUpper,
    rowLower: Float64Array.from([...model.rowLower, ...rows.map(() => -Infinity)]),
    rowUpper: Float64Array.from([...model.rowUpper, ...rows.map((row) => row.most)]),
    matrix: {
      format: 'csr',
      numRows,
      numCols,
      starts: Int32Array.from(starts),
      indices: Int32Array.from([...model.rowColumn, ...rows.flatMap((row) => row.columns)]),
      values: Float64Array.from([...model.rowValue, ...rows.flatMap((row) => row.values)]),
    },
    integrality: Int32Array.from(model.isInteger, (flag) => (flag === 1 ? integer : continuous)),
  };
}

function integerColumns(model: MilpModel, columnValue: Float64Array): MilpModel['start'] {
  const columns = Int32Array.from(model.isInteger.keys()).filter(
    (column) => model.isInteger[column] === 1,
  );
  return {
    columns,
    values: Float64Array.from(columns, (column) => Math.round(columnValue[column]!)),
  };
}

function readStage(
  highs: Highs,
  solver: HighsModel,
  { model, coefficients, fixed }: StageInput,
): Stage {
  const isMip = model.isInteger.includes(1);
  const { feasible } = highs.constants.solutionStatus;
  const { optimal, timeLimit, solutionLimit } = highs.constants.modelStatus;
  const status = solver.getModelStatus();
  const hasSolution = solver.info.get('primal_solution_status') === feasible;
  const columnValue = hasSolution ? solver.getSolution().colValue : null;
  const objective =
    columnValue?.reduce((sum, value, column) => sum + value * coefficients[column]!, 0) ?? Infinity;
  const told = isMip ? Number(solver.info.get('mip_dual_bound')) : objective;
  const bound = (isMip || status === optimal) && Number.isFinite(told) ? told : null;
  const isCutShort = status === timeLimit || status === solutionLimit;
  const isDoubtful = status === optimal ? bound === null : fixed.length > 0 && !isCutShort;
  return { columnValue, objective, bound, isDoubtful };
}
