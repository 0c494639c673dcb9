// The catalogue: programmes and indicators by number, with their wholes and parts indexed both ways.
#include "common/catalogue/catalogue.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju {
namespace {

template <typename Number>
void InsertSorted(std::vector<Number>* numbers, Number number, size_t from = 0) {
  const auto it = std::lower_bound(numbers->begin() + from, numbers->end(), number);
  if (it == numbers->end() || *it != number) numbers->insert(it, number);
}

absl::Status Broken(std::string_view field, std::string_view code, std::string message) {
  return MakeError({.reason = Reason::BROKEN_CATALOGUE, .field = std::string(field), .value = std::string(code), .message = std::move(message)});
}

// Code first, then a name that only one has.
template <typename Things, typename Codes>
absl::StatusOr<uint32_t> ResolveIn(const Things& things, const Codes& codes, std::string_view text, Reason unknown, std::string_view field) {
  const auto it = codes.find(std::string(text));
  if (it != codes.end()) return it->second;
  ErrorDetail detail{.reason = unknown, .field = std::string(field), .value = std::string(text)};
  uint32_t found = 0;
  for (const auto& [number, thing] : things) {
    if (thing.name != text) continue;
    found = number;
    detail.candidates.push_back(absl::StrCat(thing.code, " ", thing.name));
  }
  if (detail.candidates.size() == 1) return found;
  detail.message = absl::StrCat(detail.candidates.empty() ? "no " : "more than one ", absl::string_view(field.data(), field.size()),
                                detail.candidates.empty() ? " with this code or name" : " has this name; use the code");
  if (detail.candidates.size() > kErrorCandidatesMax) detail.candidates.resize(kErrorCandidatesMax);
  return MakeError(std::move(detail));
}

const std::vector<uint32_t>& FindList(const std::unordered_map<uint32_t, std::vector<uint32_t>>& lists, uint32_t number) {
  static const std::vector<uint32_t>* const empty = new std::vector<uint32_t>();
  const auto it = lists.find(number);
  return it == lists.end() ? *empty : it->second;
}

}  // namespace

std::string_view OverRegionsName(OverRegions value) { return value == OverRegions::kSum ? "sum" : "none"; }

std::string_view OverTimeName(OverTime value) {
  switch (value) {
    case OverTime::kSum: return "sum";
    case OverTime::kLast: return "last";
    case OverTime::kNone: return "none";
  }
  return "none";
}

std::string_view PartKindName(PartKind value) {
  switch (value) {
    case PartKind::kNone: return "";
    case PartKind::kPartition: return "partition";
    case PartKind::kSubset: return "subset";
  }
  return "";
}

void Catalogue::Put(Programme programme) {
  CHECK(programme.number != 0);
  std::sort(programme.members.begin(), programme.members.end());
  programme.members.erase(std::unique(programme.members.begin(), programme.members.end()), programme.members.end());
  const auto old = programmes_.find(programme.number);
  if (old != programmes_.end()) Unlink(old->second);
  Link(programme);
  programmes_.insert_or_assign(programme.number, std::move(programme));
}

void Catalogue::Link(const Programme& programme) {
  programme_codes_[programme.code] = programme.number;
  if (programme.parent != 0) {
    InsertSorted(&parts_[programme.parent], programme.number);
    std::vector<ProgrammeNumber>& wholes = wholes_[programme.number];
    wholes.insert(wholes.begin(), programme.parent);
  }
  for (const ProgrammeNumber member : programme.members) {
    InsertSorted(&parts_[programme.number], member);
    const Programme* known = member == programme.number ? &programme : FindProgramme(member);
    InsertSorted(&wholes_[member], programme.number, known != nullptr && known->parent != 0 ? 1 : 0);
  }
}

void Catalogue::Unlink(const Programme& programme) {
  programme_codes_.erase(programme.code);
  if (programme.parent != 0) {
    std::erase(parts_[programme.parent], programme.number);
    std::vector<ProgrammeNumber>& wholes = wholes_[programme.number];
    wholes.erase(wholes.begin());
  }
  for (const ProgrammeNumber member : programme.members) {
    std::erase(parts_[programme.number], member);
    std::erase(wholes_[member], programme.number);
  }
}

void Catalogue::Put(Indicator indicator) {
  CHECK(indicator.number != 0);
  const auto old = indicators_.find(indicator.number);
  if (old != indicators_.end()) {
    indicator_codes_.erase(old->second.code);
    if (old->second.part_of != 0) std::erase(of_which_[old->second.part_of], indicator.number);
  }
  indicator_codes_[indicator.code] = indicator.number;
  if (indicator.part_of != 0) InsertSorted(&of_which_[indicator.part_of], indicator.number);
  indicators_.insert_or_assign(indicator.number, std::move(indicator));
}

