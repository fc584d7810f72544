"""
Writes the pandapower networks of this folder and the results of pandapower's own power flow.

    python make.py 3     with pandapower 3.5.6: <name>.json, <name>.expected.json
    python make.py 2     with pandapower 2.14.11: the one network in the older format

Tables without rows, results and standard types are taken out of the files; the rest is as `to_json`
writes it.
"""
import json
import sys
import warnings

import numpy as np
import pandapower as pp
import pandapower.networks as nw

warnings.filterwarnings("ignore")


def write(name, net):
    pp.runpp(net, trafo_model="t", calculate_voltage_angles=True, tolerance_mva=1e-11)
    stored = json.loads(pp.to_json(net))
    kept = {}
    for key, value in stored["_object"].items():
        is_table = isinstance(value, dict) and value.get("_class") == "DataFrame"
        has_rows = is_table and len(json.loads(value["_object"])["index"]) > 0
        if has_rows and not key.startswith("res_") or key in ("f_hz", "sn_mva", "name", "version"):
            kept[key] = value
    stored["_object"] = kept
    with open(f"{name}.json", "w") as file:
        json.dump(stored, file)
        file.write("\n")
    buses = net.res_bus[net.res_bus.vm_pu.notna()]
    expected = {
        "buses": [[f"bus{i}", row.vm_pu, row.va_degree] for i, row in buses.iterrows()],
        "loadingPercent": [
            [f"{table}{i}", row.loading_percent]
            for table in ("line", "trafo")
            for i, row in net[f"res_{table}"].iterrows()
            if net[table].in_service[i] and row.loading_percent > 0
        ],
        "externalGrid": [net.res_ext_grid.p_mw.sum(), net.res_ext_grid.q_mvar.sum()],
    }
    with open(f"{name}.expected.json", "w") as file:
        json.dump(expected, file)
        file.write("\n")


def elements():
    """CIGRE MV with one of everything: taps, shares, parallel lines, wards, phases, dead ends."""
    net = nw.create_cigre_network_mv()
    net.trafo["parallel"] = [2, 1]
    net.trafo["df"] = [0.9, 1.0]
    net.trafo["pfe_kw"] = [20.0, 15.0]
    net.trafo["i0_percent"] = [0.1, 0.2]
    net.trafo["tap_side"] = ["hv", "lv"]
    net.trafo["tap_neutral"] = 0.0
    net.trafo["tap_pos"] = [-3.0, 2.0]
    net.trafo["tap_min"] = -9.0
    net.trafo["tap_max"] = 9.0
    net.trafo["tap_step_percent"] = [1.5, 1.2]
    net.trafo["tap_step_degree"] = [0.0, 60.0]
    net.trafo["tap_changer_type"] = "Ratio"
    # pandapower applies the shares to all that is at a bus: only where a load stands alone.
    alone = net.load.bus.isin([3, 4, 10, 11, 14])
    shares = {"z_p": 20.0, "i_p": 30.0, "z_q": 40.0, "i_q": 10.0}
    for part, percent in shares.items():
        net.load.loc[alone, f"const_{part}_percent"] = percent
    net.load["scaling"] = 0.5
    net.line["g_us_per_km"] = 3.0
    net.line.loc[3, "parallel"] = 2
    net.line.loc[4, "df"] = 0.8
    pp.create_gen(net, 5, p_mw=1.5, vm_pu=0.99, scaling=0.8)
    pp.create_gen(net, 5, p_mw=0.2, vm_pu=0.99)
    pp.create_shunt(net, 6, q_mvar=-0.5, p_mw=0.02, vn_kv=21, step=2)
    pp.create_ward(net, 7, 0.1, 0.05, 0.03, 0.02)
    pp.create_storage(net, 8, p_mw=0.3, max_e_mwh=1)
    pp.create_motor(net, 9, pn_mech_mw=0.2, cos_phi=0.9, efficiency_percent=92, loading_percent=80)
    pp.create_asymmetric_load(net, 8, 0.1, 0.2, 0.1, 0.05, 0.02, 0.01)
    pp.create_asymmetric_sgen(net, 9, 0.1, 0.0, 0.1, 0.05, 0.02, 0.01)
    beside = pp.create_bus(net, 20)
    dead = pp.create_bus(net, 20, in_service=False)
    pp.create_switch(net, 5, beside, "b", closed=True, z_ohm=0.1)
    pp.create_load(net, beside, 0.2, 0.1)
    pp.create_load(net, dead, 0.3, 0.1)
    pp.create_line_from_parameters(net, 5, dead, 3.0, 0.5, 0.4, 300, 0.2)
    # A transformer that is live from one side only.
    end = pp.create_bus(net, 20)
    trafo = pp.create_transformer_from_parameters(net, 0, end, 25, 110, 20, 0.5, 12, 30, 0.2, 30)
    pp.create_switch(net, end, trafo, "t", closed=False)
    return net


def phase_shifters():
    net = nw.create_cigre_network_mv()
    net.trafo["tap_side"] = ["hv", "lv"]
    net.trafo["tap_neutral"] = 0.0
    net.trafo["tap_pos"] = [-3.0, 2.5]
    net.trafo["tap_min"] = -9.0
    net.trafo["tap_max"] = 9.0
    net.trafo["tap_step_percent"] = [np.nan, 1.2]
    net.trafo["tap_step_degree"] = [1.5, 90.0]
    net.trafo["tap_changer_type"] = ["Ideal", "Symmetrical"]
    return net


