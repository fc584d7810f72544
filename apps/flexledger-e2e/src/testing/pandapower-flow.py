"""
Solves a flexledger-grid/1 network with pandapower, powers drawn at its buses given in W and var.

Input, on standard input: {"model": flexledger-grid/1, "busW": [...], "busVar": [...]}, both in the
order of the model's buses, in the place of its loads and generators. Output: vm_pu by bus id.
"""
import json
import math
import sys
import warnings

warnings.filterwarnings("ignore")

import pandapower as pp

asked = json.load(sys.stdin)
grid = asked["model"]
net = pp.create_empty_network(f_hz=grid["frequencyHz"])
bus = {row["id"]: pp.create_bus(net, vn_kv=row["vnKv"]) for row in grid["buses"]}
for row in grid["lines"]:
    pp.create_line_from_parameters(
        net, bus[row["from"]], bus[row["to"]], 1.0, row["rOhm"], row["xOhm"], row["cNf"],
        max_i_ka=row["maxIKa"] or math.nan, in_service=row["inService"],
    )
for row in grid["transformers"]:
    has_tap = row["tapSide"] is not None
    pp.create_transformer_from_parameters(
        net, bus[row["hv"]], bus[row["lv"]], row["snMva"], row["vnHvKv"], row["vnLvKv"],
        row["vkrPercent"], row["vkPercent"], row["pfeKw"], row["i0Percent"],
        shift_degree=row["shiftDegree"], in_service=row["inService"], tap_side=row["tapSide"],
        tap_neutral=row["tapNeutral"] if has_tap else math.nan,
        tap_pos=row["tapPos"] if has_tap else math.nan,
        tap_step_percent=row["tapStepPercent"] if has_tap else math.nan,
        tap_changer_type="Ratio" if has_tap else None,
    )
for row, watts, reactive in zip(grid["buses"], asked["busW"], asked["busVar"]):
    pp.create_load(net, bus[row["id"]], watts / 1e6, reactive / 1e6)
slack = grid["externalGrid"]
pp.create_ext_grid(net, bus[slack["bus"]], slack["vmPu"], slack["vaDegree"])
pp.runpp(net, calculate_voltage_angles=True, init="dc", tolerance_mva=1e-10, numba=False)
print(json.dumps({id: float(net.res_bus.vm_pu[index]) for id, index in bus.items()}))
