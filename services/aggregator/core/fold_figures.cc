// The recursive definition of reported, summed and inherited figures.
#include "services/aggregator/core/fold_figures.h"

#include <algorithm>
#include <numeric>

namespace anju::aggregator {
namespace {

CellKey InRegion(CellKey key, RegionNumber region) {
  key.region = region;
  return key;
}

bool IsAbove(const Catalogue& catalogue, ProgrammeNumber above, ProgrammeNumber below) {
  const std::vector<ProgrammeNumber>& wholes = catalogue.WholesOf(below);
  return std::any_of(wholes.begin(), wholes.end(), [&](ProgrammeNumber whole) { return whole == above || IsAbove(catalogue, above, whole); });
}

// Hands `total` out over leaves in the proportion of what they count, exactly: whole units first, then the largest remainders, ties to the
// earlier leaf.
void HandOut(int64_t total, std::vector<TracedFact>* leaves) {
  __int128 whole = 0;
  for (const TracedFact& leaf : *leaves) whole += leaf.counted;
  if (whole == 0) {
    // Nothing to go by: figures above and below zero that cancel out.
    for (TracedFact& leaf : *leaves) leaf.counted = 0;
    if (!leaves->empty()) leaves->front().counted = total;
    return;
  }
  const int sign = whole < 0 ? -1 : 1;
  std::vector<std::pair<__int128, size_t>> remainders;
  __int128 left = total;
  for (size_t i = 0; i < leaves->size(); ++i) {
    const __int128 product = static_cast<__int128>(total) * (*leaves)[i].counted * sign;
    __int128 quotient = product / (whole * sign);
    __int128 remainder = product % (whole * sign);
    if (remainder < 0) {
      remainder += whole * sign;
      --quotient;
    }
    (*leaves)[i].counted = static_cast<int64_t>(quotient);
    left -= quotient;
    remainders.emplace_back(-remainder, i);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; left > 0 && i < remainders.size(); ++i, --left) ++(*leaves)[remainders[i].second].counted;
}

}  // namespace

bool AreRelated(const Catalogue& catalogue, ProgrammeNumber a, ProgrammeNumber b) {
  return a == b || IsAbove(catalogue, a, b) || IsAbove(catalogue, b, a);
}

bool MayChange(const Catalogue& catalogue, ProgrammeNumber reported, ProgrammeNumber asked) {
  if (AreRelated(catalogue, reported, asked)) return true;
  const std::vector<ProgrammeNumber>& parts = catalogue.PartsOf(asked);
  return std::any_of(parts.begin(), parts.end(), [&](ProgrammeNumber part) { return MayChange(catalogue, reported, part); });
}

void CollectDependents(const DatedTree& tree, RegionNumber region, std::set<RegionNumber>* all) {
  if (region == 0 || !all->insert(region).second) return;
  CollectDependents(tree, tree.Parent(region), all);
  for (const RegionNumber area : tree.Areas(region)) CollectDependents(tree, area, all);
  for (const RegionNumber dependent : tree.Dependents(region)) CollectDependents(tree, dependent, all);
}

void FigureFold::MoveOn(const Known& known, const std::vector<CellKey>& series) {
  known_ = known;
  for (const CellKey& changed : series) {
    for (auto& [key, plane] : planes_) {
      if (plane->key.indicator != changed.indicator || plane->key.period != changed.period) continue;
      std::set<RegionNumber> dependents;
      CollectDependents(*plane->tree, changed.region, &dependents);
      for (const RegionNumber region : dependents) {
        if (region < plane->counted.size()) plane->counted[region] = Sum{.count = -1};
      }
    }
  }
}

void FigureFold::Sum::Add(const Sum& part) {
  if (part.count == 0) return;
  ++count;
  amount = WrapAdd(amount, part.amount);
  newest = std::max(newest, part.newest);
}

FigureFold::FigureFold(const FoldSources& sources, const Moment& moment)
    : sources_(sources), moment_(moment), known_(moment.known.value_or(Known{})) {}

const DatedTree& FigureFold::TreeOf(Period period) {
  const Date day = moment_.tree ? *moment_.tree : moment_.as_of.value_or(TreeDate(period));
  std::shared_ptr<const DatedTree>& tree = trees_[day];
  if (tree == nullptr) tree = sources_.trees->At(day);
  return *tree;
}

FigureFold::Plane& FigureFold::PlaneOf(CellKey key, Date as_of) {
  key.region = 0;
  if (last_ != nullptr && last_->key == key && last_->as_of == as_of) return *last_;
  if (const auto found = planes_.find(PlaneKey{key, as_of.days}); found != planes_.end()) return *(last_ = found->second.get());
  auto made = std::make_unique<Plane>();
  Plane& plane = *made;
  plane.key = key;
  plane.as_of = as_of;
  const Indicator* indicator = sources_.catalogue->FindIndicator(key.indicator);
  plane.additive = indicator != nullptr && indicator->is_additive();
  plane.tree = &TreeOf(key.period);
  plane.counted.resize(plane.tree->size(), Sum{.count = -1});
  planes_.emplace(PlaneKey{key, as_of.days}, std::move(made));
  if (plane.additive) {
    for (const ProgrammeNumber part : sources_.catalogue->PartsOf(key.programme)) {
      CellKey below = key;
      below.programme = part;
      plane.parts.push_back(&PlaneOf(below, as_of));
    }
  }
  return plane;
}

std::optional<Figure> FigureFold::Own(const Plane& plane, RegionNumber region) const {
  return sources_.leaves->QuickFigureAt(InRegion(plane.key, region), plane.as_of, known_, moment_.review);
}

std::optional<Figure> FigureFold::OwnWithBase(const Plane& plane, RegionNumber region) const {
  return sources_.leaves->FigureAt(InRegion(plane.key, region), plane.as_of, known_, moment_.review);
}

FigureFold::Sum FigureFold::OverChildren(Plane& plane, RegionNumber region) {
  // Thousands of children stand anywhere in memory: each is asked for some children before it is looked at.
  constexpr size_t kAhead = 8;
  const auto& children = plane.tree->Children(region);
  const auto foresee = [&](size_t place, int step) {
    if (place >= children.size()) return;
    const RegionNumber child = children[place];
    if (child < plane.counted.size() && plane.counted[child].count < 0) sources_.leaves->Foresee(InRegion(plane.key, child), step);
  };
  Sum sum;
  for (size_t i = 0; i < children.size(); ++i) {
    for (int step = 0; step < Leaves::kForeseeSteps; ++step) foresee(i + (Leaves::kForeseeSteps - step) * kAhead, step);
    sum.Add(Counted(plane, children[i]));
  }
  return sum;
}

FigureFold::Sum FigureFold::OverMembers(Plane& plane, RegionNumber region) {
  Sum sum;
  for (const RegionNumber member : plane.tree->Members(region)) sum.Add(Counted(plane, member));
  return sum;
}

FigureFold::Sum FigureFold::Counted(Plane& plane, RegionNumber region) {
  if (region >= plane.counted.size()) return {};
  if (plane.counted[region].count < 0) plane.counted[region] = Compute(plane, region);
  return plane.counted[region];
}

FigureFold::Sum FigureFold::Compute(Plane& plane, RegionNumber region) {
  Sum sum;
  if (plane.tree->IsInvolved(region)) {
    for (const Fact& fact : AllFacts(plane, region, false)) sum.Add({1, fact.newest, fact.amount});
    return sum;
  }
  // Nothing was inherited here, so the base facts of the parts are what the parts count.
  if (plane.additive) {
    sum = OverChildren(plane, region);
    if (sum.count == 0) {
      for (Plane* part : plane.parts) sum.Add(Counted(*part, region));
    }
  }
  if (sum.count == 0) {
    if (const auto own = Own(plane, region)) sum = {1, own->as_of, own->amount};
  }
  return sum;
}

FigureFold::Sum FigureFold::Shown(Plane& plane, RegionNumber region) {
  const Sum counted = Counted(plane, region);
  return counted.count > 0 || !plane.additive ? counted : OverMembers(plane, region);
}

bool FigureFold::IsIgnored(Plane& plane, RegionNumber region, const Figure& own) {
  if (!plane.additive) return false;
  const auto& former = plane.tree->FormerChildren(region);
  return std::any_of(former.begin(), former.end(), [&](const DatedTree::FormerChild& child) {
    return own.base < child.left && Counted(plane, child.region).count > 0;
  });
}

const std::vector<ProgrammeNumber>& FigureFold::RelatedTo(ProgrammeNumber programme) {
  const auto [found, fresh] = related_.try_emplace(programme);
  if (!fresh) return found->second;
  for (const auto& [number, other] : sources_.catalogue->programmes()) {
    if (AreRelated(*sources_.catalogue, number, programme)) found->second.push_back(number);
  }
  return found->second;
}

bool FigureFold::IsCovered(const Plane& plane, RegionNumber region, ProgrammeNumber programme, Date date) {
  for (const ProgrammeNumber related : RelatedTo(programme)) {
    CellKey key = InRegion(plane.key, region);
    key.programme = related;
    const auto own = sources_.leaves->FigureAt(key, plane.as_of, known_, moment_.review);
    if (own && own->base >= date) return true;
  }
  return false;
}

std::vector<TracedFact> FigureFold::Leaves(Plane& plane, RegionNumber region) {
  std::vector<TracedFact> leaves;
  for (Fact& fact : AllFacts(plane, region, true)) {
    std::move(fact.leaves.begin(), fact.leaves.end(), std::back_inserter(leaves));
  }
  return leaves;
}

FigureFold::Facts FigureFold::BaseFacts(Plane& plane, RegionNumber region, bool traced) {
  Facts facts;
  if (plane.additive) {
    if (const Sum sum = OverChildren(plane, region); sum.count > 0) {
      facts.push_back({plane.key.programme, sum.amount, sum.newest, {}});
      for (const RegionNumber child : plane.tree->Children(region)) {
        if (!traced) break;
        std::vector<TracedFact> leaves = Leaves(plane, child);
        std::move(leaves.begin(), leaves.end(), std::back_inserter(facts.back().leaves));
      }
      return facts;
    }
    for (Plane* part : plane.parts) {
      Facts below = BaseFacts(*part, region, traced);
      std::move(below.begin(), below.end(), std::back_inserter(facts));
    }
    if (!facts.empty()) return facts;
  }
  if (const auto own = OwnWithBase(plane, region); own && !IsIgnored(plane, region, *own)) {
    facts.push_back({plane.key.programme, own->amount, own->as_of, {}});
    if (traced) facts.back().leaves.push_back({.cell = InRegion(plane.key, region), .figure = *own, .counted = own->amount, .path = {}});
  }
  return facts;
}

FigureFold::Facts FigureFold::AllFacts(Plane& plane, RegionNumber region, bool traced) {
  Facts facts = BaseFacts(plane, region, traced);
  for (const DatedTree::Receipt& receipt : plane.tree->Received(region)) {
    // What does not add is passed on only whole, and only where nothing is said of the successor itself.
    if (!plane.additive && (!receipt.recode || !facts.empty())) continue;
    for (Fact& fact : AllFacts(plane, receipt.from, traced)) {
      if (plane.additive) {
        if (IsCovered(plane, region, fact.programme, receipt.date)) continue;
        fact.amount = sources_.trees->boundaries().ShareOf(receipt.event, fact.amount);
        HandOut(fact.amount, &fact.leaves);
      }
      for (TracedFact& leaf : fact.leaves) leaf.path.push_back(receipt.event);
      facts.push_back(std::move(fact));
    }
  }
  return facts;
}

CellFigures FigureFold::At(const CellKey& key) {
  CellFigures cell;
  const Date as_of = moment_.as_of.value_or(kDistantFuture);
  Plane& plane = PlaneOf(key, as_of);
  const Sum counted = Counted(plane, key.region);
  // With nothing below, what counts is what was reported: no need to look for it again.
  const bool is_plain = !plane.tree->IsInvolved(key.region) && (!plane.additive || (plane.parts.empty() && plane.tree->Children(key.region).empty()));
  const std::optional<Figure> own = !is_plain          ? Own(plane, key.region)
                                    : counted.count > 0 ? std::optional(Figure{counted.amount, counted.newest})
                                                        : std::nullopt;
  if (own) {
    cell.own = true;
    cell.own_as_of = own->as_of;
    if (plane.additive && !is_plain) {
      bool summed = OverChildren(plane, key.region).count > 0;
      if (!summed && plane.tree->IsInvolved(key.region)) {
        for (Plane* part : plane.parts) summed |= !BaseFacts(*part, key.region, false).empty();
        summed = summed || BaseFacts(plane, key.region, false).empty();
      } else {
        for (Plane* part : plane.parts) summed |= Counted(*part, key.region).count > 0;
      }
      if (summed) cell.declared = own->amount;
    }
  }
  if (plane.tree->IsArea(key.region) && counted.count > 0) cell.own = true;
  const Sum shown = Shown(plane, key.region);
  if (shown.count == 0) return cell;
  cell.actual = shown.amount;
  cell.newest_as_of = shown.newest;
  const Indicator* indicator = sources_.catalogue->FindIndicator(key.indicator);
  if (indicator != nullptr && indicator->is_stock()) {
    const Sum start = Shown(PlaneOf(key, LastDayOfPreviousYear(shown.newest)), key.region);
    if (start.count > 0) cell.year_start = start.amount;
  }
  return cell;
}

FigureRule FigureFold::RuleOf(const CellKey& key) {
  Plane& plane = PlaneOf(key, moment_.as_of.value_or(kDistantFuture));
  FigureRule found;
  if (plane.additive) {
    for (const RegionNumber child : plane.tree->Children(key.region)) {
      if (Counted(plane, child).count > 0) found.parts.push_back(InRegion(plane.key, child));
    }
    if (!found.parts.empty()) {
      found.rule = Rule::kChildren;
      return found;
    }
    for (Plane* part : plane.parts) {
      if (!BaseFacts(*part, key.region, false).empty()) found.parts.push_back(InRegion(part->key, key.region));
    }
    if (!found.parts.empty()) {
      found.rule = Rule::kProgrammes;
      return found;
    }
  }
  if (!BaseFacts(plane, key.region, false).empty()) {
    found.rule = Rule::kOwn;
  } else if (Counted(plane, key.region).count > 0) {
    found.rule = Rule::kInherited;
  } else if (plane.additive) {
    for (const RegionNumber member : plane.tree->Members(key.region)) {
      if (Counted(plane, member).count > 0) found.parts.push_back(InRegion(plane.key, member));
    }
    if (!found.parts.empty()) found.rule = Rule::kMembers;
  }
  return found;
}

std::vector<TracedFact> FigureFold::Trace(const CellKey& key) {
  Plane& plane = PlaneOf(key, moment_.as_of.value_or(kDistantFuture));
  std::vector<TracedFact> leaves;
  if (Counted(plane, key.region).count > 0 || !plane.additive) {
    leaves = Leaves(plane, key.region);
  } else {
    for (const RegionNumber member : plane.tree->Members(key.region)) {
      std::vector<TracedFact> below = Leaves(plane, member);
      std::move(below.begin(), below.end(), std::back_inserter(leaves));
    }
  }
  if (const auto own = OwnWithBase(plane, key.region); own && At(key).declared) {
    leaves.push_back({.cell = key, .figure = *own, .counted = 0, .path = {}, .declared = true});
  }
  return leaves;
}

}  // namespace anju::aggregator
