// The rules of figures and targets written a second time, naively, for tests: raw events in lists, no histories, no dated trees, nothing
// incremental. It shares with the code under test only the registry's rows and the arithmetic of shares.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "services/aggregator/core/documents.h"
#include "services/aggregator/core/moment.h"

namespace anju::aggregator::testing {

// Everything that happened, in lists.
struct Events {
  struct Update {
    size_t slot = 0;
    CellKey cell;
    SeriesEntry entry;
  };
  struct Verdict {
    size_t slot = 0;
    uint64_t update = 0, sequence = 0;
    ReviewState state = ReviewState::kReported;
  };
  struct Document {
    uint64_t sequence = 0;
    DocumentInfo info;
    std::vector<PrintedTarget> targets;
  };
  std::vector<std::string> journals;  // by slot
  std::vector<Update> updates;
  std::vector<Verdict> verdicts;
  std::vector<Document> documents;
};

class BruteForce {
 public:
  BruteForce(const Events& events, const Books& books, const Moment& moment) : events_(events), books_(books), moment_(moment) {}

  struct Fact {
    ProgrammeNumber programme = 0;
    int64_t amount = 0;
    Date newest;
  };
  struct Counted {
    int64_t amount = 0;
    Date newest;
  };
  using Facts = std::vector<Fact>;

  std::optional<Counted> Shown(const CellKey& cell, Date as_of) {
    if (const auto counted = CountedAt(cell, as_of)) return counted;
    const Region& row = RowOf(cell.region, TreeDay(cell.period));
    if (row.kind != RegionKind::kArea || !Additive(cell)) return std::nullopt;
    std::optional<Counted> sum;
    for (const RegionNumber member : row.members) {
      if (!IsGone(member, TreeDay(cell.period))) Add(&sum, CountedAt(In(cell, member), as_of));
    }
    return sum;
  }
  std::optional<Counted> Shown(const CellKey& cell) { return Shown(cell, moment_.as_of.value_or(kDistantFuture)); }
  // The reported figure where it is beside a sum or left out.
  std::optional<int64_t> Declared(const CellKey& cell) {
    const Date as_of = moment_.as_of.value_or(kDistantFuture);
    const auto own = Own(cell, as_of);
    if (!own || !Additive(cell)) return std::nullopt;
    if (BaseOf(cell, as_of, false).empty() && !BaseOf(cell, as_of, true).empty()) return std::nullopt;
    return own->amount;
  }

  std::optional<int64_t> TargetShown(const CellKey& cell, Layer layer) {
    const Date day = TreeDay(cell.period);
    if (const auto counted = Target(cell, layer, day)) return counted;
    const Region& row = RowOf(cell.region, day);
    if (InForce(cell, layer) != nullptr || row.kind != RegionKind::kArea || !Additive(cell)) return std::nullopt;
    std::optional<int64_t> sum;
    for (const RegionNumber member : row.members) {
      if (!IsGone(member, day)) Add(&sum, Target(In(cell, member), layer, day));
    }
    return sum;
  }

 private:
  struct Reported {
    int64_t amount = 0;
    Date as_of, base;
  };

  static CellKey In(CellKey cell, RegionNumber region) { return cell.region = region, cell; }
  static CellKey Of(CellKey cell, ProgrammeNumber programme) { return cell.programme = programme, cell; }
  static void Add(std::optional<int64_t>* sum, std::optional<int64_t> part) {
    if (part) *sum = sum->value_or(0) + *part;
  }
  static void Add(std::optional<Counted>* sum, const std::optional<Counted>& part) {
    if (!part) return;
    if (!*sum) return void(*sum = part);
    **sum = {(*sum)->amount + part->amount, std::max((*sum)->newest, part->newest)};
  }
  bool Additive(const CellKey& cell) const { return books_.catalogue->FindIndicator(cell.indicator)->is_additive(); }
  Date TreeDay(Period period) const {
    if (moment_.tree) return *moment_.tree;
    if (moment_.as_of) return *moment_.as_of;
    return period.first == 0 ? Date{kDistantFuture.days - 1} : MakeDate(period.last, 12, 31);
  }

