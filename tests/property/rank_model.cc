// Rates as numerator over denominator in 64 bits: amounts of worlds are small.
#include "tests/property/rank_model.h"

#include <cstdlib>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace anju::worlds {
namespace {

struct Rate {
  int64_t numerator = 0, denominator = 1;  // lowest terms, denominator above zero
};

Rate MakeRate(int64_t numerator, int64_t denominator) {
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  const int64_t common = std::gcd(numerator, denominator);
  return {numerator / common, denominator / common};
}

// −1, 0, 1.
int Compare(const Rate& a, const Rate& b) {
  const int64_t left = a.numerator * b.denominator, right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

std::string Hundredths(int64_t hundredths) {
  const int64_t size = std::abs(hundredths);
  return absl::StrCat(hundredths < 0 ? "-" : "", size / 100, ".", size % 100 < 10 ? "0" : "", size % 100);
}

// In percent, two decimals, half away from zero.
int64_t HundredthsOf(const Rate& rate) {
  const int64_t size = std::abs(rate.numerator) * 10'000;
  const int64_t rounded = (2 * size + rate.denominator) / (2 * rate.denominator);
  return rate.numerator < 0 ? -rounded : rounded;
}

// What one child has.
struct Line {
  const Row* row = nullptr;
  std::optional<int64_t> figure;       // what is sorted where that is no rate
  std::optional<int64_t> denominator;
  std::optional<Rate> rate;
  std::optional<TargetAnswer> target;
  bool reported = false, own = false;
  std::string reason;
};

Line LineOf(const Model& model, const TableQuestion& question, Number region) {
  const bool stock = model.indicators().at(question.indicator).stock;
  const CellAnswer printed = model.At({region, question.programme, question.indicator, question.year});
  const CellAnswer cell = model.At({region, question.programme, question.indicator, stock ? Period{} : question.year});
  Line line;
  line.row = model.RowOn(region, model.TreeDay(PeriodOfTree(model, question)));
  line.target = printed.targets[question.layer - 1];
  line.own = cell.own || printed.own;
  line.reported = cell.actual.has_value();
  if (question.of != 0) {
    const bool of_stock = model.indicators().at(question.of).stock;
    line.denominator = model.At({region, question.programme, question.of, of_stock ? Period{} : question.year}).actual;
  } else if (line.target) {
    line.denominator = line.target->amount;
  }
  if (cell.actual && line.denominator && *line.denominator != 0) line.rate = MakeRate(*cell.actual, *line.denominator);
  switch (question.by) {
    case SortBy::kRate:
    case SortBy::kValue: line.figure = cell.actual; break;
    case SortBy::kNetNew:
      if (cell.year_start) {
        line.figure = *cell.actual - *cell.year_start;
      } else if (!stock && question.year.first == question.year.last && cell.newest && YearOf(*cell.newest) == question.year.first) {
        line.figure = cell.actual;
      }
      break;
    case SortBy::kGap:
      if (cell.declared && cell.actual) line.figure = *cell.declared - *cell.actual;
      break;
    case SortBy::kTargetGap:
      if (line.target && line.target->declared && line.target->amount) line.figure = *line.target->declared - *line.target->amount;
      break;
  }
  return line;
}

std::string ReasonOf(const TableQuestion& question, const Line& line) {
  const bool no_task = line.target && !line.target->amount && line.target->missing == 3;
  const bool not_published = line.target && !line.target->amount && line.target->missing == 4;
  const bool by_target = question.by == SortBy::kRate && question.of == 0;
  if (question.by == SortBy::kGap && !line.figure) return "NOT_REPORTED";
  if (!line.figure || by_target) {
    if (no_task) return "NO_TASK";
    if (not_published) return "NOT_PUBLISHED";
  }
  if (question.by == SortBy::kTargetGap && !line.figure) return "NO_TARGET";
  if (!line.figure) return "NOT_REPORTED";
  if (question.by == SortBy::kRate && !line.denominator) return by_target ? "NO_TARGET" : "NOT_REPORTED";
  if (question.by == SortBy::kRate && *line.denominator == 0) return "ZERO_TARGET";
  if (question.zero_unranked && *line.figure == 0) return "ZERO_VALUE";
  return "";
}

std::string TextOf(const std::optional<std::string>& text) { return text.value_or("-"); }

}  // namespace

const Seat* Ranking::Find(const std::string& code) const {
  for (const std::vector<Seat>* list : {&ranked, &unranked}) {
    for (const Seat& seat : *list) {
      if (seat.code == code) return &seat;
    }
  }
  return nullptr;
}

Period PeriodOfTree(const Model& model, const TableQuestion& question) {
  return model.indicators().at(question.indicator).stock ? Period{} : question.year;
}

Ranking Rank(const Model& model, const TableQuestion& question, Mistake mistake) {
  std::vector<Line> lines;  // peers, in official order
  for (const Number child : model.ListedChildren(question.parent, model.TreeDay(PeriodOfTree(model, question)))) {
    Line line = LineOf(model, question, child);
    if (line.row->kind == "area" && !line.own) continue;
    const bool reported = line.reported || (question.by == SortBy::kNetNew && line.figure);
    if (!reported && !line.target) continue;
    line.reason = ReasonOf(question, line);
    lines.push_back(line);
  }
  Ranking ranking;
  ranking.prints_rates = question.of != 0 || LineOf(model, question, question.parent).denominator.has_value();
  for (const Line& line : lines) ranking.prints_rates = ranking.prints_rates || line.denominator.has_value();

  // How `a` stands to `b`: above zero is better.
  const auto better = [&](const Line& a, const Line& b) {
    const int order = question.by == SortBy::kRate ? Compare(*a.rate, *b.rate) : *a.figure < *b.figure ? -1 : *a.figure > *b.figure ? 1 : 0;
    return question.ascending ? -order : order;
  };
  for (const Line& line : lines) {
    Seat seat{.region = line.row->region, .code = line.row->code, .reason = line.reason};
    if (question.by == SortBy::kRate) {
      if (line.rate) seat.key = absl::StrCat(line.rate->numerator, "/", line.rate->denominator);
    } else if (line.figure) {
      seat.key = absl::StrCat(*line.figure);
    }
    const bool gap = question.by == SortBy::kGap || question.by == SortBy::kTargetGap;
    if (line.rate && !gap) {
      seat.value = Hundredths(HundredthsOf(*line.rate));
    } else if (gap || (!ranking.prints_rates && question.by != SortBy::kRate)) {
      seat.value = seat.key;
    }
    if (!line.reason.empty()) {
      ranking.unranked.push_back(seat);
      continue;
    }
    uint32_t ahead = 0, equal = 0, keys_ahead = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      const Line& other = lines[i];
      if (!other.reason.empty()) continue;
      const int order = better(other, line);
      if (order > 0) ++ahead;
      if (order == 0) ++equal;
      if (order < 0) ++seat.behind;
      bool first_of_its_key = order > 0;
      for (size_t j = 0; j < i; ++j) {
        if (lines[j].reason.empty() && better(lines[j], other) == 0) first_of_its_key = false;
      }
      if (first_of_its_key) ++keys_ahead;
    }
    switch (mistake == Mistake::kTies ? Ties::kDense : question.ties) {
      case Ties::kCompetition: seat.rank = ahead + 1; break;
      case Ties::kModified: seat.rank = ahead + equal; break;
      case Ties::kDense: seat.rank = keys_ahead + 1; break;
    }
    // Tied rows print in official order: behind whoever is ahead or equal so far.
    size_t at = 0;
    for (const Seat& before : ranking.ranked) {
      for (const Line& other : lines) {
        if (other.row->region == before.region && better(line, other) <= 0) ++at;
      }
    }
    ranking.ranked.insert(ranking.ranked.begin() + static_cast<std::ptrdiff_t>(at), seat);
  }
  return ranking;
}

