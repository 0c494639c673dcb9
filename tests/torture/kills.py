"""Rounds of deaths under load: a fresh suite, clients, some hundred kills, stops and restarts, then the judgement."""

import random
import signal
import time

import clients
import judge
import ledger
import processes
import reporter

WEIGHTS = {"kill": 10, "place": 10, "term": 1, "stop": 1, "all": 1}
SERVICES = ("plan", "progress", "progress", "progress", "aggregator", "aggregator", "ranking")
AT_THE_END = ("state.before_write", "state.after_write", "state.after_flush", "aggregator.before_write", "aggregator.after_write")
STOPS = (0.05, 0.1, 0.2, 0.6, 2.5)  # seconds; the clients' deadlines begin at 0.3


class Load:
    """All clients of a suite."""

    def __init__(self, suite, seed, reporters=3, batch_max=80, pause=0.3, book=None):
        """With a book of an earlier load its sources go on."""
        fresh = book is None
        self.book = book = ledger.Ledger(seed) if fresh else book
        book.stop.clear()
        address = {name: suite[name].address for name in processes.NAMES}
        self.watchers = {name: clients.Watcher(book, address[name], name, seed) for name in ("plan", "progress", "ranking")}
        planner = clients.Planner(book, address["plan"], seed)
        if fresh:
            planner.found()
        self.threads = [planner, *self.watchers.values(), clients.Reader(book, address["aggregator"], address["ranking"], seed),
                        clients.Office(book, address["ranking"], seed)]
        self.threads += [reporter.Reporter(book, address["progress"], f"clerk.{n}", seed, batch_max, pause) for n in range(reporters)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.book.stop.set()
        for watcher in self.watchers.values():
            watcher.hang_up()
        for thread in self.threads:
            thread.join(90)
            if thread.is_alive():
                self.book.fail("stuck", f"{thread.name} does not come back")
        # The judge follows on where the watchers stood.
        self.watchers = {name: self._successor(watcher) for name, watcher in self.watchers.items()}

    def _successor(self, watcher):
        service = watcher.name.removeprefix("watcher of ")
        successor = clients.Watcher(self.book, watcher.address, service, 0)
        successor.chain = watcher.chain
        return successor


class Killer:
    def __init__(self, suite, rng, kinds, counts, places):
        """`counts` and `places` (services and where they died) are added to."""
        self.suite, self.random, self.counts, self.places = suite, rng, counts, places
        self.kinds = [kind for kind in WEIGHTS if kind in kinds] or ["kill"]
        self.weights = [WEIGHTS[kind] for kind in self.kinds]

    def kills(self):
        return self.counts["kill"] + self.counts["place"]

    def step(self):
        time.sleep(self.random.choice((0, 0.02, 0.05, 0.1, 0.2)))
        self.reap()
        kind = self.random.choices(self.kinds, self.weights)[0]
        service = self.suite[self.random.choice(SERVICES)]
        if kind == "all":
            for one in self.suite.services.values():
                self.kill(one)
            for one in self.random.sample(list(self.suite.services.values()), 4):
                self.start(one)
        elif kind == "term":
            self.terminate(service)
        elif kind == "stop":
            service.signal(signal.SIGSTOP)
            time.sleep(self.random.choice(STOPS))
            service.signal(signal.SIGCONT)
            self.counts["stop"] += 1
        elif kind == "place" and service.place:
            self.wait_for_place(service)
        else:
            self.kill(service)
            self.start(service)

    def wait_for_place(self, service):
        """It was started to die at a place; what never comes there is killed. Caches are written at a clean end, too."""
        if service.place.startswith(AT_THE_END):
            return self.terminate(service)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            if self.reap():
                return
            time.sleep(0.005)
        self.kill(service)
        self.start(service)

    def terminate(self, service):
        service.terminate()
        if service.process.returncode == -signal.SIGKILL:
            self.died_at_place(service)
        else:
            self.counts["term"] += 1
        self.start(service)

    def reap(self):
        reaped = False
        for service in self.suite.services.values():
            if service.reap():
                self.died_at_place(service)
                self.start(service)
                reaped = True
        return reaped

    def died_at_place(self, service):
        self.counts["place"] += 1
        self.places.add(f"{service.name} {service.place.rpartition(':')[0]}")

    def kill(self, service):
        if service.reap():
            return self.died_at_place(service)
        service.kill()
        self.counts["kill"] += 1

    def start(self, service):
        place = ""
        if "place" in self.kinds and self.random.random() < 0.7:
            name, times = self.random.choice(processes.PLACES[service.name])
            place = f"{name}:{self.random.randint(1, times)}"
        service.start(place)
        if self.random.random() < 0.6:
            service.wait_ready()

    def heal(self):
        """Everything is up and stays up."""
        for service in self.suite.services.values():
            if service.place:
                self.kill(service)
                service.start()
        for service in self.suite.services.values():
            service.wait_ready()


def round_of_kills(options, number, kills, counts, deadline):
    """Returns the ledger; the suite is gone unless something failed."""
    seed = f"{options.seed}/{number}"
    suite = processes.Suite(options.scratch, disable=options.disable, disturb=options.disturb if "feed" in options.kinds else 0, seed=options.seed + number)
    load = Load(suite, seed)
    book = load.book
    killer = Killer(suite, random.Random(f"{seed}/killer"), options.kinds, counts, options.places)
    until = killer.kills() + kills
    try:
        while killer.kills() < until and time.monotonic() < deadline and not book.failures:
            killer.step()
        killer.heal()
    except processes.Died as died:
        book.fail("died", str(died))
    finally:
        load.stop()
    judge.judge_round(suite, book, seed, load.watchers)
    suite.close(keep=options.keeps(book))
    book.directory = suite.directory
    return book
