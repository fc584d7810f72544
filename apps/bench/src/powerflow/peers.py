"""
Solves the cases on standard input with other programs and prints how long each took.

Input: {"cases": [{"case", "networks": [flexledger-grid/1], "loadings": [null or {"steps", "loadPMw",
"loadQMvar", "generatorPMw", "generatorQMvar", "externalGridVmPu"}], "scale", "threads", "repeats"}]}.
Output: {"versions": {...}, "results": [{"case", "pandapowerSeconds", "powerGridModelSeconds",
"numpySeconds", "peersDifferPu"}]}; null = not measured, or not solved by that program.
Building each program's model is not counted.
"""
import cmath
import json
import math
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandapower as pp
import power_grid_model as pgm

warnings.filterwarnings("ignore")
LARGEST_DENSE = 200
LARGEST_PANDAPOWER_SOLVES = 100


def median_seconds(work, repeats):
    runs = []
    for _ in range(repeats):
        started = time.perf_counter()
        answer = work()
        runs.append(time.perf_counter() - started)
    return sorted(runs)[repeats // 2], answer


def rows_of(grid, loading):
    """Powers by step: complex injections of loads and generators, and the slack's voltage."""
    loads, generators = grid["loads"], grid["staticGenerators"]
    if loading is None:
        load = np.array([[complex(r["pMw"], r["qMvar"]) for r in loads]])
        generation = np.array([[complex(r["pMw"], r["qMvar"]) for r in generators]])
        return load, generation.reshape(1, len(generators)), [grid["externalGrid"]["vmPu"]]
    steps = loading["steps"]
    table = lambda p, q, n: (np.array(loading[p]) + 1j * np.array(loading[q])).reshape(steps, n)
    return (
        table("loadPMw", "loadQMvar", len(loads)),
        table("generatorPMw", "generatorQMvar", len(generators)),
        loading["externalGridVmPu"],
    )


def pandapower_net(grid):
    net = pp.create_empty_network(f_hz=grid["frequencyHz"])
    bus = {b["id"]: pp.create_bus(net, vn_kv=b["vnKv"]) for b in grid["buses"]}
    for r in grid["lines"]:
        pp.create_line_from_parameters(
            net, bus[r["from"]], bus[r["to"]], 1.0, r["rOhm"], r["xOhm"], r["cNf"],
            max_i_ka=r["maxIKa"] or math.nan, in_service=r["inService"],
        )
    for r in grid["transformers"]:
        tap = r["tapSide"] is not None
        pp.create_transformer_from_parameters(
            net, bus[r["hv"]], bus[r["lv"]], r["snMva"], r["vnHvKv"], r["vnLvKv"],
            r["vkrPercent"], r["vkPercent"], r["pfeKw"], r["i0Percent"],
            shift_degree=r["shiftDegree"], in_service=r["inService"], tap_side=r["tapSide"],
            tap_neutral=r["tapNeutral"] if tap else math.nan,
            tap_pos=r["tapPos"] if tap else math.nan,
            tap_step_percent=r["tapStepPercent"] if tap else math.nan,
            tap_changer_type="Ratio" if tap else None,
        )
    for r in grid["loads"]:
        pp.create_load(net, bus[r["bus"]], r["pMw"], r["qMvar"])
    for r in grid["staticGenerators"]:
        pp.create_sgen(net, bus[r["bus"]], r["pMw"], r["qMvar"])
    slack = grid["externalGrid"]
    pp.create_ext_grid(net, bus[slack["bus"]], slack["vmPu"], slack["vaDegree"])
    return net


def solve_pandapower(net, load, generation, slack):
    found = []
    for step in range(len(load)):
        net.load.p_mw, net.load.q_mvar = load[step].real, load[step].imag
        net.sgen.p_mw, net.sgen.q_mvar = generation[step].real, generation[step].imag
        net.ext_grid.vm_pu = slack[step]
        pp.runpp(net, trafo_model="t", calculate_voltage_angles=True, tolerance_mva=1e-8, numba=False)
        found.append(net.res_bus.vm_pu.to_numpy())
    return np.array(found)


def pgm_model(grid):
    node = {b["id"]: k for k, b in enumerate(grid["buses"])}
    count = len(node)

    def table(kind, rows, columns):
        nonlocal count
        array = pgm.initialize_array("input", kind, len(rows))
        array["id"] = np.arange(count, count + len(rows))
        count += len(rows)
        for name, value in columns.items():
            array[name] = [value(r) for r in rows]
        return array

    nodes = pgm.initialize_array("input", "node", len(node))
    nodes["id"] = list(node.values())
    nodes["u_rated"] = [b["vnKv"] * 1e3 for b in grid["buses"]]
    on = lambda r: int(r["inService"])
    power = {
        "node": lambda r: node[r["bus"]], "status": lambda r: 1, "type": lambda r: 0,
        "p_specified": lambda r: r["pMw"] * 1e6, "q_specified": lambda r: r["qMvar"] * 1e6,
    }
    side = lambda r: 1 if r["tapSide"] == "lv" else 0
    data = {
        "node": nodes,
        "line": table("line", grid["lines"], {
            "from_node": lambda r: node[r["from"]], "to_node": lambda r: node[r["to"]],
            "from_status": on, "to_status": on, "r1": lambda r: r["rOhm"],
            "x1": lambda r: r["xOhm"], "c1": lambda r: r["cNf"] * 1e-9, "tan1": lambda r: 0.0,
        }),
        "transformer": table("transformer", grid["transformers"], {
            "from_node": lambda r: node[r["hv"]], "to_node": lambda r: node[r["lv"]],
            "from_status": on, "to_status": on, "u1": lambda r: r["vnHvKv"] * 1e3,
            "u2": lambda r: r["vnLvKv"] * 1e3, "sn": lambda r: r["snMva"] * 1e6,
            "uk": lambda r: r["vkPercent"] / 100,
            "pk": lambda r: r["vkrPercent"] / 100 * r["snMva"] * 1e6,
            "i0": lambda r: r["i0Percent"] / 100, "p0": lambda r: r["pfeKw"] * 1e3,
            "winding_from": lambda r: 1,
            "winding_to": lambda r: 1 if round(r["shiftDegree"] / 30) % 2 == 0 else 2,
            "clock": lambda r: round(r["shiftDegree"] / 30) % 12, "tap_side": side,
            "tap_pos": lambda r: r["tapPos"], "tap_nom": lambda r: r["tapNeutral"],
            "tap_min": lambda r: min(r["tapPos"], r["tapNeutral"]),
            "tap_max": lambda r: max(r["tapPos"], r["tapNeutral"]),
            "tap_size": lambda r: r["tapStepPercent"] * 10 * r["vnLvKv" if side(r) else "vnHvKv"],
        }),
        "sym_load": table("sym_load", grid["loads"], power),
        "sym_gen": table("sym_gen", grid["staticGenerators"], power),
        "source": table("source", [grid["externalGrid"]], {
            "node": lambda r: node[r["bus"]], "status": lambda r: 1, "u_ref": lambda r: r["vmPu"],
            "u_ref_angle": lambda r: math.radians(r["vaDegree"]), "sk": lambda r: 1e20,
        }),
    }
    return pgm.PowerGridModel(data, system_frequency=grid["frequencyHz"]), data


def pgm_update(data, load, generation, slack):
    update = {}
    for kind, values in (("sym_load", load), ("sym_gen", generation)):
        array = pgm.initialize_array("update", kind, values.shape)
        array["id"] = data[kind]["id"]
        array["p_specified"], array["q_specified"] = values.real * 1e6, values.imag * 1e6
        update[kind] = array
    source = pgm.initialize_array("update", "source", (len(slack), 1))
    source["id"] = data["source"]["id"]
    source["u_ref"] = np.array(slack).reshape(-1, 1)
    update["source"] = source
    return update


def solve_pgm(model, update, threads):
    answer = model.calculate_power_flow(
        symmetric=True, error_tolerance=1e-10, calculation_method="newton_raphson",
        update_data=update, threading=threads if threads > 1 else -1, output_component_types=["node"],
    )
    return answer["node"]["u_pu"]


def admittances(net):
    """Bus admittance matrix and positions, from pandapower, so that only the solving differs."""
    pp.runpp(net, trafo_model="t", calculate_voltage_angles=True, numba=False)
    lookup = net._pd2ppc_lookups["bus"][net.bus.index]
    return np.asarray(net._ppc["internal"]["Ybus"].todense()), lookup, net._ppc["internal"]


def solve_numpy(matrix, slack_node, injections, slack, start):
    """Newton-Raphson in polar form, dense, each step from the one before."""
    inner = np.arange(len(matrix)) != slack_node
    voltage = start.copy()
    found = []
    for step in range(len(injections)):
        voltage[slack_node] = slack[step] * cmath.exp(1j * cmath.phase(start[slack_node]))
        for _ in range(30):
            current = matrix @ voltage
            missing = (voltage * current.conj() - injections[step])[inner]
            if max(abs(missing.real).max(), abs(missing.imag).max()) < 1e-10:
                break
            unit = voltage / abs(voltage)
            by_angle = 1j * voltage[:, None] * (np.diag(current) - matrix * voltage).conj()
            by_size = voltage[:, None] * (matrix * unit).conj() + np.diag(current.conj() * unit)
            by_angle, by_size = by_angle[np.ix_(inner, inner)], by_size[np.ix_(inner, inner)]
            jacobian = np.block([[by_angle.real, by_size.real], [by_angle.imag, by_size.imag]])
            change = np.linalg.solve(jacobian, -np.concatenate([missing.real, missing.imag]))
            half = len(change) // 2
            size, angle = abs(voltage), np.angle(voltage)
            angle[inner] += change[:half]
            size[inner] += change[half:]
            voltage = size * np.exp(1j * angle)
        found.append(abs(voltage))
    return np.array(found)


def numpy_case(grid, net, load, generation, slack):
    matrix, lookup, internal = admittances(net)
    base = internal["baseMVA"]
    positions = dict(zip((b["id"] for b in grid["buses"]), lookup))
    injections = np.zeros((len(load), len(matrix)), complex)
    for column, r in enumerate(grid["loads"]):
        injections[:, positions[r["bus"]]] -= load[:, column] / base
    for column, r in enumerate(grid["staticGenerators"]):
        injections[:, positions[r["bus"]]] += generation[:, column] / base
    start = internal["V"] / abs(internal["V"])
    node = positions[grid["externalGrid"]["bus"]]
    return lambda: solve_numpy(matrix, node, injections, slack, start)[:, lookup]


def attempt(work, repeats):
    """Seconds and voltages; none where the program cannot do it."""
    try:
        return median_seconds(work, repeats)
    except Exception as error:  # each program has errors of its own
        print(f"not measured: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
        return None, None


def measure(case):
    seconds = {"pandapower": 0.0, "powerGridModel": 0.0, "numpy": 0.0}
    differ = None
    for grid, loading in zip(case["networks"], case["loadings"]):
        load, generation, slack = rows_of(grid, loading)
        net = pandapower_net(grid)
        model, data = pgm_model(grid)
        update = pgm_update(data, load, generation, slack)
        found = {}
        works = {"powerGridModel": lambda: solve_pgm(model, update, case["threads"])}
        if len(load) * len(case["networks"]) <= LARGEST_PANDAPOWER_SOLVES:
            works["pandapower"] = lambda: solve_pandapower(net, load, generation, slack)
            if len(grid["buses"]) <= LARGEST_DENSE:
                works["numpy"] = numpy_case(grid, net, load, generation, slack)
        for name in seconds:
            took, voltages = None, None
            if name in works:
                repeats = 3 if name == "pandapower" else case["repeats"]
                took, voltages = attempt(works[name], repeats)
            seconds[name] = None if took is None or seconds[name] is None else seconds[name] + took
            found[name] = voltages
        solved = [v for v in found.values() if v is not None]
        for voltages in solved[1:]:
            differ = max(differ or 0.0, float(np.nanmax(abs(voltages - solved[0]))))
    scaled = {f"{k}Seconds": None if v is None else v * case["scale"] for k, v in seconds.items()}
    return {"case": case["case"], **scaled, "peersDifferPu": differ}


if __name__ == "__main__":
    cases = json.load(sys.stdin)["cases"]
    versions = {name: version(name) for name in ("pandapower", "power-grid-model", "numpy")}
    print(json.dumps({"versions": versions, "results": [measure(case) for case in cases]}))
