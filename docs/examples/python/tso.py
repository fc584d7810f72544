"""A TSO: asks for the same power in every quarter-hour under each primary substation, and says what it got.

    python3 tso.py http://127.0.0.1:8080 tso SECRET WATTS

It takes the place of `tso-simulator` (`flexledger up --without tso-simulator`)."""

from desk import await_gate, await_result, begin, said


def points_of_measurement(tso):
    """The primary substations under which PoDs hang, as the log told when they were located."""
    located = (event["data"] for event in tso.items("/api/v1/events?limit=100") if event["type"] == "flexledger.PodLocated")
    return sorted({place["pom"] for place in located})


def request_of(pom, watts, mtus):
    return {
        "requestId": f"TSO-{pom}",
        "requester": "TSO",
        "product": "P",
        "direction": "up",
        "scope": {"pom": pom},
        "quantityW": [watts] * mtus,
        "priceCapMicroEurPerKwh": None,
    }


def main():
    tso, (watts,), clock = begin("URL CLIENT SECRET WATTS")
    session, path = await_gate(tso, clock)
    poms = points_of_measurement(tso)
    for pom in poms:
        tso.post(f"{path}/requests", request_of(pom, int(watts), session["mtuCount"]))
    said(f"asked under {', '.join(poms)}")

    result = await_result(tso, path, clock)
    rows = [row for row in tso.items(f"{path}/outcomes") if row["requester"] == "TSO"]
    sold_w = sum(sum(row["acceptedW"]) for row in rows)
    said(f"{session['sessionId']} is {result['status']}: {sold_w} W in quarter-hours from {len(rows)} rows")


if __name__ == "__main__":
    main()
