"""
The reference for the tests of balancing: the linear programme of an energy community written down a second time, in
matrices for SciPy's HiGHS (scipy.optimize.milp), and rule-based control by pymfm itself. Run by hand:

    pip install scipy pandas pymfm 'pydantic<2' && python balancing_reference.py > balancing-reference.json

Batteries of the second programme do not charge and discharge at once (binary), as in pymfm's. Efficiencies differ from
pymfm 0.5.5, which divides what is charged by its efficiency, so that pymfm's rules are asked with efficiencies of 1.
"""
import json, math, sys
from datetime import datetime, timedelta, timezone
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

START = datetime(2026, 6, 15, 0, 0, tzinfo=timezone.utc)


def optimum(case):
    T, dt = len(case["loadW"]), case["stepSeconds"] / 3600
    B = case["batteries"]
    n = 4 * T + 2 + len(B) * 4 * T  # net+, net-, pv, (unused), peaks, then charge, discharge, store, choice
    imp, exp, pv = (lambda t: t), (lambda t: T + t), (lambda t: 2 * T + t)
    peak_i, peak_e = 4 * T, 4 * T + 1
    base = lambda b: 4 * T + 2 + b * 4 * T
    ch, dis = (lambda b, t: base(b) + t), (lambda b, t: base(b) + T + t)
    sto, on = (lambda b, t: base(b) + 2 * T + t), (lambda b, t: base(b) + 3 * T + t)
    low, high, integer = np.zeros(n), np.full(n, np.inf), np.zeros(n)
    rows, lo, hi = [], [], []

    def row(terms, a, b):
        r = np.zeros(n)
        for c, v in terms:
            r[c] += v
        rows.append(r); lo.append(a); hi.append(b)

    bulk = case.get("bulk")
    for t in range(T):
        net = case["loadW"][t] - case["generationW"][t]
        in_bulk = bulk is not None and bulk["first"] <= t <= bulk["last"]
        high[pv(t)] = case["generationW"][t]
        low[pv(t)] = 0 if case["mayCurtail"] else case["generationW"][t]
        row([(imp(t), 1), (exp(t), -1), (pv(t), 1)] + [x for b in range(len(B)) for x in ((dis(b, t), 1), (ch(b, t), -1))],
            case["loadW"][t], case["loadW"][t])
        a, b_ = case["netMinW"][t], case["netMaxW"][t]
        row([(imp(t), 1), (exp(t), -1)], -np.inf if a is None else a, np.inf if b_ is None else b_)
        row([(imp(t), 1), (peak_i, -1)], -np.inf, 0)
        row([(exp(t), 1), (peak_e, -1)], -np.inf, 0)
        if not in_bulk:
            high[imp(t)] = max(net, 0)
            row([(ch(b, t), 1) for b in range(len(B))], -np.inf, max(-net, 0))
        for b, bat in enumerate(B):
            high[on(b, t)] = 1; integer[on(b, t)] = 1
            row([(ch(b, t), 1), (on(b, t), -bat["maxChargeW"])], -np.inf, 0)
            row([(dis(b, t), 1), (on(b, t), bat["maxDischargeW"])], -np.inf, bat["maxDischargeW"])
            if bat["owner"] == "household":
                high[dis(b, t)] = 0
            low[sto(b, t)], high[sto(b, t)] = bat["minWh"], bat["maxWh"]
            ec, ed = bat["chargeEfficiencyPpm"] / 1e6, bat["dischargeEfficiencyPpm"] / 1e6
            before = [] if t == 0 else [(sto(b, t - 1), -1)]
            first = bat["initialWh"] if t == 0 else 0
            row([(sto(b, t), 1), *before, (ch(b, t), -dt * ec), (dis(b, t), dt / ed)], first, first)
    for b, bat in enumerate(B):
        if bat["finalWh"] is None:
            continue
        home = bat["owner"] == "household"
        end = sto(b, case["dayEndStep"] - 1 if home else T - 1)
        low[end] = high[end] = bat["maxWh"] if home else bat["finalWh"]
    if bulk is not None:
        row([x for t in range(bulk["first"], bulk["last"] + 1) for b, bat in enumerate(B)
             for x in ((ch(b, t), dt * bat["chargeEfficiencyPpm"] / 1e6), (dis(b, t), -dt * 1e6 / bat["dischargeEfficiencyPpm"]))],
            bulk["energyWh"], bulk["energyWh"])
    exchange, losses = np.zeros(n), np.zeros(n)
    exchange[peak_i] = exchange[peak_e] = 1
    for t in range(T):
        exchange[imp(t)] = exchange[exp(t)] = 1
        for b, bat in enumerate(B):
            losses[ch(b, t)] = 1 - bat["chargeEfficiencyPpm"] / 1e6
            losses[dis(b, t)] = 1e6 / bat["dischargeEfficiencyPpm"] - 1
    cost = losses if case["objective"] == "losses" else exchange
    done = milp(cost, constraints=LinearConstraint(np.array(rows), lo, hi), bounds=Bounds(low, high), integrality=integer,
                options={"mip_rel_gap": 0})
    return None if done.x is None else round(float(done.fun), 3)


