// Boundary changes in the order of their recording, indexed by who passes on and who receives; and the exact shares of a split.
#include "common/region/succession.h"

#include <algorithm>
#include <iterator>

#include "common/status/macros.h"

namespace anju {
namespace {

const std::vector<size_t>& FindList(const std::unordered_map<RegionNumber, std::vector<size_t>>& lists, RegionNumber region) {
  static const std::vector<size_t>* const empty = new std::vector<size_t>();
  const auto it = lists.find(region);
  return it == lists.end() ? *empty : it->second;
}

// A part of a split: whole units that are surely its own, and what is left of a unit, as a fraction below 1.
struct Part {
  size_t index = 0;
  int128 whole = 0;
  Fraction rest;
};

}  // namespace

void Boundaries::Add(const BoundaryEvent& event) {
  const size_t index = events_.size();
  events_.push_back(event);
  if (!event.passes()) return;
  passed_on_[event.region].push_back(index);
  std::vector<size_t>& received = received_[event.into];
  received.insert(std::upper_bound(received.begin(), received.end(), index,
                                   [this](size_t a, size_t b) { return events_[a].date < events_[b].date; }),
                  index);
}

const std::vector<size_t>& Boundaries::PassedOnBy(RegionNumber region) const { return FindList(passed_on_, region); }
const std::vector<size_t>& Boundaries::ReceivedBy(RegionNumber region) const { return FindList(received_, region); }

bool Boundaries::IsGone(RegionNumber region, Date day) const {
  const std::vector<size_t>& changes = PassedOnBy(region);
  return !changes.empty() && events_[changes.front()].date <= day;
}

int64_t Boundaries::ShareOf(size_t index, int64_t amount) const {
  CHECK(index < events_.size() && events_[index].passes());
  const std::vector<size_t>& all = PassedOnBy(events_[index].region);
  if (all.size() == 1) return amount;  // a recode or a merge
  // Only of those recorded together is it known that their shares are 1 together: each event is checked by itself (registry/known.h).
  std::vector<size_t> siblings;
  std::copy_if(all.begin(), all.end(), std::back_inserter(siblings), [&](size_t sibling) { return events_[sibling].sequence == events_[index].sequence; });

  // Below zero the shares of the absolute amount are taken off, so that a figure and the reduction of the same size divide alike.
  const int128 total = amount < 0 ? -static_cast<int128>(amount) : static_cast<int128>(amount);
  std::vector<Part> parts;
  parts.reserve(siblings.size());
  int128 left = total;
  for (const size_t sibling : siblings) {
    // Numerator, denominator and amount are 64 bits wide, so no product here leaves 127.
    const Fraction& share = events_[sibling].share;
    const int128 product = total * share.numerator;
    parts.push_back({sibling, product / share.denominator, {product % share.denominator, share.denominator}});
    left -= parts.back().whole;
  }
  CHECK(left >= 0 && left <= static_cast<int128>(parts.size()));  // else the shares were not 1 together
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.rest.numerator * b.rest.denominator > b.rest.numerator * a.rest.denominator;
  });
  const auto mine = std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.index == index; });
  const int128 share = mine->whole + (mine - parts.begin() < left ? 1 : 0);
  return static_cast<int64_t>(amount < 0 ? -share : share);
}

}  // namespace anju
