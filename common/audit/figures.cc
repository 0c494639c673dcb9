// The tree, the reports and the rules of figures, one small function each. Those of targets are in figures_targets.cc.
#include "common/audit/figures.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/audit/depth.h"

namespace anju::audit {
namespace {

Key In(Key key, Number region) {
  key.region = region;
  return key;
}

Key Of(Key key, Number programme) {
  key.programme = programme;
  return key;
}

}  // namespace

void Figures::Total::Add(const Total& other) {
  if (!other.known) return;
  known = true;
  amount += other.amount;
  newest = std::max(newest, other.newest);
}

bool Cell::empty() const {
  for (const auto& target : targets) {
    if (target) return false;
  }
  return !actual && !own_as_of;
}

Figures::Figures(const std::vector<PlanEvent>& plan, const std::vector<Series>& series, Question question) : series_(series), question_(std::move(question)) {
  for (size_t i = 0; i < plan.size() && i < question_.plan; ++i) {
    const PlanEvent& event = plan[i];
    for (const Row& row : event.rows) rows_.erase(row.region);
    for (const Row& row : event.rows) rows_[row.region].push_back(row);
    for (const Programme& programme : event.programmes) programmes_[programme.number] = programme;
    for (const Indicator& indicator : event.indicators) indicators_[indicator.number] = indicator;
    changes_.insert(changes_.end(), event.changes.begin(), event.changes.end());
    if (!event.document) continue;
    for (const PrintedCell& cell : event.document->cells) {
      if (cell.key.period.is_stock()) continue;
      const bool amendment = !event.document->amends.empty();
      const Date first = FirstDay(cell.key.period);
      revisions_[{cell.key, cell.layer}].push_back({&cell, &*event.document, amendment ? event.document->effective.value_or(first) : first,
                                                    amendment ? event.document->effective.value_or(first) : event.document->issued.value_or(first)});
    }
  }
  for (auto& [region, rows] : rows_) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.from < b.from; });
    for (const Row& row : rows) rows_below_[row.parent].emplace_back(region, row);
  }
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (!changes_[i].passes()) continue;
    changes_of_[changes_[i].region].push_back(i);
    changes_into_[changes_[i].into].push_back(i);
  }
  for (const auto& [number, programme] : programmes_) {
    if (programme.group) parts_[number] = programme.members;
    const auto above = programmes_.find(programme.parent);
    if (programme.parent != 0 && (above == programmes_.end() || !above->second.group)) parts_[programme.parent].push_back(number);
  }
  for (const Series& one : series_) by_key_.emplace(one.key, &one);
}

std::string Figures::Name(const Key& key) const {
  const auto region = rows_.find(key.region);
  const auto programme = programmes_.find(key.programme);
  const auto indicator = indicators_.find(key.indicator);
  return absl::StrCat(region == rows_.end() ? "?" : region->second.front().code, "\t", programme == programmes_.end() ? "?" : programme->second.code, "\t",
                      indicator == indicators_.end() ? "?" : indicator->second.code, "\t", FormatPeriod(key.period));
}

// ---- The tree of a day ----

Date Figures::TreeDay(Period period) const {
  if (question_.tree) return *question_.tree;
  if (question_.as_of) return *question_.as_of;
  return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period);
}

const Row* Figures::RowOn(Number region, Date day) const {
  const Row* row = Nearest(region, day);
  return row != nullptr && row->from <= day && day < row->to ? row : nullptr;
}

const Row* Figures::Nearest(Number region, Date day) const {
  const auto found = rows_.find(region);
  if (found == rows_.end()) return nullptr;
  const Row* nearest = &found->second.front();
  for (const Row& row : found->second) {
    if (row.from <= day) nearest = &row;
  }
  return nearest;
}

bool Figures::IsGone(Number region, Date tree) const {
  const auto found = changes_of_.find(region);
  if (found == changes_of_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](size_t i) { return changes_[i].date <= tree; });
}

Number Figures::ParentOf(Number region, Date tree) const {
  if (const Row* row = RowOn(region, tree)) return row->parent;
  if (IsGone(region, tree)) return 0;
  const Row* nearest = Nearest(region, tree);
  return nearest == nullptr ? 0 : nearest->parent;
}

std::vector<Number> Figures::ChildrenOf(Number region, Date tree) {
  const auto [found, fresh] = children_.try_emplace(tree);
  if (fresh) {
    for (const auto& [number, rows] : rows_) found->second[ParentOf(number, tree)].push_back(number);
  }
  const auto children = found->second.find(region);
  return children == found->second.end() || region == 0 ? std::vector<Number>() : children->second;
}

bool Figures::IsArea(Number region, Date tree) const {
  const Row* row = Nearest(region, tree);
  return row != nullptr && row->area;
}

std::vector<Number> Figures::Members(Number area, Date tree) const {
  std::vector<Number> members;
  if (!IsArea(area, tree)) return members;
  for (const Number member : Nearest(area, tree)->members) {
    // A region that was taken over by another counts nowhere.
    const bool gone = RowOn(member, tree) == nullptr && IsGone(member, tree);
    if (rows_.contains(member) && !gone) members.push_back(member);
  }
  return members;
}