def battery(id="cbes", owner="community", capacity=20_000, initial=0.5, final=None, charge=5_000, discharge=5_000, ec=950_000, ed=950_000):
    return dict(batteryId=id, owner=owner, capacityWh=capacity, initialWh=round(capacity * initial), minWh=round(capacity * 0.1),
                maxWh=round(capacity * 0.9), finalWh=None if final is None else round(capacity * final), maxChargeW=charge,
                maxDischargeW=discharge, chargeEfficiencyPpm=ec, dischargeEfficiencyPpm=ed)


def day(step_s, batteries, **more):
    T = 86_400 // step_s
    hour = [t * step_s / 3600 for t in range(T)]
    load = [round(1_500 + 900 * math.sin((h - 6) / 24 * 2 * math.pi) ** 2 + (2_500 if 18 <= h < 21 else 0)) for h in hour]
    sun = [round(max(0, 7_000 * math.sin((h - 6) / 12 * math.pi))) if 6 <= h <= 18 else 0 for h in hour]
    case = dict(startAt=START.strftime("%Y-%m-%dT%H:%M:%S.000Z"), stepSeconds=step_s, loadW=load, generationW=sun, mayCurtail=False,
                netMaxW=[None] * T, netMinW=[None] * T, dayEndStep=T, bulk=None, batteries=batteries, objective="exchange")
    case.update(more)
    return case


def cases():
    hour = 3_600
    yield "a community battery", day(hour, [battery()])
    yield "and back to where it began", day(hour, [battery(final=0.5)])
    yield "a household's, full at 18:00", day(hour, [battery(), battery("home", "household", 8_000, 0.2, 0.9)], dayEndStep=18)
    yield "generation may be held back", day(hour, [battery(initial=0.9)], mayCurtail=True)
    yield "an island from 10:00 to 12:00", day(hour, [battery(capacity=60_000, charge=9_000)], netMaxW=[0 if 10 <= t < 12 else None for t in range(24)],
                                              netMinW=[0 if 10 <= t < 12 else None for t in range(24)])
    yield "a bulk taken in from 02:00 to 04:00", day(hour, [battery(initial=0.3)], bulk=dict(first=2, last=4, energyWh=8_000))
    yield "a bulk given from 20:00 to 22:00", day(hour, [battery(final=None)], bulk=dict(first=20, last=22, energyWh=-6_000))
    yield "a bulk with the least losses", day(hour, [battery(), battery("old", ec=850_000, ed=850_000)], objective="losses", bulk=dict(first=20, last=22, energyWh=-6_000))
    quarters = day(900, [battery(), battery("second", capacity=10_000, charge=3_000, discharge=2_000)])
    for column in ("loadW", "generationW", "netMaxW", "netMinW"):
        quarters[column] = quarters[column][64:84]
    yield "in quarter-hours", {**quarters, "startAt": "2026-06-15T16:00:00.000Z", "dayEndStep": 20}
    yield "more than it can give", day(hour, [battery()], bulk=dict(first=20, last=20, energyWh=-9_000))


def by_pymfm():
    import types
    for name in ("pymfm.control.utils.data_output",):
        sys.modules[name] = types.ModuleType(name)
    from pymfm.control.algorithms import rule_based
    from pymfm.control.utils.data_input import BatterySpecs
    import pandas as pd

    def specs(**change):
        return BatterySpecs(**{**dict(bat_type="cbes", initial_SoC=0.5, P_dis_max_kW=5, P_ch_max_kW=5, min_SoC=0.1, max_SoC=0.9, bat_capacity_kWh=20,
                                      bat_capacity_kWs=72_000), **change})

    moments = []
    for measured, requested, initial in [(3, 0, 0.5), (-2, 0, 0.5), (9, 0, 0.5), (-8, 0, 0.5), (4, 1.5, 0.5), (3, 0, 0.11), (-4, 0, 0.89), (2, -2, 0.6)]:
        out = rule_based.near_real_time({"timestamp": None, "P_req_kW": requested, "delta_T_h": 0.25, "P_net_meas_kW": measured}, specs(initial_SoC=initial))
        moments.append(dict(measuredKw=measured, requestedKw=requested, initialPercent=initial * 100, batteryKw=round(out["P_bat_kW"], 6),
                            storedPercent=round(out["SoC_bat_%"], 6)))
    plan = day(3_600, [])
    battery_specs, rows = specs(), []
    for load, gen in zip(plan["loadW"], plan["generationW"]):
        out = rule_based.scheduling(pd.Series({"P_load_kW": load / 1000, "P_gen_kW": gen / 1000}), battery_specs, timedelta(hours=1))
        battery_specs.initial_SoC = out.bat_energy_kWs / battery_specs.bat_capacity_kWs
        rows.append(dict(netKw=round(out.P_net_after_kW, 6), batteryKw=round(out.P_bat_kW, 6), storedPercent=round(out.SoC_bat, 6)))
    return dict(moments=moments, schedule=rows)


if __name__ == "__main__":
    optima = [dict(name=name, plan=case, optimum=optimum(case)) for name, case in cases()]
    json.dump(dict(optima=optima, pymfm=by_pymfm()), sys.stdout, indent=None, separators=(",", ":"))
    print()
