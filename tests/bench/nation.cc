// Numbers into regions, series and figures.
#include "tests/bench/nation.h"

#include <algorithm>
#include <iterator>

#include "common/time/date.h"

namespace anju::bench {
namespace {

constexpr const char* kProgrammeCodes[] = {"low_rent", "economical", "public_rental", "price_capped", "shantytown.urban", "shantytown.mine", "affordable_rental", "old_estate"};
struct ReportedIndicator {
  const char* code;
  int64_t scale;  // figures are multiples of it; parts stay below their wholes
};
constexpr ReportedIndicator kIndicatorsOf[] = {{"starts", 10},  {"starts.physical", 4}, {"starts.monetised", 4}, {"completions", 8}, {"completions.physical", 4},
                                               {"finished", 3}, {"allotted", 5},        {"built", 7},            {"investment", 500}, {"floor_area", 50}};
static_assert(std::size(kProgrammeCodes) == kProgrammes && std::size(kIndicatorsOf) == kIndicators);
constexpr int kIncrements = 6;
constexpr int kStock = 7;
constexpr int kCompletions = 3;
constexpr int kSeriesOfCounty = kProgrammes * kIndicators;
constexpr int kStride = 7'919;  // prime, and longer than any part of a share that belongs together
constexpr int kDaysTold = 364;  // every series reports daily; then the year is told again
constexpr int kLateEvery = 97;
constexpr int kLateRounds = 3;
constexpr int kSpread = 50;     // places differ by so many steps, so that tables have an order and ties

// The cities of a stream: half-open.
std::pair<int, int> CitiesOfStream(const Fleet& fleet, int stream) {
  if (fleet.streams > kProvinces) return {kCities * stream / fleet.streams, kCities * (stream + 1) / fleet.streams};
  const int first = kProvinces * stream / fleet.streams, end = kProvinces * (stream + 1) / fleet.streams;
  int first_city = kCities, end_city = 0;
  for (int city = 0; city < kCities; ++city) {
    if (ProvinceOfCity(city) < first || ProvinceOfCity(city) >= end) continue;
    first_city = std::min(first_city, city);
    end_city = city + 1;
  }
  return {first_city, end_city};
}

}  // namespace

const char* ProgrammeCode(int programme) { return kProgrammeCodes[programme]; }
const char* IndicatorCode(int indicator) { return kIndicatorsOf[indicator].code; }
bool IsStock(int indicator) { return indicator == kStock; }
bool IsIncrement(int indicator) { return indicator == kIncrements; }

int ProvinceOfCity(int city) { return city * kProvinces / kCities; }
int CityOfCounty(int county) { return county * kCities / kCounties; }
std::string ProvinceCode(int province) { return "P" + std::to_string(province + 1); }
std::string CityCode(int city) { return "T" + std::to_string(city + 1); }
std::string PlaceCode(int place) { return place < kCounties ? "C" + std::to_string(place + 1) : "F" + std::to_string(place - kCounties + 1); }
int64_t TargetOf(int place) { return 20'000 + place % 700; }

int SeriesNumber(const SeriesKey& key) {
  if (key.place < kCounties) return key.place * kSeriesOfCounty + key.programme * kIndicators + key.indicator;
  return kSeriesOfCounties + 2 * (key.place - kCounties) + (key.indicator == kRankedIndicator ? 0 : 1);
}

SeriesKey KeyOfSeries(int number) {
  if (number < kSeriesOfCounties) return {number / kSeriesOfCounty, number % kSeriesOfCounty / kIndicators, number % kIndicators};
  const int rest = number - kSeriesOfCounties;
  return {kCounties + rest / 2, kRankedProgramme, rest % 2 == 0 ? kRankedIndicator : kCompletions};
}

int ProvinceCell(const SeriesKey& key) {
  const int province = key.place < kCounties ? ProvinceOfCity(CityOfCounty(key.place)) : kProvinces;
  return province * kCellsOfRegion + key.programme * kIndicators + key.indicator;
}

int CityCell(const SeriesKey& key) {
  if (key.place >= kCounties) return -1;
  return kProvinceCells + CityOfCounty(key.place) * kCellsOfRegion + key.programme * kIndicators + key.indicator;
}

Share::Share(const Fleet& fleet, int stream, int year) : year_(year), above_(fleet.above), first_day_(MakeDate(year, 1, 1).days) {
  const auto [first_city, end_city] = CitiesOfStream(fleet, stream);
  for (int county = 0; county < kCounties; ++county) {
    if (CityOfCounty(county) < first_city || CityOfCounty(county) >= end_city) continue;
    for (int programme = fleet.first_programme; programme < fleet.first_programme + fleet.programmes; ++programme) {
      for (int indicator = 0; indicator < kIndicators; ++indicator) series_.push_back({county, programme, indicator});
    }
  }
  if (fleet.direct_units) {
    for (int unit = kDirectUnits * stream / fleet.streams; unit < kDirectUnits * (stream + 1) / fleet.streams; ++unit) {
      for (const int indicator : {kRankedIndicator, kCompletions}) series_.push_back({kCounties + unit, kRankedProgramme, indicator});
    }
  }
  if (size() > fleet.series_max) series_.resize(fleet.series_max);
}

Figure Share::At(uint64_t sequence) const {
  const uint64_t number = sequence - 1, count = series_.size();
  Figure figure;
  figure.index = static_cast<int>(number % count * kStride % count);
  const SeriesKey& key = series_[figure.index];
  const int64_t round = static_cast<int64_t>(number / count);
  const bool late = number % kLateEvery == 0 && round >= kLateRounds;
  const int64_t told = late ? round - kLateRounds : round;
  figure.as_of_days = first_day_ + static_cast<int32_t>(told % kDaysTold);
  figure.increment = IsIncrement(key.indicator);
  const int64_t scale = kIndicatorsOf[key.indicator].scale;
  figure.amount = figure.increment ? scale : scale * (1'000 + told + key.place % kSpread) + (late ? 1 : 0) + above_;
  return figure;
}

std::string SourceName(const Fleet& fleet, int stream, int year) { return std::string(fleet.name) + "." + std::to_string(year) + "." + std::to_string(stream); }

int MessagesOfOneRound(const Fleet& fleet) {
  int most = 0;
  for (int stream = 0; stream < fleet.streams; ++stream) most = std::max(most, Share(fleet, stream).size());
  return (most + fleet.items_per_message - 1) / fleet.items_per_message;
}

}  // namespace anju::bench
