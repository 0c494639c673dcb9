"""The check rule once more, in fractions, from its text alone: what `anju check` must find in a file.

It shares nothing with the command: units, intervals, places and blanks are written down here again.
"""

import csv
import functools
import io
import re
from fractions import Fraction

HALF = Fraction(1, 2)

# One of the unit in its kind's smallest unit.
UNITS = {"": ("ratio", Fraction(1)), "%": ("ratio", Fraction(1, 100)), "名次": ("place", Fraction(1))}
for kind, units in {
    "dwelling": {"套": 1, "户": 1, "间": 1, "套(户)": 1, "套(间)": 1, "套/户": 1, "套、间": 1, "万套": 10_000, "万户": 10_000},
    "person": {"人": 1, "万人": 10_000}, "estate": {"个": 1}, "building": {"栋": 1},
    "area": {"㎡": 1, "平方米": 1, "万㎡": 10_000, "万平方米": 10_000, "公顷": 10_000, "平方公里": 1_000_000},
    "money": {"元": 1, "万元": 10_000, "亿元": 100_000_000},
}.items():
    UNITS.update({name: (kind, Fraction(factor)) for name, factor in units.items()})

# The same unit spelled in two ways is one column.
SPELLINGS = {"平方米": "㎡", "万平方米": "万㎡", "套(户)": "套", "套(间)": "套", "套/户": "套", "套、间": "套"}


def not_additive(catalogue):
    with open(catalogue, encoding="utf-8", newline="") as file:
        return {word for row in csv.DictReader(file) if row["type"] == "indicator" and row["over_regions"] == "none" for word in (row["code"], row["name"])}


def decimals(text):
    return len(text.split(".")[1]) if "." in text else 0


def half_up(value, digits):
    """Rounded to so many decimals, a half away from zero."""
    scaled = abs(value) * 10**digits
    whole = (scaled + HALF).__floor__()
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def trimmed(value, digits):
    """As the command prints a computed figure: at most eight decimals, none that is a trailing zero."""
    value = half_up(value, min(digits, 8))
    sign, value = ("-", -value) if value < 0 else ("", value)
    text = f"{value.__floor__()}"
    rest = value - value.__floor__()
    if rest:
        text += "." + str((rest * 10**8).__floor__()).rjust(8, "0").rstrip("0")
    return sign + text


class Operand:
    """A number with what it may stand for, in the smallest unit of its kind."""

    def __init__(self, value, low, high, step=None):
        self.value, self.low, self.high, self.step = value, low, high, step

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def printed(text, unit, exact):
        value, step = Fraction(text), Fraction(1, 10 ** decimals(text))
        if exact or value == 0:
            low = high = value
        elif value > 0:
            low, high = value - step / 2, value + step
        else:
            low, high = value - step, value + step / 2
        factor = UNITS[unit][1]
        return Operand(value * factor, low * factor, high * factor, step * factor)

    def width(self):
        return self.high - self.low


BLANK, OPEN = "blank", "open"  # a printed blank; something that cannot be computed


