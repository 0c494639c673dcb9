"""Journal blocks as the frozen format says, decoded and hashed by a hand of its own (common/journal/format.h)."""

import hashlib
import struct

HEADER = struct.Struct("<4sBBHQIIq16sQQ")  # magic, format, algorithm, 0, first, count, bytes, time, plan id, plan sequence, 0


def sha(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def merkle_root(leaves):
    """RFC 6962 section 2.1, level by level: an odd node at the end goes up unchanged, which is the same tree."""
    level = [sha(b"\0", leaf) for leaf in leaves]
    while len(level) > 1:
        level = [sha(b"\1", level[i], level[i + 1]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


class Broken(Exception):
    """A feed that is not what it promises."""


class Block:
    """One decoded block; every length and hash is checked."""

    def __init__(self, data):
        magic, form, algorithm, _, self.first, count, size, self.time_us, plan_id, self.plan, _ = HEADER.unpack(data[:64])
        if magic != b"ANJB" or form != 1 or algorithm != 1 or len(data) != 128 + size:
            raise Broken(f"no block: {data[:16]!r}")
        self.data, self.plan_id = data, plan_id.hex()
        self.previous, root, at = data[64:96], data[96:128], 128
        self.events = []
        for _ in range(count):
            (length,) = struct.unpack_from("<I", data, at)
            self.events.append(data[at + 4:at + 4 + length])
            at += 4 + length
        if at != len(data) or not count or merkle_root(self.events) != root:
            raise Broken(f"the block at {self.first} is not what its root says")
        self.last = self.first + count - 1
        self.hash = sha(b"\2", self.previous, data[:64], root)


class Chain:
    """All blocks of a journal as a follower has seen them: ordered, unique, without gaps, linked by their hashes."""

    def __init__(self):
        self.blocks, self.ends = [], {}  # ends: last sequence of a block → its hash
        self.id, self.sequence, self.hash = "", 0, b""

    def add(self, data):
        block = Block(data)
        if block.first != self.sequence + 1:
            raise Broken(f"block {block.first} came after {self.sequence}: " + ("left out" if block.first > self.sequence else "repeated"))
        if self.hash and block.previous != self.hash:
            raise Broken(f"block {block.first} names another block before it")
        self.blocks.append(block)
        self.ends[block.last] = block.hash
        self.sequence, self.hash = block.last, block.hash

    def take(self, response):
        """One message of Follow. True when it brought blocks."""
        position = response.position
        if self.id and position.journal_id and position.journal_id != self.id:
            raise Broken(f"journal {self.id} became {position.journal_id}")
        self.id = position.journal_id or self.id
        if not self.sequence and response.identities:
            self.hash = sha(b"\3", response.identities[0])
        for data in response.blocks:
            self.add(data)
        if position.sequence != self.sequence:
            raise Broken(f"the message ends at {position.sequence} but its blocks at {self.sequence}")
        if self.sequence and position.block_hash and position.block_hash != self.hash:
            raise Broken(f"another hash at {self.sequence}")
        return bool(response.blocks)

    def says(self, journal, sequence, block_hash):
        """Whether a position that somebody named (an ack, a basis) is one of this journal."""
        if sequence == 0:
            return True
        return journal == self.id and sequence <= self.sequence and (not block_hash or self.ends.get(sequence) == block_hash)
