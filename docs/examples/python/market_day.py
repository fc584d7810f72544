"""A market from nothing, by a client that knows it from its documents alone.

An administrator lets parties in; aggregators bring customers and plants; nodes enrol; the next session of today is
requested, offered, cleared, validated, dispatched, measured, settled and paid; each party sees its own; an auditor
verifies proofs. Run it beside `flexledger up` on an empty folder:

    pip install -r requirements.txt
    python3 market_day.py http://127.0.0.1:8080 CLIENT SECRET     # the operator's, of data/client-secrets.json

It waits for the hours of the market and takes until the session is settled. With `--access-layer URL` nodes enrol there,
with `--register URL` PoDs are registered and read there, where somebody else's platform is in that place. `--pace NOW` is
for tests: see clock.py.
"""

import argparse

from clock import PacedClock, WallClock, instant, later
from flexledger import Party, Problem
from household import Household
from own_events import own_events
from proof import stands_in

PODS = {
    "IT001E00000001": {"aggregator": "ALFA", "cost": 90_000, "wallet": "0x" + "1" * 40},
    "IT001E00000002": {"aggregator": "ALFA", "cost": 110_000, "wallet": "0x" + "2" * 40},
    "IT001E00000003": {"aggregator": "BETA", "cost": 100_000, "wallet": "0x" + "3" * 40},
}
MINE, _, OF_BETA = PODS
CUSTOMER = f"customer:{MINE}"
POWER_W, REACH_W = 2_000, 1_000
DSO_W, TSO_W = 1_500, 400


def said(text):
    print(text, flush=True)


def let_in(administrator, party, name=None):
    """A party and a client for it; the secret is shown in this answer alone."""
    known = {one["party"] for one in administrator.items("/api/v1/parties")}
    if party not in known:
        administrator.post("/api/v1/parties", {"party": party, **({"name": name} if name else {})})
    made = administrator.post("/api/v1/clients", {"clientId": "desk-" + party.replace(":", "-"), "party": party})
    return Party(administrator.url, made["clientId"], made["secret"])


def bring_pod(aggregator, pod_id, days):
    pod = PODS[pod_id]
    aggregator.post(
        "/api/v1/pods",
        {
            "podId": pod_id,
            "aggregatorId": pod["aggregator"],
            "customerKind": "household",
            "contractedPowerW": 4_500,
            "annualEnergyKwh": 4_000,
            "pvPeakW": 0,
            "wallet": pod["wallet"],
        },
    )
    aggregator.put(f"/api/v1/pods/{pod_id}/flexibility", {"upW": REACH_W, "downW": 0, "upVar": 0, "downVar": 0})
    for day in days:
        baseline = {"baselineW": [POWER_W] * 96, "origin": "imported"}
        aggregator.put(f"/api/v1/pods/{pod_id}/baselines/{day}", baseline)


def declare_costs(aggregator, pod_id):
    costs = {"units": [{"podId": pod_id, "operationMicroEurPerKwh": PODS[pod_id]["cost"]}]}
    aggregator.put("/api/v1/portfolio/costs", costs)


def agree(aggregator, customer, pod_id):
    terms = {
        "aggregatorId": PODS[pod_id]["aggregator"],
        "customerSharePerMille": 700,
        "customerPenaltySharePerMille": 500,
        "aggregatorWallet": "0x" + "9" * 40,
    }
    aggregator.put(f"/api/v1/pods/{pod_id}/agreement", terms)
    customer.post(f"/api/v1/pods/{pod_id}/agreement/acceptance", terms)


def next_session(party, now):
    """The first session of today whose gate is still to open."""
    sessions = party.items(f"/api/v1/sessions?date={now[:10]}")
    coming = [one for one in sessions if instant(one["gateOpensAt"]) > instant(now)]
    if not coming:
        raise SystemExit("No gate opens any more today; begin again tomorrow before the last one.")
    return min(coming, key=lambda one: one["gateOpensAt"])


def request_of(requester, watts, mtus, scope):
    return {
        "requestId": f"{requester}-by-hand",
        "requester": requester,
        "product": "P",
        "direction": "up",
        "scope": scope,
        "quantityW": [watts] * mtus,
        "priceCapMicroEurPerKwh": None,
    }


def offer_of(pod_id, mtus):
    return {
        "offerId": "by-hand",
        "podId": pod_id,
        "product": "P",
        "direction": "up",
        "kind": "single",
        "quantityW": [REACH_W] * mtus,
        "priceMicroEurPerKwh": [105_000] * mtus,
        "divisible": True,
        "minQuantityW": 0,
    }


def deliver(households, clock, start, mtus):
    for mtu in range(mtus):
        mtu_start = later(start, 15 * mtu)
        clock.until(mtu_start)
        for household in households:
            household.begin(mtu_start)
        clock.until(later(mtu_start, 15))
        for household in households:
            household.close_quarter_hour(mtu_start)
        for household in households:
            household.await_answer()


