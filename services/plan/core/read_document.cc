// Reads plan rows. One bad field never hides another: every field of a row is looked at.
#include "services/plan/core/read_document.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

// The earliest plan year any row names; nullopt when none is readable.
std::optional<Period> EarliestPeriod(const std::vector<PlanRowText>& rows) {
  std::optional<Period> earliest;
  for (const PlanRowText& row : rows) {
    const absl::StatusOr<Period> period = ParsePeriod(Trim(row.plan_year));
    if (!period.ok() || period->is_stock()) continue;
    if (!earliest || period->first < earliest->first) earliest = *period;
  }
  return earliest;
}

// True when the total of `part` is inside that of `whole`: below it in the tree or a member of it, or a group all of whose
// members are.
bool IsBelow(const Catalogue& catalogue, ProgrammeNumber part, ProgrammeNumber whole) {
  std::set<ProgrammeNumber> seen;
  std::vector<ProgrammeNumber> open = catalogue.WholesOf(part);
  while (!open.empty()) {
    const ProgrammeNumber above = open.back();
    open.pop_back();
    if (above == whole) return true;
    if (!seen.insert(above).second) continue;
    const std::vector<ProgrammeNumber>& more = catalogue.WholesOf(above);
    open.insert(open.end(), more.begin(), more.end());
  }
  const Programme* group = catalogue.FindProgramme(part);
  return group != nullptr && group->group && !group->members.empty() &&
         std::all_of(group->members.begin(), group->members.end(),
                     [&](ProgrammeNumber member) { return IsBelow(catalogue, member, whole); });
}

class RowReader {
 public:
  RowReader(const DocumentHeader& header, const RegionTree& tree, const Catalogue& catalogue, ErrorCollector& errors)
      : header_(header), tree_(tree), catalogue_(catalogue), errors_(errors) {}

  PrintedRow Read(const PlanRowText& text) {
    PrintedRow row;
    row.line = text.line;
    row.place = std::string(Trim(text.place));
    row.note = std::string(Trim(text.note));
    for (const auto& [field, value] : {std::pair("place", &row.place), std::pair("note", &row.note)}) {
      if (value->size() > kTextBytesMax) errors_.Add(TextTooLong(row.line, field, *value, kTextBytesMax));
    }
    ReadPeriod(text, row);
    ReadRegion(text, row);
    ReadProgramme(text, row);
    ReadRole(text, row);
    ReadFigure(text, row);
    return row;
  }

 private:
  void ReadPeriod(const PlanRowText& text, PrintedRow& row) {
    const std::string_view word = Trim(text.plan_year);
    if (word.empty()) return errors_.Add(MissingField(row.line, "plan_year"));
    const absl::StatusOr<Period> period = ParsePeriod(word);
    if (!period.ok()) return AddAt(errors_, period.status(), row.line, "plan_year", word);
    row.key.period = *period;
    if (header_.effective && (*header_.effective < FirstDay(*period) || *header_.effective > LastDay(*period))) {
      errors_.Add(EffectiveOutsidePeriod(row.line, FormatDate(*header_.effective), FormatPeriod(*period)));
    }
  }

  void ReadRegion(const PlanRowText& text, PrintedRow& row) {
    const std::string_view word = Trim(text.region);
    if (word.empty()) return errors_.Add(MissingField(row.line, "region"));
    // Without a readable year there may be no day to look it up on; that error is said already.
    if (!header_.issued && !header_.effective && row.key.period.is_stock()) return;
    const absl::StatusOr<RegionNumber> region = tree_.Resolve(word, header_.issuer, header_.DayOf(row.key.period));
    if (!region.ok()) return AddAt(errors_, region.status(), row.line, "region", word);
    row.key.region = *region;
  }

  void ReadProgramme(const PlanRowText& text, PrintedRow& row) {
    const std::string_view word = Trim(text.programme);
    if (word.empty()) return errors_.Add(MissingField(row.line, "programme"));
    const absl::StatusOr<ProgrammeNumber> programme = catalogue_.ResolveProgramme(word);
    if (!programme.ok()) return AddAt(errors_, programme.status(), row.line, "programme", word);
    row.key.programme = *programme;
    ReadTotalOf(text, row);
  }