bool Figures::Receives(Number region, Date tree) const {
  const auto found = changes_into_.find(region);
  return found != changes_into_.end() && std::any_of(found->second.begin(), found->second.end(), [&](size_t i) { return changes_[i].date <= tree; });
}

std::vector<size_t> Figures::PassedTo(Number region, Date tree) const {
  std::vector<size_t> passed;
  const auto found = changes_into_.find(region);
  if (found == changes_into_.end()) return passed;
  std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(passed), [&](size_t i) { return changes_[i].date <= tree; });
  return passed;
}

// ---- The catalogue ----

std::vector<Number> Figures::PartsOf(Number programme) const {
  const auto found = parts_.find(programme);
  return found == parts_.end() ? std::vector<Number>() : found->second;
}

bool Figures::IsAbove(Number above, Number programme) const {
  const auto found = parts_.find(above);
  if (found == parts_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](Number part) { return part != above && (part == programme || IsAbove(part, programme)); });
}

bool Figures::Additive(Number indicator) const {
  const auto found = indicators_.find(indicator);
  return found != indicators_.end() && found->second.additive;
}

// ---- Shares ----

// What change `asked` hands over of an amount: cut off, and what is left then goes one each to who was cut off most.
int64_t Figures::ShareOf(size_t asked, int64_t amount) const {
  const std::vector<size_t>& parts = changes_of_.at(changes_[asked].region);
  const __int128 whole = amount < 0 ? -__int128{amount} : __int128{amount};
  __int128 left = whole;
  std::map<size_t, __int128> given;
  for (const size_t part : parts) left -= given[part] = whole * changes_[part].numerator / changes_[part].denominator;
  const auto cut = [&](size_t part) { return whole * changes_[part].numerator % changes_[part].denominator; };
  std::set<size_t> rounded_up;
  while (left > 0 && rounded_up.size() < parts.size()) {
    std::optional<size_t> most;
    for (const size_t part : parts) {
      if (rounded_up.contains(part)) continue;
      if (!most || cut(part) * changes_[*most].denominator > cut(*most) * changes_[part].denominator) most = part;
    }
    rounded_up.insert(*most);
    ++given[*most];
    --left;
  }
  return static_cast<int64_t>(amount < 0 ? -given[asked] : given[asked]);
}

// ---- Figures ----

std::optional<OwnFigure> Figures::Own(const Key& key, Date day) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : FigureOn(*found->second, day);
}

bool Figures::ReplacedByFormerChildren(const Key& key, const OwnFigure& own, Date day) {
  const Date tree = TreeDay(key.period);
  const auto below = rows_below_.find(key.region);
  if (below == rows_below_.end()) return false;
  for (const auto& [former, row] : below->second) {
    if (former == key.region || ParentOf(former, tree) == key.region || row.to > tree || own.base >= row.to) continue;
    if (Sum(In(key, former), day).known) return true;
  }
  return false;
}

bool Figures::Covered(const Key& key, Number programme, Date since, Date day) const {
  for (const auto& [other, record] : programmes_) {
    if (other != programme && !IsAbove(other, programme) && !IsAbove(programme, other)) continue;
    const std::optional<OwnFigure> own = Own(Of(key, other), day);
    if (own && own->base >= since) return true;
  }
  return false;
}

const Figures::Facts& Figures::Base(const Key& key, Date day) {
  if (const auto found = base_.find({key, day.days}); found != base_.end()) return found->second;
  Facts facts = WorkOutBase(key, day);
  return base_[{key, day.days}] = std::move(facts);
}

Figures::Facts Figures::WorkOutBase(const Key& key, Date day) {
  const Deeper deeper(*this);
  if (!deeper.fine()) return {};
  const std::optional<OwnFigure> own = Own(key, day);
  if (!Additive(key.indicator)) {
    if (own) return {{key.programme, own->amount, own->as_of}};
    for (const size_t i : PassedTo(key.region, TreeDay(key.period))) {
      if (changes_[i].recode) return All(In(key, changes_[i].region), day);
    }
    return {};
  }
  Total children;
  for (const Number child : ChildrenOf(key.region, TreeDay(key.period))) children.Add(Sum(In(key, child), day));
  if (children.known) return {{key.programme, children.amount, children.newest}};
  Facts facts;
  for (const Number part : PartsOf(key.programme)) {
    const Facts of_part = Base(Of(key, part), day);
    facts.insert(facts.end(), of_part.begin(), of_part.end());
  }
  if (!facts.empty()) return facts;
  if (!own || ReplacedByFormerChildren(key, *own, day)) return {};
  return {{key.programme, own->amount, own->as_of}};
}

const Figures::Facts& Figures::All(const Key& key, Date day) {
  if (const auto found = all_.find({key, day.days}); found != all_.end()) return found->second;
  Facts facts = WorkOutAll(key, day);
  return all_[{key, day.days}] = std::move(facts);
}

