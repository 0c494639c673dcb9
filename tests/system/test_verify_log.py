"""`anju verify DIR` where no service was ever restarted: every event still stands in RocksDB's write-ahead logs, and any byte of these is flipped."""

import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import unittest

from support import BIN, NAMES, Suite

FLIPS = int(os.environ.get("ANJU_VERIFY_FLIPS", "40"))
SEED = 20170711
LOG_BLOCK = 32768
PREFIX = 128  # of a block of the journal: header, previous hash, root

Stored = collections.namedtuple("Stored", "first last bounds offsets")  # bounds: where events begin in the block; offsets: of each byte in the file


def verify(directory, *more, lang="C.UTF-8"):
    completed = subprocess.run([str(BIN / "anju"), "verify", str(directory), "--quick", *more], env=dict(os.environ, LANG=lang), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    return completed.returncode, completed.stdout.decode(), completed.stderr.decode()


def records(data):
    """Records of a log that is whole: their bytes with the file's offset of each, and where their fragments begin."""
    payload, offsets, headers, at = bytearray(), [], [], 0
    while at < len(data):
        if LOG_BLOCK - at % LOG_BLOCK < 7:
            at += LOG_BLOCK - at % LOG_BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        assert 1 <= kind <= 4, (at, kind)
        headers.append(at)
        payload += data[at + 7:at + 7 + length]
        offsets += range(at + 7, at + 7 + length)
        at += 7 + length
        if kind in (1, 4):
            yield bytes(payload), offsets, headers
            payload, offsets, headers = bytearray(), [], []


def blocks(data):
    """The blocks of the journal in its log."""
    for payload, offsets, _ in records(data):
        begin = payload.find(b"ANJB")
        if begin < 0:
            continue
        first, count = struct.unpack_from("<QI", payload, begin + 8)
        bounds, at = [], begin + PREFIX
        for _ in range(count):
            bounds.append(at - begin)
            at += 4 + struct.unpack_from("<I", payload, at)[0]
        assert at == len(payload)
        yield Stored(first, first + count - 1, bounds, offsets[begin:])


class VerifyLogTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.suite = suite = Suite()
        cls.addClassCleanup(suite.close)
        suite.load()
        for i in range(4):
            suite.report(*(f"{county},shantytown.urban,starts,2017,2017-07-{10 + i},{2000 + 10 * i + j},套,,,," for j, county in enumerate(("香格里拉市", "德钦县", "维西县"))), source=f"log-{i}")
        # A block larger than one of the log's: its record is in several pieces.
        suite.report(*(f"香格里拉市,shantytown.urban,starts,2017,2017-07-{1 + i % 9:02},{1000 + i},套,correction,{'核实' * 30}{i},," for i in range(400)), source="large")
        for name in reversed(NAMES):
            suite.services[name].kill(signal.SIGTERM)
        cls.logs, cls.blocks = {}, {}
        for name in ("plan", "progress"):
            journal = suite.directory / name / "journal"
            assert not list(journal.glob("*.sst"))
            cls.logs[name] = max(journal.glob("*.log"), key=lambda path: path.stat().st_size)
            cls.blocks[name] = list(blocks(cls.logs[name].read_bytes()))
        code, out, err = verify(suite.directory, "-o", "json")
        assert code == 0, out + err
        cls.hashes = {step["subject"]: step["hash"] for step in json.loads(out)["steps"] if step["step"] == "journal" and "hash" in step}

    def failed(self, name, code=70):
        got, out, err = verify(self.suite.directory / name, "-o", "json")
        self.assertEqual(code, got, out + err)
        return next((step for step in json.loads(out)["steps"] if not step["ok"]), None)

    def changed(self, name, data):
        """Puts other bytes into the log until the block ends."""
        path = self.logs[name]
        good = path.read_bytes()

        class Changed:
            def __enter__(self):
                path.write_bytes(data)

            def __exit__(self, *_):
                path.write_bytes(good)

        return Changed()

    def flip(self, name, at, mask):
        data = bytearray(self.logs[name].read_bytes())
        was = data[at]
        data[at] ^= mask
        with self.changed(name, data):
            step = self.failed(name)
        self.assertEqual(("journal", str(self.logs[name]), at, was, was ^ mask), (step["step"], step.get("file"), step.get("offset"), step.get("was"), step.get("is")), step)
        return step

    def check_flip(self, name, block, index, mask):
        """One byte of a block: the sequence of its event, or all of the block's for what is about all of them."""
        step = self.flip(name, block.offsets[index], mask)
        self.assertFalse(step["missing"], step)
        if index < PREFIX:
            self.assertEqual((block.first, block.last), (step["first_wrong"], step["last_wrong"]), f"{index} {step}")
        else:
            sequence = block.first + sum(bound <= index for bound in block.bounds) - 1
            self.assertEqual((sequence, sequence), (step["first_wrong"], step["last_wrong"]), step)

    def test_the_store_is_as_a_plain_start_leaves_it(self):
        self.assertGreaterEqual(len(self.blocks["plan"]), 5)
        self.assertGreater(max(len(block.offsets) for block in self.blocks["progress"]), LOG_BLOCK)
        for name, found in self.blocks.items():
            self.assertEqual(list(range(1, found[-1].last + 1)), [s for block in found for s in range(block.first, block.last + 1)])

    def test_flips_in_every_block_of_the_plan(self):
        pick, flips = random.Random(SEED), 0
        for block in self.blocks["plan"]:
            for index in (*pick.sample(range(PREFIX), 4), *(pick.randrange(PREFIX, len(block.offsets)) for _ in range(4))):
                self.check_flip("plan", block, index, 1 << pick.randrange(8))
                flips += 1
        print(f"plan: flips={flips} sequence, file, offset and old value={flips}", flush=True)

    def test_flips_in_every_block_of_progress(self):
        pick = random.Random(SEED + 1)
        for _ in range(FLIPS):
            block = pick.choice(self.blocks["progress"])
            self.check_flip("progress", block, pick.randrange(len(block.offsets)), pick.randrange(1, 256))
        print(f"progress: flips={FLIPS} sequence, file, offset and old value={FLIPS}", flush=True)

    def test_every_byte_of_a_header(self):
        """Of a block's own header, link and root: each field has another way to be wrong."""
        for block in (self.blocks["plan"][1], self.blocks["plan"][-1]):
            for index in range(0, PREFIX, 3):
                self.check_flip("plan", block, index, 0x80 if index % 2 else 0x01)

    def test_flips_around_the_blocks_leave_every_event_proved(self):
        """Checksums, lengths, kinds and keys of the log itself."""
        data = self.logs["plan"].read_bytes()
        inside = {offset for block in self.blocks["plan"] for offset in block.offsets}
        identity = data.find(b"ANJUJRNL")
        for payload, offsets, headers in records(data):
            if b"ANJB" not in payload:
                continue
            framing = [at for header in headers for at in range(header, header + 7)] + [at for at in offsets if at not in inside]
            for at in framing[::3]:
                step = self.flip("plan", at, 0x21)
                self.assertTrue(step["facts_hold"], f"{at} {step}")
                self.assertEqual(self.hashes["plan"], step["hash"])
        step = self.flip("plan", identity + 20, 0x04)
        self.assertNotIn("first_wrong", step)

    def test_a_destroyed_record_is_named_and_those_behind_it_are_not_missing(self):
        name, path = "plan", self.logs["plan"]
        good = path.read_bytes()
        self.assertGreaterEqual(len(self.blocks[name]), 4)
        block = self.blocks[name][2]
        # From the header of its fragment to the middle of its own: neither its length nor its key nor its sequences can be read.
        begin = next(headers[0] for _, offsets, headers in records(good) if block.offsets[0] in offsets)
        with self.changed(name, good[:begin] + b"\xEE" * 80 + good[begin + 80:]):
            step = self.failed(name)
            text = verify(self.suite.directory / name, "--lang", "en")[1]
            chinese = verify(self.suite.directory / name)[1]
        self.assertEqual((block.first, block.last, False, str(path), begin), (step["first_wrong"], step["last_wrong"], step["missing"], step["file"], step["offset"]), step)
        self.assertNotIn("was", step)
        self.assertIn(f"the first wrong sequence is {block.first}..{block.last}: " if block.first != block.last else f"the first wrong sequence is {block.first}: ", text)
        self.assertIn(f"a record of the write-ahead log cannot be read, file {path} from byte {begin}", text)
        self.assertIn(f"预写日志中的记录无法读出，文件 {path} 第 {begin} 字节起", chinese)
        # With the end of the record before it: that one is the first wrong then, and it alone.
        before = self.blocks[name][1]
        with self.changed(name, good[:begin - 10] + b"\xEE" * 90 + good[begin + 80:]):
            step = self.failed(name)
        self.assertEqual((before.first, before.last, str(path)), (step["first_wrong"], step["last_wrong"], step["file"]), step)

    def test_many_bytes_of_a_block_are_still_that_block(self):
        block, path = self.blocks["plan"][1], self.logs["plan"]
        good = path.read_bytes()
        at = block.offsets[block.bounds[0] + 6]
        with self.changed("plan", good[:at] + b"\xEE" * 12 + good[at + 12:]):
            step = self.failed("plan")
        self.assertEqual((block.first, block.last, str(path)), (step["first_wrong"], step["last_wrong"], step["file"]), step)

    def test_a_cut_log_is_named(self):
        for name in ("plan", "progress"):
            good, end = self.logs[name].read_bytes(), self.blocks[name][-1].last
            for block in self.blocks[name][1:]:
                # Inside the record, on its beginning, and inside its header.
                record = next(headers[0] for _, offsets, headers in records(good) if block.offsets[0] in offsets)
                for size, offset in ((block.offsets[len(block.offsets) // 2], record), (record, None), (record + 3, record)):
                    with self.changed(name, good[:size]):
                        step = self.failed(name)
                    self.assertEqual((block.first, end, True, str(self.logs[name]), offset), (step["first_wrong"], step["last_wrong"], step["missing"], step.get("file"), step.get("offset")), step)

    def test_looking_changes_nothing(self):
        copy = pathlib.Path(str(self.suite.directory) + "-copy")
        shutil.copytree(self.suite.directory, copy)
        self.addCleanup(shutil.rmtree, copy, True)
        log = copy / "plan" / "journal" / self.logs["plan"].name
        data = bytearray(log.read_bytes())
        data[self.blocks["plan"][1].offsets[200]] ^= 2
        log.write_bytes(data)

        def digests():
            return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(copy.rglob("*")) if path.is_file()}

        before = digests()
        code, out, _ = verify(copy)
        self.assertEqual(70, code)
        self.assertIn("第一处不符为序号 ", out)
        self.assertEqual(before, digests())


if __name__ == "__main__":
    unittest.main()
