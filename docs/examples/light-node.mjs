// A small Light Node: it enrols with a one-time token, sends one signed quarter-hour, takes a
// setpoint and says that it follows it.  node light-node.mjs URL POD TOKEN [START OF THE QUARTER-HOUR]
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import mqtt from 'mqtt';

const [url, podId, token, start] = process.argv.slice(2);
const { privateKey, publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const { x, y } = key.export({ format: 'jwk' });
const publicKey = `04${Buffer.from(x, 'base64url').toString('hex')}${Buffer.from(y, 'base64url').toString('hex')}`;
// RFC 8785: members by name; these are flat and hold whole numbers, plain text and null.
const canonical = (members) => JSON.stringify(members, Object.keys(members).sort());
const signed = (text) =>
  sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('hex');

const request = { podId, token, publicKey, meterDriver: 'example', meterSerialNumber: 'EXAMPLE-1' };
const { podId: _, ...asked } = request;
const body = JSON.stringify({ ...asked, proof: signed(canonical(request)) });
const headers = { 'content-type': 'application/json' };
const answer = await fetch(`${url}/api/v1/nodes/${podId}/enrolment`, {
  method: 'POST',
  headers,
  body,
});
const { broker, topics, detail } = await answer.json();
if (!answer.ok) throw new Error(detail);
console.log('enrolled');

const { host, port, tls, clientId, username, password } = broker;
const client = await mqtt.connectAsync(`${tls ? 'mqtts' : 'mqtt'}://${host}:${port}`, {
  clientId,
  username,
  password,
});
const send = (topic, message) => client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
const sendSigned = (topic, content) =>
  send(topic, { content, signature: signed(canonical(content)), publicKey });
client.on('message', async (topic, payload) => {
  const message = JSON.parse(payload);
  if (topic === topics.subscribe.measurementAck) return console.log('measured', payload.toString());
  const { setpointId, windowStart, targetW, targetVar } = message;
  const at = new Date().toISOString();
  await sendSigned(topics.publish.setpointAck, {
    setpointId,
    podId,
    receivedAt: at,
    emsReceivedAt: at,
  });
  const target = { targetW: targetW[0], targetVar: targetVar[0], mtuStart: windowStart };
  await sendSigned(topics.publish.activation, { setpointId, podId, ...target, appliedAt: at });
  console.log('follows', JSON.stringify(targetW));
});
await client.subscribeAsync(Object.values(topics.subscribe), { qos: 1 });

const mtuStart = start ?? new Date((Math.floor(Date.now() / 900_000) - 1) * 900_000).toISOString();
const reading = {
  withdrawnWh: 250,
  injectedWh: 0,
  reactiveVarh: 20,
  withdrawnTotalWh: 250,
  injectedTotalWh: 0,
};
// By the clock, so that it goes on where a node before it at this PoD has stopped.
const sequence = Date.parse(mtuStart) / 900_000;
const inputData = { podId, sequence, mtuStart, ...reading };
const hash = createHash('sha256').update(canonical(inputData)).digest('hex');
await send(topics.publish.measurement, {
  podId,
  sequence,
  inputData,
  hash,
  signedHash: signed(canonical(inputData)),
  publicKey,
});
