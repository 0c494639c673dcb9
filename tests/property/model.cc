// The tree, the reports and the rules of figures, one small function each. Those of targets are in model_targets.cc.
#include "tests/property/model.h"

#include <algorithm>
#include <tuple>

namespace anju::worlds {
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

void Model::Sum::Add(const Sum& other) {
  if (!other.known) return;
  known = true;
  amount += other.amount;
  newest = std::max(newest, other.newest);
}

bool CellAnswer::empty() const {
  for (const auto& target : targets) {
    if (target) return false;
  }
  return !actual && !own;
}

Model::Model(const World& world, Question question, Mistake mistake) : world_(world), question_(std::move(question)), mistake_(mistake) {
  for (size_t i = 0; i < world.plan.size() && i < question_.known.plan; ++i) {
    const PlanEvent& event = world.plan[i];
    for (const Row& row : event.rows) rows_.erase(row.region);
    for (const Row& row : event.rows) rows_[row.region].push_back(row);
    for (const Programme& programme : event.programmes) programmes_[programme.number] = programme;
    for (const Indicator& indicator : event.indicators) indicators_[indicator.number] = indicator;
    changes_.insert(changes_.end(), event.changes.begin(), event.changes.end());
  }
  for (auto& [region, rows] : rows_) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.from < b.from; });
  }
}

// ---- The tree of a day ----

Date Model::TreeDay(Period period) const {
  if (question_.tree) return *question_.tree;
  if (question_.as_of) return *question_.as_of;
  return period.is_stock() ? Date{kDistantFuture.days - 1} : LastDay(period);
}

const Row* Model::RowOn(Number region, Date day) const {
  const auto found = rows_.find(region);
  if (found == rows_.end()) return nullptr;
  for (const Row& row : found->second) {
    if (row.from <= day && day < row.to) return &row;
  }
  return nullptr;
}

const Row* Model::Nearest(Number region, Date day) const {
  const auto found = rows_.find(region);
  if (found == rows_.end()) return nullptr;
  const Row* nearest = &found->second.front();
  for (const Row& row : found->second) {
    if (row.from <= day) nearest = &row;
  }
  return nearest;
}

bool Model::IsGone(Number region, Date tree) const {
  for (const Change& change : changes_) {
    if (change.region == region && change.passes() && change.date <= tree) return true;
  }
  return false;
}

Number Model::ParentOf(Number region, Date tree) const {
  if (const Row* row = RowOn(region, tree)) return row->parent;
  if (IsGone(region, tree)) return 0;
  return Nearest(region, tree)->parent;
}

std::vector<Number> Model::SummedChildren(Number region, Date tree) const {
  std::vector<Number> children;
  for (const auto& [number, rows] : rows_) {
    if (ParentOf(number, tree) == region) children.push_back(number);
  }
  return children;
}

std::vector<Number> Model::ListedChildren(Number region, Date tree) const {
  std::vector<const Row*> listed;
  for (const auto& [number, rows] : rows_) {
    const Row* row = RowOn(number, tree);
    if (row != nullptr && row->parent == region) listed.push_back(row);
  }
  std::sort(listed.begin(), listed.end(), [](const Row* a, const Row* b) {
    return std::make_tuple(a->order == 0, a->order, a->code) < std::make_tuple(b->order == 0, b->order, b->code);
  });
  std::vector<Number> children;
  for (const Row* row : listed) children.push_back(row->region);
  return children;
}

bool Model::IsArea(Number region, Date tree) const {
  const Row* row = Nearest(region, tree);
  return row != nullptr && row->kind == "area";
}

std::vector<Number> Model::Members(Number area, Date tree) const {
  std::vector<Number> members;
  if (!IsArea(area, tree)) return members;
  for (const Number member : Nearest(area, tree)->members) {
    // A region that was taken over by another counts nowhere.
    const bool gone = RowOn(member, tree) == nullptr && IsGone(member, tree);
    if (rows_.contains(member) && !gone) members.push_back(member);
  }
  return members;
}

// ---- The catalogue ----

std::vector<Number> Model::PartsOf(Number programme) const {
  const auto found = programmes_.find(programme);
  if (found != programmes_.end() && found->second.group) return found->second.members;
  std::vector<Number> parts;
  for (const auto& [number, other] : programmes_) {
    if (other.parent == programme) parts.push_back(number);
  }
  return parts;
}

bool Model::IsAbove(Number above, Number programme) const {
  for (const Number part : PartsOf(above)) {
    if (part == programme || IsAbove(part, programme)) return true;
  }
  return false;
}

bool Model::Additive(Number indicator) const { return indicators_.contains(indicator) && indicators_.at(indicator).additive; }
bool Model::Stock(Number indicator) const { return indicators_.contains(indicator) && indicators_.at(indicator).stock; }

