// The recursive definition of targets: printed, moved, summed and inherited.
#include "services/aggregator/core/fold_targets.h"

#include <algorithm>

namespace anju::aggregator {
namespace {

CellKey InRegion(CellKey key, RegionNumber region) {
  key.region = region;
  return key;
}

}  // namespace

void TargetFold::Sum::Add(const Value& part) {
  if (!part.has) return;
  ++count;
  amount = WrapAdd(amount, part.amount);
}

TargetFold::TargetFold(const FoldSources& sources, const Moment& moment)
    : sources_(sources), moment_(moment), known_(moment.known ? moment.known->plan : UINT64_MAX) {}

TargetFold::Plane& TargetFold::PlaneOf(CellKey key, Layer layer, Date day) {
  key.region = 0;
  const PlaneKey place{key, layer, sources_.trees->EpochOf(day)};
  if (const auto found = planes_.find(place); found != planes_.end()) return *found->second;
  auto made = std::make_unique<Plane>();
  Plane& plane = *made;
  plane.key = key;
  plane.layer = layer;
  plane.day = day;
  plane.epoch = place.epoch;
  const Indicator* indicator = sources_.catalogue->FindIndicator(key.indicator);
  plane.additive = indicator != nullptr && indicator->is_additive();
  planes_.emplace(place, std::move(made));
  plane.printed = (sources_.documents->LayersOf(key.programme, key.indicator, key.period) >> static_cast<unsigned>(layer) & 1) != 0;
  if (plane.additive) {
    for (const ProgrammeNumber part : sources_.catalogue->PartsOf(key.programme)) {
      CellKey below = key;
      below.programme = part;
      plane.parts.push_back(&PlaneOf(below, layer, day));
      plane.printed |= plane.parts.back()->printed;
    }
  }
  if (!plane.printed) return plane;
  std::shared_ptr<const DatedTree>& tree = trees_[plane.epoch];
  if (tree == nullptr) tree = sources_.trees->At(day);
  plane.tree = tree.get();
  plane.done.resize(plane.tree->size());
  return plane;
}

TargetFold::Plane& TargetFold::AskedPlane(const CellKey& key, Layer layer) {
  Plane*& last = last_[static_cast<size_t>(layer)];
  if (last == nullptr || last->key != InRegion(key, 0)) {
    last = &PlaneOf(key, layer, moment_.tree ? *moment_.tree : moment_.as_of.value_or(TreeDate(key.period)));
  }
  return *last;
}

const Revision* TargetFold::Printed(const Plane& plane, RegionNumber region) const {
  const Revision* revision = sources_.documents->InForceAt(InRegion(plane.key, region), plane.layer, moment_.as_of, known_);
  return revision == nullptr || revision->taken_back() ? nullptr : revision;
}

bool TargetFold::Differs(const Plane& plane, const Revision& revision, RegionNumber region) {
  const size_t epoch = sources_.trees->EpochOf(revision.tree_day);
  if (!plane.additive || epoch == plane.epoch) return false;
  std::shared_ptr<const std::vector<bool>>& differences = differences_[std::minmax(epoch, plane.epoch)];
  if (differences == nullptr) differences = sources_.trees->Differences(plane.day, revision.tree_day);
  return region < differences->size() && (*differences)[region];
}

template <typename Of>
TargetFold::Sum TargetFold::OverChildren(Plane& plane, RegionNumber region, Of of) {
  Sum sum;
  for (const RegionNumber child : plane.tree->Children(region)) sum.Add(of(plane, child));
  return sum;
}

template <typename Of>
TargetFold::Sum TargetFold::Inherited(Plane& plane, RegionNumber region, Of of, std::set<size_t>* events) {
  Sum sum;
  for (const DatedTree::Receipt& receipt : plane.tree->Received(region)) {
    Value passed = of(plane, receipt.from);
    if (!passed.has) continue;
    passed.amount = sources_.trees->boundaries().ShareOf(receipt.event, passed.amount);
    sum.Add(passed);
    if (events != nullptr) events->insert(receipt.event);
  }
  return sum;
}

template <typename Of>
TargetFold::Value TargetFold::Compute(Plane& plane, RegionNumber region, Walk& walk, Of of) {
  if (const Revision* revision = Printed(plane, region)) {
    const std::optional<int64_t> printed = revision->target.amount;
    if (!Differs(plane, *revision, region)) return {printed.has_value(), false, printed.value_or(0)};
    Plane& then = PlaneOf(plane.key, plane.layer, revision->tree_day);
    const auto of_then = [&](Plane& other, RegionNumber at) { return Walked(other, at, walk); };
    std::set<size_t> brought, brought_then;
    int64_t moved = WrapSubtract(Inherited(plane, region, of, &brought).amount, Inherited(then, region, of_then, &brought_then).amount);
    if (!printed) {
      // A word without a number stays one, unless something has been passed on to the region since.
      return {!std::includes(brought_then.begin(), brought_then.end(), brought.begin(), brought.end()), true, moved};
    }
    moved = WrapAdd(moved, WrapSubtract(OverChildren(plane, region, of).amount, OverChildren(then, region, of_then).amount));
    return {true, false, WrapAdd(*printed, moved)};
  }
  if (!plane.additive) return {};
  Sum sum = OverChildren(plane, region, of);
  Sum inherited = Inherited(plane, region, of);
  if (sum.count == 0) {
    for (Plane* part : plane.parts) {
      const Value of_part = of(*part, region);
      if (!of_part.has || of_part.only_inherited) continue;
      sum.Add(of_part);
      // What was passed on of a part is in the part, be it added or printed anew since: only the rest is added to the whole.
      inherited.amount = WrapSubtract(inherited.amount, Inherited(*part, region, of).amount);
    }
  }
  return {sum.count > 0 || inherited.count > 0, sum.count == 0, WrapAdd(sum.amount, inherited.amount)};
}

TargetFold::Value TargetFold::Walked(Plane& plane, RegionNumber region, Walk& walk) {
  if (!plane.printed || region >= plane.done.size()) return {};
  if (plane.done[region].first) return plane.done[region].second;
  const Place place{&plane, region};
  if (const auto found = walk.cut.find(place); found != walk.cut.end()) {
    ++walk.cuts;
    return found->second;
  }
  if (!walk.open.insert(place).second) {
    ++walk.cuts;
    const Revision* revision = Printed(plane, region);
    return revision == nullptr || !revision->target.amount ? Value{} : Value{true, false, *revision->target.amount};
  }
  const size_t cuts = walk.cuts;
  const Value value = Compute(plane, region, walk, [&](Plane& other, RegionNumber at) { return Walked(other, at, walk); });
  walk.open.erase(place);
  if (walk.cuts == cuts) {
    plane.done[region] = {true, value};
  } else {
    walk.cut.emplace(place, value);
  }
  return value;
}

TargetFold::Value TargetFold::Asked(Plane& plane, RegionNumber region) {
  if (!plane.printed || region >= plane.done.size()) return {};
  if (plane.done[region].first) return plane.done[region].second;
  const Place place{&plane, region};
  if (const auto found = asked_cut_.find(place); found != asked_cut_.end()) {
    ++asked_cuts_;
    return found->second;
  }
  const size_t cuts = asked_cuts_;
  Walk walk;
  walk.open.insert(place);
  const Value value = Compute(plane, region, walk, [&](Plane& other, RegionNumber at) { return Asked(other, at); });
  asked_cuts_ += walk.cuts;
  if (asked_cuts_ == cuts) {
    plane.done[region] = {true, value};
  } else {
    asked_cut_.emplace(place, value);
  }
  return value;
}

TargetFold::Value TargetFold::Counted(const CellKey& key, Layer layer) { return Asked(AskedPlane(key, layer), key.region); }

std::optional<Target> TargetFold::At(const CellKey& key, Layer layer) {
  Plane& plane = AskedPlane(key, layer);
  if (!plane.printed) return std::nullopt;
  const Value value = Asked(plane, key.region);
  if (const Revision* revision = Printed(plane, key.region)) {
    Target target = revision->target;
    if (value.has) {
      target.amount = value.amount;
      target.missing = Missing::kNone;
    }
    return target;
  }
  if (value.has) return Target{.amount = value.amount};
  if (!plane.additive) return std::nullopt;
  Sum sum;
  for (const RegionNumber member : plane.tree->Members(key.region)) sum.Add(Asked(plane, member));
  if (sum.count == 0) return std::nullopt;
  return Target{.amount = sum.amount};
}

TargetRule TargetFold::RuleOf(const CellKey& key, Layer layer) {
  TargetRule found;
  if (const auto* revisions = sources_.documents->Find(key)) {
    const Revisions& of_layer = (*revisions)[static_cast<size_t>(layer)];
    for (const Revision& revision : of_layer) {
      if (revision.sequence <= known_) found.revisions.push_back(&revision);
    }
    std::stable_sort(found.revisions.begin(), found.revisions.end(),
                     [](const Revision* a, const Revision* b) { return a->effective < b->effective; });
    found.in_force = Documents::InForceIn(of_layer, key, moment_.as_of, known_);
  }
  Plane& plane = AskedPlane(key, layer);
  if (!plane.printed) return found;
  found.target = At(key, layer);
  const Value value = Asked(plane, key.region);
  if (const Revision* revision = Printed(plane, key.region)) {
    found.rule = Rule::kOwn;
    if (value.has) found.moved = WrapSubtract(value.amount, revision->target.amount.value_or(0));
    return found;
  }
  if (!plane.additive) return found;
  const auto of = [&](Plane& other, RegionNumber at) { return Asked(other, at); };
  if (const Sum children = OverChildren(plane, key.region, of); children.count > 0) {
    found.rule = Rule::kChildren;
    found.parts = children.count;
    found.moved = WrapSubtract(value.amount, children.amount);
    return found;
  }
  const Sum inherited = Inherited(plane, key.region, of);
  found.moved = inherited.amount;
  for (Plane* part : plane.parts) {
    const Value of_part = Asked(*part, key.region);
    if (!of_part.has || of_part.only_inherited) continue;
    ++found.parts;
    found.moved = WrapSubtract(found.moved, Inherited(*part, key.region, of).amount);
  }
  if (found.parts > 0) {
    found.rule = Rule::kProgrammes;
  } else if (inherited.count > 0) {
    found.rule = Rule::kInherited;
  } else {
    for (const RegionNumber member : plane.tree->Members(key.region)) found.parts += Asked(plane, member).has ? 1 : 0;
    if (found.parts > 0) found.rule = Rule::kMembers;
  }
  return found;
}

}  // namespace anju::aggregator
