// The rules of figures, one small function each, and a whole cell. The rules of targets are in targets.cc.
#include "common/model/figures.h"

#include <algorithm>

#include "common/model/depth.h"

namespace anju::model {

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

std::optional<Reported> Figures::Own(const Key& key, Date day) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  std::optional<Reported> newest;
  for (const Series* series : found->second) {
    const std::optional<Reported> own = FigureOn(*series, day);
    if (own && (!newest || own->as_of > newest->as_of)) newest = own;
  }
  return newest;
}

bool Figures::ReplacedByFormerChildren(const Key& key, const Reported& own, Date day) {
  if (!question_.Holds(Rule::kFormerChildren)) return false;
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
  if (!question_.Holds(Rule::kCovered)) return false;
  for (const auto& [other, record] : programmes_) {
    if (other != programme && !IsAbove(other, programme) && !IsAbove(programme, other)) continue;
    const std::optional<Reported> own = Own(Of(key, other), day);
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
  const std::optional<Reported> own = Own(key, day);
  if (!Additive(key.indicator)) {
    if (own) return {{key.programme, own->amount, own->as_of}};
    for (const size_t i : PassedTo(key.region, TreeDay(key.period))) {
      if (changes_[i].kind == ChangeKind::kRecode) return All(In(key, changes_[i].region), day);
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
    cell->own = true;
    cell->own_as_of = own->as_of;
    if (Additive(key.indicator)) {
      bool below = false;
      for (const Number child : ChildrenOf(key.region, TreeDay(key.period))) below = below || Sum(In(key, child), day).known;
      for (const Number part : PartsOf(key.programme)) below = below || !Base(Of(key, part), day).empty();
      if (below || ReplacedByFormerChildren(key, *own, day)) cell->declared = own->amount;
    }
  }
  if (IsArea(key.region, TreeDay(key.period)) && Sum(key, day).known) cell->own = true;
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
    const Date tree = TreeDay(key.period);
    for (int layer = 1; layer <= 4; ++layer) {
      const auto& target = cell.targets[layer - 1] = TargetAt(key, layer);
      if (target && !target->document.empty()) cell.own = true;
      if (IsArea(key.region, tree) && TargetIn(tree, key, layer)) cell.own = true;
    }
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
  const std::optional<Reported> own = Own(key, AsOf());
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

}  // namespace anju::model
