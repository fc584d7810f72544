"""A small aggregator: offers all that its plants can move at one price, and sends setpoints for what was sold.

    python3 aggregator.py http://127.0.0.1:8080 aggregator-ALFA SECRET PRICE     # PRICE in millionths of a euro a kWh

It takes the place of `aggregator-platform`, for its own PoDs (`flexledger up --without aggregator-platform`)."""

from clock import instant, later
from desk import await_gate, await_result, begin, said

QUARTER_HOURS_A_SETPOINT = 4


def first_mtu(party, session):
    """Where the session begins in its delivery day, whose whole the day-ahead session is."""
    (day_ahead,) = party.items(f"/api/v1/sessions?kind=dayAhead&date={session['deliveryDay']}")
    return int((instant(session["deliveryStart"]) - instant(day_ahead["deliveryStart"])).total_seconds()) // 900


def offer_of(pod, first, mtus, price):
    up_w = pod["flexibility"]["upW"]
    return {
        "offerId": f"all-of-{pod['podId']}",
        "podId": pod["podId"],
        "product": "P",
        "direction": "up",
        "kind": "single",
        "quantityW": up_w[first : first + mtus] if isinstance(up_w, list) else [up_w] * mtus,
        "priceMicroEurPerKwh": [price] * mtus,
        "divisible": True,
        "minQuantityW": 0,
    }


def can_be_offered(pod, day):
    """Located by the DSO, available that day, and able to draw less than it would."""
    up_w = (pod.get("flexibility") or {}).get("upW", 0)
    is_able = any(up_w) if isinstance(up_w, list) else up_w > 0
    return pod["status"] == "registered" and pod.get("busId") and day not in pod["unavailableDays"] and is_able


def sold_by_pod(rows, mtus):
    """W that each PoD sold, by MTU; up counts as less withdrawn."""
    sold = {}
    for row in rows:
        of_pod = sold.setdefault(row["podId"], [0] * mtus)
        sign = 1 if row["direction"] == "up" else -1
        for index, accepted_w in enumerate(row["acceptedW"]):
            of_pod[row["firstMtu"] + index] += sign * accepted_w
    return sold


def setpoints_of(pod_id, sold_w, baseline_w, start):
    """One an hour in which anything was sold; the plant is free in quarter-hours without."""
    for first in range(0, len(sold_w), QUARTER_HOURS_A_SETPOINT):
        hour = range(first, min(first + QUARTER_HOURS_A_SETPOINT, len(sold_w)))
        if any(sold_w[mtu] for mtu in hour):
            targets = [baseline_w[mtu] - sold_w[mtu] if sold_w[mtu] else None for mtu in hour]
            yield {"podId": pod_id, "windowStart": later(start, 15 * first), "targetW": targets}


def main():
    aggregator, (price,), clock = begin("URL CLIENT SECRET PRICE")
    session, path = await_gate(aggregator, clock)
    mtus, day, start = session["mtuCount"], session["deliveryDay"], session["deliveryStart"]
    pods = [pod for pod in aggregator.items("/api/v1/pods") if can_be_offered(pod, day)]
    begins = first_mtu(aggregator, session)
    offers = [offer_of(pod, begins, mtus, int(price)) for pod in pods]
    bid = aggregator.post(f"{path}/offers", {"bidId": "all", "offers": offers})
    assert bid["refused"] == [], bid
    said(f"{bid['accepted']} offers stand")

    result = await_result(aggregator, path, clock)
    said(f"{session['sessionId']} is {result['status']}")
    sold = sold_by_pod(aggregator.items(f"{path}/outcomes"), mtus)
    setpoints = []
    for pod_id, sold_w in sold.items():
        baseline = aggregator.get(f"/api/v1/pods/{pod_id}/baselines/{day}")
        baseline_w = baseline["baselineW"][begins : begins + mtus]
        setpoints += setpoints_of(pod_id, sold_w, baseline_w, start)
    if setpoints:
        aggregator.post("/api/v1/setpoints", {"setpoints": setpoints})
    said(f"{len(sold)} PoDs sold, {len(setpoints)} setpoints are sent")


if __name__ == "__main__":
    main()
