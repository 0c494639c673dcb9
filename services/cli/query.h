// Commands that read: rollup, rank, and the lists of regions, catalogue, documents, milestones and updates.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/cli/context.h"

namespace anju::cli {

struct RollupOptions {
  std::string region, year, as_of, at_least, programme, indicator;
};
absl::StatusOr<aggregator::v1::GetRollupResponse> FetchRollup(const Context& context, const RollupOptions& options);
// The cells of a rollup, all levels printed exactly; one entry per cell and layer.
Json RollupJson(const aggregator::v1::GetRollupResponse& response);
Sheet RollupSheet(const Context& context, const Json& rollup);
int Rollup(const Context& context, const RollupOptions& options);

struct RankOptions {
  std::string region, year, programme, indicator, by, of, layer, as_of, at_least, then_by, ties, rounding, rank_zero, columns, order;
  std::optional<int> digits, total_digits;
  bool trim = false;
};
absl::StatusOr<ranking::v1::GetLeagueTableResponse> FetchTable(const Context& context, const RankOptions& options);
void PrintTable(const Context& context, const ranking::v1::GetLeagueTableResponse& table);
int Rank(const Context& context, const RankOptions& options);

int ListRegions(const Context& context, const std::string& within);
int ListCatalogue(const Context& context);
int ListDocuments(const Context& context);
int ShowDocument(const Context& context, const std::string& document, bool differences_only);
int ListMilestones(const Context& context, const std::string& document);

struct UpdatesOptions {
  std::string region, programme, indicator, source;
  uint64_t after = 0;
  int limit = 100;
  bool refusals = false;
};
int ListUpdates(const Context& context, const UpdatesOptions& options);
// The aggregator's derived state as sorted lines.
int Dump(const Context& context, const std::string& at_least);

}  // namespace anju::cli
