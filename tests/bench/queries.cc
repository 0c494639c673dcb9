// Questions of queries.h.
#include "tests/bench/queries.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::bench {
namespace {

struct Kind {
  const char* name;
  const char* words;
  bool dated, known;
};

constexpr Kind kKinds[] = {{"rank_current", "newest figures, as known now", false, false},
                           {"rank_dated", "as of a day of the year, as known now", true, false},
                           {"rank_known", "newest figures at an earlier basis", false, true},
                           {"rank_dated_known", "as of a day, at an earlier basis", true, true}};

double At(const std::vector<double>& sorted, int percent) { return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)]; }

}  // namespace

absl::StatusOr<nlohmann::ordered_json> RunQueries(const Queries& queries) {
  const client::RankingClient ranking(queries.ranking);
  std::mt19937 random(20170630);  // the same questions in every run
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const Kind& kind : kKinds) {
    std::vector<double> times;
    for (int i = 0; i < queries.count; ++i) {
      ranking::v1::GetLeagueTableRequest request;
      request.set_region(queries.region);
      request.mutable_definition()->set_programme("shantytown.urban");
      request.mutable_definition()->set_indicator("starts");
      request.mutable_definition()->set_year("2017");
      // Another day and another basis each time: nothing can be answered from the one before.
      if (kind.dated) request.set_as_of(FormatDate(Date{MakeDate(2017, 1, 2).days + static_cast<int32_t>(random() % 360)}));
      if (kind.known) {
        types::v1::Basis basis = queries.basis;
        for (auto& position : *basis.mutable_progress()) {
          position.clear_block_hash();
          position.set_sequence(position.sequence() / 4 + random() % (position.sequence() / 2));
        }
        request.mutable_view()->set_at(rpc::MakeStamp(std::move(basis), 0).token());
      }
      const auto started = std::chrono::steady_clock::now();
      ASSIGN_OR_RETURN(const auto table, ranking.GetLeagueTable(request, {.deadline_ms = 60'000}));
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
      const bool whole = kind.dated || kind.known ? table.rows_size() > 0 : table.rows_size() >= queries.expected;
      if (!whole) return MakeError(Reason::INTERNAL, kind.name, std::to_string(table.rows_size()), "a table without its rows");
    }
    std::sort(times.begin(), times.end());
    const double median = At(times, 50), p99 = At(times, 99);
    std::printf("%-16s %5d regions: median %6.1f ms, 99 %% within %6.1f ms   (%s)\n", kind.name, queries.expected, median, p99, kind.words);
    std::fflush(stdout);
    results.push_back({{"name", kind.name}, {"regions", queries.expected}, {"median_ms", median}, {"p99_ms", p99}, {"questions", queries.count}});
  }
  return results;
}

}  // namespace anju::bench
