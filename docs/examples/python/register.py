"""A register of somebody else's: customers and their PoDs, what they can move and are expected to draw, what was measured,
and the setpoints that aggregators send. It tells what it has taken in a log of its own, which market and DSO follow.

    python3 register.py http://127.0.0.1:8080 CLIENT SECRET 8090     # CLIENT of the operator: packets and agreements are read

It takes the place of `shared-customer-database` (`flexledger up --without shared-customer-database`), whose configuration
then follows it (`mirrors`) and asks it (`addresses.shared-customer-database`): flows 0, 0a, 0b, 1, 6, 7b and 8.

Needs cryptography. It keeps all in memory, and knows no services, curves of flexibility or change of hands."""

import hashlib
from datetime import datetime, timezone

from clock import instant, text_of
from flexledger import Party
from serving import Issuer, Log, Refused, begin, canonical, serve

AGREED = {"AgreementProposed": "proposed", "AgreementAccepted": "inForce", "AgreementRefused": "refused", "AgreementEnded": "ended"}
ANSWERED = {"SetpointReceived": "received", "SetpointApplied": "applied", "SetpointFailed": "failed"}
DETAILS = ("aggregatorId", "customerKind", "contractedPowerW", "annualEnergyKwh", "pvPeakW", "wallet")
OPTIONAL = ("supply", "connection")
FLEXIBILITY = ("upW", "downW", "upVar", "downVar")
PLACE = ("gridId", "busId", "pom")


def ms_of(text):
    return int(instant(text).timestamp() * 1_000)


def day_of(epoch_ms):
    return datetime.fromtimestamp(epoch_ms / 1_000, timezone.utc).date().isoformat()


def fields(data, names, optional=()):
    """These members alone. @raises KeyError for one that is missing"""
    return {**{name: data[name] for name in names}, **{name: data[name] for name in optional if name in data}}


class Followed:
    """What the market's log says of some types, read on from where it was."""

    def __init__(self, market, types):
        self.market, self.types, self.last = market, types, -1

    def news(self):
        path = f"/api/v1/events?limit=1000&types={','.join(self.types)}&after={self.last}"
        found = self.market.items(path)
        self.last = found[-1]["position"] if found else self.last
        return [(event["type"].removeprefix("flexledger."), event["data"]) for event in found]


