// Cuts rows in two where something changes on a day.
#include "services/plan/core/region_edits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/plan/errors.h"

namespace anju::plan {

namespace {

bool IsArea(const Region& row) { return row.kind == RegionKind::kArea; }

}  // namespace

RegionEdits::RegionEdits(const RegionTree& stored) : tree_(stored) {
  for (const RegionNumber number : stored.Numbers()) {
    next_ = number + 1;
    const std::vector<Region>& rows = *stored.Rows(number);
    if (std::any_of(rows.begin(), rows.end(), IsArea)) areas_.insert(number);
  }
}

void RegionEdits::Put(const std::vector<Region>& rows, uint32_t line) {
  tree_.Put(rows);
  touched_[rows.front().number] = line;
  if (std::any_of(rows.begin(), rows.end(), IsArea)) areas_.insert(rows.front().number);
}

void RegionEdits::Add(const Region& row, uint32_t line) { Put({row}, line); }

std::string RegionEdits::Label(RegionNumber region, Date day) const {
  const Region* row = tree_.Nearest(region, day);
  return absl::StrCat(row->code, " ", row->name);
}

void RegionEdits::End(RegionNumber region, Date day, uint32_t line, ErrorCollector& errors) {
  std::vector<Region> rows = *tree_.Rows(region);
  for (const Region& row : rows) {
    if (row.valid_from < day) continue;
    errors.Add(BoundaryConflict(line, "region", row.code, absl::StrCat(Label(region, day), " has a row that begins on ", FormatDate(row.valid_from))));
    return;
  }
  if (rows.back().valid_to == day) return;
  rows.back().valid_to = day;
  Put(rows, line);
}

template <typename Value>
void RegionEdits::Set(RegionNumber region, Date day, Value Region::*field, const Value& value, uint32_t line, ErrorCollector& errors) {
  std::vector<Region> rows = *tree_.Rows(region);
  const auto holds = [&](Date on) { return std::find_if(rows.begin(), rows.end(), [&](const Region& row) { return row.HoldsOn(on); }); };
  const auto before = holds(DayBefore(day)), after = holds(day);
  if (after == rows.end()) {
    errors.Add(ClosedOn(line, "region", rows.front().code, absl::StrCat(Label(region, DayBefore(day)), " ends on ", FormatDate(day))));
    return;
  }
  if ((*after).*field == value) return;
  if (before != after && (*before).*field != (*after).*field) {
    errors.Add(BoundaryConflict(line, "region", rows.front().code,
                                absl::StrCat("the row of ", Label(region, day), " that begins on ", FormatDate(day), " says otherwise")));
    return;
  }
  if (before == after) {
    Region later = *before;
    later.valid_from = day;
    later.*field = value;
    before->valid_to = day;
    rows.insert(std::next(before), std::move(later));
  } else {
    (*after).*field = value;
  }
  Put(rows, line);
}

template void RegionEdits::Set(RegionNumber, Date, std::string Region::*, const std::string&, uint32_t, ErrorCollector&);
template void RegionEdits::Set(RegionNumber, Date, RegionNumber Region::*, const RegionNumber&, uint32_t, ErrorCollector&);
template void RegionEdits::Set(RegionNumber, Date, RegionLevel Region::*, const RegionLevel&, uint32_t, ErrorCollector&);
template void RegionEdits::Set(RegionNumber, Date, RegionKind Region::*, const RegionKind&, uint32_t, ErrorCollector&);
template void RegionEdits::Set(RegionNumber, Date, std::vector<RegionNumber> Region::*, const std::vector<RegionNumber>&, uint32_t, ErrorCollector&);

void RegionEdits::MoveChildren(RegionNumber from, RegionNumber to, Date day, uint32_t line, ErrorCollector& errors) {
  std::set<RegionNumber> children;
  for (const Date on : {DayBefore(day), day}) {
    for (const RegionNumber child : tree_.ChildrenAt(from, on)) children.insert(child);
  }
  for (const RegionNumber child : children) {
    const Region* row = tree_.At(child, day);
    if (row == nullptr || row->parent != from) continue;
    if (tree_.At(child, DayBefore(day)) != nullptr) {
      Set(child, day, &Region::parent, to, line, errors);
    } else {
      std::vector<Region> rows = *tree_.Rows(child);
      for (Region& begun : rows) {
        if (begun.valid_from == day) begun.parent = to;
      }
      Put(rows, line);
    }
  }
}

void RegionEdits::ReplaceMember(RegionNumber from, RegionNumber to, Date day, uint32_t line, ErrorCollector& errors) {
  for (const RegionNumber number : areas_) {
    const Region* row = tree_.At(number, day);
    if (row == nullptr || !IsArea(*row) || tree_.At(number, DayBefore(day)) == nullptr) continue;
    std::vector<RegionNumber> members = row->members;
    const auto it = std::find(members.begin(), members.end(), from);
    if (it == members.end()) continue;
    if (std::find(members.begin(), members.end(), to) == members.end()) *it = to;
    else members.erase(it);
    Set(number, day, &Region::members, members, line, errors);
  }
}

}  // namespace anju::plan
