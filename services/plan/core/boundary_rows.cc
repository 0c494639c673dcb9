// Reads words, dates and shares of boundary rows.
#include "services/plan/core/boundary_rows.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "services/plan/core/document.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

using Word = std::pair<std::string_view, BoundaryKind>;
constexpr std::array<Word, 14> kKinds = {{
    {"rename", BoundaryKind::kRename}, {"recode", BoundaryKind::kRecode}, {"move", BoundaryKind::kMove}, {"abolish", BoundaryKind::kAbolish},
    {"merge", BoundaryKind::kMerge}, {"split", BoundaryKind::kSplit}, {"convert", BoundaryKind::kConvert},
    {"更名", BoundaryKind::kRename}, {"改代码", BoundaryKind::kRecode}, {"划归", BoundaryKind::kMove}, {"撤销", BoundaryKind::kAbolish},
    {"并入", BoundaryKind::kMerge}, {"拆分", BoundaryKind::kSplit}, {"升格", BoundaryKind::kConvert},
}};

// Which fields an event has beside date, region, document and note.
struct Fields {
  bool into, split, name, place, parent;  // split: share and units; place: level and kind
};

Fields FieldsOf(BoundaryKind kind) {
  switch (kind) {
    case BoundaryKind::kRename: return {.name = true};
    case BoundaryKind::kMove: return {.into = true};
    case BoundaryKind::kConvert: return {.place = true};
    case BoundaryKind::kRecode:
    case BoundaryKind::kMerge: return {.into = true, .name = true, .place = true, .parent = true};
    case BoundaryKind::kSplit: return {.into = true, .split = true, .name = true, .place = true, .parent = true};
    default: return {};
  }
}

absl::StatusOr<int64_t> WholeNumber(std::string_view text) {
  ASSIGN_OR_RETURN(const Decimal value, ParseDecimal(Trim(text)));
  if (value.scale != 0) return MakeError(Reason::BAD_NUMBER, "share", text, "the numbers of a fraction are whole");
  return value.digits;
}

class RowReader {
 public:
  RowReader(const BoundaryRowText& text, ErrorCollector& errors) : text_(text), errors_(errors) {}

  BoundaryRow Read() {
    row_.line = text_.line;
    ReadKindAndDate();
    ReadTexts();
    ReadPlace();
    ReadParts();
    return std::move(row_);
  }

 private:
  void ReadKindAndDate() {
    const std::string_view event = Trim(text_.event);
    if (event.empty()) {
      errors_.Add(MissingField(text_.line, "event"));
    } else if (const std::optional<BoundaryKind> kind = ParseBoundaryKind(event)) {
      row_.kind = *kind;
    } else {
      errors_.Add(BadValue(text_.line, "event", event, "rename, recode, move, abolish, merge, split or convert"));
    }
    const std::string_view date = Trim(text_.date);
    if (date.empty()) return errors_.Add(MissingField(text_.line, "date"));
    const absl::StatusOr<Date> day = ParseDate(date);
    if (day.ok()) row_.date = *day;
    AddAt(errors_, day.status(), text_.line, "date", date);
  }

  void ReadTexts() {
    const Fields has = FieldsOf(row_.kind);
    row_.region = Text("region", text_.region, true, true);
    row_.into = Text("into", text_.into, has.into, has.into);
    row_.name = Text("name", text_.name, has.name, row_.kind == BoundaryKind::kRename);
    row_.parent = Text("parent", text_.parent, has.parent, false);
    row_.document = Text("document", text_.document, true, false);
    row_.note = Text("note", text_.note, true, false);
  }

  std::string Text(std::string_view field, const std::string& value, bool has, bool needed) {
    std::string text(Trim(value));
    if (row_.kind == BoundaryKind::kNone) return text;
    if (text.empty() && needed) errors_.Add(MissingField(text_.line, field));
    if (!text.empty() && !has) errors_.Add(BadValue(text_.line, field, text, absl::StrCat("empty: a ", std::string(BoundaryKindName(row_.kind)), " has none")));
    if (text.size() > kTextBytesMax) errors_.Add(TextTooLong(text_.line, field, text, kTextBytesMax));
    return text;
  }