class Register:
    """PoDs by their codes, with all that is known of each."""

    def __init__(self, market, clock):
        self.market, self.log = market, Log(clock)
        self.pods, self.baselines, self.setpoints = {}, {}, {}
        self.agreements = Followed(market, AGREED)
        self.answers = Followed(market, ANSWERED)
        self.measured, self.packets_read = {}, None

    # Flows 0 and 0a: commands.

    def carry_out(self, command, speaker):
        """One command of a speaker; whether it changed anything. @raises Refused"""
        pod_id, kind = command["podId"], command["kind"]
        pod, known = self.pods.get(pod_id), self.pods.get(pod_id) is not None
        if kind != "registerPod" and not known:
            raise Refused(404, "pod-unknown", f"PoD {pod_id} is not registered.")
        aggregator_id = pod["aggregatorId"] if known else command.get("aggregatorId")
        needed = "dso" if kind == "locatePod" else f"aggregator:{aggregator_id}"
        if speaker != needed:
            raise Refused(403, "not-permitted", f"{kind} of PoD {pod_id} is for {needed}, not for {speaker}.")
        if kind == "registerPod":
            if known and pod["details"] != fields(command, DETAILS, OPTIONAL):
                raise Refused(409, "pod-registered", f"PoD {pod_id} is registered with other details.")
            return not known and self.register(pod_id, fields(command, DETAILS, OPTIONAL), speaker)
        if kind == "locatePod":
            return self.change(pod, "PodLocated", fields(command, PLACE), speaker)
        if kind == "declareFlexibility":
            declared = fields(command, FLEXIBILITY)
            return self.change(pod, "FlexibilityDeclared", {"flexibility": declared}, speaker, declared)
        if kind == "declareBaseline":
            return self.declare(pod_id, command, speaker)
        raise Refused(409, "not-served", f"This register carries out no {kind}.")

    def register(self, pod_id, details, speaker):
        self.log.append("PodRegistered", f"pod-{pod_id}", {"podId": pod_id, **details}, speaker, version=2)
        nothing = dict.fromkeys((*PLACE, "flexibility", "agreement"))
        lists = {"unavailableDays": [], "automaticOffers": True, "services": {}, "status": "registered"}
        own = {"podId": pod_id, "aggregatorId": details["aggregatorId"], "details": details}
        self.pods[pod_id] = {**own, **nothing, **lists}
        return True

    def change(self, pod, kind, now, speaker, told=None):
        if all(pod[name] == value for name, value in now.items()):
            return False
        pod.update(now)
        data = {"podId": pod["podId"], **(now if told is None else told)}
        self.log.append(kind, f"pod-{pod['podId']}", data, speaker, version=2)
        return True

    def declare(self, pod_id, command, speaker):
        declared = self.baselines.setdefault((pod_id, command["deliveryDay"]), [])
        values = fields(command, ("baselineW",), ("baselineVar",))
        if declared and declared[-1][1] == values:
            return False
        data = {"podId": pod_id, "deliveryDay": command["deliveryDay"], **values, "origin": command["origin"]}
        event = self.log.append("BaselineDeclared", f"pod-{pod_id}", data, speaker, version=2)
        declared.append((event["time"], values))
        return True

    def changes(self, request):
        """Flow 0 and 0a as platforms send them: each command by itself."""
        speaker, items = request.speaker("pods:read"), []
        for command in request.body["commands"]:
            answer = {"podId": command["podId"], "accepted": True}
            try:
                items.append({**answer, "changed": self.carry_out(command, speaker)})
            except Refused as refused:
                problem = refused.problem
                refusal = {"code": problem["code"], "detail": problem["detail"], "errors": []}
                items.append({**answer, "accepted": False, **refusal})
        return {"items": items}

    def command(self, kind, right="pods:write"):
        """The same as people send it: one command, by the names of the path and the body."""

        def answer(request):
            names = dict(request.names)
            if "day" in names:
                names["deliveryDay"] = names.pop("day")
            command = {**request.body, **names, "kind": kind}
            return {"podId": command["podId"], "changed": self.carry_out(command, request.speaker(right))}

        return answer

    # Flow 0b: questions.

    def shown(self, request):
        """PoDs as the speaker may see them: an aggregator its own."""
        role, _, own = request.speaker("pods:read").partition(":")
        for kind, data in self.agreements.news():
            if data["podId"] in self.pods:
                self.pods[data["podId"]]["agreement"] = {"status": AGREED[kind]}
        sees_all = role != "aggregator"
        return {key: pod for key, pod in sorted(self.pods.items()) if sees_all or pod["aggregatorId"] == own}

    def list(self, request):
        asked = {name: request.query[name] for name in ("aggregatorId", "gridId", "status") if name in request.query}
        pods = self.shown(request).values()
        return {"items": [pod for pod in pods if all(pod[name] == value for name, value in asked.items())], "next": None}

    def one(self, request):
        pod = self.shown(request).get(request.names["podId"])
        if pod is None:
            raise Refused(404, "pod-unknown", f"PoD {request.names['podId']} is not registered.")
        return pod

    def look_up(self, request):
        """PoDs as the market judges orders by them; one that cannot be offered is absent."""
        pods, found = self.shown(request), []
        for pod_id in request.body["podIds"]:
            pod = pods.get(pod_id)
            if pod and pod["pom"] and pod["flexibility"]:
                judged = fields(pod, ("podId", "aggregatorId", "pom", "flexibility", "unavailableDays"))
                agreement = pod["agreement"]
                found.append({**judged, **({"agreement": agreement["status"]} if agreement else {})})
        poms = {pod["pom"] for pod in pods.values()}
        return {"pods": found, "poms": [pom for pom in request.body["poms"] if pom in poms]}

    def baselines_of(self, request):
        day, items = request.body["deliveryDay"], []
        pods = self.shown(request)
        for pod_id in request.body["podIds"]:
            declared = self.baselines.get((pod_id, day)) if pod_id in pods else None
            if declared:
                items.append({"podId": pod_id, "declared": [{"declaredAt": at, **values} for at, values in declared]})
        return {"items": items}

    def baseline(self, request):
        self.one(request)
        declared = self.baselines.get((request.names["podId"], request.names["day"]))
        if not declared:
            raise Refused(404, "baseline-unknown", "No baseline was declared for that day.")
        return {"podId": request.names["podId"], "deliveryDay": request.names["day"], **declared[-1][1]}

    # Flow 7b, and 1 and 8 from it: what was measured.

    def read_packets(self):
        while True:
            after = f"&after={self.packets_read}" if self.packets_read else ""
            page = self.market.get(f"/api/v1/packets?limit=1000{after}")
            self.packets_read = page["next"]
            for packet in page["packets"]:
                data = packet["inputData"]
                energies = fields(data, ("withdrawnWh", "injectedWh", "reactiveVarh"))
                start_ms = ms_of(data["mtuStart"])
                self.measured.setdefault(packet["podId"], {})[start_ms] = {"mtuStartMs": start_ms, **energies}
            if len(page["packets"]) < 1_000:
                return

    def quarter_hours(self, request):
        request.speaker("measurements:read")
        self.read_packets()
        begins, ends = request.body["fromMs"], request.body["untilMs"]
        of_pods = [self.measured.get(pod_id, {}) for pod_id in request.body["podIds"]]
        return {"items": [[rows[at] for at in sorted(rows) if begins <= at < ends] for rows in of_pods]}

    def first_day(self, request):
        request.speaker("measurements:read")
        self.read_packets()
        starts = [start for rows in self.measured.values() for start in rows]
        return {"firstDay": day_of(min(starts)) if starts else None}

    # Flow 6: setpoints.

    def issue(self, request):
        speaker, rows = request.speaker("setpoints:write"), []
        aggregator_id = speaker.removeprefix("aggregator:")
        for asked in request.body["setpoints"]:
            pod_id, start = asked["podId"], text_of(instant(asked["windowStart"]))
            if self.pods.get(pod_id, {}).get("aggregatorId") != aggregator_id:
                raise Refused(403, "not-permitted", f"PoD {pod_id} is not one of {aggregator_id}'s.")
            target_w = asked["targetW"]
            target_var = asked.get("targetVar") or [None] * len(target_w)
            setpoint = {"podId": pod_id, "windowStart": start, "targetW": target_w, "targetVar": target_var}
            setpoint_id = hashlib.sha256(canonical(setpoint).encode()).hexdigest()[:32]
            refused = None
            known = self.setpoints.get((start, pod_id))
            if known and known["setpointId"] != setpoint_id:
                refused = {"code": "setpoint-stands", "reason": f"PoD {pod_id} has another setpoint from {start} on."}
            elif not known:
                data = {**setpoint, "aggregatorId": aggregator_id, "setpointId": setpoint_id}
                self.log.append("SetpointIssued", f"activation-{start[:16]}Z-{pod_id}", data, speaker)
                self.setpoints[start, pod_id] = {**data, "status": "issued"}
            rows.append({"podId": pod_id, "windowStart": start, "setpointId": setpoint_id, "refused": refused})
        return {"setpoints": rows}

    def sent(self, request):
        request.speaker("setpoints:read")
        by_id = {setpoint["setpointId"]: setpoint for setpoint in self.setpoints.values()}
        for kind, data in self.answers.news():
            if data["setpointId"] in by_id:
                by_id[data["setpointId"]]["status"] = ANSWERED[kind]
        return {"items": list(by_id.values()), "next": None}