  // The row of the day, else the last one before it, else the first.
  const Region& RowOf(RegionNumber region, Date day) const {
    const std::vector<Region>& rows = *books_.regions->Rows(region);
    const Region* found = &rows.front();
    for (const Region& row : rows) {
      if (row.valid_from <= day) found = &row;
    }
    return *found;
  }
  // Closed, and all it had has been passed on.
  bool IsGone(RegionNumber region, Date day) const {
    const Region& row = RowOf(region, day);
    if (row.valid_from <= day && day < row.valid_to) return false;
    const auto& all = books_.boundaries->all();
    return std::any_of(all.begin(), all.end(),
                       [&](const BoundaryEvent& event) { return event.region == region && event.passes() && event.date <= day; });
  }
  RegionNumber ParentOf(RegionNumber region, Date day) const { return IsGone(region, day) ? 0 : RowOf(region, day).parent; }
  std::vector<RegionNumber> ChildrenOf(RegionNumber region, Date day) const {
    std::vector<RegionNumber> children;
    for (const RegionNumber other : books_.regions->Numbers()) {
      if (ParentOf(other, day) == region) children.push_back(other);
    }
    return children;
  }
  // Changes that pass something to the region, by date, then as recorded.
  std::vector<size_t> PassedTo(RegionNumber region, Date day) const {
    std::vector<size_t> found;
    const auto& all = books_.boundaries->all();
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].into == region && all[i].passes() && all[i].date <= day) found.push_back(i);
    }
    std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) { return all[a].date < all[b].date; });
    return found;
  }
  bool IsAbove(ProgrammeNumber above, ProgrammeNumber below) const {
    for (const ProgrammeNumber part : books_.catalogue->PartsOf(above)) {
      if (part == below || IsAbove(part, below)) return true;
    }
    return false;
  }

  bool Counts(const Events::Update& update) const {
    if (moment_.known && !moment_.known->progress.empty() && update.entry.sequence > moment_.known->progress[update.slot]) return false;
    ReviewState state = ReviewState::kReported;
    for (const Events::Verdict& verdict : events_.verdicts) {
      if (verdict.slot != update.slot || verdict.update != update.entry.sequence) continue;
      if (!moment_.known || moment_.known->progress.empty() || verdict.sequence <= moment_.known->progress[verdict.slot]) state = verdict.state;
    }
    if (moment_.review == ReviewFilter::kConfirmed) return state == ReviewState::kConfirmed;
    return moment_.review == ReviewFilter::kAll || state == ReviewState::kReviewed || state == ReviewState::kConfirmed;
  }
  std::optional<Reported> Own(const CellKey& cell, Date as_of) const {
    std::optional<Reported> best;
    std::string best_journal;
    for (size_t slot = 0; slot < events_.journals.size(); ++slot) {
      std::vector<SeriesEntry> entries;
      for (const Events::Update& update : events_.updates) {
        if (update.slot == slot && update.cell == cell && update.entry.as_of <= as_of && Counts(update)) entries.push_back(update.entry);
      }
      std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.as_of < b.as_of; });
      Reported value{.base = kDistantPast};
      for (const SeriesEntry& entry : entries) {
        if (entry.kind == UpdateKind::kIncrement) value.amount += entry.amount;
        else if (entry.kind == UpdateKind::kReduction) value.amount -= entry.amount;
        else value.amount = entry.amount, value.base = entry.as_of;
        value.as_of = entry.as_of;
      }
      if (entries.empty()) continue;
      const std::string& journal = events_.journals[slot];
      if (!best || value.as_of > best->as_of || (value.as_of == best->as_of && journal < best_journal)) best = value, best_journal = journal;
    }
    return best;
  }

  std::optional<Counted> CountedAt(const CellKey& cell, Date as_of) {
    const auto [found, fresh] = counted_.try_emplace({cell, as_of});
    if (!fresh) return found->second;
    std::optional<Counted> sum;
    for (const Fact& fact : FactsOf(cell, as_of)) Add(&sum, Counted{fact.amount, fact.newest});
    return counted_[{cell, as_of}] = sum;
  }
  // Without `with_own` only what comes of children and parts.
  Facts BaseOf(const CellKey& cell, Date as_of, bool with_own) {
    std::optional<Reported> own;
    if (with_own) own = Own(cell, as_of);
    if (!Additive(cell)) return own ? Facts{{cell.programme, own->amount, own->as_of}} : Facts{};
    const Date day = TreeDay(cell.period);
    const std::vector<RegionNumber> children = ChildrenOf(cell.region, day);
    std::optional<Counted> sum;
    for (const RegionNumber child : children) Add(&sum, CountedAt(In(cell, child), as_of));
    if (sum) return {{cell.programme, sum->amount, sum->newest}};
    Facts facts;
    for (const ProgrammeNumber part : books_.catalogue->PartsOf(cell.programme)) {
      for (const Fact& fact : BaseOf(Of(cell, part), as_of, true)) facts.push_back(fact);
    }
    if (!facts.empty() || !own) return facts;
    for (const RegionNumber former : books_.regions->Numbers()) {
      if (std::find(children.begin(), children.end(), former) != children.end()) continue;
      for (const Region& row : *books_.regions->Rows(former)) {
        if (row.parent == cell.region && row.valid_to <= day && own->base < row.valid_to && CountedAt(In(cell, former), as_of)) return {};
      }
    }
    return {{cell.programme, own->amount, own->as_of}};
  }
  Facts FactsOf(const CellKey& cell, Date as_of) {
    Facts facts = BaseOf(cell, as_of, true);
    for (const size_t index : PassedTo(cell.region, TreeDay(cell.period))) {
      const BoundaryEvent& event = books_.boundaries->all()[index];
      if (!Additive(cell)) {
        if (facts.empty() && event.kind == BoundaryKind::kRecode) facts = FactsOf(In(cell, event.region), as_of);
        continue;
      }
      for (const Fact& fact : FactsOf(In(cell, event.region), as_of)) {
        bool covered = false;
        for (const auto& [other, programme] : books_.catalogue->programmes()) {
          if (other != fact.programme && !IsAbove(other, fact.programme) && !IsAbove(fact.programme, other)) continue;
          const auto own = Own(Of(cell, other), as_of);
          covered |= own && own->base >= event.date;
        }
        if (!covered) facts.push_back({fact.programme, books_.boundaries->ShareOf(index, fact.amount), fact.newest});
      }
    }
    return facts;
  }

  struct Printed {
    bool amends = false;
    Date effective, tree_day;
    aggregator::Target target;
  };
  const Printed* InForce(const CellKey& cell, Layer layer) {
    if (cell.period.is_stock()) return nullptr;
    const auto [found, fresh] = in_force_.try_emplace({cell, layer});
    if (!fresh) return found->second ? &*found->second : nullptr;
    const Date first = MakeDate(cell.period.first, 1, 1), on = moment_.as_of.value_or(MakeDate(cell.period.last, 12, 31));
    std::optional<Printed> number, word, absent, amendment;
    for (const Events::Document& document : events_.documents) {
      if (moment_.known && document.sequence > moment_.known->plan) continue;
      for (const PrintedTarget& printed : document.targets) {
        if (printed.cell != cell || printed.layer != layer) continue;
        if (document.info.amends.empty()) {
          if (first > on) continue;
          std::optional<Printed>& of_kind = printed.target.amount ? number : printed.target.missing == Missing::kAbsent ? absent : word;
          if (!of_kind) of_kind = Printed{false, first, document.info.issued.value_or(first), printed.target};
        } else if (*document.info.effective <= on && (!amendment || *document.info.effective >= amendment->effective)) {
          amendment = Printed{true, *document.info.effective, *document.info.effective, printed.target};
        }
      }
    }
    std::optional<Printed> holds = number ? number : word ? word : absent;
    if (amendment && (!holds || amendment->effective >= first)) holds = amendment;
    if (holds && !holds->target.amount && holds->target.missing == Missing::kAbsent) holds.reset();
    std::optional<Printed>& kept = in_force_[{cell, layer}];
    kept = holds;
    return kept ? &*kept : nullptr;
  }
  std::optional<int64_t> OverChildren(const CellKey& cell, Layer layer, Date day) {
    std::optional<int64_t> sum;
    for (const RegionNumber child : ChildrenOf(cell.region, day)) Add(&sum, Target(In(cell, child), layer, day));
    return sum;
  }
  std::map<size_t, int64_t> Inherited(const CellKey& cell, Layer layer, Date day) {
    std::map<size_t, int64_t> parts;
    for (const size_t index : PassedTo(cell.region, day)) {
      const auto passed = Target(In(cell, books_.boundaries->all()[index].region), layer, day);
      if (passed) parts[index] = books_.boundaries->ShareOf(index, *passed);
    }
    return parts;
  }
  static int64_t SumOf(const std::map<size_t, int64_t>& parts) {
    int64_t sum = 0;
    for (const auto& [index, part] : parts) sum += part;
    return sum;
  }
  std::optional<int64_t> Target(const CellKey& cell, Layer layer, Date day) {
    const auto [found, fresh] = targets_.try_emplace({cell, layer, day});
    if (!fresh) return found->second;
    const auto value = TargetOf(cell, layer, day);
    return targets_[{cell, layer, day}] = value;
  }
  // Whether the cell has a target of its own, be it also a sum, and not only what it inherited.
  bool IsBase(const CellKey& cell, Layer layer, Date day) {
    if (const Printed* printed = InForce(cell, layer)) return printed->target.amount.has_value();
    if (OverChildren(cell, layer, day)) return true;
    const auto& parts = books_.catalogue->PartsOf(cell.programme);
    return std::any_of(parts.begin(), parts.end(), [&](ProgrammeNumber part) { return IsBase(Of(cell, part), layer, day); });
  }
  std::optional<int64_t> TargetOf(const CellKey& cell, Layer layer, Date day) {
    const Printed* printed = InForce(cell, layer);
    if (!Additive(cell)) return printed == nullptr ? std::nullopt : printed->target.amount;
    if (printed != nullptr) {
      const auto now = Inherited(cell, layer, day), then = Inherited(cell, layer, printed->tree_day);
      const int64_t inherited = SumOf(now) - SumOf(then);
      if (!printed->target.amount) {
        const bool more = std::any_of(now.begin(), now.end(), [&](const auto& part) { return then.count(part.first) == 0; });
        return more ? std::optional<int64_t>(inherited) : std::nullopt;
      }
      return *printed->target.amount + inherited + OverChildren(cell, layer, day).value_or(0) -
             OverChildren(cell, layer, printed->tree_day).value_or(0);
    }
    std::optional<int64_t> sum = OverChildren(cell, layer, day);
    const auto inherited = Inherited(cell, layer, day);
    if (!sum) {
      for (const ProgrammeNumber part : books_.catalogue->PartsOf(cell.programme)) {
        if (!IsBase(Of(cell, part), layer, day)) continue;
        const auto of_part = Target(Of(cell, part), layer, day);
        if (of_part) sum = sum.value_or(0) + *of_part - SumOf(Inherited(Of(cell, part), layer, day));
      }
    }
    if (!inherited.empty()) sum = sum.value_or(0) + SumOf(inherited);
    return sum;
  }

  const Events& events_;
  const Books books_;
  const Moment moment_;
  std::map<std::pair<CellKey, Date>, std::optional<Counted>> counted_;
  std::map<std::pair<CellKey, Layer>, std::optional<Printed>> in_force_;
  std::map<std::tuple<CellKey, Layer, Date>, std::optional<int64_t>> targets_;
};

}  // namespace anju::aggregator::testing
