"""What a party shall be shown of the log, by the table of docs/events-by-role.md: computed from what an auditor is shown."""

import re
from pathlib import Path

TABLE = Path(__file__).parents[2] / "events-by-role.md"


def own_events(whole, party, pod_ids):
    """`pod_ids`: of the aggregator or customer; none of them changes hands."""
    cells = cells_of(party.split(":")[0])
    shown = []
    for event in whole:
        cell = cells[event["type"].removeprefix("flexledger.")]
        if cell == "all" or (cell == "own" and names(event["data"], party, pod_ids)):
            shown.append(event)
        elif cell == "own rows":
            shown += own_rows(event, party, pod_ids)
    return shown


def own_rows(event, party, pod_ids):
    data, own = dict(event["data"]), 0
    for name in ("rows", "requests"):
        if isinstance(data.get(name), list):
            data[name] = [row for row in data[name] if names(row, party, pod_ids)]
            own += len(data[name])
    part = data.get("part") or {"index": 0, "of": 1}
    # The last part is shown without a row too: it says that the whole stands.
    return [{**event, "data": data}] if own or part["index"] == part["of"] - 1 else []


def names(row, party, pod_ids):
    """Whether an event or a row says whose it is, and it is this party's."""
    if row.get("party") == party:
        return True
    if party in ("dso", "tso"):
        requester = row.get("requester") or str(row.get("requestId")).split("-")[0]
        return requester == party.upper()
    aggregator = party.split(":")[1] if party.startswith("aggregator:") else None
    return (aggregator is not None and row.get("aggregatorId") == aggregator) or row.get("podId") in pod_ids


def cells_of(role):
    """Type of event -> what the role is shown of it."""
    lines = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in TABLE.read_text().splitlines() if line.startswith("|")]
    column = lines[0].index(role)
    return {cells[0].strip("`"): cells[column] for cells in lines[2:]}
