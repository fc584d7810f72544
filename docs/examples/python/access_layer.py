"""An access layer of somebody else's: it enrols Light Nodes, runs the broker that they sign in to, verifies what they
measure, answers it, and tells it in a log of its own, which market and DSO follow.

    python3 access_layer.py http://127.0.0.1:8080 8090 1883 PASSWORD

MARKET's tokens are taken; HTTP and MQTT listen on this machine, a DSO carries setpoints over the broker as the user `dso`
with PASSWORD. It takes the place of `blockchain-access-layer` (`flexledger up --without blockchain-access-layer`), whose
configuration then follows it (`mirrors`) and names its broker (`mqtt.host`, `port`, `username`, `tokenFile`).

Needs amqtt, a broker in Python, and cryptography. What a node says and signs: docs/life-of-a-measurement.md."""

import asyncio
import hashlib
import json
import secrets
import threading

from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin

from clock import instant, later
from flexledger import send
from serving import Issuer, Log, Refused, begin, canonical, is_signed, serve

HOST = "127.0.0.1"
OF_NODE = {
    **{"measurement": "measurement", "setpointAck": "setpoint/ack", "activation": "activation"},
    **{"anomaly": "anomaly", "status": "status"},
}
TO_NODE = {"measurementAck": "measurement/ack", "setpoint": "setpoint"}
POLICY = {"measurementMinutes": 15, "maxFutureMs": 60_000, "maxAgeMs": 7 * 86_400_000, "largestConnectionW": 100_000}
EVIDENCE_CHARACTERS = 4_096
PATIENCE_S = 30


def topic(pod_id, path):
    return f"flexledger/{pod_id}/{path}"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class AccessLayer:
    """Who may enrol, who is enrolled, and what each has measured."""

    def __init__(self, market, mqtt_port, carrier_password, clock):
        self.market, self.mqtt_port, self.clock = market, mqtt_port, clock
        self.passwords = {"dso": carrier_password}
        self.invited, self.keys, self.measured = {}, {}, {}
        self.log = Log(clock)

    def invite(self, request):
        """A token for a node of the speaker's own PoD; whose that is, the register answers to the same speaker."""
        pod_id, speaker = request.names["podId"], request.speaker("pods:write")
        pod_path = f"{self.market}/api/v1/pods/{pod_id}"
        send("GET", pod_path, headers={"authorization": request.authorization})
        token, expires_at = secrets.token_urlsafe(32), later(self.clock.now(), 24 * 60)
        self.invited[pod_id] = (digest(token), expires_at)
        data = {"podId": pod_id, "tokenHash": digest(token), "expiresAt": expires_at, "replaces": False}
        self.log.append("EnrolmentTokenIssued", f"node-{pod_id}", data, speaker)
        return {"podId": pod_id, "token": token, "expiresAt": expires_at}

    def enrol(self, request):
        """A node that holds the token and, by its proof, the key."""
        pod_id, asked = request.names["podId"], dict(request.body)
        proof, public_key = bytes.fromhex(asked.pop("proof")), asked["publicKey"]
        token_hash, expires_at = self.invited.get(pod_id, ("", self.clock.now()))
        if digest(asked["token"]) != token_hash or instant(expires_at) <= instant(self.clock.now()):
            raise Refused(403, "enrolment-token-refused", f"The token is not the one of {pod_id}; ask for a new one.")
        if not is_signed(bytes.fromhex(public_key), canonical({"podId": pod_id, **asked}).encode(), proof):
            raise Refused(403, "enrolment-proof-refused", "The proof is not by the key that is to be enrolled.")
        if self.keys.get(pod_id) != public_key:
            actor, stream = f"node:{pod_id}", f"node-{pod_id}"
            enrolled = {"podId": pod_id, "publicKey": public_key, "meterDriver": asked["meterDriver"]}
            self.log.append("NodeEnrolled", stream, enrolled, actor)
            meter = {"podId": pod_id, "serialNumber": asked["meterSerialNumber"]}
            self.log.append("MeterIdentified", stream, meter, actor)
            self.keys[pod_id], self.passwords[pod_id] = public_key, secrets.token_urlsafe(32)
        account = {"clientId": pod_id, "username": pod_id, "password": self.passwords[pod_id]}
        return {
            "podId": pod_id,
            "broker": {"host": HOST, "port": self.mqtt_port, "tls": False, **account},
            "topics": {
                "publish": {kind: topic(pod_id, path) for kind, path in OF_NODE.items()},
                "subscribe": {kind: topic(pod_id, path) for kind, path in TO_NODE.items()},
            },
            "policy": POLICY,
        }

    def packets(self, request):
        """Flow 7b: certified packets for who keeps measurements; a page ends where the next one begins."""
        request.speaker("measurements:read")
        after, limit = int(request.query.get("after", 0)), min(1_000, int(request.query.get("limit", 1_000)))
        found = [one for one in self.log.after(after) if one["type"] == "flexledger.MeasurementRecorded"][:limit]
        reached = found[-1]["position"] if len(found) == limit else after + len(self.log.after(after))
        return {"packets": [{"eventId": one["id"], **one["data"]} for one in found], "next": str(reached)}

    def take(self, pod_id, payload):
        """A packet: recorded, or kept as evidence against who sent it. The answer, None where none can be given."""
        text = payload.decode("utf-8", "replace")
        try:
            packet = json.loads(text)
            data = packet["inputData"]
            sequence, start = data["sequence"], data["mtuStart"]
            fault = self.fault(pod_id, packet, data)
        except (KeyError, TypeError, ValueError) as error:
            self.reject(pod_id, "malformed", repr(error), text)
            return None
        before = self.measured.get(pod_id, {})
        if before.get(sequence) == packet["hash"]:
            return {"sequence": sequence, "accepted": True}
        if not fault and before and sequence <= max(before):
            fault = ("out-of-order", f"{max(before)} was before it")
        if fault:
            self.reject(pod_id, *fault, text)
            return {"sequence": sequence, "accepted": False, "reason": ": ".join(fault)}
        self.measured.setdefault(pod_id, {})[sequence] = packet["hash"]
        signed = {name: packet[name] for name in ("podId", "sequence", "inputData", "hash", "signedHash")}
        self.log.append("MeasurementRecorded", f"meter-{pod_id}-{start[:7]}", signed, f"node:{pod_id}")
        return {"sequence": sequence, "accepted": True}

    def fault(self, pod_id, packet, data):
        """What speaks against a packet: a reason of `PacketRejected` and words for it."""
        text, key = canonical(data), self.keys[pod_id]
        if packet["podId"] != pod_id or data["podId"] != pod_id or packet["sequence"] != data["sequence"]:
            return "wrong-topic", f"it came from {pod_id}"
        if packet["publicKey"] != key:
            return "wrong-key", "it is not of the enrolled key"
        if packet["hash"] != digest(text):
            return "wrong-hash", "the hash is not that of inputData"
        if not is_signed(bytes.fromhex(key), text.encode(), bytes.fromhex(packet["signedHash"])):
            return "wrong-signature", "the signature is not by the enrolled key"
        if instant(later(data["mtuStart"], 15)) > instant(later(self.clock.now(), 1)):
            return "wrong-time", "the quarter-hour is not over"
        return None

    def reject(self, pod_id, reason, detail, text):
        data = {"podId": pod_id, "reason": reason, "detail": detail, "packet": text[:EVIDENCE_CHARACTERS]}
        self.log.append("PacketRejected", f"meter-{pod_id}-{self.clock.now()[:7]}", data, f"node:{pod_id}", version=2)