def combine(kind, operands):
    if kind == "sum":
        if OPEN in operands:
            return OPEN
        known = [o for o in operands if o != BLANK]
        if not known:
            return OPEN
        return Operand(sum(o.value for o in known), sum(o.low for o in known), sum(o.high for o in known))
    if OPEN in operands or BLANK in operands:
        return OPEN
    if kind in ("=", "<="):
        return operands[0]
    a, b = operands
    if kind == "-":
        return Operand(a.value - b.value, a.low - b.high, a.high - b.low)
    if kind == "*":
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return Operand(a.value * b.value, min(corners), max(corners))
    if b.low <= 0 <= b.high:
        return OPEN
    corners = [x / y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Operand(a.value / b.value, min(corners), max(corners))


class Relation:
    def __init__(self, text):
        self.text = text = text.strip()
        listed = re.fullmatch(r"(sum|rank)\s*\((.*)\)", text)
        self.descending = None
        if listed:
            self.kind, words = listed.group(1), listed.group(2).split()
            if self.kind == "rank":
                self.descending = words.pop(0) == "desc"
        elif text.startswith("<="):
            self.kind, words = "<=", [text[2:].strip()]
        elif text.startswith("="):
            self.kind, words = "=", [text[1:].strip()]
        else:
            left, self.kind, right = re.fullmatch(r"(.[^/*-]*)([/*-])(.*)", text).groups()
            words = [left.strip(), right.strip()]
        self.words = words
        self.ids = [word for word in words if re.match(r"[A-Za-z]", word)]


class Table:
    """The rows of a check file. Numbers can be changed; what depends on them is judged again."""

    def __init__(self, text, bad_labels):
        self.rows = []
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
        self.header = next(reader)
        for fields in reader:
            row = dict(zip(self.header, fields), line=reader.line_num)
            row["relations"] = [Relation(part) for part in row["should_be"].split(";")] if row["should_be"].strip() else []
            self.rows.append(row)
        self.by_id = {row["id"]: row for row in self.rows}
        self.bad_labels = bad_labels
        self.users = {row["id"]: set() for row in self.rows}  # rows whose relations name the id
        for row in self.rows:
            for relation in row["relations"]:
                for name in relation.ids:
                    self.users[name].add(row["id"])
        self.with_decimals = {}  # column: how many of its cells are printed with decimals
        for row in self.rows:
            row["column"] = row["label"], SPELLINGS.get(row["unit"], row["unit"])
            self.with_decimals[row["column"]] = self.with_decimals.get(row["column"], 0) + ("." in row["printed"])
        self.lines = [self.csv_line(row) for row in self.rows]
        self.memo = {}

    def exact(self, row):
        return self.with_decimals[row["column"]] == 0

    def csv_line(self, row):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow([row[name] for name in self.header])
        return out.getvalue()

    def operand(self, word, row=None, bare=True):
        """What an id or a constant stands for; a constant that is added or compared has the unit of its row."""
        if not re.match(r"[A-Za-z]", word):
            value = Fraction(word) * (1 if bare else UNITS[row["unit"]][1])
            return Operand(value, value, value)
        cell = self.by_id[word]
        if cell["printed"]:
            return Operand.printed(cell["printed"], cell["unit"], self.exact(cell))
        if not cell["relations"]:
            return BLANK
        side = self.side(cell, cell["relations"][0])
        return side if side in (BLANK, OPEN) else Operand(side.value, side.low, side.high)  # computed, so printed with no digits at all

    def side(self, row, relation):
        bare = relation.kind in ("/", "*")
        return combine(relation.kind, [self.operand(word, row, bare) for word in relation.words])

    def judge(self, row, relation):
        """(verdict, computed figure as printed) or None where it cannot be judged."""
        own = self.operand(row["id"])
        factor = UNITS[row["unit"]][1]
        digits = decimals(row["printed"]) + 2
        if relation.kind == "rank":
            ranked = [self.operand(word) for word in relation.words]
            if BLANK in ranked or OPEN in ranked:
                return None
            return self.judge_place(row, ranked, relation.descending, digits)
        side = self.side(row, relation)
        if side in (OPEN, BLANK):
            return None
        computed = trimmed(side.value / factor, digits)
        if relation.kind == "sum" and any(name in self.bad_labels for name in [row["label"]] + [self.by_id[i]["label"] for i in relation.ids]):
            return "not_additive", computed
        meet = own.low <= side.high and side.low <= own.high
        if relation.kind == "<=":
            verdict = "exact" if own.value <= side.value else "rounding" if own.low <= side.high else "error"
            return verdict, computed
        if relation.kind == "=" and side.step is not None and side.step > own.step:
            # The other print is the coarser one: this one may round to it.
            other = self.by_id[relation.words[0]]
            coarse = half_up(own.value / UNITS[other["unit"]][1], decimals(other["printed"])) * UNITS[other["unit"]][1]
            same = own.value == side.value or coarse == side.value
        else:
            same = own.value == side.value or half_up(side.value / factor, decimals(row["printed"])) * factor == own.value
        verdict = "exact" if same else "rounding" if meet else "note" if relation.kind == "=" else "error"
        return verdict, computed

    @staticmethod
    def judge_place(row, ranked, descending, digits):
        own, others = ranked[0], ranked[1:]
        sign = 1 if descending else -1
        better = sum(sign * (o.value - own.value) > 0 for o in others)
        level = sum(o.value == own.value for o in others)
        first, last = better + 1, better + 1 + level
        if descending:
            surely, maybe = sum(o.low > own.high for o in others), sum(o.high >= own.low for o in others)
        else:
            surely, maybe = sum(o.high < own.low for o in others), sum(o.low <= own.high for o in others)
        place = Fraction(row["printed"])
        whole = place.denominator == 1
        if whole and first <= place <= last:
            return "exact", trimmed(place, digits)
        nearest = last if place > last else first
        return "rounding" if whole and surely + 1 <= place <= maybe + 1 else "error", trimmed(Fraction(nearest), digits)

    def outcomes(self):
        """{(line, relation number): (id, rule, verdict, computed), or None where it cannot be judged} of every relation of a printed cell."""
        result = {}
        for row in self.rows:
            if not row["printed"]:
                continue
            for number, relation in enumerate(row["relations"]):
                key = (row["line"], number, self.state(row, relation))
                if key not in self.memo:
                    judged = self.judge(row, relation)
                    self.memo[key] = judged and (row["id"], relation.text, *judged)
                result[row["line"], number] = self.memo[key]
        return result

    def state(self, row, relation):
        """All that the verdict depends on, so that a table with one number changed need not be judged from the beginning."""
        names, state = [row["id"]] + relation.ids, []
        for name in names:
            cell = self.by_id[name]
            state.append((cell["printed"], self.exact(cell)))
            if not cell["printed"] and cell["relations"]:
                names.extend(cell["relations"][0].ids)
        return tuple(state)

    def related(self, name):
        """(row, relation) of printed cells that the number takes part in, also through computed cells."""
        found, queue, seen = [], [name], {name}
        found += [(self.by_id[name], relation) for relation in self.by_id[name]["relations"]]
        while queue:
            current = queue.pop()
            for user in sorted(self.users[current]):
                row = self.by_id[user]
                if row["printed"]:
                    found += [(row, relation) for relation in row["relations"] if current in relation.ids]
                elif user not in seen:
                    seen.add(user)
                    queue.append(user)
        return found

    def change(self, name, printed):
        """Prints another number in a cell; returns what undoes it."""
        row = self.by_id[name]
        before = row["printed"]
        row["printed"] = printed
        self.with_decimals[row["column"]] += ("." in printed) - ("." in before)
        self.lines[self.rows.index(row)] = self.csv_line(row)
        return before

    def text(self):
        return ",".join(self.header) + "\n" + "".join(self.lines)
