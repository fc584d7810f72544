# A Light Node in Python, as light-node.mjs: pip install paho-mqtt cryptography
# python3 light_node.py URL POD TOKEN [START OF THE QUARTER-HOUR]
import hashlib, json, sys, time, urllib.request
from datetime import datetime, timezone
import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

url, pod_id, token = sys.argv[1:4]
key = ec.generate_private_key(ec.SECP256R1())
point = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
public_key = key.public_key().public_bytes(*point).hex()
iso = lambda seconds: datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
# RFC 8785: members by name; these are flat and hold whole numbers, plain text and null.
canonical = lambda members: json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def signed(text):
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{r:064x}{s:064x}"

asked = {"token": token, "publicKey": public_key, "meterDriver": "example", "meterSerialNumber": "EXAMPLE-1"}
body = json.dumps({**asked, "proof": signed(canonical({"podId": pod_id, **asked}))}).encode()
request = urllib.request.Request(f"{url}/api/v1/nodes/{pod_id}/enrolment", body, {"content-type": "application/json"})
node = json.load(urllib.request.urlopen(request))
broker, publish, subscribe = node["broker"], node["topics"]["publish"], node["topics"]["subscribe"]
print("enrolled", flush=True)

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=broker["clientId"], protocol=mqtt.MQTTv311)
send = lambda topic, message: client.publish(topic, json.dumps(message), qos=1)
send_signed = lambda topic, content: send(topic, {"content": content, "signature": signed(canonical(content)), "publicKey": public_key})

def on_connect(client, *_):
    client.subscribe([(topic, 1) for topic in subscribe.values()])
    start = sys.argv[4] if len(sys.argv) > 4 else iso((time.time() // 900 - 1) * 900)
    reading = {"withdrawnWh": 250, "injectedWh": 0, "reactiveVarh": 20, "withdrawnTotalWh": 250, "injectedTotalWh": 0}
    # By the clock, so that it goes on where a node before it at this PoD has stopped.
    sequence = int(datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp()) // 900
    data = {"podId": pod_id, "sequence": sequence, "mtuStart": start, **reading}
    packet = {"podId": pod_id, "sequence": sequence, "inputData": data, "publicKey": public_key, "signedHash": signed(canonical(data))}
    send(publish["measurement"], {**packet, "hash": hashlib.sha256(canonical(data).encode()).hexdigest()})

def on_message(client, _, received):
    if received.topic == subscribe["measurementAck"]:
        return print("measured", received.payload.decode(), flush=True)
    setpoint, at = json.loads(received.payload), iso(time.time())
    named = {"setpointId": setpoint["setpointId"], "podId": pod_id}
    send_signed(publish["setpointAck"], {**named, "receivedAt": at, "emsReceivedAt": at})
    target = {"targetW": setpoint["targetW"][0], "targetVar": setpoint["targetVar"][0]}
    send_signed(publish["activation"], {**named, **target, "mtuStart": setpoint["windowStart"], "appliedAt": at})
    print("follows", json.dumps(setpoint["targetW"]), flush=True)

client.username_pw_set(broker["username"], broker["password"])
client.on_connect, client.on_message = on_connect, on_message
if broker["tls"]:
    client.tls_set()
client.connect(broker["host"], broker["port"])
client.loop_forever()
