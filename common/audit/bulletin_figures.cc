// Figures to cells: numerators are what was reported, denominators a layer's target or another indicator, columns their indicator.
#include "common/audit/bulletin_figures.h"

#include <array>
#include <optional>

#include "absl/strings/str_cat.h"

namespace anju::audit {
namespace {

// digits[.digits][/digits] as a fraction; nullopt for anything else, and for what no figure can be.
struct Ratio {
  __int128 numerator = 0, denominator = 1;
};
std::optional<Ratio> ParseRatio(std::string_view text) {
  Ratio ratio;
  bool negative = false, fraction = false, any = false;
  if (!text.empty() && text.front() == '-') negative = true, text.remove_prefix(1);
  if (text.size() > 30) return std::nullopt;
  size_t i = 0;
  for (; i < text.size() && text[i] != '/'; ++i) {
    if (text[i] == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    ratio.numerator = ratio.numerator * 10 + (text[i] - '0');
    if (fraction) ratio.denominator *= 10;
    any = true;
  }
  if (i < text.size()) {
    __int128 divisor = 0;
    for (++i; i < text.size(); ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      divisor = divisor * 10 + (text[i] - '0');
    }
    if (divisor == 0) return std::nullopt;
    ratio.denominator *= divisor;
  }
  if (negative) ratio.numerator = -ratio.numerator;
  return any ? std::optional<Ratio>(ratio) : std::nullopt;
}

std::string Definition(const bulletin::Annex& annex, std::string_view name) {
  for (const auto& [key, value] : annex.definition) {
    if (key == name) return value;
  }
  return "";
}

class Comparison {
 public:
  Comparison(const bulletin::Content& content, Figures& figures) : content_(content), figures_(figures) {
    for (const auto& [number, rows] : figures.regions()) regions_.emplace(rows.front().code, number);
    for (const auto& [number, programme] : figures.programmes()) programmes_.emplace(programme.code, number);
    for (const auto& [number, indicator] : figures.indicators()) indicators_.emplace(indicator.code, number);
  }

  BulletinFigures Run() {
    for (const bulletin::PlacedFigure& placed : bulletin::FiguresOf(content_)) {
      const bulletin::Figure& figure = *placed.figure;
      const std::optional<int64_t> expected = figure.rule.empty() && !figure.exact.empty() ? Expected(figure) : std::nullopt;
      const std::optional<Ratio> printed = ParseRatio(figure.exact);
      const auto unit = expected && printed ? UnitOf(figure) : std::nullopt;
      if (!unit) {
        ++report_.left_out;
        continue;
      }
      ++report_.compared;
      // printed × unit = amount in smallest units
      const __int128 left = printed->numerator * unit->first, right = __int128{*expected} * printed->denominator * unit->second;
      if (left != right) report_.wrong.push_back(absl::StrCat(figure.id, ": ", figure.exact, " ", figure.unit, " ≠ ", *expected, " in smallest units"));
    }
    return std::move(report_);
  }

 private:
  // The annex whose table the figure's id names.
  const bulletin::Annex* AnnexOf(const bulletin::Figure& figure) const {
    for (const bulletin::Annex& annex : content_.annexes) {
      if (figure.id.rfind(annex.name + ".", 0) == 0) return &annex;
    }
    return nullptr;
  }

  std::optional<Number> Find(const std::map<std::string, Number>& numbers, const std::string& code) const {
    const auto found = numbers.find(code);
    return found == numbers.end() ? std::nullopt : std::optional<Number>(found->second);
  }

  std::optional<std::pair<int64_t, int64_t>> UnitOf(const bulletin::Figure& figure) const {
    const auto indicator = Find(indicators_, figure.indicator);
    if (!indicator) return std::nullopt;
    const auto& units = figures_.indicators().at(*indicator).units;
    const auto unit = units.find(figure.unit);
    return unit == units.end() ? std::nullopt : std::optional(unit->second);
  }

  std::optional<int64_t> Expected(const bulletin::Figure& figure) {
    const bulletin::Annex* annex = AnnexOf(figure);
    const auto region = Find(regions_, figure.region), programme = Find(programmes_, figure.programme), indicator = Find(indicators_, figure.indicator);
    const auto period = ParsePeriod(figure.plan_year);
    if (annex == nullptr || !region || !programme || !indicator || !period.ok()) return std::nullopt;
    const Key key{*region, *programme, *indicator, *period};
    if (figure.cell == "denominator" && Definition(*annex, "of") == "target") return TargetOf(key, Definition(*annex, "layer"));
    if (figure.cell == "numerator" || figure.cell == "denominator" || figure.cell == figure.indicator) return ActualOf(key);
    return std::nullopt;
  }

  std::optional<int64_t> ActualOf(Key key) {
    if (figures_.indicators().at(key.indicator).stock) key.period = {};
    return figures_.At(key).actual;
  }

  std::optional<int64_t> TargetOf(const Key& key, std::string_view layer) {
    static constexpr std::array<std::string_view, 4> kLayers = {"national", "province", "city", "county"};
    for (size_t i = 0; i < kLayers.size(); ++i) {
      if (kLayers[i] != layer || key.period.is_stock()) continue;
      const Cell cell = figures_.At(key);
      return cell.targets[i] ? cell.targets[i]->amount : std::nullopt;
    }
    return std::nullopt;
  }

  const bulletin::Content& content_;
  Figures& figures_;
  std::map<std::string, Number> regions_, programmes_, indicators_;
  BulletinFigures report_;
};

}  // namespace

BulletinFigures CompareBulletin(const bulletin::Content& content, Figures& figures) { return Comparison(content, figures).Run(); }

}  // namespace anju::audit
