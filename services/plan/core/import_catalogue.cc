// Reads the catalogue in two passes: codes first, then what refers to them.
#include "services/plan/core/import_catalogue.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

// [a-z][a-z0-9_]*(\.[a-z0-9_]+)*, at most 64 bytes.
bool IsCode(std::string_view code) {
  if (code.empty() || code.size() > 64 || code.front() < 'a' || code.front() > 'z' || code.back() == '.') return false;
  for (size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '.' ? code[i - 1] == '.' : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

template <typename Things>
std::map<std::string, uint32_t, std::less<>> Codes(const Things& things) {
  std::map<std::string, uint32_t, std::less<>> codes;
  for (const auto& [number, thing] : things) codes[thing.code] = number;
  return codes;
}

template <typename Things>
uint32_t NextNumber(const Things& things) {
  return things.empty() ? 1 : things.rbegin()->first + 1;
}

class CatalogueReader {
 public:
  CatalogueReader(const Catalogue& stored, ErrorCollector& errors)
      : stored_(stored), errors_(errors), programmes_(Codes(stored.programmes())), indicators_(Codes(stored.indicators())) {}

  // Knows every code of the file before any reference is looked up.
  void Mint(const std::vector<CatalogueRowText>& rows) {
    uint32_t next_programme = NextNumber(stored_.programmes());
    uint32_t next_indicator = NextNumber(stored_.indicators());
    for (const CatalogueRowText& row : rows) {
      const std::string code(Trim(row.code));
      const std::string_view type = Trim(row.type);
      const bool indicator = type == "indicator";
      if (type.empty()) {
        errors_.Add(MissingField(row.line, "type"));
      } else if (!indicator && type != "programme" && type != "group") {
        errors_.Add(BadValue(row.line, "type", type, "programme, group or indicator"));
      } else if (code.empty()) {
        errors_.Add(MissingField(row.line, "code"));
      } else if (!IsCode(code)) {
        errors_.Add(BadCode(row.line, "code", code, "lower-case letters, digits, underscores and dots, a letter first"));
      } else {
        const auto [it, added] = lines_.try_emplace(std::pair(indicator, code), row.line);
        if (!added) errors_.Add(DuplicateRow(row.line, "code", code, it->second));
        readable_.insert(&row);
        if (indicator) next_indicator += indicators_.try_emplace(code, next_indicator).second ? 1 : 0;
        else next_programme += programmes_.try_emplace(code, next_programme).second ? 1 : 0;
      }
      if (Trim(row.name).empty()) errors_.Add(MissingField(row.line, "name"));
      if (row.name.size() > kTextBytesMax) errors_.Add(TextTooLong(row.line, "name", row.name, kTextBytesMax));
    }
  }

  // Whether Mint could tell what the row is; the others have had their errors.
  bool IsReadable(const CatalogueRowText& row) const { return readable_.contains(&row); }

  void ReadProgramme(const CatalogueRowText& text) {
    Programme programme{.number = programmes_.at(std::string(Trim(text.code))), .code = std::string(Trim(text.code)),
                        .name = std::string(Trim(text.name))};
    programme.group = Trim(text.type) == "group";
    programme.parent = Refer(programmes_, text.line, "parent", Trim(text.parent));
    const std::string_view part_kind = Trim(text.part_kind);
    if (!part_kind.empty() && part_kind != "member") errors_.Add(BadValue(text.line, "part_kind", part_kind, "member, or empty for programmes in no group"));
    if (programme.group) {
      // A group keeps the members that its own row does not speak of.
      if (const Programme* before = stored_.FindProgramme(programme.number)) programme.members = before->members;
    }
    named_.insert(programme.number);
    for (const std::string& group : SplitList(text.part_of)) {
      if (const ProgrammeNumber number = Refer(programmes_, text.line, "part_of", group); number != 0) memberships_.emplace_back(number, programme.number, text.line);
    }
    read_programmes_[programme.number] = std::move(programme);
  }

  void ReadIndicator(const CatalogueRowText& text) {
    Indicator indicator{.number = indicators_.at(std::string(Trim(text.code))), .code = std::string(Trim(text.code)),
                        .name = std::string(Trim(text.name)), .unit = std::string(Trim(text.unit))};
    ReadUnits(text, indicator);
    ReadAdding(text, indicator);
    indicator.part_of = Refer(indicators_, text.line, "part_of", Trim(text.part_of));
    const std::string_view part_kind = Trim(text.part_kind);
    if (part_kind == "partition") indicator.part_kind = PartKind::kPartition;
    else if (part_kind == "subset") indicator.part_kind = PartKind::kSubset;
    else if (!part_kind.empty()) errors_.Add(BadValue(text.line, "part_kind", part_kind, "partition or subset"));
    indicator.entries = Refer(indicators_, text.line, "entries", Trim(text.entries));
    indicator.exits = Refer(indicators_, text.line, "exits", Trim(text.exits));
    const std::string_view negative = Trim(text.negative);
    indicator.negative = negative == "yes" || negative == "是";
    if (!negative.empty() && !indicator.negative && negative != "no" && negative != "否") errors_.Add(BadValue(text.line, "negative", negative, "yes or no"));
    CheckImmutable(text, indicator);
    read_indicators_[indicator.number] = std::move(indicator);
  }

  // The programmes of the file, and the groups whose members it changes.
  std::map<ProgrammeNumber, Programme> TakeProgrammes() {
    for (const auto& [number, programme] : stored_.programmes()) {
      if (programme.group) read_programmes_.try_emplace(number, programme);
    }
    for (auto& [number, programme] : read_programmes_) {
      std::erase_if(programme.members, [&](ProgrammeNumber member) { return named_.contains(member); });
    }
    for (const auto& [group, member, line] : memberships_) {
      const auto it = read_programmes_.find(group);
      if (it == read_programmes_.end() || !it->second.group) {
        const Programme* named = it == read_programmes_.end() ? stored_.FindProgramme(group) : &it->second;
        errors_.Add(BrokenCatalogue(line, "part_of", named == nullptr ? "" : named->code, "is not a group"));
      } else {
        it->second.members.push_back(member);
      }
    }
    for (auto& [number, programme] : read_programmes_) {
      std::sort(programme.members.begin(), programme.members.end());
      programme.members.erase(std::unique(programme.members.begin(), programme.members.end()), programme.members.end());
    }
    return std::move(read_programmes_);
  }
  std::map<IndicatorNumber, Indicator> TakeIndicators() { return std::move(read_indicators_); }

  // The line that gave a code; 0 if the file does not have it.
  uint32_t LineOf(const std::string& code) const {
    for (const bool indicator : {false, true}) {
      if (const auto it = lines_.find(std::pair(indicator, code)); it != lines_.end()) return it->second;
    }
    return 0;
  }

 private:
  void ReadUnits(const CatalogueRowText& text, Indicator& indicator) {
    const std::string_view scale = Trim(text.scale);
    if (scale.empty()) return errors_.Add(MissingField(text.line, "scale"));
    if (scale.size() != 1 || scale.front() < '0' || scale.front() > '0' + kScaleMax) {
      return errors_.Add(BadValue(text.line, "scale", scale, absl::StrCat("0 to ", kScaleMax)));
    }
    indicator.scale = scale.front() - '0';
    const absl::StatusOr<std::vector<Unit>> units = ParseUnits(indicator.unit, indicator.scale, Trim(text.units_accepted));
    if (units.ok()) indicator.units = *units;
    AddAt(errors_, units.status(), text.line, "units_accepted", text.units_accepted);
  }

  void ReadAdding(const CatalogueRowText& text, Indicator& indicator) {
    const std::string_view regions = Trim(text.over_regions);
    if (regions.empty()) errors_.Add(MissingField(text.line, "over_regions"));
    else if (regions == "none") indicator.over_regions = OverRegions::kNone;
    else if (regions != "sum") errors_.Add(BadValue(text.line, "over_regions", regions, "sum or none"));
    const std::string_view time = Trim(text.over_time);
    if (time.empty()) errors_.Add(MissingField(text.line, "over_time"));
    else if (time == "last") indicator.over_time = OverTime::kLast;
    else if (time == "none") indicator.over_time = OverTime::kNone;
    else if (time != "sum") errors_.Add(BadValue(text.line, "over_time", time, "sum, last or none"));
  }

  void CheckImmutable(const CatalogueRowText& text, const Indicator& indicator) {
    const uint32_t line = text.line;
    static constexpr std::string_view kWhy = "figures may have been taken in with what it is now";
    const Indicator* before = stored_.FindIndicator(indicator.number);
    if (before == nullptr) return;
    // Net new of a table is their difference: an issued bulletin must read the same for ever.
    if (before->entries != indicator.entries) errors_.Add(Immutable(line, "entries", Trim(text.entries), "league tables may have been published with what it is now"));
    if (before->exits != indicator.exits) errors_.Add(Immutable(line, "exits", Trim(text.exits), "league tables may have been published with what it is now"));
    if (before->unit != indicator.unit) errors_.Add(Immutable(line, "unit", indicator.unit, kWhy));
    if (before->scale != indicator.scale) {
      errors_.Add(Immutable(line, "scale", absl::StrCat(indicator.scale), kWhy));
      return;  // every factor follows from the scale
    }
    if (before->over_regions != indicator.over_regions) errors_.Add(Immutable(line, "over_regions", OverRegionsName(indicator.over_regions), kWhy));
    if (before->over_time != indicator.over_time) errors_.Add(Immutable(line, "over_time", OverTimeName(indicator.over_time), kWhy));
    for (const Unit& unit : indicator.units) {
      for (const Unit& old : before->units) {
        if (old.name == unit.name && old != unit) errors_.Add(Immutable(line, "units_accepted", unit.name, kWhy));
      }
    }
  }

  uint32_t Refer(const std::map<std::string, uint32_t, std::less<>>& codes, uint32_t line, std::string_view field, std::string_view code) {
    if (code.empty()) return 0;
    const auto it = codes.find(code);
    if (it != codes.end()) return it->second;
    errors_.Add(BrokenCatalogue(line, field, code, "is not in the catalogue"));
    return 0;
  }

  const Catalogue& stored_;
  ErrorCollector& errors_;
  std::map<std::string, uint32_t, std::less<>> programmes_, indicators_;  // codes of store and file
  std::map<std::pair<bool, std::string>, uint32_t> lines_;
  std::set<const CatalogueRowText*> readable_;
  std::map<ProgrammeNumber, Programme> read_programmes_;
  std::map<IndicatorNumber, Indicator> read_indicators_;
  std::set<ProgrammeNumber> named_;                                            // whose groups the file says anew
  std::vector<std::tuple<ProgrammeNumber, ProgrammeNumber, uint32_t>> memberships_;  // group, member, line
};

// Puts what an item needs before it; items that are not among `changed` need no place.
template <typename Thing, typename Needs>
std::vector<Thing> Sorted(const std::map<uint32_t, Thing>& changed, const Needs& needs) {
  std::vector<Thing> sorted;
  std::set<uint32_t> seen;
  const auto visit = [&](const auto& self, uint32_t number) -> void {
    const auto it = changed.find(number);
    if (it == changed.end() || !seen.insert(number).second) return;
    for (const uint32_t need : needs(it->second)) self(self, need);
    sorted.push_back(it->second);
  };
  for (const auto& [number, thing] : changed) visit(visit, number);
  return sorted;
}

}  // namespace

absl::StatusOr<CatalogueImport> ReadCatalogue(const std::vector<CatalogueRowText>& rows, const Catalogue& stored) {
  ErrorCollector errors;
  CatalogueReader reader(stored, errors);
  reader.Mint(rows);
  for (const CatalogueRowText& row : rows) {
    if (!reader.IsReadable(row)) continue;
    if (Trim(row.type) == "indicator") reader.ReadIndicator(row);
    else reader.ReadProgramme(row);
  }
  std::map<ProgrammeNumber, Programme> programmes = reader.TakeProgrammes();
  std::map<IndicatorNumber, Indicator> indicators = reader.TakeIndicators();
  if (!errors.empty()) return errors.ToStatus();

  Catalogue after = stored;
  for (const auto& [number, programme] : programmes) after.Put(programme);
  for (const auto& [number, indicator] : indicators) after.Put(indicator);
  for (ErrorDetail& detail : ErrorsOf(after.Validate())) {
    detail.line = reader.LineOf(detail.value);
    errors.Add(std::move(detail));
  }
  if (!errors.empty()) return errors.ToStatus();

  std::erase_if(programmes, [&](const auto& entry) {
    const Programme* before = stored.FindProgramme(entry.first);
    return before != nullptr && *before == entry.second;
  });
  std::erase_if(indicators, [&](const auto& entry) {
    const Indicator* before = stored.FindIndicator(entry.first);
    return before != nullptr && *before == entry.second;
  });
  CatalogueImport import;
  import.changed = static_cast<uint32_t>(programmes.size() + indicators.size());
  import.unchanged = static_cast<uint32_t>(rows.size() - std::min(rows.size(), programmes.size() + indicators.size()));
  import.programmes = Sorted(programmes, [](const Programme& programme) {
    std::vector<uint32_t> needs = programme.members;
    needs.push_back(programme.parent);
    return needs;
  });
  import.indicators = Sorted(indicators, [](const Indicator& indicator) {
    return std::vector<uint32_t>{indicator.part_of, indicator.entries, indicator.exits};
  });
  return import;
}

}  // namespace anju::plan