def main(url, client_id, secret, clock, access_layer=None, register=None):
    administrator = Party(url, client_id, secret)
    names = {"aggregator:ALFA": "Alfa Energia", "aggregator:BETA": "Beta Energia"}
    everybody = ["dso", "tso", *names, "auditor", *(f"customer:{pod_id}" for pod_id in PODS)]
    parties = {party: let_in(administrator, party, names.get(party)) for party in everybody}
    dso, tso, auditor = parties["dso"], parties["tso"], parties["auditor"]
    aggregator_of = {pod_id: parties[f"aggregator:{pod['aggregator']}"] for pod_id, pod in PODS.items()}
    said("parties are in")

    session = next_session(tso, clock.now())
    session_id, mtus, start = session["sessionId"], session["mtuCount"], session["deliveryStart"]
    path = f"/api/v1/sessions/{session_id}"
    for pod_id, aggregator in aggregator_of.items():
        days = [session["deliveryDay"], later(session["deliveryDay"], 24 * 60)[:10]]
        bring_pod(aggregator.at(register), pod_id, days)
    # Who stands elsewhere hears of them a moment later.
    clock.until(later(clock.now(), 1))
    for pod_id, aggregator in aggregator_of.items():
        declare_costs(aggregator, pod_id)
        agree(aggregator, parties[f"customer:{pod_id}"], pod_id)
    households = []
    for pod_id, aggregator in aggregator_of.items():
        token = aggregator.at(access_layer).post(f"/api/v1/nodes/{pod_id}/enrolment-token")["token"]
        households.append(Household(access_layer or url, pod_id, token, POWER_W, clock.now))
    said("nodes are enrolled")

    clock.until(later(session["gateOpensAt"], 5))
    places = dso.at(register).items("/api/v1/pods")
    assert all(place["busId"] for place in places), places
    assert {one["status"] for one in auditor.items("/api/v1/agreements")} == {"inForce"}
    beta = parties["aggregator:BETA"]
    beta.put("/api/v1/portfolio/automatic-offers", {"podIds": [OF_BETA], "automaticOffers": False})
    dso.post(f"{path}/requests", request_of("DSO", DSO_W, mtus, {"podIds": list(PODS)}))
    tso.post(f"{path}/requests", request_of("TSO", TSO_W, mtus, {"pom": places[0]["pom"]}))
    bid = beta.post(f"{path}/offers", {"bidId": "beta-1", "offers": [offer_of(OF_BETA, mtus)]})
    assert (bid["accepted"], bid["refused"]) == (1, []), bid
    try:
        beta.get(f"/api/v1/pods/{MINE}/agreement")
        raise AssertionError("BETA sees an agreement of ALFA")
    except Problem as problem:
        assert problem.status in (403, 404), problem
    said("asked and offered")

    clock.until(later(session["resultDueAt"], 10))
    published = parties["aggregator:ALFA"].get(path)
    assert published["status"] == "published", published
    assert published["validation"]["validatedBy"] == "DSO", published
    assert published["result"]["acceptedWMtu"] == (DSO_W + TSO_W) * mtus, published
    said("published")

    deliver(households, clock, start, mtus)
    said("delivered")
    clock.until(later(start, 15 * mtus + 90))
    setpoints = dso.at(register).items("/api/v1/setpoints")
    assert {one["status"] for one in setpoints} == {"applied"}, setpoints
    settled = auditor.get(f"{path}/settlement")["published"]
    assert settled["deliveredWMtu"] >= (DSO_W + TSO_W) * mtus, settled
    balances = [auditor.get(f"/contracts/transactions/balanceOf/{pod_id}")["awardedMicroEur"] for pod_id in PODS]
    assert sum(balances) > 0, balances
    said(f"settled and paid: {balances} millionths of a euro")
    for household in households:
        household.close()

    whole = auditor.items("/api/v1/events?limit=100")
    last = whole[-1]["position"]
    told = lambda events: [(event["position"], event["type"], event["data"]) for event in events]
    for party in ("dso", "tso", *names, CUSTOMER):
        of_party = [pod_id for pod_id, pod in PODS.items() if party == f"aggregator:{pod['aggregator']}"]
        pod_ids = [MINE] if party == CUSTOMER else of_party
        # The log goes on meanwhile.
        shown = [one for one in parties[party].items("/api/v1/events?limit=100") if one["position"] <= last]
        assert told(shown) == told(own_events(whole, party, pod_ids)), party
        assert len(shown) < len(whole)
    said("each party sees its own")

    checkpoint = auditor.get("/api/v1/log/checkpoint")
    size = int(checkpoint.split("\n")[1])
    measured = [one for one in whole[:size] if one["type"] == "flexledger.MeasurementRecorded"]
    assert len(measured) >= len(PODS) * (mtus - 1), len(measured)
    for event in measured:
        claim = auditor.get(f"/api/v1/log/inclusion?position={event['position']}")
        assert stands_in(checkpoint, event, claim), event
    said(f"{len(measured)} measurements are proved")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A market from nothing.")
    for name in ("url", "client", "secret"):
        arguments.add_argument(name, help="the operator's client" if name == "client" else None)
    for name in ("access-layer", "register", "pace"):
        arguments.add_argument(f"--{name}")
    asked = arguments.parse_args()
    clock = PacedClock(asked.pace) if asked.pace else WallClock()
    main(asked.url, asked.client, asked.secret, clock, asked.access_layer, asked.register)
