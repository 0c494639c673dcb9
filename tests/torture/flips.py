"""Damage to files of a stopped store: a bit flipped, a file cut short or gone. Refused by name, or harmless with everything there; never silent."""

import pathlib
import random
import shutil
import struct
import time

import grpc

import clients
import judge
import kills
import ledger
import processes
import reporter
import stubs

SERVICES = ("progress",) * 5 + ("plan",) * 2 + ("ranking",) * 2 + ("aggregator",)
LEFT_ALONE = ("LOG", "lock", "LOCK")  # texts for people and empty files
ANSWER_SECONDS = 60


def record_ends(log):
    """Offsets after each record of a RocksDB write-ahead log: a cut there looks like a log that was never longer."""
    ends, at = [], 0
    while at + 7 <= len(log):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", log, at + 4)
        if kind == 0:
            break
        at += 7 + length
        if kind in (1, 4):  # full, last
            ends.append(at)
    return ends


class Silent(Exception):
    """The service serves, and something is not there or is otherwise."""


class Stores:
    """Four stores after some seconds of load and deaths, and what has to come out of each."""

    def __init__(self, options, seed, suite=None):
        self.random = random.Random(f"{seed}/stores")
        self.suite = suite = processes.Suite(options.scratch, disable=options.disable)
        load = kills.Load(suite, seed, batch_max=40)
        self.book = book = load.book
        killer = kills.Killer(suite, self.random, ("kill", "term"), dict.fromkeys(("kill", "place", "term", "stop"), 0), set())
        until = time.monotonic() + 4
        while time.monotonic() < until:
            killer.step()
            time.sleep(0.1)
        for name in self.random.sample(processes.NAMES, 2):  # their caches reach the disk
            suite[name].terminate()
            suite[name].start().wait_ready()
        time.sleep(0.5)
        load.stop()
        judge.judge_round(suite, book, seed, load.watchers)
        self.chains = {name: watcher.chain for name, watcher in load.watchers.items()}
        self.token = judge.token_of(self.chains["plan"], self.chains["progress"])
        self.expected = {name: self.contents(name, suite[name].address) for name in processes.NAMES}
        # The stores as kill -9 leaves them, and the services again as neighbours of whichever is damaged.
        self.stopped = suite.directory / "stopped"
        for service in suite.services.values():
            service.kill()
        for name in processes.NAMES:
            shutil.copytree(suite.data / name, self.stopped / name)
        for service in suite.services.values():
            service.start()
        for service in suite.services.values():
            service.wait_ready()

    def contents(self, name, address):
        """What a service says about everything it keeps."""
        channel = ledger.connect(address)
        try:
            ask = lambda call: ledger.patiently(call, ANSWER_SECONDS)
            if name == "aggregator":
                request = stubs.aggregator.DumpRequest(at_least=self.token)
                return ask(lambda: "".join(part.text for part in stubs.AGGREGATOR(channel).Dump(request, timeout=ANSWER_SECONDS, wait_for_ready=True)))
            if name == "plan":
                stub, told = stubs.PLAN(channel), []
                documents = ask(lambda: stub.ListDocuments(stubs.plan.ListDocumentsRequest(page_size=1000), timeout=ANSWER_SECONDS, wait_for_ready=True))
                regions = ask(lambda: stub.ListRegions(stubs.plan.ListRegionsRequest(page_size=10000), timeout=ANSWER_SECONDS))
                told = [d.SerializeToString() for d in documents.documents] + [r.SerializeToString() for r in regions.regions]
                for document in documents.documents:
                    request = stubs.plan.GetDocumentRequest(document=document.number)
                    told.append(ask(lambda: stub.GetDocument(request, timeout=ANSWER_SECONDS)).document.SerializeToString())
                return told
            if name == "ranking":
                stub, told = stubs.BULLETIN(channel), []
                for number in self.book.bulletins:
                    request = stubs.bulletin.GetBulletinRequest(number=number)
                    told.append(ask(lambda: stub.GetBulletin(request, timeout=ANSWER_SECONDS, wait_for_ready=True)).bulletin.content)
                return told
            return self.verdicts(address)
        finally:
            channel.close()

    def verdicts(self, address):
        """Where each source stands, and the original verdicts on its last numbers."""
        told = []
        for source in self.book.sources.values():
            replica = ledger.Source(source.name, self.book.seed, source.world)
            replica.items, replica.sent = source.items, source.sent
            silent_book = ledger.Ledger(self.book.seed)
            clerk = reporter.Reporter(silent_book, address, source.name, 0)
            clerk.source = replica
            until = time.monotonic() + ANSWER_SECONDS
            answered = False
            while not (answered := clerk.again(30)) and time.monotonic() < until and not silent_book.failures:
                time.sleep(0.02)
            clerk.channel.close()
            if not answered and not silent_book.failures:  # nothing said is not something else said
                raise Silent(f"no answer to {source.name} in {ANSWER_SECONDS} s")
            told.append((source.name, replica.acked, sorted(replica.verdicts.items()), silent_book.failures))
        return told

    def close(self, keep):
        self.suite.close(keep)


