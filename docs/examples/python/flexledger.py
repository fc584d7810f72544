"""A market's REST interface for one of its parties: tokens, problems, pages, idempotency keys. Standard library only."""

import json
import urllib.error
import urllib.parse
import urllib.request
from uuid import uuid4


class Problem(Exception):
    """What the market refused, as RFC 9457 problem details."""

    def __init__(self, status, details):
        self.status, self.details = status, details
        faults = "; ".join(f"{e.get('field')}: {e.get('reason')}" for e in details.get("errors") or [])
        # `/oauth/token` answers as RFC 6749 says.
        words = details.get("detail") or details.get("error_description") or details.get("title")
        super().__init__(f"{status} {words} {faults}".strip())


class Party:
    """Calls of one client of one party, with the secret that was shown when the client was made."""

    def __init__(self, url, client_id, secret, issuer=None):
        self.url, self.issuer = url, issuer or url
        self.client_id, self.secret, self.token = client_id, secret, None

    def at(self, url):
        """The same client at a platform that stands elsewhere and takes the same issuer's tokens."""
        return Party(url or self.url, self.client_id, self.secret, self.issuer)

    def get(self, path):
        return self.call("GET", path)

    def put(self, path, body):
        return self.call("PUT", path, body)

    def post(self, path, body=None):
        # A key of its own for each command: whoever repeats it after a lost answer, repeats it with its key.
        return self.call("POST", path, body or {}, {"idempotency-key": str(uuid4())})

    def items(self, path):
        """Every item of a list, page by page. Positions go on with `after`, all else with `cursor`."""
        found, page = [], self.get(path)
        while True:
            found += page["items"]
            following = page.get("next")
            if following is None:
                return found
            name = "after" if isinstance(following, int) else "cursor"
            joined = "&" if "?" in path else "?"
            page = self.get(f"{path}{joined}{name}={urllib.parse.quote(str(following))}")

    def call(self, method, path, body=None, headers=None):
        for attempt in ("first", "with a new token"):
            if self.token is None:
                self.token = self.new_token()
            try:
                headers = {**(headers or {}), "authorization": f"Bearer {self.token}"}
                return send(method, self.url + path, body, headers)
            except Problem as problem:
                # A token holds ten minutes.
                if problem.status != 401 or attempt != "first":
                    raise
                self.token = None

    def new_token(self):
        asked = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
        return send("POST", f"{self.issuer}/oauth/token", urllib.parse.urlencode(asked).encode())["access_token"]


def send(method, url, body=None, headers=None):
    """One request. Objects go as JSON, bytes as a form; JSON comes back as an object, all else as text."""
    is_form = isinstance(body, bytes)
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    data = body if is_form or body is None else json.dumps(body).encode()
    headers = {**(headers or {}), "accept": "application/json", **({"content-type": kind} if data else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
            text = answer.read().decode()
            return json.loads(text) if "json" in answer.headers.get("content-type", "") else text
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        is_json = "json" in (error.headers.get("content-type") or "")
        raise Problem(error.code, json.loads(text) if is_json else {"detail": text}) from None