Figures::Facts Figures::WorkOutAll(const Key& key, Date day) {
  const Deeper deeper(*this);
  if (!deeper.fine()) return {};
  Facts facts = Base(key, day);
  if (!Additive(key.indicator)) return facts;
  for (const size_t i : PassedTo(key.region, TreeDay(key.period))) {
    const Facts passed = All(In(key, changes_[i].region), day);
    for (const Fact& fact : passed) {
      if (!Covered(key, fact.programme, changes_[i].date, day)) facts.push_back({fact.programme, ShareOf(i, fact.amount), fact.newest});
    }
  }
  return facts;
}

Figures::Total Figures::Sum(const Key& key, Date day) {
  Total sum;
  for (const Fact& fact : All(key, day)) sum.Add({true, fact.amount, fact.newest});
  return sum;
}

Figures::Total Figures::Shown(const Key& key, Date day) {
  Total sum = Sum(key, day);
  if (sum.known || !Additive(key.indicator)) return sum;
  for (const Number member : Members(key.region, TreeDay(key.period))) sum.Add(Sum(In(key, member), day));
  return sum;
}

void Figures::FillFigures(const Key& key, Cell* cell) {
  const Date day = AsOf();
  if (const auto own = Own(key, day)) {
    cell->own_as_of = own->as_of;
    if (Additive(key.indicator)) {
      bool below = false;
      for (const Number child : ChildrenOf(key.region, TreeDay(key.period))) below = below || Sum(In(key, child), day).known;
      for (const Number part : PartsOf(key.programme)) below = below || !Base(Of(key, part), day).empty();
      if (below || ReplacedByFormerChildren(key, *own, day)) cell->declared = own->amount;
    }
  }
  const Total shown = Shown(key, day);
  if (!shown.known) return;
  cell->actual = shown.amount;
  cell->newest = shown.newest;
  const auto indicator = indicators_.find(key.indicator);
  if (indicator == indicators_.end() || !indicator->second.stock) return;
  const Total start = Shown(key, LastDayOfPreviousYear(shown.newest));
  if (start.known) cell->year_start = start.amount;
}

Cell Figures::At(const Key& key) {
  Cell cell;
  if (!key.period.is_stock()) {
    for (int layer = 1; layer <= 4; ++layer) cell.targets[layer - 1] = TargetAt(key, layer);
  }
  FillFigures(key, &cell);
  return cell;
}

// ---- From the top down ----

void Figures::CollectBase(const Key& key, std::vector<Counted>* to) {
  const Deeper deeper(*this);
  if (!deeper.fine()) return;
  const size_t before = to->size();
  for (const Number child : ChildrenOf(key.region, TreeDay(key.period))) CollectAll(In(key, child), to);
  if (to->size() > before) return;
  for (const Number part : PartsOf(key.programme)) CollectBase(Of(key, part), to);
  if (to->size() > before) return;
  const std::optional<OwnFigure> own = Own(key, AsOf());
  if (own && !ReplacedByFormerChildren(key, *own, AsOf())) to->push_back({key, own->amount});
}

void Figures::CollectAll(const Key& key, std::vector<Counted>* to) {
  CollectBase(key, to);
  for (const size_t i : PassedTo(key.region, TreeDay(key.period))) {
    const Facts passed = All(In(key, changes_[i].region), AsOf());
    for (const Fact& fact : passed) {
      if (!Covered(key, fact.programme, changes_[i].date, AsOf())) to->push_back({In(Of(key, fact.programme), changes_[i].region), ShareOf(i, fact.amount)});
    }
  }
}

std::vector<Counted> Figures::CountedIn(const Key& key) {
  std::vector<Counted> counted;
  CollectAll(key, &counted);
  return counted;
}

std::vector<Key> Figures::Reach() const {
  std::set<Key> reached;
  std::vector<Key> next;
  const auto reach = [&](const Key& key) {
    if (rows_.contains(key.region) && reached.insert(key).second) next.push_back(key);
  };
  for (const auto& [key, series] : by_key_) reach(key);
  for (const auto& [key, revisions] : revisions_) reach(key.first);
  absl::flat_hash_map<Number, std::vector<Number>> wholes, areas;
  for (const auto& [whole, parts] : parts_) {
    for (const Number part : parts) wholes[part].push_back(whole);
  }
  for (const auto& [number, rows] : rows_) {
    for (const Row& row : rows) {
      for (const Number member : row.members) areas[member].push_back(number);
    }
  }
  while (!next.empty()) {
    const Key key = next.back();
    next.pop_back();
    reach(In(key, ParentOf(key.region, TreeDay(key.period))));
    for (const Number area : areas[key.region]) reach(In(key, area));
    for (const Number whole : wholes[key.programme]) reach(Of(key, whole));
    const auto passed = changes_of_.find(key.region);
    if (passed == changes_of_.end()) continue;
    for (const size_t i : passed->second) reach(In(key, changes_[i].into));
  }
  return {reached.begin(), reached.end()};
}

}  // namespace anju::audit
