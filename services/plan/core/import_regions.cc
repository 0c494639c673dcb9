// Reads regions in two passes: codes first, so that rows may name parents and members that stand further down.
#include "services/plan/core/import_regions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

constexpr size_t kAliasesMax = 32;
constexpr int64_t kOrderMax = 1'000'000;

bool IsRegionCode(std::string_view code) {
  return code.size() >= 2 && code.size() <= 24 && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
         });
}

bool IsGbCode(std::string_view code) {
  return code.size() == 6 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The rows of the file by code, with the lines they stand on.
struct FileRegion {
  RegionNumber number = 0;
  std::vector<Region> rows;
  std::vector<uint32_t> lines;
};

class RegionReader {
 public:
  RegionReader(const RegionTree& stored, ErrorCollector& errors) : stored_(stored), errors_(errors) {}

  // Numbers in the order codes appear in the file: the same file on a new store always gives the same numbers.
  void Mint(const std::vector<RegionRowText>& rows) {
    const std::vector<RegionNumber> numbers = stored_.Numbers();
    RegionNumber next = numbers.empty() ? 1 : numbers.back() + 1;
    for (const RegionRowText& row : rows) {
      const std::string code(Trim(row.code));
      if (code.empty()) {
        errors_.Add(MissingField(row.line, "code"));
      } else if (!IsRegionCode(code)) {
        errors_.Add(BadCode(row.line, "code", code, "2 to 24 letters, digits and hyphens"));
      } else if (FileRegion& region = file_[code]; region.number == 0) {
        const RegionNumber known = stored_.FindCode(code);
        region.number = known != 0 ? known : next++;
        codes_.push_back(code);
      }
    }
  }

  void Read(const RegionRowText& text) {
    const auto it = file_.find(std::string(Trim(text.code)));
    if (it == file_.end()) return;
    Region row{.number = it->second.number, .code = it->first};
    ReadNames(text, row);
    ReadKind(text, row);
    ReadDates(text, row);
    row.parent = Number(text.line, "parent", Trim(text.parent));
    for (const std::string& member : SplitList(text.members)) {
      if (const RegionNumber number = Number(text.line, "members", member); number != 0) row.members.push_back(number);
    }
    for (size_t i = 0; i < it->second.rows.size(); ++i) {
      if (it->second.rows[i].valid_from == row.valid_from) errors_.Add(DuplicateRow(text.line, "code", row.code, it->second.lines[i]));
    }
    it->second.rows.push_back(std::move(row));
    it->second.lines.push_back(text.line);
  }

  std::map<std::string, FileRegion>& file() { return file_; }
  const std::vector<std::string>& codes() const { return codes_; }

 private:
  void ReadNames(const RegionRowText& text, Region& row) {
    row.name = std::string(Trim(text.name));
    if (row.name.empty()) errors_.Add(MissingField(text.line, "name"));
    row.aliases = SplitList(text.aliases);
    row.note = std::string(Trim(text.note));
    row.gb_code = std::string(Trim(text.gb_code));
    if (!row.gb_code.empty() && !IsGbCode(row.gb_code)) errors_.Add(BadCode(text.line, "gb_code", row.gb_code, "six digits"));
    if (row.aliases.size() > kAliasesMax) errors_.Add(BadValue(text.line, "aliases", text.aliases, absl::StrCat("a list of at most ", kAliasesMax)));
    for (const auto& [field, value] : {std::pair("name", std::string_view(row.name)), std::pair("aliases", std::string_view(text.aliases))}) {
      if (value.size() > kTextBytesMax) errors_.Add(TextTooLong(text.line, field, value, kTextBytesMax));
    }
    // Notes quote decrees in full: four times as long as a name.
    if (row.note.size() > 4 * kTextBytesMax) errors_.Add(TextTooLong(text.line, "note", row.note, 4 * kTextBytesMax));
  }

  void ReadKind(const RegionRowText& text, Region& row) {
    const std::string_view level = Trim(text.level);
    if (level.empty()) {
      errors_.Add(MissingField(text.line, "level"));
    } else if (const std::optional<RegionLevel> parsed = ParseRegionLevel(level)) {
      row.level = *parsed;
    } else {
      errors_.Add(BadValue(text.line, "level", level, "country, province, city, county or unit"));
    }
    const std::string_view kind = Trim(text.kind);
    if (kind.empty()) {
      errors_.Add(MissingField(text.line, "kind"));
    } else if (const std::optional<RegionKind> parsed = ParseRegionKind(kind)) {
      row.kind = *parsed;
    } else {
      errors_.Add(BadValue(text.line, "kind", kind, "administrative, zone, own_level, company or area"));
    }
    const std::string_view order = Trim(text.order);
    int64_t number = 0;
    if (order.empty()) return;
    if (!absl::SimpleAtoi(absl::string_view(order.data(), order.size()), &number) || number < 1 || number > kOrderMax) {
      errors_.Add(BadValue(text.line, "order", order, "a positive whole number"));
    } else {
      row.order = static_cast<uint32_t>(number);
    }
  }

  void ReadDates(const RegionRowText& text, Region& row) {
    bool readable = true;
    for (const auto& [field, word, date] : {std::tuple("valid_from", Trim(text.valid_from), &row.valid_from),
                                            std::tuple("valid_to", Trim(text.valid_to), &row.valid_to)}) {
      if (word.empty()) continue;
      const absl::StatusOr<Date> parsed = ParseDateOrYear(word);
      if (parsed.ok()) *date = *parsed;
      AddAt(errors_, parsed.status(), text.line, field, word);
      readable &= parsed.ok();
    }
    if (readable && row.valid_to <= row.valid_from) errors_.Add(BadDates(text.line, text.valid_from, text.valid_to));
  }

  // A code of the file or of the store; 0 for an empty one.
  RegionNumber Number(uint32_t line, std::string_view field, std::string_view code) {
    if (code.empty()) return 0;
    if (const auto it = file_.find(std::string(code)); it != file_.end()) return it->second.number;
    const RegionNumber number = stored_.FindCode(code);
    if (number == 0) errors_.Add(BrokenTree(line, field, code, "is not the code of a region"));
    return number;
  }

  const RegionTree& stored_;
  ErrorCollector& errors_;
  std::map<std::string, FileRegion> file_;
  std::vector<std::string> codes_;
};

// What would falsify stored figures.
void CheckUse(const FileRegion& region, const RegionTree& stored, const RegionTree& tree, const RegionUse& use, ErrorCollector& errors) {
  const auto days = use.find(region.number);
  if (days == use.end()) return;
  for (const Date day : days->second) {
    const Region* before = stored.At(region.number, day);
    const Region* after = tree.At(region.number, day);
    if (before == nullptr) continue;
    if (after == nullptr) {
      errors.Add(Immutable(region.lines.front(), "valid_from", FormatDate(region.rows.front().valid_from),
                           absl::StrCat("a document names ", before->name, " on ", FormatDate(day))));
      return;
    }
    if ((before->kind == RegionKind::kArea) != (after->kind == RegionKind::kArea)) {
      errors.Add(Immutable(region.lines.front(), "kind", std::string(RegionKindName(after->kind)),
                           absl::StrCat("a document has figures of ", before->name)));
      return;
    }
  }
}

// Parents and members first, else in the order of the file.
class Sorter {
 public:
  explicit Sorter(const std::map<std::string, FileRegion>& file) {
    for (const auto& [code, region] : file) by_number_[region.number] = &region;
  }
  void Visit(RegionNumber number, std::vector<const FileRegion*>* sorted) {
    const auto it = by_number_.find(number);
    if (it == by_number_.end() || !seen_.insert(number).second) return;
    for (const Region& row : it->second->rows) {
      Visit(row.parent, sorted);
      for (const RegionNumber member : row.members) Visit(member, sorted);
    }
    sorted->push_back(it->second);
  }

 private:
  std::map<RegionNumber, const FileRegion*> by_number_;
  std::set<RegionNumber> seen_;
};

}  // namespace