class Damage:
    """One damage to one file of one service."""

    def __init__(self, stores, rng, directory):
        self.stores, self.name, self.directory = stores, rng.choice(SERVICES), directory / "damaged"
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(stores.stopped / self.name, self.directory)
        files = [path for path in sorted(self.directory.rglob("*")) if path.is_file() and not path.name.startswith(LEFT_ALONE)]
        kinds = sorted({self.kind_of(path) for path in files})
        kind = rng.choice(kinds)
        self.path = rng.choice([path for path in files if self.kind_of(path) == kind])
        self.store = self.path.relative_to(self.directory).parts[0]
        data = bytearray(self.path.read_bytes())
        self.how = rng.choices(("flip", "truncate", "cut", "remove"), (12, 4, 2, 1))[0]
        if self.how == "flip" and data:
            at, bit = rng.randrange(len(data)), rng.randrange(8)
            data[at] ^= 1 << bit
            self.how = f"flip of bit {bit} at {at} of {len(data)}"
            self.path.write_bytes(data)
        elif self.how == "remove":
            self.path.unlink()
        else:
            ends = record_ends(bytes(data))[:-1] if self.how == "cut" and self.path.suffix == ".log" else []
            length = rng.choice(ends) if ends else rng.randrange(len(data)) if data else 0
            self.how = f"{'cut between records' if ends else 'truncation'} to {length} of {len(data)}"
            self.path.write_bytes(data[:length])
        self.bytes = self.path.read_bytes() if self.path.exists() else None
        self.thorough = rng.random() < 0.2

    def kind_of(self, path):
        store = path.relative_to(self.directory).parts[0]
        stem = path.name.split("-")[0] if "-" in path.name else path.suffix or path.name
        return f"{store}/{stem}"

    def __str__(self):
        return f"{self.how} in {self.name}'s {self.path.relative_to(self.directory)}"

    def start(self, number, options):
        log = self.directory.parent / f"damage-{number}.log"
        service = processes.Service(self.name, self.directory, log, lambda _, upstream: self.stores.suite[upstream].address, options.disable)
        service.start()
        if not service.announced.wait(processes.START_SECONDS):
            service.kill()
            raise Silent("it neither starts nor ends")
        return service, log

    def try_it(self, number, options):
        """'refused', 'found' (when read) or 'harmless'; Silent for anything else."""
        service, log = self.start(number, options)
        try:
            outcome = self.look(service, log)
            if outcome == "refused" and self.store in ("state", "cells"):
                service.log.close()
                service, log = self.start(number, options)  # a cache is thrown away at most once
                if self.look(service, log) != "harmless":
                    raise Silent("the cache does not come back after a second start: " + self.words(log))
            return outcome
        finally:
            if service.process.poll() is None:
                service.kill()
            service.log.close()
            log.unlink(missing_ok=True)

    @staticmethod
    def words(log):
        return pathlib.Path(log).read_text(errors="replace")[-1500:]

    def named(self, words):
        """Whether people are told what is damaged: the file, or the store where a file's absence or a cut can only be told from the whole."""
        return self.path.name in words or f"{self.directory}/{self.store}" in words

    def look(self, service, log):
        code = None if service.listening.is_set() else service.process.wait(processes.STOP_SECONDS)
        if code is None:
            try:
                return self.compare(service)
            except grpc.RpcError as failure:
                words = f"{ledger.errors_of(failure)} {failure.details()}"
                code = service.process.poll()
                if failure.code() == grpc.StatusCode.DATA_LOSS:
                    if not self.named(words):
                        raise Silent(f"an answer does not name the file: {words}") from None
                    return "found"
                if code is None:
                    raise Silent(f"no answer: {failure.code()} {words}") from None
        if code not in (70, 74):
            raise Silent(f"it ended with {code}: {self.words(log)}")
        if not self.named(self.words(log)):
            raise Silent(f"it ended with {code} and does not name the file: {self.words(log)}")
        if self.store in ("journal", "witness") and self.bytes is not None and self.path.read_bytes() != self.bytes:
            raise Silent("it was refused and changed")
        return "refused"

    def compare(self, service):
        stores, name = self.stores, self.name
        if name in stores.chains:
            watcher = clients.Watcher(stores.book, service.address, name, 0)
            try:
                status = stubs.STATUS(watcher.channel).GetStatus(stubs.status.GetStatusRequest(), timeout=ANSWER_SECONDS, wait_for_ready=True)
                expected = stores.chains[name]
                if status.position.sequence < expected.sequence:
                    raise Silent(f"it serves up to {status.position.sequence}, {expected.sequence} were durable")
                if expected.sequence:
                    watcher.catch_up(expected.sequence, ANSWER_SECONDS)
                if [b.data for b in watcher.chain.blocks[:len(expected.blocks)]] != [b.data for b in expected.blocks]:
                    raise Silent("its journal is another one")
            finally:
                watcher.channel.close()
        if self.store in ("journal", "witness") and not self.thorough:
            return "harmless"  # the journal is all there, and the rest follows from it
        told = stores.contents(name, service.address)
        if told != stores.expected[name]:
            different = [(now, before) for now, before in zip(told, stores.expected[name]) if now != before] if isinstance(told, list) else ""
            raise Silent(f"it says something else than before: {str(different)[:1500]}")
        return "harmless"


def round_of_flips(options, number, times, counts, deadline):
    seed = f"{options.seed}/flips/{number}"
    stores = Stores(options, seed)
    book, rng = stores.book, random.Random(seed)
    for i in range(times):
        if time.monotonic() > deadline or len(book.failures) > 5:
            break
        damage = Damage(stores, rng, stores.suite.directory)
        try:
            counts[damage.try_it(i, options)] += 1
        except (Silent, processes.Died) as silent:
            book.fail("silent", f"{damage}: {silent}")
        counts["flips"] += 1
    stores.close(keep=options.keeps(book))
    book.directory = stores.suite.directory
    return book
