"""The other clients: a planner who imports and amends, readers of rollups and league tables, watchers of feeds, and an office that issues bulletins."""

import random
import threading

import grpc

import blocks
import ledger
import model
import stubs

AMENDMENTS_MAX = 5

TEMPLATE = """template: torture
region: "53"
issuer: 测试办公室
number: 测〔{year}〕{n}号
title: 关于{year}年{month}月开工情况的通报
addressees: 各市：
tables:
  starts:
    annex: yes
    title: "{year}年开工排序表"
    rank: {programme: all, indicator: starts, year: "{year}", by: value}
    columns:
      - {heading: 市, cell: name}
      - {heading: 开工数, cell: numerator}
      - {heading: 排序, cell: rank}
    total: 合计
body:
  - text: "全省开工{starts.total.numerator}套。"
"""


class Client(threading.Thread):
    """Does one thing again and again until told to stop; ends of streams and calls are part of life."""

    def __init__(self, book, address, name, seed, pause):
        super().__init__(daemon=True, name=name)
        self.book, self.address, self.random, self.pause = book, address, random.Random(f"{seed}/{name}"), pause
        self.channel = ledger.connect(address)

    def run(self):
        try:
            while not self.book.stop.is_set():
                try:
                    self.once()
                except grpc.RpcError as failure:
                    self.ended(failure)
                self.book.stop.wait(self.random.random() * self.pause)
        except Exception as failure:
            self.book.fail("broken", f"{self.name}: {failure!r}")
        finally:
            self.channel.close()

    def ended(self, failure):
        reasons = ledger.errors_of(failure)
        if failure.code() == grpc.StatusCode.DATA_LOSS:
            self.book.fail("lost", f"{self.name}: {reasons or failure.details()}")
        elif failure.code() not in (*ledger.EXPECTED_ENDS, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL):
            self.book.fail("wrong", f"{self.name}: {failure.code()} {reasons or failure.details()}")
        self.book.stop.wait(0.02)


class Planner(Client):
    """Each import is asked for under one request id until it is answered; then, now and then, once more."""

    def __init__(self, book, address, seed, pause=0.5):
        super().__init__(book, address, "planner", seed, pause)
        self.stub, self.work = stubs.PLAN(self.channel), book.planning

    def found(self):
        """The regions that a new suite needs before anything is reported."""
        rows = [stubs.plan.RegionRow(line=i, code=code, name=f"名{code}", parent=parent, level=level, kind="administrative", order=str(i))
                for i, (code, parent, level) in enumerate(self.book.world.first, 1)]
        response = self.stub.ImportRegions(stubs.plan.ImportRegionsRequest(rows=rows, request_id="first"), timeout=60, wait_for_ready=True)
        self.book.token = response.basis.token
        for code, _, _ in self.book.world.first:
            self.book.plans.append(("region", code, ledger.place(response.basis.basis.plan)))

    def once(self):
        work = self.work
        if work.task is None:
            work.number += 1
            work.task = self.next_task()
        kind, key, method, request = work.task
        response = getattr(self.stub, method)(request, timeout=self.random.choice((0.3, 2)))
        self.book.plans.append((kind, key, ledger.place(response.basis.basis.plan)))
        self.book.count("imports")
        if self.random.random() < 0.7:
            work.task = None  # else the same once more

    def next_task(self):
        lines, number = self.work.lines, self.work.number
        chance = self.random.random()
        if chance < 0.3:
            return self.region_task(f"{self.random.choice(model.CITIES)}{10 + number:02}")
        amendable = [line for line, documents in lines.items() if len(documents) <= AMENDMENTS_MAX]
        if chance < 0.6 and amendable:
            line = self.random.choice(amendable)
            return self.document_task(*line, lines[line][-1])
        programme = self.random.choice(model.LEAVES)
        years = [year for year in map(str, range(2016, 2200)) if (programme, year) not in lines]
        return self.document_task(programme, years[0], "") if years else self.region_task(f"{self.random.choice(model.CITIES)}{10 + number:02}")

    def region_task(self, code):
        number = self.work.number
        self.book.world.regions.append(code)  # reporters may be early: the verdict tells
        row = stubs.plan.RegionRow(line=1, code=code, name=f"名{code}", parent=code[:4], level="county", kind="administrative", order=str(100 + number))
        return "region", code, "ImportRegions", stubs.plan.ImportRegionsRequest(rows=[row], request_id=f"r{number}")

    def document_task(self, programme, year, amends):
        """A new document, or the amendment of the newest of its line: never before the one it amends."""
        counties = sorted({code for kind, code, _ in self.book.plans if kind == "region" and len(code) > 4})
        counties = self.random.sample(counties, self.random.randint(1, min(len(counties), 40)))
        number, line = f"测〔2016〕{self.work.number}号", self.work.lines.setdefault((programme, year), [])
        line.append(number)
        effective = f"{year}-{2 * len(line) - 2:02}-01" if amends else ""
        request = stubs.plan.ImportDocumentRequest(document=number, issuer=model.PROVINCE, issued="2016-01-01", request_id=f"r{self.work.number}", amends=amends,
                                                   effective=effective)
        rows = self.book.documents[number] = {(county, programme, year): self.random.randint(1, 999) for county in counties}
        for place, ((county, _, _), amount) in enumerate(rows.items(), 1):
            request.rows.add(line=place, region=county, programme=programme, indicator="starts", plan_year=year, value=str(amount), unit="套")
        return "document", number, "ImportDocument", request