def main():
    (market, client, secret, port), clock = begin("MARKET CLIENT SECRET PORT")
    register = Register(Party(market, client, secret), clock)
    command = register.command
    routes = [
        ("POST", "/api/v1/register/changes", register.changes),
        ("POST", "/api/v1/register/look-up", register.look_up),
        ("POST", "/api/v1/register/baselines", register.baselines_of),
        ("GET", "/api/v1/pods", register.list),
        ("GET", "/api/v1/pods/{podId}", register.one),
        ("POST", "/api/v1/pods", command("registerPod")),
        ("PUT", "/api/v1/pods/{podId}/location", command("locatePod", "pods:locate")),
        ("PUT", "/api/v1/pods/{podId}/flexibility", command("declareFlexibility")),
        ("GET", "/api/v1/pods/{podId}/baselines/{day}", register.baseline),
        ("PUT", "/api/v1/pods/{podId}/baselines/{day}", command("declareBaseline")),
        ("POST", "/api/v1/measurements/query", register.quarter_hours),
        ("GET", "/api/v1/measurements/first-day", register.first_day),
        ("POST", "/api/v1/setpoints", register.issue),
        ("GET", "/api/v1/setpoints", register.sent),
    ]
    serve(int(port), routes, Issuer(market), register.log)


if __name__ == "__main__":
    main()
