// All systems were told the same: all have to publish the same, cell by cell and place by place.
#include <string>

#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

int IndexOf(const std::string& code, const char* (*code_of)(int), int count) {
  for (int i = 0; i < count; ++i) {
    if (code == code_of(i)) return i;
  }
  return -1;
}

// The cells of a province and its cities (or of the direct region itself) into the published ones; empty: every programme, every indicator.
absl::Status ReadProvince(const World& world, int province, const char* programme_asked, const char* indicator_asked, Published* published) {
  aggregator::v1::GetRollupRequest request;
  request.set_region(province < kProvinces ? ProvinceCode(province) : kDirectRegion);
  request.set_year(std::to_string(kYear));
  request.set_programme(programme_asked);
  request.set_indicator(indicator_asked);
  ASSIGN_OR_RETURN(const auto rollup, client::AggregatorClient(world.suite.address("aggregator")).GetRollup(request, {.deadline_ms = 60'000}));
  std::map<uint32_t, int> regions;     // number → first cell
  std::map<uint32_t, int> programmes, indicators;
  for (const auto& region : rollup.regions()) {
    if (region.code() == request.region()) regions[region.number()] = province * kCellsOfRegion;
    if (region.code().starts_with("T")) regions[region.number()] = kProvinceCells + (std::stoi(region.code().substr(1)) - 1) * kCellsOfRegion;
  }
  for (const auto& programme : rollup.programmes()) programmes[programme.number()] = IndexOf(programme.code(), ProgrammeCode, kProgrammes);
  for (const auto& indicator : rollup.indicators()) indicators[indicator.number()] = IndexOf(indicator.code(), IndicatorCode, kIndicators);
  for (const auto& cell : rollup.cells()) {
    const auto region = regions.find(cell.region());
    const int programme = programmes[cell.programme()], indicator = indicators[cell.indicator()];
    if (region == regions.end() || programme < 0 || indicator < 0 || !cell.has_actual()) continue;
    if (cell.period().first_year() != kYear) continue;  // a stock stands under the year that was asked for
    published->cells[region->second + programme * kIndicators + indicator] = cell.actual();
  }
  return absl::OkStatus();
}

absl::StatusOr<Published> OurFigures(const World& world) {
  Published published;
  for (int province = 0; province < kProvinces; ++province) RETURN_IF_ERROR(ReadProvince(world, province, "", "", &published));
  // The direct region's answer lists its 3,000 units too: cell by cell, or it would be longer than answers may be.
  for (const int series : {kSeriesOfCounties, kSeriesOfCounties + 1}) {
    RETURN_IF_ERROR(ReadProvince(world, kProvinces, ProgrammeCode(kRankedProgramme), IndicatorCode(KeyOfSeries(series).indicator), &published));
  }
  ranking::v1::GetLeagueTableRequest request;
  request.set_region(kDirectRegion);
  request.mutable_definition()->set_programme(ProgrammeCode(kRankedProgramme));
  request.mutable_definition()->set_indicator(IndicatorCode(kRankedIndicator));
  request.mutable_definition()->set_year(std::to_string(kYear));
  ASSIGN_OR_RETURN(const auto table, client::RankingClient(world.suite.address("ranking")).GetLeagueTable(request, {.deadline_ms = 60'000}));
  for (const auto& row : table.rows()) {
    const int unit = std::stoi(row.region().substr(1)) - 1;
    published.ranks.at(unit) = row.rank();
    published.figures.at(unit) = std::stoll(row.numerator());
  }
  return published;
}

absl::Status Compare(const std::string& system, const char* what, const std::vector<int64_t>& ours, const std::vector<int64_t>& theirs) {
  size_t differing = 0, first = 0;
  for (size_t i = ours.size(); i-- > 0;) {
    if (ours[i] == theirs[i]) continue;
    ++differing;
    first = i;
  }
  if (differing == 0) return absl::OkStatus();
  return MakeError(Reason::INTERNAL, system, what, std::string(what) + " differ in " + std::to_string(differing) + " places; first at " + std::to_string(first) + ": " +
                                                      std::to_string(ours[first]) + " here, " + std::to_string(theirs[first]) + " there");
}

absl::Status CompareWith(World& world, const std::string& system, const Published& ours, const Published& theirs) {
  RETURN_IF_ERROR(Compare(system, "totals", ours.cells, theirs.cells));
  RETURN_IF_ERROR(Compare(system, "ranks", ours.ranks, theirs.ranks));
  RETURN_IF_ERROR(Compare(system, "ranked figures", ours.figures, theirs.figures));
  int64_t total = 0, filled = 0;
  for (int cell = 0; cell < kProvinceCells; ++cell) total += ours.cells[cell];
  for (const int64_t cell : ours.cells) filled += cell != 0;
  world.report.Note(system + " and anju give the same " + std::to_string(filled) + " totals (sum " + std::to_string(total) + ") and " + std::to_string(ours.ranks.size()) + " ranks");
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureEquality(World& world) {
  for (const char* name : {"aggregator", "ranking"}) RETURN_IF_ERROR(world.suite.Start(name));
  RETURN_IF_ERROR(world.WaitVisible());
  ASSIGN_OR_RETURN(const Published ours, OurFigures(world));
  const bool loaded = world.Next(kBatched, 0).first > 1;
  if (!loaded) return absl::OkStatus();
  for (const int64_t rank : ours.ranks) {
    if (rank == 0) return MakeError(Reason::INTERNAL, "ranking", "", "a region that has reported is not ranked");
  }
  const Turn first{.fleet = &kBatched, .first = 1, .messages = 1};
  if (world.postgres != nullptr) {
    RETURN_IF_ERROR(world.postgres->CheckRepeats(first));
    RETURN_IF_ERROR(world.postgres->FoldSingle());
    ASSIGN_OR_RETURN(const Published theirs, world.postgres->Publish());
    RETURN_IF_ERROR(CompareWith(world, "PostgreSQL", ours, theirs));
  }
  if (world.redis != nullptr) {
    RETURN_IF_ERROR(world.redis->CheckRepeats(first));
    ASSIGN_OR_RETURN(const Published theirs, world.redis->Publish());
    RETURN_IF_ERROR(CompareWith(world, "Redis", ours, theirs));
  }
  return absl::OkStatus();
}

}  // namespace anju::bench
