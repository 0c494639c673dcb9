"""A checker of proof files by somebody else: written from RFC 6962 and the README with hashlib alone, for bulletins in text form."""

import base64
import hashlib
import json
import re


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(data):
    return sha(b"\0", data)


def node(left, right):
    return sha(b"\1", left, right)


def root_of_path(hash, index, size, path):
    """RFC 6962 2.1.1, read recursively: the path is consumed from its end, which is nearest to the root."""
    need(0 <= index < size, "index")
    if size == 1:
        need(not path, "path too long")
        return hash
    need(path, "path too short")
    k = 1
    while 2 * k < size:
        k *= 2
    if index < k:
        return node(root_of_path(hash, index, k, path[:-1]), path[-1])
    return node(path[-1], root_of_path(hash, index - k, size - k, path[:-1]))


def roots_of_consistency(m, n, whole, old_root, path):
    """RFC 6962 2.1.2, read recursively: (root of the first m leaves, root of all n) of a subtree; `whole` while it is the old tree itself."""
    if m == n:
        if whole:
            need(not path, "path too long")
            return old_root, old_root
        need(len(path) == 1, "path")
        return path[0], path[0]
    need(path, "path too short")
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        old, new = roots_of_consistency(m, k, whole, old_root, path[:-1])
        return old, node(new, path[-1])
    old, new = roots_of_consistency(m - k, n - k, False, old_root, path[:-1])
    return node(path[-1], old), node(path[-1], new)


HEX = re.compile(r"[0-9a-f]*")


def unhex(text, size=32):
    need(isinstance(text, str) and len(text) == 2 * size and HEX.fullmatch(text), "hex")
    return bytes.fromhex(text)


def printed(text):
    """Number, SHA-256 and heads as a bulletin's text form prints them at its end."""
    lines = text.decode("utf-8").split("\n")
    begin = max(i for i, line in enumerate(lines) if line.startswith("依据  "))
    heads, i = [], begin
    while i < len(lines):
        match = re.fullmatch(r"(计划日志|进度日志)  ([0-9a-f]{32})/([1-9][0-9]*)", lines[i])
        i += 1
        if not match:
            continue
        head = {"service": "plan" if match[1] == "计划日志" else "progress", "journal": match[2], "sequence": int(match[3])}
        first, second = re.fullmatch(r"  区块   ([0-9a-f]{32})", lines[i]), re.fullmatch(r" {9}([0-9a-f]{32})", lines[i + 1])
        head["hash"] = first[1] + second[1]
        first, second, blocks = re.fullmatch(r"  树根   ([0-9a-f]{32})", lines[i + 2]), re.fullmatch(r" {9}([0-9a-f]{32})", lines[i + 3]), re.fullmatch(r" {9}([1-9][0-9]*) 块", lines[i + 4])
        head["tree_root"], head["tree_size"] = first[1] + second[1], int(blocks[1])
        heads.append(head)
        i += 5
    number, first, second = re.fullmatch(r"文号  (.+)", lines[-4]), re.fullmatch(r"SHA-256  ([0-9a-f]{32})", lines[-3]), re.fullmatch(r" {9}([0-9a-f]{32})", lines[-2])
    return {"number": number[1], "sha256": first[1] + second[1], "heads": heads}


def check(proof, bulletin, older=None):
    """The events that the proof shows, as (service, sequence, bytes, time in µs), or the extensions as pairs of heads. Refused when it does not hold."""
    file = json.loads(proof)
    need(json.dumps(file, indent=1, sort_keys=True, ensure_ascii=False) + "\n" == proof.decode("utf-8"), "another spelling")
    need(set(file) == {"anju_proof", "hash", "bulletin", "older", "record", "events", "extensions"} and file["anju_proof"] == 1 and file["hash"] == "sha256", "format")
    need(file["bulletin"] == printed(bulletin), "not of this bulletin")
    need(file["older"] == (printed(older) if older else None), "not of this older bulletin")
    heads = {head["journal"]: head for head in file["bulletin"]["heads"]}
    events = []
    for event in file["events"]:
        head = file["record"] or heads[event["journal"]]
        need(head["journal"] == event["journal"], "journal")
        data = base64.b64decode(event["event"], validate=True)
        need(base64.b64encode(data).decode() == event["event"], "base64")
        block_root = root_of_path(leaf(data), event["index"], event["count"], [unhex(hash) for hash in event["event_path"]])
        header = unhex(event["block_header"], 64)
        need(header[:8] == b"ANJB\1\1\0\0" and header[56:] == bytes(8), "header")
        first, count = int.from_bytes(header[8:16], "little"), int.from_bytes(header[16:20], "little")
        need(count == event["count"] and first + event["index"] == event["sequence"] and first + count - 1 <= head["sequence"], "sequence")
        block = sha(b"\2", unhex(event["previous_hash"]), header, block_root)
        need(root_of_path(leaf(block), event["block_index"], head["tree_size"], [unhex(hash) for hash in event["block_path"]]) == unhex(head["tree_root"]), "root")
        events.append((head["service"], event["sequence"], data, int.from_bytes(header[24:32], "little")))
    extensions = []
    for extension in file["extensions"]:
        old = next(head for head in file["older"]["heads"] if head["journal"] == extension["older_journal"])
        new = heads[extension["journal"]]
        need(old["service"] == new["service"] and old["sequence"] <= new["sequence"] and old["tree_size"] <= new["tree_size"], "order")
        need((old["sequence"] == new["sequence"]) == (old["tree_size"] == new["tree_size"]), "order")
        path = [unhex(hash) for hash in extension["path"]]
        roots = roots_of_consistency(old["tree_size"], new["tree_size"], True, unhex(old["tree_root"]), path)
        need(roots == (unhex(old["tree_root"]), unhex(new["tree_root"])), "consistency")
        extensions.append((old, new))
    need(bool(events) != bool(extensions), "empty")
    return events or extensions


def holds(proof, bulletin, older=None):
    try:
        check(proof, bulletin, older)
        return True
    except (Refused, ValueError, KeyError, TypeError, IndexError, StopIteration, AttributeError):
        return False
