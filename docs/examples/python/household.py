"""A household behind a Light Node: a plant that draws constant power, follows setpoints, and is measured.

Needs paho-mqtt and cryptography. What a node says and signs: docs/life-of-a-measurement.md."""

import hashlib
import json
import threading

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from clock import instant, later
from flexledger import send

PATIENCE_S = 20


def canonical(members):
    """RFC 8785 for what nodes sign: flat, whole numbers, plain text and null."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Household:
    """Enrols with a new key, then connects; `power_w` is what it draws when nobody asks for anything."""

    def __init__(self, url, pod_id, token, power_w, now):
        self.pod_id, self.power_w, self.now = pod_id, power_w, now
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        self.public_key = self.key.public_key().public_bytes(*point).hex()
        asked = {
            "token": token,
            "publicKey": self.public_key,
            "meterDriver": "simulated",
            "meterSerialNumber": f"PY-{pod_id}",
        }
        proof = self.signature(canonical({"podId": pod_id, **asked}))
        node = send("POST", f"{url}/api/v1/nodes/{pod_id}/enrolment", {**asked, "proof": proof})
        self.publish, self.subscribe = node["topics"]["publish"], node["topics"]["subscribe"]
        self.targets, self.followed, self.total_wh = {}, None, 0
        # By the clock, so that it goes on where a node before it at this PoD has stopped.
        self.sequence = int(instant(now()).timestamp()) // 900
        self.answers, self.answered = {}, threading.Condition()
        self.refused, self.connected = [], threading.Event()
        self.connect(node["broker"])

    def connect(self, broker):
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, broker["clientId"], protocol=mqtt.MQTTv311)
        self.client.username_pw_set(broker["username"], broker["password"])
        if broker["tls"]:
            self.client.tls_set()
        self.client.on_connect = lambda client, *_: client.subscribe([(each, 1) for each in self.subscribe.values()])
        self.client.on_subscribe = lambda *_: self.connected.set()
        self.client.on_message = self.take
        self.client.connect(broker["host"], broker["port"])
        self.client.loop_start()
        if not self.connected.wait(PATIENCE_S):
            raise TimeoutError(f"{self.pod_id}: the broker does not answer")

    def signature(self, text):
        r, s = utils.decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{r:064x}{s:064x}"

    def tell(self, topic, message):
        self.client.publish(topic, json.dumps(message), qos=1)

    def tell_signed(self, topic, content):
        self.tell(topic, {"content": content, "signature": self.signature(canonical(content)), "publicKey": self.public_key})

    def take(self, client, _, received):
        message = json.loads(received.payload)
        if received.topic == self.subscribe["measurementAck"]:
            with self.answered:
                self.answers[message["sequence"]] = message
                self.answered.notify_all()
        else:
            self.accept(message)

    def accept(self, setpoint):
        """Keeps what the setpoint asks for by quarter-hour, and says when it came and when the plant has it."""
        now = self.now()
        start = setpoint["windowStart"]
        for index, target in enumerate(zip(setpoint["targetW"], setpoint["targetVar"])):
            self.targets[later(start, 15 * index)] = (setpoint["setpointId"], *target)
        named = {"setpointId": setpoint["setpointId"], "podId": self.pod_id}
        self.tell_signed(self.publish["setpointAck"], {**named, "receivedAt": now, "emsReceivedAt": now})

    def begin(self, mtu_start):
        """A quarter-hour begins: the plant follows its target, and the node says so once."""
        target = self.targets.get(mtu_start)
        if target and target != self.followed:
            setpoint_id, power_w, reactive_var = target
            activation = {
                "setpointId": setpoint_id,
                "podId": self.pod_id,
                "mtuStart": mtu_start,
                "targetW": power_w,
                "targetVar": reactive_var,
                "appliedAt": self.now(),
            }
            self.tell_signed(self.publish["activation"], activation)
        self.followed = target

    def close_quarter_hour(self, mtu_start):
        """A quarter-hour ends: what was drawn is signed and sent."""
        aimed = self.followed[1] if self.followed else None
        withdrawn_wh = round((self.power_w if aimed is None else aimed) / 4)
        self.total_wh += withdrawn_wh
        data = {
            "podId": self.pod_id,
            "sequence": self.sequence,
            "mtuStart": mtu_start,
            "withdrawnWh": withdrawn_wh,
            "injectedWh": 0,
            "reactiveVarh": 0,
            "withdrawnTotalWh": self.total_wh,
            "injectedTotalWh": 0,
        }
        text = canonical(data)
        packet = {
            "podId": self.pod_id,
            "sequence": self.sequence,
            "inputData": data,
            "publicKey": self.public_key,
            "hash": hashlib.sha256(text.encode()).hexdigest(),
            "signedHash": self.signature(text),
        }
        self.tell(self.publish["measurement"], packet)
        self.sequence += 1

    def await_answer(self):
        """The market's answer to the last packet: it stands in the log then."""
        sequence = self.sequence - 1
        with self.answered:
            if not self.answered.wait_for(lambda: sequence in self.answers, PATIENCE_S):
                raise TimeoutError(f"{self.pod_id}: packet {sequence} has no answer")
        answer = self.answers[sequence]
        if not answer["accepted"]:
            raise ValueError(f"{self.pod_id}: packet {sequence} was refused: {answer['reason']}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