// ---- What was reported ----

Review Model::StateOf(size_t journal, uint64_t sequence) const {
  Review state = Review::kReported;
  const auto& events = world_.progress[journal];
  for (size_t i = 0; i < events.size() && i < question_.known.progress[journal]; ++i) {
    const auto& named = events[i].reviewed;
    if (std::find(named.begin(), named.end(), sequence) != named.end()) state = events[i].state;
  }
  return state;
}

bool Model::Passes(size_t journal, uint64_t sequence) const {
  if (question_.review == Filter::kAll || mistake_ == Mistake::kReview) return true;
  const Review state = StateOf(journal, sequence);
  return state == Review::kConfirmed || (question_.review == Filter::kReviewed && state == Review::kReviewed);
}

std::optional<Model::Own> Model::OwnFigure(const Key& key, Date day) const {
  std::optional<Own> best;
  uint8_t best_id = 0;
  for (size_t journal = 0; journal < world_.progress.size(); ++journal) {
    const auto& events = world_.progress[journal];
    std::vector<std::pair<Date, uint64_t>> in_order;  // as_of, sequence
    for (size_t i = 0; i < events.size(); ++i) {
      if (i >= question_.known.progress[journal] && mistake_ != Mistake::kLateKnowledge) break;
      if (events[i].what != ProgressEvent::What::kUpdate || events[i].key != key) continue;
      if (events[i].as_of > day || !Passes(journal, i + 1)) continue;
      in_order.emplace_back(events[i].as_of, i + 1);
    }
    if (in_order.empty()) continue;
    std::sort(in_order.begin(), in_order.end());
    Own own{.amount = 0, .as_of = in_order.back().first, .base = kDistantPast};
    std::vector<uint64_t> in_force;
    for (const auto& [as_of, sequence] : in_order) {
      const ProgressEvent& update = events[sequence - 1];
      switch (update.kind) {
        case Kind::kCumulative:
        case Kind::kCorrection:
          own.amount = update.amount;
          own.base = as_of;
          in_force.clear();
          break;
        case Kind::kIncrement: own.amount += update.amount; break;
        case Kind::kReduction: own.amount -= update.amount; break;
      }
      in_force.push_back(sequence);
    }
    // The least advanced of them; returned is less than reported.
    static constexpr Review kAdvance[] = {Review::kReturned, Review::kReported, Review::kReviewed, Review::kConfirmed};
    for (const Review state : kAdvance) {
      const bool some = std::any_of(in_force.begin(), in_force.end(), [&](uint64_t sequence) { return StateOf(journal, sequence) == state; });
      if (!some) continue;
      own.review = state;
      break;
    }
    for (const uint64_t sequence : in_force) {
      if (events[sequence - 1].kind == Kind::kReduction) own.explained.emplace_back(journal, sequence);
    }
    const uint8_t id = world_.ids[journal];
    if (!best || own.as_of > best->as_of || (own.as_of == best->as_of && id < best_id)) {
      best = own;
      best_id = id;
    }
  }
  return best;
}

// ---- Shares ----

int64_t Model::ShareOf(size_t index, int64_t amount) const {
  const Change& asked = changes_[index];
  std::vector<size_t> parts;  // in the order of the split
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (changes_[i].region == asked.region && changes_[i].passes()) parts.push_back(i);
  }
  const int64_t whole = amount < 0 ? -amount : amount;
  int64_t left = whole;
  std::map<size_t, int64_t> given;
  for (const size_t part : parts) left -= given[part] = whole * changes_[part].numerator / changes_[part].denominator;
  if (mistake_ == Mistake::kShares) left = 0;
  while (left > 0) {
    // Who was cut off most and has got nothing more yet; the earlier part where equal.
    std::optional<size_t> most;
    const auto cut = [&](size_t part) { return whole * changes_[part].numerator % changes_[part].denominator; };
    for (const size_t part : parts) {
      if (given[part] > whole * changes_[part].numerator / changes_[part].denominator) continue;
      if (!most || cut(part) * changes_[*most].denominator > cut(*most) * changes_[part].denominator) most = part;
    }
    ++given[*most];
    --left;
  }
  return amount < 0 ? -given[index] : given[index];
}

// ---- Figures ----

bool Model::ReplacedByFormerChildren(const Key& key, const Own& own, Date day) const {
  if (mistake_ == Mistake::kFormerChildren) return false;
  const Date tree = TreeDay(key.period);
  for (const auto& [former, rows] : rows_) {
    if (former == key.region || ParentOf(former, tree) == key.region) continue;
    for (const Row& row : rows) {
      if (row.parent != key.region || row.to > tree || own.base >= row.to) continue;
      if (Counted(In(key, former), day).known) return true;
    }
  }
  return false;
}

