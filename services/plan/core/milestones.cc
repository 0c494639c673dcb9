// Reads milestone rows and multiplies their lists out.
#include "services/plan/core/milestones.h"

#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/plan/core/words.h"
#include "services/plan/errors.h"

namespace anju::plan {
namespace {

const Fraction kShareMax{1000, 1};

class MilestoneReader {
 public:
  MilestoneReader(const DocumentHeader& header, const RegionTree& tree, const Catalogue& catalogue, ErrorCollector& errors)
      : header_(header), tree_(tree), catalogue_(catalogue), errors_(errors) {}

  void Read(const MilestoneRowText& text) {
    line_ = text.line;
    Milestone common;
    common.place = std::string(Trim(text.place));
    if (common.place.size() > kTextBytesMax) errors_.Add(TextTooLong(line_, "place", common.place, kTextBytesMax));
    const std::string_view year = Trim(text.plan_year);
    if (year.empty()) {
      errors_.Add(MissingField(line_, "plan_year"));
    } else if (const absl::StatusOr<Period> period = ParsePeriod(year); period.ok()) {
      common.period = *period;
    } else {
      AddAt(errors_, period.status(), line_, "plan_year", year);
    }
    ReadWords(text, common);
    ReadShare(text, common);
    Multiply(text, common);
  }

  std::vector<Milestone>& milestones() { return milestones_; }

 private:
  using Key = std::tuple<RegionNumber, ProgrammeNumber, IndicatorNumber, Period, Date, IndicatorNumber, Period, Layer, std::string>;

  void ReadWords(const MilestoneRowText& text, Milestone& milestone) {
    const std::string_view strength = Trim(text.strength);
    milestone.strive = strength == "strive" || strength == "力争";
    if (!strength.empty() && !milestone.strive && strength != "must" && strength != "必须") {
      errors_.Add(BadValue(line_, "strength", strength, "must or strive"));
    }
    const std::string_view layer = Trim(text.layer);
    const std::optional<Layer> named = ParseLayer(layer);
    if (!layer.empty() && !named) errors_.Add(BadValue(line_, "layer", layer, "national, provincial, city or county"));
    milestone.layer = named.value_or(header_.layer);
    const std::string_view of = Trim(text.of);
    if (of.empty() || of == "target" || of == "任务") return;
    const absl::StatusOr<IndicatorNumber> indicator = catalogue_.ResolveIndicator(of);
    if (indicator.ok()) milestone.of = *indicator;
    AddAt(errors_, indicator.status(), line_, "of", of);
  }

  void ReadShare(const MilestoneRowText& text, Milestone& milestone) {
    const std::string_view word = Trim(text.share);
    if (word.empty()) return errors_.Add(MissingField(line_, "share"));
    const absl::StatusOr<Decimal> share = ParseDecimal(word);
    if (!share.ok()) return AddAt(errors_, share.status(), line_, "share", word);
    if (share->digits <= 0 || Compare(ToFraction(*share), kShareMax) > 0) return errors_.Add(BadShare(line_, word));
    milestone.share = *share;
  }

  // One list of a row, each item read by `parse`.
  template <typename Value, typename Parse>
  std::vector<Value> ReadList(std::string_view field, std::string_view text, const Parse& parse) {
    std::vector<Value> values;
    for (const std::string& item : SplitList(text)) {
      const auto value = parse(item);
      if (value.ok()) values.push_back(*value);
      AddAt(errors_, value.status(), line_, field, item);
    }
    return values;
  }

  // Names resolve at the date of the plan year; without a readable one they are not looked up.
  std::vector<RegionNumber> ReadRegions(const MilestoneRowText& text, const Milestone& common) {
    if (common.period.is_stock()) return {};
    return ReadList<RegionNumber>("region", text.region,
                                  [&](const std::string& item) { return tree_.Resolve(item, header_.issuer, header_.DayOf(common.period)); });
  }

