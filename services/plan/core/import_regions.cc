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
#include "services/plan/core/boundary_rows.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

constexpr size_t kAliasesMax = 32;
constexpr int64_t kOrderMax = 1'000'000;

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

// Parents and members first.
class Sorter {
 public:
  Sorter(const std::vector<RegionNumber>& regions, const RegionTree& tree) : regions_(regions.begin(), regions.end()), tree_(tree) {}
  void Visit(RegionNumber number, std::vector<RegionNumber>* sorted) {
    if (!regions_.contains(number) || !seen_.insert(number).second) return;
    for (const Region& row : *tree_.Rows(number)) {
      Visit(row.parent, sorted);
      for (const RegionNumber member : row.members) Visit(member, sorted);
    }
    sorted->push_back(number);
  }

 private:
  const std::set<RegionNumber> regions_;
  const RegionTree& tree_;
  std::set<RegionNumber> seen_;
};

}  // namespace

void CheckUse(RegionNumber region, uint32_t line, const RegionTree& stored, const RegionTree& tree, const RegionUse& use, ErrorCollector& errors) {
  const auto days = use.find(region);
  if (days == use.end()) return;
  for (const Date day : days->second) {
    const Region* before = stored.At(region, day);
    const Region* after = tree.At(region, day);
    if (before == nullptr) continue;
    if (after == nullptr) {
      errors.Add(Immutable(line, "valid_from", FormatDate(tree.Rows(region)->front().valid_from),
                           absl::StrCat("a document names ", before->name, " on ", FormatDate(day))));
      return;
    }
    if ((before->kind == RegionKind::kArea) != (after->kind == RegionKind::kArea)) {
      errors.Add(Immutable(line, "kind", std::string(RegionKindName(after->kind)), absl::StrCat("a document has figures of ", before->name)));
      return;
    }
  }
}

void CheckBoundaries(const std::map<RegionNumber, uint32_t>& lines, const RegionTree& tree, const Boundaries& boundaries, ErrorCollector& errors) {
  for (const BoundaryEvent& event : boundaries.all()) {
    const auto check = [&](RegionNumber region, std::string_view field, bool holds) {
      const auto it = lines.find(region);
      if (holds || it == lines.end()) return;
      errors.Add(Immutable(it->second, field, tree.Rows(region)->front().code,
                           absl::StrCat("a boundary change of ", FormatDate(event.date), " is recorded that made it otherwise")));
    };
    const Region* row = tree.At(event.region, event.date);
    switch (event.kind) {
      case BoundaryKind::kRename: check(event.region, "name", row != nullptr && row->name == event.name); break;
      case BoundaryKind::kMove: check(event.region, "parent", row != nullptr && row->parent == event.into); break;
      case BoundaryKind::kConvert:
        check(event.region, "level", row != nullptr && (event.level.empty() || RegionLevelName(row->level) == event.level) &&
                                         (event.kind_word.empty() || RegionKindName(row->kind) == event.kind_word));
        break;
      default:
        check(event.region, "valid_to", row == nullptr && tree.Nearest(event.region, event.date)->valid_to == event.date);
        if (event.into != 0) check(event.into, "valid_from", tree.At(event.into, event.date) != nullptr);
    }
  }
}

std::vector<RegionNumber> ParentsFirst(const std::vector<RegionNumber>& regions, const RegionTree& tree) {
  std::vector<RegionNumber> sorted;
  Sorter sorter(regions, tree);
  for (const RegionNumber region : regions) sorter.Visit(region, &sorted);
  return sorted;
}

absl::StatusOr<RegionImport> ReadRegions(const std::vector<RegionRowText>& rows, const RegionTree& stored, const Boundaries& boundaries,
                                         const RegionUse& use) {
  ErrorCollector errors;
  RegionReader reader(stored, errors);
  reader.Mint(rows);
  for (const RegionRowText& row : rows) reader.Read(row);
  if (!errors.empty()) return errors.ToStatus();

  RegionImport import;
  import.tree = stored;
  std::map<RegionNumber, uint32_t> lines;
  for (const std::string& code : reader.codes()) {
    FileRegion& region = reader.file().at(code);
    import.named.push_back(region.number);
    import.tree.Put(region.rows);
    lines[region.number] = region.lines.front();
  }
  for (ErrorDetail& detail : ErrorsOf(import.tree.Validate())) {
    // The tree names a region by its code; the file knows the line.
    const auto it = reader.file().find(detail.value);
    if (it != reader.file().end()) detail.line = it->second.lines.front();
    errors.Add(std::move(detail));
  }
  if (!errors.empty()) return errors.ToStatus();
  const std::vector<RegionNumber> sorted = ParentsFirst(import.named, import.tree);
  for (const RegionNumber number : sorted) CheckUse(number, lines.at(number), stored, import.tree, use, errors);
  CheckBoundaries(lines, import.tree, boundaries, errors);
  if (!errors.empty()) return errors.ToStatus();

  for (const RegionNumber number : sorted) {
    const std::vector<Region>* before = stored.Rows(number);
    const std::vector<Region>& after = *import.tree.Rows(number);
    if (before != nullptr && *before == after) ++import.unchanged;
    else import.changed.push_back(after);
  }
  return import;
}

}  // namespace anju::plan