  void ReadTotalOf(const PlanRowText& text, PrintedRow& row) {
    for (const std::string& word : SplitList(text.total_of)) {
      const absl::StatusOr<ProgrammeNumber> part = catalogue_.ResolveProgramme(word);
      if (!part.ok()) {
        AddAt(errors_, part.status(), row.line, "total_of", word);
        continue;
      }
      if (!IsBelow(catalogue_, *part, row.key.programme)) {
        errors_.Add(BadValue(row.line, "total_of", word, "a programme below the one of the row"));
        continue;
      }
      for (const ProgrammeNumber other : row.total_of) {
        if (other == *part || IsBelow(catalogue_, other, *part) || IsBelow(catalogue_, *part, other)) {
          errors_.Add(BadValue(row.line, "total_of", word, "apart from the others: it would be counted twice"));
        }
      }
      row.total_of.push_back(*part);
    }
    std::sort(row.total_of.begin(), row.total_of.end());
  }

  void ReadRole(const PlanRowText& text, PrintedRow& row) {
    const std::string_view word = Trim(text.role);
    if (!word.empty()) {
      const std::optional<Role> role = ParseRole(word);
      if (!role) errors_.Add(BadValue(row.line, "role", word, "target, declared_total, addition, reserve or withdrawn"));
      row.role = role.value_or(Role::kTarget);
    }
    if (row.note == "declared_total") {
      if (row.role == Role::kTarget || row.role == Role::kDeclaredTotal) {
        row.role = Role::kDeclaredTotal;
        row.note.clear();
      } else {
        errors_.Add(BadValue(row.line, "note", row.note, "possible beside another role"));
      }
    }
    row.key.reserve = row.role == Role::kReserve;
    const std::string_view layer = Trim(text.layer);
    row.key.layer = header_.layer;
    if (!layer.empty()) {
      const std::optional<Layer> parsed = ParseLayer(layer);
      if (!parsed) errors_.Add(BadValue(row.line, "layer", layer, "national, provincial, city or county"));
      row.key.layer = parsed.value_or(header_.layer);
    }
  }

  // The indicator with the value and unit it gives meaning to.
  void ReadFigure(const PlanRowText& text, PrintedRow& row) {
    const std::string_view word = Trim(text.indicator);
    const Indicator* indicator = nullptr;
    if (word.empty()) {
      errors_.Add(MissingField(row.line, "indicator"));
    } else if (const absl::StatusOr<IndicatorNumber> number = catalogue_.ResolveIndicator(word); number.ok()) {
      row.key.indicator = *number;
      indicator = catalogue_.FindIndicator(*number);
    } else {
      AddAt(errors_, number.status(), row.line, "indicator", word);
    }

    row.value = std::string(Trim(text.value));
    row.unit_word = std::string(Trim(text.unit));
    absl::StatusOr<Decimal> printed = Decimal{};
    if (const std::optional<Missing> missing = ParseMissing(row.value)) {
      row.missing = *missing;
      row.value.clear();
    } else {
      printed = ParseDecimal(row.value);
      if (!printed.ok()) return AddAt(errors_, printed.status(), row.line, "value", row.value);
      row.printed = *printed;
    }
    if (indicator == nullptr) return;

    const bool number = row.missing == Missing::kNumber;
    if (row.unit_word.empty() && number && !indicator->unit.empty()) return errors_.Add(MissingField(row.line, "unit"));
    const absl::StatusOr<Unit> unit = FindUnit(*indicator, row.unit_word);
    if (!unit.ok()) return AddAt(errors_, unit.status(), row.line, "unit", row.unit_word);
    row.unit = *unit;
    if (!number) return;
    const absl::StatusOr<int64_t> amount = ToAmount(*indicator, row.printed, row.unit_word);
    if (!amount.ok()) return AddAt(errors_, amount.status(), row.line, "value", row.value);
    row.amount = *amount;
  }

  const DocumentHeader& header_;
  const RegionTree& tree_;
  const Catalogue& catalogue_;
  ErrorCollector& errors_;
};