  void ReadPlace() {
    const bool has = FieldsOf(row_.kind).place;
    const std::string level = Text("level", text_.level, has, false);
    const std::string kind = Text("kind", text_.kind, has, false);
    row_.level = ParseRegionLevel(level);
    row_.region_kind = ParseRegionKind(kind);
    if (!level.empty() && !row_.level) errors_.Add(BadValue(text_.line, "level", level, "country, province, city, county or unit"));
    if (!kind.empty() && !row_.region_kind) errors_.Add(BadValue(text_.line, "kind", kind, "administrative, zone, own_level, company or area"));
    if (row_.kind == BoundaryKind::kConvert && level.empty() && kind.empty()) errors_.Add(MissingField(text_.line, "level"));
  }

  void ReadParts() {
    const bool has = FieldsOf(row_.kind).split;
    const std::string share = Text("share", text_.share, has, false);
    const std::string units(Trim(text_.units));
    if (!has) {
      if (!units.empty() && row_.kind != BoundaryKind::kNone) Text("units", units, false, false);
      return;
    }
    row_.units = SplitList(units);
    if (share.empty() && row_.units.empty()) errors_.Add(MissingField(text_.line, "share"));
    if (!share.empty() && !row_.units.empty()) errors_.Add(BadShares(text_.line, "share", share, "a part is a share or a list of units, not both"));
    if (share.empty()) return;
    const absl::StatusOr<Fraction> parsed = ParseShare(share);
    if (parsed.ok()) row_.share = *parsed;
    AddAt(errors_, parsed.status(), text_.line, "share", share);
  }

  const BoundaryRowText& text_;
  ErrorCollector& errors_;
  BoundaryRow row_;
};

}  // namespace

std::optional<BoundaryKind> ParseBoundaryKind(std::string_view word) {
  const auto it = std::find_if(kKinds.begin(), kKinds.end(), [&](const Word& entry) { return entry.first == word; });
  if (it == kKinds.end()) return std::nullopt;
  return it->second;
}

std::string_view BoundaryKindName(BoundaryKind kind) {
  const auto it = std::find_if(kKinds.begin(), kKinds.end(), [&](const Word& entry) { return entry.second == kind; });
  return it == kKinds.end() ? std::string_view() : it->first;
}

absl::StatusOr<Fraction> ParseShare(std::string_view text) {
  const auto bad = [&](std::string_view why) { return MakeError(BadShares(0, "share", text, why)); };
  int64_t numerator = 0, denominator = 1;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    ASSIGN_OR_RETURN(numerator, WholeNumber(text.substr(0, slash)));
    ASSIGN_OR_RETURN(denominator, WholeNumber(text.substr(slash + 1)));
  } else {
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    ASSIGN_OR_RETURN(const Decimal value, ParseDecimal(Trim(text)));
    numerator = value.digits;
    denominator = PowerOfTen(value.scale + (percent ? 2 : 0));
  }
  if (denominator < 1 || numerator < 1 || numerator > denominator) return bad("a share is more than 0 and at most 1");
  return MakeFraction(numerator, denominator);
}

std::optional<Fraction> SumOfShares(const std::vector<Fraction>& shares) {
  int128 common = 1;
  for (const Fraction& share : shares) {
    const auto denominator = static_cast<int64_t>(share.denominator);
    common = common / std::gcd(static_cast<int64_t>(common), denominator) * denominator;
    if (common > kShareDenominatorMax) return std::nullopt;
  }
  int128 sum = 0;
  for (const Fraction& share : shares) sum += share.numerator * (common / share.denominator);
  return MakeFraction(sum, common);
}

std::vector<BoundaryRow> ReadBoundaryRows(const std::vector<BoundaryRowText>& rows, ErrorCollector& errors) {
  std::vector<BoundaryRow> read;
  read.reserve(rows.size());
  for (const BoundaryRowText& row : rows) read.push_back(RowReader(row, errors).Read());
  return read;
}

bool IsRegionCode(std::string_view code) {
  return code.size() >= 2 && code.size() <= 24 && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
         });
}

bool IsGbCode(std::string_view code) {
  return code.size() == 6 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace anju::plan
