"""The oracle: a sequential model of the rules, as slow and plain as can be, that shares no code with the services.

It walks through the journals in their order and decides every item again; what the services decided, summed and ranked must be that.
"""

import bisect
import datetime
import fractions

EPOCH = datetime.date(1970, 1, 1).toordinal()
PARTS = {"all": ["low_rent", "public_rental", "shantytown"], "policy": ["low_rent", "public_rental"],
         "shantytown": ["shantytown.urban", "shantytown.mine"]}
PROGRAMMES = ["all", "policy", "low_rent", "public_rental", "shantytown", "shantytown.urban", "shantytown.mine"]
LEAVES = ["low_rent", "public_rental", "shantytown.urban", "shantytown.mine"]
REPORTED = ["all", "shantytown", *LEAVES]
INDICATORS = {"starts": "套", "investment": "万元", "built": "套"}
STOCKS = {"built"}
YEARS = ["2016", "2017"]
CUMULATIVE, INCREMENT, CORRECTION, REDUCTION = range(4)
PROVINCE = "53"
CITIES = ("5301", "5302", "5303")


def days(year, month, day):
    return datetime.date(year, month, day).toordinal() - EPOCH


TODAY = datetime.date.today().toordinal() - EPOCH


class Model:
    """Figures, targets and regions after a prefix of the plan journal and one of the progress journal."""

    def __init__(self):
        self.parent = {}    # region code → parent, in the order of registration
        self.children = {}
        self.targets = {}   # (region, programme, year) → starts
        self.series = {}    # (region, programme, indicator, year) → entries (as_of, sequence, kind, amount)
        self.memory = {}

    # ---- plan ----
    def add_region(self, code, parent):
        if code in self.parent:
            return
        self.parent[code] = parent
        self.children.setdefault(parent, []).append(code)
        self.children.setdefault(code, [])
        self.memory = {}

    def set_targets(self, rows):
        """A document or an amendment: the later one is in force on 31 December."""
        self.targets.update(rows)
        self.memory = {}

    # ---- progress ----
    @staticmethod
    def fold(entries):
        """(as_of, value at the end of that day), day by day."""
        total, out = None, []
        for as_of, _, kind, amount in entries:
            total = amount if kind in (CUMULATIVE, CORRECTION) else (total or 0) + (amount if kind == INCREMENT else -amount)
            if out and out[-1][0] == as_of:
                out[-1] = (as_of, total)
            else:
                out.append((as_of, total))
        return out

    def decide(self, sequence, item, known):
        """The verdict on an item under the regions known then, and its effect."""
        region, programme, indicator, year, as_of, kind, amount, explanation = item
        if not known(region):
            return "UNKNOWN_REGION"
        if as_of > TODAY:
            return "FUTURE_DATE"
        if year and as_of < days(int(year), 1, 1):
            return "BEFORE_PLAN_YEAR"
        if kind == REDUCTION and not explanation:
            return "EXPLANATION_REQUIRED"
        key = (region, programme, indicator, year)
        entries = self.series.get(key, [])
        if kind in (CORRECTION, REDUCTION) and not (entries and entries[0][0] <= as_of):
            return "NOTHING_TO_CORRECT"
        if kind == CUMULATIVE:
            at = bisect.bisect_left(entries, (as_of + 1,)) - 1
            if at >= 0 and entries[at][0] == as_of and entries[at][2] in (CUMULATIVE, CORRECTION) and entries[at][3] == amount:
                return "UNCHANGED"
        changed = list(entries)
        bisect.insort(changed, (as_of, sequence, kind, amount))
        if any(value < 0 for day, value in self.fold(changed) if day >= as_of):
            return "BELOW_ZERO"
        self.series[key] = changed
        self.memory = {}
        return "accepted"

    # ---- answers ----
    def own(self, key):
        entries = self.series.get(key)
        return self.fold(entries)[-1][1] if entries else None

    def _parts(self, region, programme):
        return [(child, programme) for child in self.children.get(region, ())], [(region, part) for part in PARTS.get(programme, ())]

    def actual(self, key):
        """In one direction: the children where any has a value, else the sub-programmes, else the figure itself."""
        if key in self.memory:
            return self.memory[key]
        region, programme, indicator, year = key
        result = self.own(key)
        for parts in self._parts(region, programme):
            values = [v for v in (self.actual((r, p, indicator, year)) for r, p in parts) if v is not None]
            if values:
                result = sum(values)
                break
        self.memory[key] = result
        return result

    def declared(self, key):
        region, programme, indicator, year = key
        summed = any(self.actual((r, p, indicator, year)) is not None for parts in self._parts(region, programme) for r, p in parts)
        return self.own(key) if summed else None

    def target(self, region, programme, year):
        if (region, programme, year) in self.targets:
            return self.targets[region, programme, year]
        for parts in self._parts(region, programme):
            values = [v for v in (self.target(r, p, year) for r, p in parts) if v is not None]
            if values:
                return sum(values)
        return None

    def rollup(self, region, year):
        """(region, programme, indicator) → (actual, declared, target), for what is known."""
        cells = {}
        for code in [region, *self.children.get(region, ())]:
            for programme in PROGRAMMES:
                for indicator in INDICATORS:
                    stock = indicator in STOCKS
                    key = (code, programme, indicator, "" if stock else year)
                    target = self.target(code, programme, year) if indicator == "starts" else None
                    cell = (self.actual(key), self.declared(key), target)
                    if cell != (None, None, None):
                        cells[code, programme, indicator] = cell
        return cells

    def table(self, region, year, by_rate):
        """region → (rank, numerator) of the starts of all programmes."""
        rows = {}
        for code in self.children.get(region, ()):
            value, target = self.actual((code, "all", "starts", year)), self.target(code, "all", year)
            if value is not None and (not by_rate or target):
                rows[code] = (fractions.Fraction(value, target if by_rate else 1), value)
        return {code: (1 + sum(other > key for other, _ in rows.values()), value) for code, (key, value) in rows.items()}