void ReadAmendment(const DocumentText& text, DocumentHeader& header, ErrorCollector& errors) {
  header.amends = std::string(Trim(text.amends));
  const std::string_view effective = Trim(text.effective);
  if (header.amends.empty() && effective.empty()) return;
  if (header.amends.empty()) return errors.Add(MissingField(0, "amends"));
  if (effective.empty()) return errors.Add(MissingField(0, "effective"));
  const absl::StatusOr<Date> day = ParseDate(effective);
  if (day.ok()) header.effective = *day;
  AddAt(errors, day.status(), 0, "effective", effective);
}

void AppendField(std::string* form, std::string_view value) {
  absl::StrAppend(form, value.size(), ":");
  form->append(value);
}

}  // namespace

absl::StatusOr<DocumentHeader> ReadHeader(const DocumentText& text, const RegionTree& tree) {
  ErrorCollector errors;
  DocumentHeader header;
  header.number = std::string(Trim(text.number));
  CheckDocumentNumber(header.number, errors);

  const std::string_view issued = Trim(text.issued);
  if (issued.empty()) {
    errors.Add(MissingField(0, "issued"));
  } else if (issued != "unknown" && issued != "不详") {
    const absl::StatusOr<Date> day = ParseDate(issued);
    if (day.ok()) header.issued = *day;
    AddAt(errors, day.status(), 0, "issued", issued);
  }

  ReadAmendment(text, header, errors);

  const std::string_view layer = Trim(text.layer);
  const std::optional<Layer> named = ParseLayer(layer);
  if (!layer.empty() && !named) errors.Add(BadValue(0, "layer", layer, "national, provincial, city or county"));

  const std::string_view issuer = Trim(text.issuer);
  const std::optional<Period> earliest = EarliestPeriod(text.rows);
  if (issuer.empty()) {
    errors.Add(MissingField(0, "issuer"));
  } else if (header.issued || header.effective || earliest) {
    const Date day = header.issued ? *header.issued : header.effective ? *header.effective : FirstDay(*earliest);
    const absl::StatusOr<RegionNumber> region = tree.Resolve(issuer, 0, day);
    AddAt(errors, region.status(), 0, "issuer", issuer);
    if (region.ok()) {
      header.issuer = *region;
      header.layer = named.value_or(LayerOf(tree.At(*region, day)->level));
    }
  } else {
    // No row has a year to look the issuer up in: say so row by row.
    for (const PlanRowText& row : text.rows) {
      const std::string_view year = Trim(row.plan_year);
      if (year.empty()) errors.Add(MissingField(row.line, "plan_year"));
      AddAt(errors, ParsePeriod(year).status(), row.line, "plan_year", year);
    }
  }
  if (!errors.empty()) return errors.ToStatus();
  return header;
}

absl::StatusOr<std::vector<PrintedRow>> ReadRows(const std::vector<PlanRowText>& rows, const DocumentHeader& header,
                                                 const RegionTree& tree, const Catalogue& catalogue) {
  ErrorCollector errors;
  RowReader reader(header, tree, catalogue, errors);
  std::vector<PrintedRow> printed;
  printed.reserve(rows.size());
  for (const PlanRowText& row : rows) printed.push_back(reader.Read(row));
  if (!errors.empty()) return errors.ToStatus();
  return printed;
}

std::string CanonicalForm(const Document& document) {
  const DocumentHeader& header = document.header;
  std::string form;
  AppendField(&form, header.number);
  absl::StrAppend(&form, header.issuer, ",", header.issued ? FormatDate(*header.issued) : "unknown", ",", static_cast<int>(header.layer));
  // Only in amendments, so that first documents keep the digests they have always had.
  if (header.is_amendment()) {
    absl::StrAppend(&form, ",", FormatDate(*header.effective), ",");
    AppendField(&form, header.amends);
  }
  for (const PrintedRow& row : document.rows) {
    const CellKey& key = row.key;
    absl::StrAppend(&form, "\n", key.region, ",", key.programme, ",", key.indicator, ",", key.period.first, "-", key.period.last, ",",
                    static_cast<int>(key.layer), ",", static_cast<int>(row.role), ",", static_cast<int>(row.missing), ",");
    for (const std::string* field : {&row.value, &row.unit_word, &row.place, &row.note}) AppendField(&form, *field);
    for (const ProgrammeNumber part : row.total_of) absl::StrAppend(&form, ",", part);
  }
  return form;
}

}  // namespace anju::plan