class Gate(BaseAuthPlugin, BaseTopicPlugin):
    """At the broker: who signs in, who may use which topic, and what has come in."""

    layer = None

    async def authenticate(self, *, session):
        wanted = self.layer.passwords.get(session.username)
        is_own = session.username == "dso" or session.username == session.client_id
        return bool(wanted and is_own and secrets.compare_digest(wanted, session.password or ""))

    async def topic_filtering(self, *, session=None, topic=None, action=None):
        user, path = session.username, topic.split("/", 2)[-1]
        if user == "dso":
            paths = (TO_NODE["setpoint"],) if action == Action.PUBLISH else (OF_NODE["setpointAck"], OF_NODE["activation"])
            return path in paths
        paths = OF_NODE if action == Action.PUBLISH else TO_NODE
        return topic.startswith(f"flexledger/{user}/") and path in paths.values()

    async def on_broker_message_received(self, *, client_id, message):
        pod_id = client_id
        if message.topic != topic(pod_id, OF_NODE["measurement"]):
            return
        answer = self.layer.take(pod_id, bytes(message.data))
        if answer:
            await self.context.broadcast_message(topic(pod_id, TO_NODE["measurementAck"]), json.dumps(answer).encode(), 0)


def run_broker(port, listening):
    async def forever():
        listener = {"type": "tcp", "bind": f"{HOST}:{port}"}
        broker = Broker({"listeners": {"default": listener}, "plugins": {f"{__name__}.Gate": {}}})
        await broker.start()
        listening.set()
        await asyncio.Event().wait()

    asyncio.run(forever())


def main():
    (market, http_port, mqtt_port, carrier_password), clock = begin("MARKET HTTP_PORT MQTT_PORT PASSWORD")
    layer = Gate.layer = AccessLayer(market, int(mqtt_port), carrier_password, clock)
    listening = threading.Event()
    threading.Thread(target=run_broker, args=(int(mqtt_port), listening), daemon=True).start()
    if not listening.wait(PATIENCE_S):
        raise SystemExit(f"The broker does not listen on {HOST}:{mqtt_port}; choose another port.")
    routes = [
        ("POST", "/api/v1/nodes/{podId}/enrolment-token", layer.invite),
        ("POST", "/api/v1/nodes/{podId}/enrolment", layer.enrol),
        ("GET", "/api/v1/packets", layer.packets),
    ]
    serve(int(http_port), routes, Issuer(market), layer.log)


if __name__ == "__main__":
    main()
