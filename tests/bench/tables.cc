// Questions of tables.h, from a seed: the same in every run.
#include "tests/bench/tables.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::bench {
namespace {

constexpr uint32_t kSeed = 20170630;
constexpr double kFirstBarMs = 5, kFirstStretchMs = 1;
constexpr int kDaysAsked = 360;

// The n-th of some 3,000 definitions that differ in what is computed, not only in what is printed.
ranking::v1::Definition Definition(int n) {
  using ranking::v1::SortKey;
  static constexpr SortKey kKeys[] = {ranking::v1::SORT_KEY_RATE, ranking::v1::SORT_KEY_VALUE};
  static constexpr SortKey kSecond[] = {ranking::v1::SORT_KEY_UNSPECIFIED, ranking::v1::SORT_KEY_ORDER, ranking::v1::SORT_KEY_TARGET, ranking::v1::SORT_KEY_VALUE};
  const auto next = [&n](int choices) {
    const int choice = n % choices;
    n /= choices;
    return choice;
  };
  ranking::v1::Definition definition;
  definition.set_programme(ProgrammeCode(kRankedProgramme));
  definition.set_indicator(IndicatorCode(kRankedIndicator));
  definition.set_year(std::to_string(kYear));
  definition.set_by(kKeys[next(2)]);
  definition.set_ascending(next(2) == 1);
  definition.set_then_by(kSecond[next(4)]);
  definition.set_digits(next(9));
  if (next(2) == 1) definition.set_of("completions");
  definition.set_ties(static_cast<ranking::v1::TieStyle>(ranking::v1::TIE_STYLE_COMPETITION + next(3)));
  definition.set_rounding(next(2) == 0 ? ranking::v1::ROUNDING_HALF_UP : ranking::v1::ROUNDING_TRUNCATE);
  definition.set_trim(next(2) == 1);
  return definition;
}

}  // namespace

absl::StatusOr<TableTimes> AskTables(const World& world, int count) {
  static int definitions = 0;  // those that were asked for in this run
  const client::RankingClient ranking(world.suite.address("ranking"));
  ASSIGN_OR_RETURN(const auto status, client::StatusClient(world.suite.address("aggregator")).GetStatus({}));
  const int32_t first_day = MakeDate(kYear, 1, 1).days;
  std::mt19937 random(kSeed);
  TableTimes times;
  for (int i = 0; i < count; ++i) {
    for (const auto& [list, is_dated, is_known] : {std::tuple{&times.first, false, false}, std::tuple{&times.dated, true, false}, std::tuple{&times.known, false, true},
                                                   std::tuple{&times.dated_known, true, true}}) {
      ranking::v1::GetLeagueTableRequest request;
      request.set_region(kDirectRegion);
      *request.mutable_definition() = Definition(is_dated || is_known ? 0 : definitions++);
      if (is_dated) request.set_as_of(FormatDate(Date{first_day + 1 + static_cast<int32_t>(random() % kDaysAsked)}));
      if (is_known) {
        types::v1::Basis basis = status.basis().basis();
        for (auto& position : *basis.mutable_progress()) {
          position.clear_block_hash();
          position.set_sequence(position.sequence() / 4 + random() % (position.sequence() / 2));
        }
        request.mutable_view()->set_at(rpc::MakeStamp(std::move(basis), 0).token());
      }
      const auto started = std::chrono::steady_clock::now();
      ASSIGN_OR_RETURN(const auto table, ranking.GetLeagueTable(request, {.deadline_ms = 60'000}));
      list->push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
      if (table.rows_size() + table.unranked_size() != kDirectUnits) {
        return MakeError(Reason::INTERNAL, "ranking", std::to_string(table.rows_size()), "a table without its rows");
      }
    }
  }
  return times;
}

absl::Status MeasureTables(World& world) {
  ASSIGN_OR_RETURN(const TableTimes times, AskTables(world, world.Pick(60, 300)));
  const double p50 = Percentile(times.first, 50), p99 = Percentile(times.first, 99);
  world.report.more["first_table_ms"] = {{"p50", p50}, {"p99", p99}, {"questions", times.first.size()}};
  world.report.Add(Ratio{.name = "table_first", .work = "full league table of 3,000, any definition, first time, p50", .unit = "ms", .ours = p50, .peer_name = "bar", .peer = kFirstBarMs,
                         .ratio = p50 / kFirstBarMs, .bar = 1, .stretch = kFirstStretchMs / kFirstBarMs, .at_most = true, .note = "p99 " + Short(p99) + " ms"});
  return absl::OkStatus();
}

}  // namespace anju::bench
