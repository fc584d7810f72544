"""What a platform of somebody else's serves: requests by the market's tokens, and a log of its own as CloudEvents.

The standard library, and cryptography for the tokens' signatures. Others follow the log (`mirrors` of their
configuration), so whatever it says stands in theirs: docs/how-to/organisation-alone.md. How an event is hashed:
docs/verify/bundle.md; what `data` of each type is: docs/reference/events.md."""

import base64
import hashlib
import json
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from clock import ToldClock, WallClock
from flexledger import Problem, send

SEES_ALL = ("operator", "auditor", "dso")
QUIET_S = 10
PAGE = 1_000


def canonical(value):
    """RFC 8785 for what is hashed and signed here: whole numbers, plain text, null, lists and objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def begin(usage):
    """Arguments of the command line and the clock; with `--pace NOW` a test says what time it is."""
    arguments, clock = sys.argv[1:], WallClock()
    if "--pace" in arguments:
        at = arguments.index("--pace")
        clock = ToldClock(arguments[at + 1])
        del arguments[at : at + 2]
    if len(arguments) != len(usage.split()):
        raise SystemExit(f"usage: {sys.argv[0]} {usage}")
    return arguments, clock


def is_signed(public_key, text, signature):
    """ECDSA P-256 with SHA-256: the key as an uncompressed point, the signature as r and s, both bytes."""
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(utils.encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError):
        return False


class Refused(Exception):
    """What is answered as RFC 9457 problem details."""

    def __init__(self, status, code, detail):
        super().__init__(detail)
        self.status, self.problem = status, {"status": status, "code": code, "title": code, "detail": detail}


class Issuer:
    """Who speaks, by a token of the market's identity provider (RFC 9068) and its public keys."""

    def __init__(self, url):
        self.url, self.keys = url, {}

    def speaker(self, authorization):
        """Claims of the token: `party`, `scope`."""
        try:
            token = authorization.removeprefix("Bearer ")
            head, claims, signature = (self.decoded(part) for part in token.split("."))
            x, y = self.key(json.loads(head)["kid"])
            signed = token.rpartition(".")[0].encode()
            claims = json.loads(claims)
            if is_signed(b"\x04" + x + y, signed, signature) and claims["exp"] > time.time():
                return claims
        except (AttributeError, KeyError, ValueError):
            pass
        raise Refused(401, "invalid-token", "The token does not hold; get another one of the market.")

    def key(self, kid):
        if kid not in self.keys:
            published = send("GET", f"{self.url}/.well-known/jwks.json")["keys"]
            self.keys = {key["kid"]: (self.decoded(key["x"]), self.decoded(key["y"])) for key in published}
        return self.keys[kid]

    @staticmethod
    def decoded(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Log:
    """Events in their order, in memory: who ends it, ends what it has said."""

    def __init__(self, clock):
        self.clock, self.events, self.revisions, self.grown = clock, [], {}, threading.Condition()

    def append(self, kind, stream, data, actor, version=1):
        with self.grown:
            revision = self.revisions.get(stream, -1) + 1
            self.revisions[stream] = revision
            event_id, at = str(uuid4()), self.clock.now()
            hashed = {
                **{"actor": actor, "causationId": event_id, "correlationId": event_id, "data": data, "id": event_id},
                **{"occurredAt": at, "revision": revision, "schemaVersion": version},
                **{"streamId": stream, "type": kind},
            }
            event = {
                **{"specversion": "1.0", "id": event_id, "source": "/foreign", "type": f"flexledger.{kind}"},
                **{"subject": stream, "time": at, "recordedtime": at, "datacontenttype": "application/json"},
                **{"data": data, "position": len(self.events) + 1, "revision": revision, "schemaversion": version},
                **{"correlationid": event_id, "causationid": event_id, "actor": actor},
                "hash": hashlib.sha256(canonical(hashed).encode()).hexdigest(),
            }
            self.events.append(event)
            self.grown.notify_all()
            return event

    def after(self, position, limit=PAGE):
        begins = max(0, position)
        return self.events[begins : begins + limit]

    def page(self, position, limit):
        items = self.after(position, limit)
        return {"items": items, "next": items[-1]["position"] if len(items) == limit else None}

    def frames(self, position):
        """Server-sent events from a position on, for as long as somebody reads them."""
        while True:
            with self.grown:
                self.grown.wait_for(lambda: len(self.events) > position, QUIET_S)
                news = self.after(position)
            for event in news:
                position = event["position"]
                yield f"id: {position}\ndata: {json.dumps(event)}\n\n"
            if not news:
                yield ": nothing new\n\n"


class Request:
    """One that was understood: names of the path, query, body, and whose token it carries."""

    def __init__(self, names, query, body, authorization, issuer):
        self.names, self.query, self.body, self.authorization, self.issuer = names, query, body, authorization, issuer

    def speaker(self, scope):
        """The party that speaks and may do this. @raises Refused"""
        claims = self.issuer.speaker(self.authorization)
        if scope in claims["scope"].split():
            return claims["party"]
        raise Refused(403, "forbidden", f"The token does not hold {scope}.")


def serve(port, routes, issuer, log):
    """Serves `(method, path, function of the request)`, and the log beside them, for ever."""

    def events(request):
        if request.speaker("events:read") not in SEES_ALL:
            raise Refused(403, "forbidden", f"The whole log is shown to {', '.join(SEES_ALL)} only.")
        return log.page(int(request.query.get("after", -1)), min(PAGE, int(request.query.get("limit", 100))))

    served = [(method, pattern_of(path), answer) for method, path, answer in (*routes, ("GET", "/api/v1/events", events))]

    # What a function reads and changes, no other one changes meanwhile.
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self):
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("content-length", 0))
            text = self.rfile.read(length)
            try:
                for method, pattern, answer in served:
                    found = pattern.fullmatch(path)
                    if method == self.command and found:
                        names = {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}
                        said = dict(urllib.parse.parse_qsl(query))
                        body = json.loads(text) if text else {}
                        request = Request(names, said, body, self.headers.get("authorization"), issuer)
                        if answer is events and "text/event-stream" in self.headers.get("accept", ""):
                            return self.stream(request)
                        with turn:
                            body = answer(request)
                        return self.tell(200, body, "application/json")
                raise Refused(404, "not-found", f"There is no {self.command} {path} here.")
            except Refused as refused:
                self.tell(refused.status, refused.problem, "application/problem+json")
            except Problem as problem:
                self.tell(problem.status, problem.details, "application/problem+json")
            except (KeyError, TypeError, ValueError) as error:
                refused = Refused(400, "input-malformed", f"The request is not as published: {error!r}.")
                self.tell(400, refused.problem, "application/problem+json")

        do_GET = do_POST = do_PUT = respond

        def tell(self, status, body, kind):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def stream(self, request):
            events(request)
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            after = self.headers.get("last-event-id") or request.query.get("after", -1)
            try:
                for frame in log.frames(max(0, int(after))):
                    self.wfile.write(frame.encode())
                    self.wfile.flush()
            except OSError:
                pass  # the reader is gone

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"serves http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def pattern_of(path):
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
