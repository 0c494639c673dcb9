// A printed total that a document replaces by the sum of its parts: the sum is there, among the cells of this very document.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/audit/plan_facts.h"

namespace anju::audit {
namespace {

using plan::v1::TargetCell;

enum Direction { kRegions, kProgrammes, kIndicators, kYears, kDirections };

// What the parts of a whole in one direction have in common with it.
Key Shared(const TargetCell& cell, int direction) {
  Key key{cell.region(), cell.programme(), cell.indicator(), {cell.period().first_year(), cell.period().last_year()}};
  if (direction == kRegions) key.region = 0;
  if (direction == kProgrammes) key.programme = 0;
  if (direction == kIndicators) key.indicator = 0;
  if (direction == kYears) key.period = {};
  return key;
}

}  // namespace

bool PlanFacts::IsBelow(Number programme, Number above) const {
  const auto whole = newest_programmes_.find(above);
  for (const auto& [number, record] : newest_programmes_) {
    const bool part = whole != newest_programmes_.end() && whole->second.group
                          ? std::find(whole->second.members.begin(), whole->second.members.end(), number) != whole->second.members.end()
                          : record.parent == above;
    if (part && number != above && (number == programme || IsBelow(programme, number))) return true;
  }
  return false;
}

// The sums that a document may have meant: all parts, or only those that are not parts of others of them.
std::vector<int64_t> PlanFacts::SumsFor(const TargetCell& whole, const std::vector<const TargetCell*>& parts, int direction) const {
  const auto is_part = [&](const TargetCell& part, const TargetCell& of) {
    switch (direction) {
      case kRegions: {
        const auto rows = rows_.find(part.region());
        return rows != rows_.end() && std::any_of(rows->second.begin(), rows->second.end(), [&](const Row& row) { return row.parent == of.region(); });
      }
      case kProgrammes: return IsBelow(part.programme(), of.programme());
      case kIndicators: {
        const auto found = part_of_.find(part.indicator());
        return found != part_of_.end() && found->second == of.indicator();
      }
      default: {
        const Period inner{part.period().first_year(), part.period().last_year()}, outer{of.period().first_year(), of.period().last_year()};
        return inner != outer && outer.Contains(inner);
      }
    }
  };
  std::vector<const TargetCell*> below;
  for (const TargetCell* part : parts) {
    if (part != &whole && is_part(*part, whole)) below.push_back(part);
  }
  int64_t all = 0, nearest = 0, finest = 0;
  for (const TargetCell* part : below) {
    all += part->target();
    if (std::none_of(below.begin(), below.end(), [&](const TargetCell* other) { return other != part && is_part(*part, *other); })) nearest += part->target();
    if (std::none_of(below.begin(), below.end(), [&](const TargetCell* other) { return other != part && is_part(*other, *part); })) finest += part->target();
  }
  return below.empty() ? std::vector<int64_t>() : std::vector<int64_t>{all, nearest, finest};
}

void PlanFacts::CheckDeclared(uint64_t sequence, const plan::v1::DocumentImported& document) {
  if (!document.amends().empty()) return;  // holds only what changed: its parts stand in several documents
  for (const plan::v1::PrintedRow& row : document.rows()) {
    // What is added to an upper layer's target, held back by the issuer, or expressly chosen, has no cells that tell by themselves.
    if (row.role() == plan::v1::ROLE_ADDITION || row.role() == plan::v1::ROLE_RESERVE || row.total_of_size() > 0) return;
  }
  std::array<std::map<std::pair<Key, int>, std::vector<const TargetCell*>>, kDirections> parts;
  for (const TargetCell& cell : document.cells()) {
    if (!cell.has_target()) continue;
    for (int direction = 0; direction < kDirections; ++direction) parts[direction][{Shared(cell, direction), cell.layer()}].push_back(&cell);
  }
  for (const TargetCell& whole : document.cells()) {
    if (!whole.has_declared() || !whole.has_target()) continue;
    bool found = false, any = false;
    for (int direction = 0; direction < kDirections && !found; ++direction) {
      const std::vector<int64_t> sums = SumsFor(whole, parts[direction][{Shared(whole, direction), whole.layer()}], direction);
      any = any || !sums.empty();
      found = std::find(sums.begin(), sums.end(), whole.target()) != sums.end();
    }
    if (!found) findings_.Add(sequence, absl::StrCat("a total of ", whole.target(), any ? " is not the sum of its parts in the document" : " replaces a printed one, but there are no parts"));
  }
}

}  // namespace anju::audit
