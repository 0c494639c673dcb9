// The country that the benchmark reports about, and what is reported: the same figures for every system, made from nothing but their numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anju::bench {

inline constexpr int kProvinces = 31;
inline constexpr int kCities = 340;
inline constexpr int kCounties = 2846;
// Children of one region more (kDirectRegion): the country has no league table of 3,000 rows otherwise. They report starts and completions of one programme.
inline constexpr int kDirectUnits = 3000;
inline constexpr const char* kCountry = "N0";
inline constexpr const char* kDirectRegion = "L0";

inline constexpr int kProgrammes = 8;
inline constexpr int kIndicators = 10;
inline constexpr int kRankedProgramme = 4;   // of the direct units
inline constexpr int kRankedIndicator = 0;   // and what they are ranked by, against their targets
inline constexpr int kYear = 2017;
inline constexpr int kSeriesOfCounties = kCounties * kProgrammes * kIndicators;
inline constexpr int kSeries = kSeriesOfCounties + 2 * kDirectUnits;

const char* ProgrammeCode(int programme);
const char* IndicatorCode(int indicator);
bool IsStock(int indicator);      // belongs to no plan year
bool IsIncrement(int indicator);  // reported as what came newly

// Parents; all numbers from 0.
int ProvinceOfCity(int city);
int CityOfCounty(int county);
std::string ProvinceCode(int province);
std::string CityCode(int city);
// Counties come first, then direct units.
std::string PlaceCode(int place);
// Of starts, the same in every programme and year.
int64_t TargetOf(int place);

struct SeriesKey {
  int place = 0, programme = 0, indicator = 0;
};
// 0 … kSeries − 1: what the other systems call a series.
int SeriesNumber(const SeriesKey& key);
SeriesKey KeyOfSeries(int number);

// Cells of the rollup: programme × indicator of provinces (the direct region is one more), then of cities.
inline constexpr int kCellsOfRegion = kProgrammes * kIndicators;
inline constexpr int kProvinceCells = (kProvinces + 1) * kCellsOfRegion;
inline constexpr int kCells = kProvinceCells + kCities * kCellsOfRegion;
int ProvinceCell(const SeriesKey& key);
int CityCell(const SeriesKey& key);  // −1 for a direct unit

// What a system publishes at the end: every cell (0 where nothing was reported), and the direct units' places and figures in the table of
// kRankedProgramme and kRankedIndicator by rate, equal rates sharing a place.
struct Published {
  std::vector<int64_t> cells = std::vector<int64_t>(kCells);
  std::vector<int64_t> ranks = std::vector<int64_t>(kDirectUnits);
  std::vector<int64_t> figures = std::vector<int64_t>(kDirectUnits);
};

struct Figure {
  int index = 0;  // of its series in the share
  int32_t as_of_days = 0;
  bool increment = false;
  int64_t amount = 0;
};

// How the load is spread over streams. Of kBatched and kSingle a series belongs to one stream, so that the order of streams changes no figure.
struct Fleet {
  const char* name;
  int streams, items_per_message, in_flight;  // in_flight: messages sent and not yet acknowledged, per stream
  int first_programme, programmes;
  bool direct_units;
  int series_max;  // of one stream
  int64_t above;   // added to cumulative figures: what another fleet has told already would be no news
};
inline constexpr Fleet kBatched{"batch", 16, 100, 16, 0, 6, true, 1 << 20, 0};
inline constexpr Fleet kSingle{"single", 64, 1, 64, 6, 2, false, 100, 0};
// Every series there is; for the years before, and for a whole nation in memory.
inline constexpr Fleet kWhole{"whole", 31, 100, 16, 0, 8, true, 1 << 20, 2};

// The series that one stream reports about, and what it says: number after number another series, never the neighbour, which caches would make too easy.
// Mostly cumulative figures, an indicator of increments, now and then a late figure. The streams of a fleet own whole provinces, or cities where there are
// more streams than provinces.
class Share {
 public:
  Share(const Fleet& fleet, int stream, int year = kYear);
  int size() const { return static_cast<int>(series_.size()); }
  const SeriesKey& key(int index) const { return series_[index]; }
  int year() const { return year_; }
  Figure At(uint64_t sequence) const;  // from 1

 private:
  int year_;
  int64_t above_;
  int32_t first_day_ = 0;
  std::vector<SeriesKey> series_;
};

std::string SourceName(const Fleet& fleet, int stream, int year = kYear);
// Messages with which each stream of the fleet has told about each of its series at least once.
int MessagesOfOneRound(const Fleet& fleet);

// A piece of load for any system: every stream of the fleet sends so many messages, the first item of each stream having this number (0: the next
// one of its source; only for the suite).
struct Turn {
  const Fleet* fleet = &kBatched;
  uint64_t first = 1;
  int messages = 1;  // per stream
  int year = kYear;
  uint64_t items() const { return static_cast<uint64_t>(fleet->streams) * messages * fleet->items_per_message; }
  uint64_t items_of_stream() const { return static_cast<uint64_t>(messages) * fleet->items_per_message; }
};

}  // namespace anju::bench
