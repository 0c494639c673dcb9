"""What clients did, were told and saw: the only things the oracle believes beside the journals."""

import random
import threading
import time

import grpc

import model
import stubs

WINDOW = 4096  # numbers of a source whose original verdicts are repeated
EXPECTED_ENDS = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED)


def connect(address):
    """A channel that looks for a restarted service at once."""
    return grpc.insecure_channel(address, options=[
        ("grpc.initial_reconnect_backoff_ms", 20), ("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 100),
        ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])


def errors_of(failure):
    """The reasons a service gave, as (reason, field, value)."""
    for key, value in failure.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return [(e.reason, e.field, e.value) for e in stubs.error.ErrorList.FromString(value).errors]
    return []


def patiently(call, seconds=60):
    """An answer of a service that has just been started again: its clients' connections may still be broken."""
    until = time.monotonic() + seconds
    while True:
        try:
            return call()
        except grpc.RpcError as failure:
            if failure.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > until:
                raise
            time.sleep(0.05)


def place(position):
    """A position as a value."""
    return position.journal_id, position.sequence, position.block_hash


class Source:
    """A writer: what it sends under each number never changes, but for attempts to cheat."""

    def __init__(self, name, seed, world):
        self.name, self.world = name, world
        self.random = random.Random(f"{seed}/{name}")
        self.items = []     # by number - 1
        self.sent = 0       # highest number that may have been recorded
        self.acked = 0      # highest number known to have a durable verdict
        self.verdicts = {}  # number → what we were told

    def item(self, number):
        while len(self.items) < number:
            self.items.append(self.make())
        return self.items[number - 1]

    def make(self):
        rng = self.random
        region = rng.choice(self.world.regions) if rng.random() < 0.98 else "5399"  # no such region
        indicator = rng.choice(("starts", "starts", "starts", "investment", "built"))
        year = "" if indicator in model.STOCKS else rng.choice(("2016", "2017", "2017"))
        day = model.days(2016, 1, 1) + rng.randrange(-20, 900)
        if rng.random() < 0.01:
            day = model.days(2100, 1, 1)
        kind = rng.choice((0, 0, 0, 0, 1, 1, 2, 3))
        amount = rng.randint(1, 60 if kind in (model.INCREMENT, model.REDUCTION) else 400)
        explanation = "核对" if kind == model.REDUCTION and rng.random() < 0.9 else ""
        return (region, rng.choice(model.REPORTED), indicator, year, day, kind, amount, explanation)


class World:
    """Regions that figures are reported for; the planner adds counties while everything runs."""

    def __init__(self):
        self.first = [(model.PROVINCE, "", "province"), *((city, model.PROVINCE, "city") for city in model.CITIES)]
        self.first += [(f"{city}{n:02}", city, "county") for city in model.CITIES for n in range(1, 4)]
        self.regions = [code for code, _, _ in self.first]


class Work:
    """What one client goes on with, over several loads of a suite."""

    def __init__(self):
        self.number, self.lines, self.task = 0, {}, None


class Ledger:
    """Shared by all clients of a suite. Threads append; the judge reads when they have stopped."""

    def __init__(self, seed):
        self.seed, self.world = seed, World()
        self.sources, self.planning, self.issuing = {}, Work(), Work()
        self.acks = []       # (source, number, position in the progress journal): everything up to number is at or below it
        self.documents = {}  # number of a document → {(region, programme, year): starts}
        self.plans = []      # (kind, key, position in the plan journal) of acknowledged imports
        self.seen = []       # (what, arguments, basis, answer) of rollups and league tables
        self.bulletins = {}  # number → sha256, as issued
        self.token = ""      # of the newest ack, which stands at token_at
        self.token_at = 0
        self.failures = []   # (word for the last line, sentence)
        self.counts = {"acked": 0, "repeats": 0, "conflicts": 0, "gaps": 0, "replaced": 0, "streams": 0, "imports": 0, "reads": 0, "issued": 0, "full": 0}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def source(self, name):
        return self.sources.setdefault(name, Source(name, self.seed, self.world))

    def forget_progress(self):
        """The progress journal has been replaced on purpose: what was told about it holds no more, what was sent is sent again."""
        self.acks, self.seen, self.token, self.token_at = [], [], "", 0
        for source in self.sources.values():
            source.acked, source.verdicts = 0, {}

    def fail(self, word, sentence):
        with self.lock:
            self.failures.append((word, sentence))

    def count(self, word, times=1):
        with self.lock:
            self.counts[word] += times
