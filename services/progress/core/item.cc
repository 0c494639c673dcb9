// Reading items: dates, kinds and figures, in the forms that files and programs send.
#include "services/progress/core/item.h"

#include <array>
#include <charconv>

#include "common/decimal/decimal.h"

namespace anju::progress {
namespace {

struct KindWord {
  std::string_view word;
  UpdateKind kind;
};
constexpr std::array<KindWord, 8> kKindWords = {{{"cumulative", UpdateKind::kCumulative},
                                                 {"increment", UpdateKind::kIncrement},
                                                 {"correction", UpdateKind::kCorrection},
                                                 {"reduction", UpdateKind::kReduction},
                                                 {"累计", UpdateKind::kCumulative},
                                                 {"增量", UpdateKind::kIncrement},
                                                 {"更正", UpdateKind::kCorrection},
                                                 {"核减", UpdateKind::kReduction}}};

bool ReadKind(const ItemText& item, Figure* figure, Refused* refused) {
  if (item.kind_text.empty()) {
    if (item.kind < 0 || item.kind > 3) return Refuse(refused, Reason::BAD_VALUE, "kind", std::to_string(item.kind));
    figure->kind = static_cast<UpdateKind>(item.kind);
    return true;
  }
  for (const KindWord& known : kKindWords) {
    if (known.word != item.kind_text) continue;
    figure->kind = known.kind;
    return true;
  }
  Refuse(refused, Reason::BAD_VALUE, "kind", item.kind_text);
  refused->candidates = {"cumulative", "increment", "correction", "reduction"};
  return false;
}

bool ReadDate(std::string_view text, std::string_view field, Date* date, Refused* refused) {
  const absl::StatusOr<Date> parsed = ParseDate(text);
  if (!parsed.ok()) return Refuse(refused, Reason::BAD_DATE, field, text);
  *date = *parsed;
  return true;
}

std::string_view CutAtCharacter(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string_view KindWordOf(UpdateKind kind) { return kKindWords[static_cast<size_t>(kind)].word; }

bool Refuse(Refused* refused, Reason reason, std::string_view field, std::string_view value) {
  refused->reason = reason;
  refused->field = field;
  refused->value = CutAtCharacter(value, kErrorValueBytesMax);
  refused->candidates.clear();
  return false;
}

bool Refuse(Refused* refused, const absl::Status& status, std::string_view field, std::string_view value) {
  const std::vector<ErrorDetail> details = ErrorsOf(status);
  Refuse(refused, details.front().reason, field, value);
  refused->candidates = details.front().candidates;
  return false;
}

bool ReadItem(const ItemText& item, Figure* figure, Refused* refused) {
  if (!item.as_of.empty()) {
    if (!ReadDate(item.as_of, "as_of", &figure->as_of, refused)) return false;
  } else {
    static const int32_t first = MakeDate(kYearMin, 1, 1).days;
    static const int32_t last = MakeDate(kYearMax, 12, 31).days;
    if (item.as_of_days < first || item.as_of_days > last) return Refuse(refused, Reason::BAD_DATE, "as_of", std::to_string(item.as_of_days));
    figure->as_of = Date{item.as_of_days};
  }
  if (!ReadKind(item, figure, refused)) return false;
  figure->corrects = item.corrects;
  if (!item.corrects_text.empty()) {
    const std::string_view text = item.corrects_text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), figure->corrects);
    if (error != std::errc() || end != text.data() + text.size()) return Refuse(refused, Reason::BAD_NUMBER, "corrects", text);
  }
  figure->published.reset();
  if (!item.published.empty()) {
    Date published;
    if (!ReadDate(item.published, "published", &published, refused)) return false;
    figure->published = published;
  }
  if (item.explanation.size() > kExplanationBytesMax) return Refuse(refused, Reason::BAD_VALUE, "explanation", item.explanation);
  figure->explanation = item.explanation;
  return true;
}

bool Measure(const Indicator& indicator, std::string_view unit, const ItemText& item, Figure* figure, Refused* refused) {
  figure->printed = {};
  figure->unit = {};
  if (item.text.empty()) {
    figure->amount = item.amount;
    if (item.amount > kAmountMax || item.amount < -kAmountMax) {
      return Refuse(refused, Reason::NUMBER_TOO_LARGE, "value", std::to_string(item.amount));
    }
    if (item.amount < 0 && (!indicator.negative || figure->kind == UpdateKind::kReduction)) {
      return Refuse(refused, Reason::NEGATIVE_NUMBER, "value", std::to_string(item.amount));
    }
  } else {
    const absl::StatusOr<Decimal> number = ParseDecimal(item.text);
    if (!number.ok()) return Refuse(refused, number.status(), "value", item.text);
    const absl::StatusOr<int64_t> amount = ToAmount(indicator, *number, unit);
    if (!amount.ok()) {
      const bool about_unit = HasReason(amount.status(), Reason::UNKNOWN_UNIT);
      return Refuse(refused, amount.status(), about_unit ? "unit" : "value", about_unit ? unit : item.text);
    }
    figure->amount = *amount;
    if (*amount < 0 && figure->kind == UpdateKind::kReduction) return Refuse(refused, Reason::NEGATIVE_NUMBER, "value", item.text);
    if (item.text != FormatAmount(indicator, *amount)) figure->printed = item.text;
    if (unit != indicator.unit) figure->unit = unit;
  }
  // A reduction of nothing says nothing; it is a slip of the pen, not a report.
  if (figure->kind == UpdateKind::kReduction && figure->amount == 0) {
    return Refuse(refused, Reason::BAD_VALUE, "value", item.text.empty() ? std::string_view("0") : item.text);
  }
  return true;
}

}  // namespace anju::progress