absl::StatusOr<RegionImport> ReadRegions(const std::vector<RegionRowText>& rows, const RegionTree& stored, const RegionUse& use) {
  ErrorCollector errors;
  RegionReader reader(stored, errors);
  reader.Mint(rows);
  for (const RegionRowText& row : rows) reader.Read(row);
  if (!errors.empty()) return errors.ToStatus();

  RegionImport import;
  import.tree = stored;
  Sorter sorter(reader.file());
  std::vector<const FileRegion*> sorted;
  for (const std::string& code : reader.codes()) {
    FileRegion& region = reader.file().at(code);
    import.named.push_back(region.number);
    import.tree.Put(region.rows);
    sorter.Visit(region.number, &sorted);
  }
  for (ErrorDetail& detail : ErrorsOf(import.tree.Validate())) {
    // The tree names a region by its code; the file knows the line.
    const auto it = reader.file().find(detail.value);
    if (it != reader.file().end()) detail.line = it->second.lines.front();
    errors.Add(std::move(detail));
  }
  for (const FileRegion* region : sorted) CheckUse(*region, stored, import.tree, use, errors);
  if (!errors.empty()) return errors.ToStatus();

  for (const FileRegion* region : sorted) {
    const std::vector<Region>* before = stored.Rows(region->number);
    const std::vector<Region>& after = *import.tree.Rows(region->number);
    if (before != nullptr && *before == after) ++import.unchanged;
    else import.changed.push_back(after);
  }
  return import;
}

}  // namespace anju::plan