bool Model::Covered(const Key& key, Number programme, Date since, Date day) const {
  if (mistake_ == Mistake::kCovered) return false;
  for (const auto& [other, record] : programmes_) {
    if (other != programme && !IsAbove(other, programme) && !IsAbove(programme, other)) continue;
    const std::optional<Own> own = OwnFigure(Of(key, other), day);
    if (own && own->base >= since) return true;
  }
  return false;
}

std::vector<Model::Fact> Model::BaseFacts(const Key& key, Date day) const {
  const std::optional<Own> own = OwnFigure(key, day);
  if (!Additive(key.indicator)) {
    if (own) return {{key.programme, own->amount, own->as_of}};
    for (const Change& change : changes_) {
      if (change.kind == ChangeKind::kRecode && change.into == key.region && change.date <= TreeDay(key.period)) {
        return Facts(In(key, change.region), day);
      }
    }
    return {};
  }
  Sum children;
  for (const Number child : SummedChildren(key.region, TreeDay(key.period))) children.Add(Counted(In(key, child), day));
  if (children.known) return {{key.programme, children.amount, children.newest}};
  std::vector<Fact> facts;
  for (const Number part : PartsOf(key.programme)) {
    const std::vector<Fact> of_part = BaseFacts(Of(key, part), day);
    facts.insert(facts.end(), of_part.begin(), of_part.end());
  }
  if (!facts.empty()) return facts;
  if (!own || ReplacedByFormerChildren(key, *own, day)) return {};
  return {{key.programme, own->amount, own->as_of}};
}

std::vector<Model::Fact> Model::InheritedFacts(const Key& key, Date day) const {
  std::vector<Fact> facts;
  if (!Additive(key.indicator)) return facts;
  for (size_t i = 0; i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    if (change.into != key.region || !change.passes() || change.date > TreeDay(key.period)) continue;
    for (const Fact& fact : Facts(In(key, change.region), day)) {
      if (Covered(key, fact.programme, change.date, day)) continue;
      facts.push_back({fact.programme, ShareOf(i, fact.amount), fact.newest});
    }
  }
  return facts;
}

std::vector<Model::Fact> Model::Facts(const Key& key, Date day) const {
  std::vector<Fact> facts = BaseFacts(key, day);
  const std::vector<Fact> inherited = InheritedFacts(key, day);
  facts.insert(facts.end(), inherited.begin(), inherited.end());
  return facts;
}

Model::Sum Model::Counted(const Key& key, Date day) const {
  Sum sum;
  for (const Fact& fact : Facts(key, day)) sum.Add({true, fact.amount, fact.newest});
  return sum;
}

Model::Sum Model::Shown(const Key& key, Date day) const {
  Sum sum = Counted(key, day);
  if (sum.known || !Additive(key.indicator)) return sum;
  for (const Number member : Members(key.region, TreeDay(key.period))) sum.Add(Counted(In(key, member), day));
  return sum;
}

// ---- A whole cell ----

CellAnswer Model::At(Key key) const {
  CellAnswer cell;
  const bool area = IsArea(key.region, TreeDay(key.period));
  if (!key.period.is_stock()) {
    for (int layer = 1; layer <= 4; ++layer) {
      const auto target = TargetAt(key, layer);
      cell.targets[layer - 1] = target;
      if (target && !target->document.empty()) cell.own = true;
      if (area && TargetIn(TreeDay(key.period), key, layer)) cell.own = true;
    }
  }
  // The figures of a stock have no period; asked for a year they stand beside the targets of that year.
  if (Stock(key.indicator)) key.period = {};
  const Date day = question_.as_of.value_or(kDistantFuture);
  if (const auto own = OwnFigure(key, day)) {
    cell.own = true;
    cell.own_as_of = own->as_of;
    cell.review = own->review;
    cell.explained = own->explained;
    if (Additive(key.indicator)) {
      Sum children;
      for (const Number child : SummedChildren(key.region, TreeDay(key.period))) children.Add(Counted(In(key, child), day));
      bool parts = false;
      for (const Number part : PartsOf(key.programme)) parts = parts || !BaseFacts(Of(key, part), day).empty();
      if (children.known || parts || ReplacedByFormerChildren(key, *own, day)) cell.declared = own->amount;
    }
  }
  if (IsArea(key.region, TreeDay(key.period)) && Counted(key, day).known) cell.own = true;
  const Sum shown = Shown(key, day);
  if (!shown.known) return cell;
  cell.actual = shown.amount;
  cell.newest = shown.newest;
  if (Stock(key.indicator)) {
    const Sum start = Shown(key, LastDayOfPreviousYear(shown.newest));
    if (start.known) cell.year_start = start.amount;
  }
  return cell;
}

}  // namespace anju::worlds