class Reader(Client):
    """Asks for rollups of the aggregator and league tables of the ranking service, and keeps what they said with the basis they said it at."""

    def __init__(self, book, aggregator, ranking, seed, pause=0.3, keep=60):
        super().__init__(book, aggregator, "reader", seed, pause)
        self.rollups, self.tables, self.keep = stubs.AGGREGATOR(self.channel), stubs.RANKING(ledger.connect(ranking)), keep

    def once(self):
        region, year = self.random.choice((model.PROVINCE, *model.CITIES)), self.random.choice(model.YEARS)
        at_least = self.book.token if self.random.random() < 0.4 else ""
        ask = self.rollup if self.random.random() < 0.5 else self.table
        keep = self.random.random() < 0.3 and len(self.book.seen) < self.keep
        ask(region, year, at_least, self.random.choice((0.3, 1, 3)), keep)

    def see(self, what, arguments, stamp, answer):
        places = (ledger.place(stamp.basis.plan), *(ledger.place(position) for position in stamp.basis.progress))
        self.book.seen.append((what, arguments, places, answer))
        self.book.count("reads")

    def rollup(self, region, year, at_least, timeout, keep):
        response = self.rollups.GetRollup(stubs.aggregator.GetRollupRequest(region=region, year=year, at_least=at_least), timeout=timeout)
        answer = None
        if keep:
            names = [{record.number: record.code for record in records} for records in (response.regions, response.programmes, response.indicators)]
            answer = {}
            for cell in response.cells:
                key = (names[0][cell.region], names[1][cell.programme], names[2][cell.indicator])
                target = next((t.target for t in cell.targets if t.HasField("target")), None)
                answer[key] = tuple(getattr(cell, field) if cell.HasField(field) else None for field in ("actual", "declared")) + (target,)
        self.see("rollup", (region, year), response.basis, answer)

    def table(self, region, year, at_least, timeout, keep):
        by_rate = self.random.random() < 0.5
        definition = stubs.ranking.Definition(programme="all", indicator="starts", year=year,
                                              by=stubs.ranking.SORT_KEY_RATE if by_rate else stubs.ranking.SORT_KEY_VALUE)
        request = stubs.ranking.GetLeagueTableRequest(region=region, definition=definition, at_least=at_least)
        response = self.tables.GetLeagueTable(request, timeout=timeout)
        answer = {row.region: (row.rank, int(row.numerator)) for row in response.rows} if keep else None
        self.see("table", (region, year, by_rate), response.basis, answer)

    def ended(self, failure):
        # Nothing at all may be known yet of what was asked.
        if failure.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION) or self.book.plans == []:
            super().ended(failure)


class Watcher(Client):
    """Follows one journal's feed for ever, resuming by position and hash: what it has seen once must stay true."""

    def __init__(self, book, address, name, seed):
        super().__init__(book, address, f"watcher of {name}", seed, 0.05)
        self.stub, self.chain, self.call = stubs.FEED(self.channel), blocks.Chain(), None

    def once(self):
        after = stubs.basis.Position(journal_id=self.chain.id, sequence=self.chain.sequence, block_hash=self.chain.hash) if self.chain.sequence else None
        self.call = self.stub.Follow(stubs.feed.FollowRequest(after=after), timeout=self.random.choice((0.5, 5, 60)))
        for response in self.call:
            try:
                self.chain.take(response)
            except blocks.Broken as broken:
                self.call.cancel()
                return self.book.fail("feed", f"{self.name}: {broken}")
            if self.book.stop.is_set():
                return self.call.cancel()

    def hang_up(self):
        if self.call is not None:
            self.call.cancel()

    def catch_up(self, sequence, timeout=60):
        """Follows until the sequence is there; afterwards the chain is what the service says now."""
        after = stubs.basis.Position(journal_id=self.chain.id, sequence=self.chain.sequence, block_hash=self.chain.hash) if self.chain.sequence else None
        call = self.stub.Follow(stubs.feed.FollowRequest(after=after), timeout=timeout, wait_for_ready=True)
        for response in call:
            self.chain.take(response)
            if self.chain.sequence >= sequence:
                return call.cancel()


class Office(Client):
    """Drafts and issues bulletins; what was issued must stay the same bytes."""

    def __init__(self, book, address, seed, pause=1.0):
        super().__init__(book, address, "office", seed, pause)
        self.stub = stubs.BULLETIN(self.channel)

    def once(self):
        work = self.book.issuing
        self.stub.DefineTemplate(stubs.bulletin.DefineTemplateRequest(source=TEMPLATE, request_id="template", at_least=self.book.token), timeout=5)
        work.number += 1
        draft = self.stub.DraftBulletin(stubs.bulletin.DraftBulletinRequest(template_code="torture", as_of="2017-06-30", request_id=f"d{work.number}"),
                                        timeout=2).draft
        request = stubs.bulletin.IssueBulletinRequest(draft=draft.draft, as_drafted=True, number=f"第{work.number}号", request_id=f"i{work.number}")
        for _ in range(2):
            issued = self.stub.IssueBulletin(request, timeout=2).bulletin
            known = self.book.bulletins.setdefault(issued.number, issued.sha256)
            if known != issued.sha256:
                self.book.fail("wrong", f"bulletin {issued.number} was {known} and is {issued.sha256}")
        self.book.count("issued")

    def ended(self, failure):
        if failure.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION):
            super().ended(failure)
