"""A DSO that validates what the market cleared by a rule of its own instead of a power flow:

    python3 dso.py http://127.0.0.1:8080 dso SECRET accept     # or halve, or late

`accept` permits all, `halve` half of every row, `late` answers when it is too late, which counts as a refusal. It takes the
place of `dso-technical-platform` (`flexledger up --without dso-technical-platform`)."""

from desk import await_gate, await_result, begin, said
from flexledger import Problem

RULES = ("accept", "halve", "late")


def exceptions_of(rows, rule):
    """The rows that are not permitted whole; what is not listed is."""
    if rule != "halve":
        return []
    return [
        {
            "index": index,
            "status": "partial",
            "permittedW": [accepted_w // 2 for accepted_w in row["acceptedW"]],
            "violatedElement": "rule-of-half",
        }
        for index, row in enumerate(rows)
    ]


def main():
    dso, (rule,), clock = begin("URL CLIENT SECRET RULE")
    if rule not in RULES:
        raise SystemExit(f"the rule is one of {', '.join(RULES)}")
    session, path = await_gate(dso, clock)
    waiting = {}

    def answer(outcome):
        exceptions = exceptions_of(outcome["rows"], rule)
        dso.post(f"{path}/validation", {"outcomeId": outcome["outcomeId"], "exceptions": exceptions})
        said(f"round {outcome['round']}: {len(outcome['rows'])} rows, {len(exceptions)} of them not whole")

    def look(now):
        # There is an outcome from the clearing on; what was taken off is cleared again, and is another one.
        if now["status"] != "validating":
            return
        outcome = dso.get(f"{path}/validation")
        if outcome["validated"]:
            return
        if rule == "late":
            waiting.update(outcome)
        else:
            answer(outcome)

    result = await_result(dso, path, clock, look)
    if waiting:
        try:
            answer(waiting)
            raise AssertionError("an answer after the result was taken")
        except Problem as problem:
            said(f"too late: {problem.status} {problem.details['code']}")
    said(f"{session['sessionId']} is {result['status']}, validated by {result['validation']['validatedBy']}")


if __name__ == "__main__":
    main()