  void Multiply(const MilestoneRowText& text, const Milestone& common) {
    const std::vector<RegionNumber> regions = ReadRegions(text, common);
    const auto programmes = ReadList<ProgrammeNumber>("programme", text.programme, [&](const std::string& item) { return catalogue_.ResolveProgramme(item); });
    const auto indicators = ReadList<IndicatorNumber>("indicator", text.indicator, [&](const std::string& item) { return catalogue_.ResolveIndicator(item); });
    const auto dates = ReadList<Date>("by", text.by, [](const std::string& item) { return ParseDate(item); });
    auto cohorts = ReadList<Period>("cohort", text.cohort, [](const std::string& item) { return ParsePeriod(item); });
    for (const auto& [field, word] : {std::pair("region", &text.region), std::pair("programme", &text.programme), std::pair("indicator", &text.indicator), std::pair("by", &text.by)}) {
      if (SplitList(*word).empty()) errors_.Add(MissingField(line_, field));
    }
    if (cohorts.empty()) cohorts.push_back({});
    // Beyond the limit nothing is stored; multiplying out a hostile row would only fill memory.
    const size_t count = regions.size() * programmes.size() * indicators.size() * dates.size() * cohorts.size();
    if (milestones_.size() + count > kRowsMax) {
      if (!overflow_) errors_.Add(TooManyRows(milestones_.size() + count, kRowsMax));
      overflow_ = true;
      return;
    }
    for (const RegionNumber region : regions) {
      for (const ProgrammeNumber programme : programmes) {
        for (const IndicatorNumber indicator : indicators) {
          for (const Date by : dates) {
            for (const Period& cohort : cohorts) {
              Milestone milestone = common;
              milestone.region = region;
              milestone.programme = programme;
              milestone.indicator = indicator;
              milestone.by = by;
              milestone.cohort = cohort;
              Add(std::move(milestone));
            }
          }
        }
      }
    }
  }

  void Add(Milestone milestone) {
    const Key key{milestone.region, milestone.programme, milestone.indicator, milestone.period, milestone.by,
                  milestone.of, milestone.cohort, milestone.layer, milestone.place};
    const auto [it, added] = seen_.emplace(key, line_);
    if (!added) errors_.Add(DuplicateRow(line_, "by", FormatDate(milestone.by), it->second));
    milestones_.push_back(std::move(milestone));
  }

  const DocumentHeader& header_;
  const RegionTree& tree_;
  const Catalogue& catalogue_;
  ErrorCollector& errors_;
  uint32_t line_ = 0;
  bool overflow_ = false;
  std::map<Key, uint32_t> seen_;
  std::vector<Milestone> milestones_;
};

}  // namespace

absl::StatusOr<std::vector<Milestone>> ReadMilestones(const std::vector<MilestoneRowText>& rows, const DocumentHeader& header,
                                                      const RegionTree& tree, const Catalogue& catalogue) {
  ErrorCollector errors;
  MilestoneReader reader(header, tree, catalogue, errors);
  for (const MilestoneRowText& row : rows) reader.Read(row);
  if (!errors.empty()) return errors.ToStatus();
  return std::move(reader.milestones());
}

std::string CanonicalForm(const std::string& document, const std::vector<Milestone>& milestones) {
  std::string form = absl::StrCat(document.size(), ":", document);
  for (const Milestone& milestone : milestones) {
    absl::StrAppend(&form, "\n", milestone.region, ",", milestone.programme, ",", milestone.indicator, ",", milestone.period.first, "-",
                    milestone.period.last, ",", milestone.by.days, ",", milestone.share.digits, "e", milestone.share.scale, ",");
    absl::StrAppend(&form, milestone.of, ",", milestone.cohort.first, "-", milestone.cohort.last, ",", milestone.strive ? 1 : 0, ",",
                    static_cast<int>(milestone.layer), ",", milestone.place.size(), ":", milestone.place);
  }
  return form;
}

}  // namespace anju::plan