absl::Status Catalogue::Validate() const {
  ErrorCollector errors;
  for (const auto& [number, programme] : programmes_) {
    const std::string& code = programme.code;
    const auto coded = programme_codes_.find(code);
    if (coded == programme_codes_.end() || coded->second != number) errors.Add(Broken("code", code, absl::StrCat("two programmes have the code ", code)));
    const Programme* parent = FindProgramme(programme.parent);
    if (programme.parent != 0 && parent == nullptr) errors.Add(Broken("parent", code, absl::StrCat("the parent of ", code, " is unknown")));
    if (parent != nullptr && parent->group) errors.Add(Broken("parent", code, absl::StrCat(parent->code, " is a group and cannot be a parent; use part_of")));
    if (programme.group && programme.parent != 0) errors.Add(Broken("parent", code, absl::StrCat(code, " is a group and has no place in the tree")));
    if (!programme.group && !programme.members.empty()) errors.Add(Broken("part_of", code, absl::StrCat(code, " has members but is no group")));
    for (const ProgrammeNumber member : programme.members) {
      if (FindProgramme(member) == nullptr) errors.Add(Broken("part_of", code, absl::StrCat("a member of ", code, " is unknown")));
    }
    // Whatever a programme is a part of, directly or not, must not be itself.
    std::vector<ProgrammeNumber> above = WholesOf(number);
    std::set<ProgrammeNumber> seen(above.begin(), above.end());
    while (!above.empty() && !seen.contains(number)) {
      const ProgrammeNumber whole = above.back();
      above.pop_back();
      for (const ProgrammeNumber next : WholesOf(whole)) {
        if (seen.insert(next).second) above.push_back(next);
      }
    }
    if (seen.contains(number)) errors.Add(Broken("parent", code, absl::StrCat(code, " is a part of itself")));
  }

  for (const auto& [number, indicator] : indicators_) {
    const std::string& code = indicator.code;
    const auto coded = indicator_codes_.find(code);
    if (coded == indicator_codes_.end() || coded->second != number) errors.Add(Broken("code", code, absl::StrCat("two indicators have the code ", code)));
    if (indicator.scale < 0 || indicator.scale > kScaleMax) {
      errors.Add(Broken("scale", code, absl::StrCat(code, " keeps ", indicator.scale, " decimals; 0 to ", kScaleMax, " are possible")));
    }
    bool has_display = false;
    for (const Unit& unit : indicator.units) {
      if (unit.numerator <= 0 || unit.denominator <= 0) errors.Add(Broken("units_accepted", code, absl::StrCat("a factor of ", code, " is not above zero")));
      has_display |= FoldUnit(unit.name) == FoldUnit(indicator.unit);
    }
    if (!has_display) errors.Add(Broken("units_accepted", code, absl::StrCat(code, " does not accept its own unit")));

    const Indicator* whole = FindIndicator(indicator.part_of);
    if (indicator.part_of != 0 && whole == nullptr) errors.Add(Broken("part_of", code, absl::StrCat("what ", code, " is a part of is unknown")));
    if ((indicator.part_of != 0) != (indicator.part_kind != PartKind::kNone)) {
      errors.Add(Broken("part_kind", code, absl::StrCat(code, " needs both part_of and part_kind, or neither")));
    }
    if (whole != nullptr && (whole->scale != indicator.scale || FoldUnit(whole->unit) != FoldUnit(indicator.unit))) {
      errors.Add(Broken("part_of", code, absl::StrCat(code, " and ", whole->code, " have different units")));
    }
    std::set<IndicatorNumber> seen;
    for (const Indicator* above = whole; above != nullptr && seen.insert(above->number).second; above = FindIndicator(above->part_of)) {
    }
    if (seen.contains(number)) errors.Add(Broken("part_of", code, absl::StrCat(code, " is a part of itself")));

    for (const auto& [field, flow] : {std::pair("entries", indicator.entries), std::pair("exits", indicator.exits)}) {
      if (flow == 0) continue;
      const Indicator* counted = FindIndicator(flow);
      if (counted == nullptr) {
        errors.Add(Broken(field, code, absl::StrCat("the ", field, " of ", code, " are unknown")));
      } else if (!indicator.is_stock() || counted->over_time != OverTime::kSum) {
        errors.Add(Broken(field, code, absl::StrCat(code, " has ", field, ": it must be a stock, and they a flow")));
      } else if (counted->scale != indicator.scale || FoldUnit(counted->unit) != FoldUnit(indicator.unit)) {
        errors.Add(Broken(field, code, absl::StrCat(code, " and its ", field, " have different units")));
      }
    }
  }
  return errors.ToStatus();
}

const Programme* Catalogue::FindProgramme(ProgrammeNumber number) const {
  const auto it = programmes_.find(number);
  return it == programmes_.end() ? nullptr : &it->second;
}

const Indicator* Catalogue::FindIndicator(IndicatorNumber number) const {
  const auto it = indicators_.find(number);
  return it == indicators_.end() ? nullptr : &it->second;
}

absl::StatusOr<ProgrammeNumber> Catalogue::ResolveProgramme(std::string_view text) const {
  return ResolveIn(programmes_, programme_codes_, text, Reason::UNKNOWN_PROGRAMME, "programme");
}

absl::StatusOr<IndicatorNumber> Catalogue::ResolveIndicator(std::string_view text) const {
  return ResolveIn(indicators_, indicator_codes_, text, Reason::UNKNOWN_INDICATOR, "indicator");
}

const std::vector<ProgrammeNumber>& Catalogue::PartsOf(ProgrammeNumber programme) const { return FindList(parts_, programme); }
const std::vector<ProgrammeNumber>& Catalogue::WholesOf(ProgrammeNumber programme) const { return FindList(wholes_, programme); }
const std::vector<IndicatorNumber>& Catalogue::OfWhich(IndicatorNumber whole) const { return FindList(of_which_, whole); }

}  // namespace anju