def three_windings():
    """One with a negative star reactance and a tap on the middle winding."""
    net = nw.create_cigre_network_mv()
    mv, lv = pp.create_bus(net, 20), pp.create_bus(net, 10)
    pp.create_transformer3w_from_parameters(
        net, 0, mv, lv, 110, 20, 10, 40, 25, 15, 10.5, 17.0, 6.0, 0.5, 0.4, 0.3, 30, 0.1,
        shift_mv_degree=30, shift_lv_degree=150, tap_side="mv", tap_step_percent=1.25,
        tap_neutral=0, tap_pos=3, tap_min=-5, tap_max=5, tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_load(net, mv, 5, 1)
    pp.create_load(net, lv, 3, 1)
    return net


def multivoltage():
    """pandapower's own example."""
    return nw.example_multivoltage()


def links():
    """CIGRE MV with DC lines both ways, extended wards, impedances of every kind and dead windings."""
    net = nw.create_cigre_network_mv()
    pp.create_dcline(net, 4, 11, 1.2, 3.0, 0.02, 0.985, 0.99)
    pp.create_dcline(net, 9, 13, -0.4, 2.0, 0.01, 0.98, 0.985)
    pp.create_dcline(net, 5, 6, 2.0, 1.0, 0.0, 1.0, 1.0, in_service=False)
    pp.create_xward(net, 7, 0.1, 0.05, 0.03, -0.1, 0.4, 2.5, 0.99)
    pp.create_xward(net, 8, 0.1, 0.05, 0.03, -0.1, 0.4, 2.5, 0.99, in_service=False)
    far, low = pp.create_bus(net, 20), pp.create_bus(net, 10)
    pp.create_impedance(net, 10, far, 0.02, 0.05, 10, gf_pu=0.01, bf_pu=0.03, gt_pu=0.02, bt_pu=-0.01)
    pp.create_impedance(net, far, low, 0.01, 0.04, 5)
    pp.create_load(net, far, 0.3, 0.1)
    pp.create_load(net, low, 0.2, 0.1)
    for side in ("hv", "mv", "lv"):
        mv, lv = pp.create_bus(net, 20), pp.create_bus(net, 10)
        ends = {"hv": 0, "mv": mv, "lv": lv}
        trafo = pp.create_transformer3w_from_parameters(
            net, 0, mv, lv, 110, 20, 10, 40, 25, 15, 10.5, 17.0, 6.0, 0.5, 0.4, 0.3, 30, 0.1,
            shift_mv_degree=30, shift_lv_degree=150,
        )  # fmt: skip
        if side == "hv":
            # Live from its middle winding only.
            back = pp.create_transformer_from_parameters(net, 0, mv, 25, 110, 20, 0.5, 12, 30, 0.2, 30)
        for end, bus in ends.items():
            pp.create_switch(net, bus, trafo, "t3", closed=end != side)
        for end in ("mv", "lv"):
            if end != side:
                pp.create_load(net, ends[end], 1.5, 0.4)
    # A middle winding at a bus out of service leaves the other two.
    mv, lv = pp.create_bus(net, 20, in_service=False), pp.create_bus(net, 10)
    pp.create_transformer3w_from_parameters(
        net, 0, mv, lv, 110, 20, 10, 40, 25, 15, 10.5, 17.0, 6.0, 0.5, 0.4, 0.3, 30, 0.1,
    )  # fmt: skip
    pp.create_load(net, lv, 2, 0.5)
    return net


def taps_without_type():
    """Taps off neutral of which nothing says what they are: pandapower 3 leaves them at neutral."""
    net = nw.create_cigre_network_mv()
    net.trafo["tap_side"] = ["hv", "lv"]
    net.trafo["tap_neutral"] = 0.0
    net.trafo["tap_pos"] = [2.0, 0.0]
    net.trafo["tap_min"] = -9.0
    net.trafo["tap_max"] = 9.0
    net.trafo["tap_step_percent"] = 1.5
    net.trafo["tap_step_degree"] = 0.0
    net.trafo["tap_changer_type"] = None
    mv, lv = pp.create_bus(net, 20), pp.create_bus(net, 10)
    pp.create_transformer3w_from_parameters(
        net, 0, mv, lv, 110, 20, 10, 40, 25, 15, 10.5, 17.0, 6.0, 0.5, 0.4, 0.3, 30, 0.1,
        tap_side="mv", tap_step_percent=1.25, tap_neutral=0, tap_pos=3, tap_min=-5, tap_max=5,
    )  # fmt: skip
    pp.create_load(net, mv, 5, 1)
    pp.create_load(net, lv, 3, 1)
    return net


if sys.argv[1] == "2":
    write("example-simple-v2", nw.example_simple())
else:
    write("cigre-mv-all", nw.create_cigre_network_mv(with_der="all"))
    write("multivoltage", multivoltage())
    write("elements", elements())
    write("phase-shifters", phase_shifters())
    write("three-windings", three_windings())
    write("links", links())
    write("taps-without-type", taps_without_type())
