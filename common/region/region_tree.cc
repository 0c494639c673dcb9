// The region registry: rows by number, names folded for look-up, and children kept in official order.
#include "common/region/region_tree.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"country", "province", "city", "county", "unit"};
constexpr std::array<std::string_view, 5> kKindNames = {"administrative", "zone", "own_level", "company", "area"};

std::string Label(const Region& row) { return absl::StrCat(row.code, " ", row.name); }

absl::Status Broken(const Region& row, std::string_view field, std::string message) {
  return MakeError({.reason = Reason::BROKEN_TREE, .field = std::string(field), .value = row.code, .message = std::move(message)});
}

// Every text a row answers to, folded.
std::vector<std::string> NamesOf(const Region& row) {
  std::vector<std::string> names = {FoldName(row.name)};
  for (const std::string& alias : row.aliases) names.push_back(FoldName(alias));
  if (!row.gb_code.empty()) names.push_back(row.gb_code);
  return names;
}

bool AnswersTo(const Region& row, const std::string& folded) {
  const std::vector<std::string> names = NamesOf(row);
  return std::find(names.begin(), names.end(), folded) != names.end();
}

}  // namespace

std::string_view RegionLevelName(RegionLevel level) { return kLevelNames[static_cast<size_t>(level)]; }
std::string_view RegionKindName(RegionKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::optional<RegionLevel> ParseRegionLevel(std::string_view name) {
  const auto it = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (it == kLevelNames.end()) return std::nullopt;
  return static_cast<RegionLevel>(it - kLevelNames.begin());
}

std::optional<RegionKind> ParseRegionKind(std::string_view name) {
  const auto it = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (it == kKindNames.end()) return std::nullopt;
  return static_cast<RegionKind>(it - kKindNames.begin());
}

std::string FoldName(std::string_view name) {
  std::string folded = absl::StrReplaceAll(absl::string_view(name.data(), name.size()), {{"（", "("}, {"）", ")"}, {"　", " "}});
  absl::StripAsciiWhitespace(&folded);
  return folded;
}

void RegionTree::Put(const std::vector<Region>& rows) {
  CHECK(!rows.empty());
  const RegionNumber number = rows.front().number;
  CHECK(number != 0);
  for (const Region& row : rows) CHECK(row.number == number && row.code == rows.front().code);

  std::vector<Region>& mine = rows_[number];
  for (const Region& row : mine) {
    std::erase_if(children_[row.parent], [&](const ChildLink& link) { return link.number == number; });
    for (const std::string& name : NamesOf(row)) {
      const auto it = by_name_.find(name);
      if (it == by_name_.end()) continue;
      std::erase(it->second, number);
      if (it->second.empty()) by_name_.erase(it);
    }
  }
  if (!mine.empty()) by_code_.erase(mine.front().code);

  mine = rows;
  std::stable_sort(mine.begin(), mine.end(), [](const Region& a, const Region& b) { return a.valid_from < b.valid_from; });
  by_code_[mine.front().code] = number;
  for (const Region& row : mine) {
    for (const std::string& name : NamesOf(row)) {
      // By number, so that what a tree says does not depend on the order in which its rows came.
      std::vector<RegionNumber>& holders = by_name_[name];
      const auto place = std::lower_bound(holders.begin(), holders.end(), number);
      if (place == holders.end() || *place != number) holders.insert(place, number);
    }
    const ChildLink link{row.order, number, row.valid_from, row.valid_to};
    std::vector<ChildLink>& siblings = children_[row.parent];
    siblings.insert(std::upper_bound(siblings.begin(), siblings.end(), link,
                                     [this](const ChildLink& a, const ChildLink& b) { return LinkPrecedes(a, b); }),
                    link);
  }
}

bool RegionTree::LinkPrecedes(const ChildLink& a, const ChildLink& b) const {
  const uint32_t order_a = a.order == 0 ? UINT32_MAX : a.order;
  const uint32_t order_b = b.order == 0 ? UINT32_MAX : b.order;
  if (order_a != order_b) return order_a < order_b;
  if (a.number == b.number) return a.valid_from < b.valid_from;
  return rows_.at(a.number).front().code < rows_.at(b.number).front().code;
}

absl::Status RegionTree::Validate() const {
  ErrorCollector errors;
  for (const RegionNumber number : Numbers()) {
    const std::vector<Region>& rows = rows_.at(number);
    for (size_t i = 0; i < rows.size(); ++i) {
      const Region& row = rows[i];
      if (row.valid_to <= row.valid_from) {
        errors.Add(Broken(row, "valid_to", absl::StrCat("the row of ", Label(row), " ends before it begins")));
        continue;
      }
      if (i > 0 && row.valid_from < rows[i - 1].valid_to) {
        errors.Add(Broken(row, "valid_from", absl::StrCat("two rows of ", Label(row), " overlap from ", FormatDate(row.valid_from))));
      }
      if (!row.members.empty() && row.kind != RegionKind::kArea) {
        errors.Add(Broken(row, "members", absl::StrCat(Label(row), " has members but is no area")));
      }
      for (const RegionNumber member : row.members) {
        if (!rows_.contains(member)) errors.Add(Broken(row, "members", absl::StrCat(Label(row), " has a member that is not registered")));
        if (member == number) errors.Add(Broken(row, "members", absl::StrCat(Label(row), " is a member of itself")));
      }
      std::string why;
      if (row.parent != 0 && !ParentsHold(number, row, row.valid_from, row.valid_to, 1, &why)) {
        errors.Add(Broken(row, "parent", std::move(why)));
      }
    }
  }
  return errors.ToStatus();
}

bool RegionTree::ParentsHold(RegionNumber start, const Region& row, Date from, Date to, int depth, std::string* why) const {
  const Region& first = rows_.at(start).front();
  if (row.parent == start) {
    *why = absl::StrCat(Label(first), " is above itself");
    return false;
  }
  if (depth > kRegionDepthMax) {
    *why = absl::StrCat("more than ", kRegionDepthMax, " regions are above ", Label(first), ", or they form a circle");
    return false;
  }
  const std::vector<Region>* parents = Rows(row.parent);
  if (parents == nullptr) {
    // A gap further up is the error of the row that has it.
    if (depth > 1) return true;
    *why = absl::StrCat("the parent of ", Label(row), " is not registered");
    return false;
  }
  // An unbounded first day means "as far back as the parent goes": the day is not known, it is not before the parent's.
  Date covered = from == kDistantPast ? std::max(from, parents->front().valid_from) : from;
  if (covered >= to) return true;
  for (const Region& parent : *parents) {
    if (parent.valid_to <= covered || parent.valid_from >= to || parent.valid_to <= parent.valid_from) continue;
    if (parent.valid_from > covered) break;
    const Date end = std::min(to, parent.valid_to);
    if (parent.parent != 0 && !ParentsHold(start, parent, covered, end, depth + 1, why)) return false;
    covered = end;
    if (covered >= to) return true;
  }
  if (covered >= to || depth > 1) return true;
  *why = absl::StrCat("the parent of ", Label(row), ", ", Label(parents->front()), ", does not exist on ", FormatDate(covered));
  return false;
}

absl::StatusOr<RegionNumber> RegionTree::Resolve(std::string_view text, RegionNumber within, Date day) const {
  const std::string folded = FoldName(text);
  const auto inside = [&](RegionNumber number, Date on) { return within == 0 || IsWithin(number, within, on); };
  const RegionNumber coded = FindCode(folded);
  if (coded != 0 && At(coded, day) != nullptr && inside(coded, day)) return coded;

  std::vector<RegionNumber> open;
  std::vector<const Region*> closed;
  const auto it = by_name_.find(folded);
  if (it != by_name_.end()) {
    for (const RegionNumber number : it->second) {
      const Region* row = At(number, day);
      if (row != nullptr && AnswersTo(*row, folded)) {
        if (inside(number, day)) open.push_back(number);
        continue;
      }
      for (const Region& other : *Rows(number)) {
        if (!AnswersTo(other, folded) || !inside(number, other.valid_from)) continue;
        closed.push_back(&other);
        break;
      }
    }
  }
  if (open.size() == 1) return open.front();
  if (open.size() > 1) {
    ErrorDetail detail{.reason = Reason::AMBIGUOUS_REGION, .field = "region", .value = std::string(text),
                       .message = absl::StrCat(open.size(), " regions have this name")};
    for (const RegionNumber number : open) detail.candidates.push_back(Label(*At(number, day)));
    std::sort(detail.candidates.begin(), detail.candidates.end());
    if (detail.candidates.size() > kErrorCandidatesMax) detail.candidates.resize(kErrorCandidatesMax);
    return MakeError(std::move(detail));
  }
  if (coded != 0 && At(coded, day) == nullptr && closed.empty()) {
    const Region* row = Nearest(coded, day);
    if (inside(coded, row->valid_from)) closed.push_back(row);
  }
  if (!closed.empty()) {
    const Region& row = *closed.front();
    const std::string when = day < row.valid_from ? absl::StrCat("does not exist before ", FormatDate(row.valid_from))
                                                  : absl::StrCat("no longer exists from ", FormatDate(row.valid_to));
    return MakeError({.reason = Reason::REGION_CLOSED, .field = "region", .value = std::string(text),
                      .message = absl::StrCat(Label(row), " ", when)});
  }
  ErrorDetail detail{.reason = Reason::UNKNOWN_REGION, .field = "region", .value = std::string(text),
                     .message = "no region with this code, name or alias"};
  if (const Region* scope = within == 0 ? nullptr : Nearest(within, day)) absl::StrAppend(&detail.message, " in ", Label(*scope));
  return MakeError(std::move(detail));
}

RegionNumber RegionTree::FindCode(std::string_view code) const {
  const auto it = by_code_.find(std::string(code));
  return it == by_code_.end() ? 0 : it->second;
}

std::vector<RegionNumber> RegionTree::EverCalled(std::string_view text) const {
  const std::string folded = FoldName(text);
  std::vector<RegionNumber> called;
  if (const auto it = by_name_.find(folded); it != by_name_.end()) called = it->second;
  const RegionNumber coded = FindCode(folded);
  if (coded != 0 && std::find(called.begin(), called.end(), coded) == called.end()) called.push_back(coded);
  return called;
}

const std::vector<Region>* RegionTree::Rows(RegionNumber number) const {
  const auto it = rows_.find(number);
  return it == rows_.end() ? nullptr : &it->second;
}

const Region* RegionTree::At(RegionNumber number, Date day) const {
  const std::vector<Region>* rows = Rows(number);
  if (rows == nullptr) return nullptr;
  for (const Region& row : *rows) {
    if (row.HoldsOn(day)) return &row;
  }
  return nullptr;
}

const Region* RegionTree::Nearest(RegionNumber number, Date day) const {
  const std::vector<Region>* rows = Rows(number);
  if (rows == nullptr) return nullptr;
  const Region* nearest = &rows->front();
  for (const Region& row : *rows) {
    if (row.valid_from <= day) nearest = &row;
  }
  return nearest;
}

RegionNumber RegionTree::ParentAt(RegionNumber number, Date day) const {
  const Region* row = At(number, day);
  return row == nullptr ? 0 : row->parent;
}

std::vector<RegionNumber> RegionTree::ChildrenAt(RegionNumber number, Date day) const {
  std::vector<RegionNumber> children;
  const auto it = children_.find(number);
  if (it == children_.end()) return children;
  for (const ChildLink& link : it->second) {
    if (link.valid_from <= day && day < link.valid_to) children.push_back(link.number);
  }
  return children;
}

bool RegionTree::IsWithin(RegionNumber number, RegionNumber ancestor, Date day) const {
  for (int depth = 0; number != 0 && depth <= kRegionDepthMax; ++depth) {
    if (number == ancestor) return true;
    number = ParentAt(number, day);
  }
  return false;
}

std::vector<RegionNumber> RegionTree::Numbers() const {
  std::vector<RegionNumber> numbers;
  numbers.reserve(rows_.size());
  for (const auto& [number, rows] : rows_) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace anju
