"""NSGA-II of pymoo on the case that stands on the standard input; its front as JSON."""

import json
import sys
import time

import numpy as np
import pymoo
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.operators.crossover.pntx import TwoPointCrossover
from pymoo.operators.mutation.bitflip import BitflipMutation
from pymoo.operators.sampling.rnd import BinaryRandomSampling
from pymoo.optimize import minimize

case = json.load(sys.stdin)
cost = np.array(case["cost"])
unreliability = np.array(case["unreliability"])


class Choice(Problem):
    """So many of the offers, all of one size, at least cost and unreliability."""

    def __init__(self):
        super().__init__(n_var=len(cost), n_obj=2, n_ieq_constr=1, vtype=bool)

    def _evaluate(self, x, out, *args, **kwargs):
        taken = x.astype(int)
        out["F"] = np.column_stack([taken @ cost, taken @ unreliability])
        out["G"] = np.abs(taken.sum(axis=1) - case["chosen"])


algorithm = NSGA2(
    pop_size=case["populationSize"],
    sampling=BinaryRandomSampling(),
    crossover=TwoPointCrossover(),
    mutation=BitflipMutation(),
    eliminate_duplicates=True,
)
started = time.perf_counter()
found = minimize(Choice(), algorithm, ("n_gen", case["generations"] + 1), seed=case["seed"], verbose=False)
seconds = time.perf_counter() - started
points = [] if found.F is None else np.atleast_2d(found.F).tolist()
json.dump({"version": pymoo.__version__, "seconds": seconds, "points": points}, sys.stdout)
