// The checks of report_check.h.
#include "services/cli/report_check.h"

#include <unordered_map>

#include "common/decimal/decimal.h"
#include "common/status/status.h"
#include "common/time/date.h"
#include "services/cli/formats.h"

namespace anju::cli {
namespace {

// A detail with the column it is about.
absl::Status InField(const absl::Status& status, std::string_view field) {
  if (status.ok()) return status;
  ErrorDetail detail = ErrorsOf(status).front();
  detail.field = std::string(field);
  return MakeError(std::move(detail));
}

bool IsWholeNumber(const std::string& text) {
  return !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos && text != "0";
}

class RowCheck {
 public:
  RowCheck(const Record& record, const Registry* names, bool named_source, ErrorCollector& errors)
      : record_(record), names_(names), named_source_(named_source), errors_(errors) {}

  void Run() {
    for (const char* field : {"region", "programme", "indicator", "as_of", "value"}) {
      if (record_.Get(field).empty()) Add(MakeError(Reason::MISSING_FIELD, field, "", "is empty"));
    }
    CheckKind();
    CheckDates();
    CheckFigure();
  }

 private:
  void Add(const absl::Status& status) { errors_.Add(status, record_.line()); }

  void CheckKind() {
    const std::string kind = record_.Get("kind");
    if (kind == "increment" || kind == "reduction") {
      if (!named_source_) Add(MakeError(Reason::SOURCE_REQUIRED, "kind", kind, "an edited file would count it twice"));
    } else if (!kind.empty() && kind != "cumulative" && kind != "correction") {
      Add(MakeError({.reason = Reason::BAD_VALUE, .field = "kind", .value = kind, .message = "not a kind of update",
                     .candidates = {"cumulative", "increment", "correction", "reduction"}}));
    }
    for (const char* field : {"corrects", "sequence"}) {
      const std::string text = record_.Get(field);
      if (!text.empty() && !IsWholeNumber(text)) Add(MakeError(Reason::BAD_NUMBER, field, text, "a number from 1 on"));
    }
    if (!record_.Get("sequence").empty() && !named_source_) {
      Add(MakeError(Reason::SOURCE_REQUIRED, "sequence", record_.Get("sequence"), "numbers belong to a named source"));
    }
  }

  void CheckDates() {
    for (const char* field : {"as_of", "published"}) {
      const std::string text = record_.Get(field);
      if (!text.empty()) Add(InField(ParseDate(text).status(), field));
    }
    Add(InField(ParsePeriod(record_.Get("plan_year")).status(), "plan_year"));
  }

  void CheckFigure() {
    const std::string text = record_.Get("value");
    const absl::StatusOr<Decimal> value = ParseDecimal(text);
    if (!text.empty()) Add(InField(value.status(), "value"));
    if (names_ == nullptr) return;
    const absl::StatusOr<Date> as_of = ParseDate(record_.Get("as_of"));
    if (!record_.Get("region").empty()) {
      // Without a date the latest tree tells whether the name exists at all.
      const absl::Status region = names_->regions.Resolve(record_.Get("region"), 0, as_of.value_or(Date{kDistantFuture.days - 1})).status();
      if (!HasReason(region, Reason::REGION_CLOSED)) Add(InField(region, "region"));  // a row's own fault, judged row by row
    }
    if (!record_.Get("programme").empty()) Add(InField(names_->catalogue.ResolveProgramme(record_.Get("programme")).status(), "programme"));
    if (record_.Get("indicator").empty()) return;
    const absl::StatusOr<IndicatorNumber> indicator = names_->catalogue.ResolveIndicator(record_.Get("indicator"));
    Add(InField(indicator.status(), "indicator"));
    if (!indicator.ok() || !value.ok()) return;
    const absl::Status amount = ToAmount(*names_->catalogue.FindIndicator(*indicator), *value, record_.Get("unit")).status();
    if (HasReason(amount, Reason::UNKNOWN_UNIT)) Add(InField(amount, "unit"));
    if (HasReason(amount, Reason::NUMBER_TOO_FINE) || HasReason(amount, Reason::NUMBER_TOO_LARGE)) Add(InField(amount, "value"));
  }

  const Record& record_;
  const Registry* names_;
  bool named_source_;
  ErrorCollector& errors_;
};

}  // namespace

absl::Status CheckReport(const csv::Table& table, const Registry* names, bool named_source) {
  ErrorCollector errors;
  // Two cumulative figures for one series and date in one file contradict each other; the same figure twice is a restatement.
  std::unordered_map<std::string, std::pair<uint32_t, std::string>> seen;
  for (const csv::Row& row : table.rows) {
    const Record record(ReportColumns(), row);
    const size_t before = errors.total();
    RowCheck(record, names, named_source, errors).Run();
    if (errors.total() > before) continue;  // a row that cannot be read contradicts nothing
    const std::string kind = record.Get("kind");
    if (!kind.empty() && kind != "cumulative") continue;
    std::string key;
    for (const char* field : {"region", "programme", "indicator", "plan_year", "as_of"}) key += record.Get(field) + '\n';
    std::string figure = record.Get("value") + " " + record.Get("unit");
    auto [first, inserted] = seen.try_emplace(std::move(key), row.line, figure);
    if (!inserted && first->second.second != figure) {
      errors.Add({.reason = Reason::DUPLICATE_ROW, .field = "value", .value = record.Get("value"),
                  .message = "line " + std::to_string(first->second.first) + " gives another figure for the same date", .line = row.line});
    }
  }
  return errors.ToStatus();
}

}  // namespace anju::cli
