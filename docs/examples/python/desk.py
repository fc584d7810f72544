"""What the desks of an aggregator, a DSO and a TSO have in common: how they are called, and the session they serve."""

import sys

from clock import PacedClock, WallClock, instant, later
from flexledger import Party


def said(text):
    print(text, flush=True)


def begin(usage):
    """URL CLIENT SECRET [more...] [--pace NOW] of the command line: the party, what more there is, and the clock."""
    arguments = sys.argv[1:]
    clock = WallClock()
    if "--pace" in arguments:
        at = arguments.index("--pace")
        clock = PacedClock(arguments[at + 1])
        del arguments[at : at + 2]
    if len(arguments) != len(usage.split()):
        raise SystemExit(f"usage: {sys.argv[0]} {usage}")
    return Party(*arguments[:3]), arguments[3:], clock


def await_gate(party, clock):
    """The session whose gate opens next, once it has opened; and its path."""
    now = instant(clock.now())
    coming = [one for one in party.items("/api/v1/sessions") if instant(one["gateOpensAt"]) > now]
    if not coming:
        raise SystemExit("The calendar has no session whose gate is still to open; begin again once it has.")
    session = min(coming, key=lambda one: one["gateOpensAt"])
    clock.until(later(session["gateOpensAt"], 5))
    return session, f"/api/v1/sessions/{session['sessionId']}"


def await_result(party, path, clock, meanwhile=lambda session: None, every_minutes=5):
    """Asks again and again until the session is published or cancelled; says each time what it found."""
    while True:
        session = party.get(path)
        if session["status"] in ("published", "cancelled"):
            return session
        meanwhile(session)
        clock.until(later(clock.now(), every_minutes))