Moved MovementOf(const TableQuestion& question, const Seat& now, const Ranking& after, const Ranking& before) {
  const bool always_alike = question.by == SortBy::kGap || question.by == SortBy::kTargetGap;
  Moved moved;
  for (const Seat& seat : before.ranked) {
    if (seat.code != now.code) continue;
    moved.previous_rank = seat.rank;
    moved.rank_change = static_cast<int>(seat.rank) - static_cast<int>(now.rank);
    if (!always_alike && after.prints_rates != before.prints_rates) continue;  // percent and units are not compared
    moved.previous_value = seat.value;
    if (!seat.value || !now.value) continue;
    // Printed digits, as numbers of hundredths or of units.
    const bool decimals = now.value->find('.') != std::string::npos || seat.value->find('.') != std::string::npos;
    const auto number = [&](std::string text) {
      const bool has_point = text.find('.') != std::string::npos;
      std::string digits;
      for (const char c : text) {
        if (c != '.') digits += c;
      }
      return std::strtoll(digits.c_str(), nullptr, 10) * (decimals && !has_point ? 100 : 1);
    };
    const int64_t change = number(*now.value) - number(*seat.value);
    moved.value_change = decimals ? Hundredths(change) : absl::StrCat(change);
  }
  return moved;
}

std::string Describe(const TableQuestion& question) {
  static constexpr const char* kBy[] = {"rate", "value", "net_new", "gap", "target_gap"};
  static constexpr const char* kTies[] = {"competition", "modified", "dense"};
  return absl::StrCat("table of ", question.parent, ", programme ", question.programme, ", indicator ", question.indicator, ", ",
                      FormatPeriod(question.year), ", by ", kBy[static_cast<int>(question.by)], " of ", question.of, ", layer ", question.layer, ", ",
                      kTies[static_cast<int>(question.ties)], question.ascending ? ", ascending" : "", question.zero_unranked ? ", zero unranked" : "");
}

std::string Describe(const Seat& seat) {
  return absl::StrCat(seat.code, " rank ", seat.rank, " key ", TextOf(seat.key), " value ", TextOf(seat.value), " ", seat.reason);
}

}  // namespace anju::worlds
