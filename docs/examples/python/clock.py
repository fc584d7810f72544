"""The market's time, for a client that does a whole day: the machine's own, or a test's that sets the pace."""

import sys
import threading
import time
from datetime import datetime, timedelta, timezone


def instant(text):
    """Of an instant or a day of the interface; a day begins at midnight UTC."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def text_of(at):
    """An instant in the interface's form: `2026-03-17T11:00:00.000Z`."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later(text, minutes):
    return text_of(instant(text) + timedelta(minutes=minutes))


class WallClock:
    def now(self):
        return text_of(datetime.now(timezone.utc))

    def until(self, at):
        while (left_s := (instant(at) - datetime.now(timezone.utc)).total_seconds()) > 0:
            time.sleep(min(left_s, 60))


class PacedClock:
    """Says on the standard output until when it waits; a line on the standard input says that it is then."""

    def __init__(self, begins):
        self.at = begins

    def now(self):
        return self.at

    def until(self, at):
        print(f"until {at}", flush=True)
        if not sys.stdin.readline():
            raise EOFError("the pace has ended")
        self.at = at


class ToldClock:
    """For what serves others in a test: each line on the standard input says what time it is from now on. It is said back."""

    def __init__(self, begins):
        self.at = begins
        threading.Thread(target=self.listen, daemon=True).start()

    def now(self):
        return self.at

    def listen(self):
        for line in sys.stdin:
            self.at = line.strip()
            print(f"now {self.at}", flush=True)
