// Commands that read: rollups, rankings and their reasons, and the lists of facts.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/registry/registry.h"
#include "services/cli/context.h"
#include "services/cli/view.h"

namespace anju::cli {

struct RollupOptions {
  std::string region, year, as_of, at_least, programme, indicator;
  ViewOptions view;
};
absl::StatusOr<aggregator::v1::GetRollupResponse> FetchRollup(const Context& context, const RollupOptions& options);
// The cells of a rollup, all levels printed exactly; one entry per cell and layer.
Json RollupJson(const aggregator::v1::GetRollupResponse& response);
int Rollup(const Context& context, const RollupOptions& options);

inline constexpr uint32_t kContributionsMax = 10'000;  // of one explanation; ask about a smaller region for more

struct RankOptions {
  std::string region, year, programme, indicator, by, of, layer, as_of, at_least, then_by, ties, rounding, rank_zero, columns, order;
  std::optional<int> digits, total_digits;
  bool trim = false;
  std::string since, since_at;
  ViewOptions view;
  uint32_t top = 0;        // at most so many ranked rows; 0: all, and the unranked ones
  std::string table = {};  // TEMPLATE/TABLE: the definition of a bulletin template's table instead of all that defines one above
};
absl::StatusOr<ranking::v1::GetLeagueTableResponse> FetchTable(const Context& context, const RankOptions& options);
void PrintTable(const Context& context, const ranking::v1::GetLeagueTableResponse& table);
int Rank(const Context& context, const RankOptions& options);

// One region's place: `region` of the options is the one asked about.
absl::StatusOr<ranking::v1::GetStandingResponse> FetchStanding(const Context& context, const RankOptions& options);
Json StandingJson(const Registry& names, const ranking::v1::GetStandingResponse& standing);
// What a person reads about a place: the row, neighbours, reasons, the year, milestones.
void PrintStanding(const Context& context, const Registry& names, const ranking::v1::GetStandingResponse& standing);
int Standing(const Context& context, const RankOptions& options);

struct ExplainOptions {
  RankOptions question;  // region, year, programme, indicator, dates and view; the rest only with `rank`
  bool rank = false;     // also why this place
};
// The whole answer: pages are fetched until the end. TOO_MANY_ROWS beyond kContributionsMax.
absl::StatusOr<aggregator::v1::ExplainCellResponse> FetchExplanation(const Context& context, const RankOptions& question);
void PrintExplanation(const Context& context, const Registry& names, const aggregator::v1::ExplainCellResponse& answer);
int Explain(const Context& context, const ExplainOptions& options);

absl::StatusOr<aggregator::v1::GetMilestoneStatusResponse> FetchMilestones(const Context& context, const RollupOptions& options);
Json MilestoneJson(const Registry& names, const aggregator::v1::MilestoneStatus& status);
Sheet MilestoneSheet(const Context& context, const Json& milestones);
int MilestoneStatus(const Context& context, const RollupOptions& options);
int Gaps(const Context& context, const RollupOptions& options);

int ListRegions(const Context& context, const std::string& within);
int ListCatalogue(const Context& context);
int ListDocuments(const Context& context);
int ShowDocument(const Context& context, const std::string& document, bool differences_only);
int ListMilestones(const Context& context, const std::string& document);
int ListBoundaries(const Context& context, const std::string& region);
int ListChecks(const Context& context);

struct HistoryOptions {
  std::string region, year, programme, indicator, layer;
};
int TargetHistory(const Context& context, const HistoryOptions& options);

// The aggregator's derived state as sorted lines.
int Dump(const Context& context, const std::string& at_least);

}  // namespace anju::cli
