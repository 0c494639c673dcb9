// The RPCs as functions: validate, wait for the basis, read one state, compute, convert.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/columns.h"
#include "services/ranking/kept_tables.h"
#include "services/ranking/question.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

using TableResponse = rpc::Encoded<v1::GetLeagueTableResponse>;
using StandingResponse = rpc::Encoded<v1::GetStandingResponse>;

// Safe for concurrent use; never blocks.
class Handlers {
 public:
  using Deadline = std::chrono::system_clock::time_point;

  // The store must outlive this.
  Handlers(Store& store, std::unique_ptr<Columns> columns) : store_(store), columns_(std::move(columns)) {}

  void GetLeagueTable(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request, Deadline deadline, rpc::Finish<TableResponse> finish);
  void GetStanding(const rpc::Caller& caller, const v1::GetStandingRequest& request, Deadline deadline, rpc::Finish<StandingResponse> finish);

  // Something was applied: those who wait for a basis are looked at again.
  void Wake() { room_.Wake(); }

 private:
  struct Standing;
  using Read = std::shared_ptr<const Contents>;
  // Waits until our own state is as far and as fresh as `asked` needs it, then calls `ready` with that state, or BEHIND or STALE. What
  // the aggregator will answer is its to wait for: of that we need only the regions and the catalogue.
  void Await(const Asked& asked, bool own_cells, Deadline deadline, std::function<void(absl::StatusOr<Read>)> ready);
  absl::StatusOr<TableResponse> CurrentTable(const Question& question);
  void DatedTable(std::shared_ptr<const Question> question, Deadline deadline, rpc::Finish<TableResponse> finish);
  // Steps of a standing: those that ask the aggregator go on in its answer.
  void FindDate(std::shared_ptr<Standing> standing);
  void LookAtOwnCells(std::shared_ptr<Standing> standing);
  void AskMoments(std::shared_ptr<Standing> standing);
  void AskMilestones(std::shared_ptr<Standing> standing);
  void AskMilestonesOf(const std::shared_ptr<Standing>& standing, const std::string& region,
                       std::function<void(absl::StatusOr<MilestonesByRegion>)> done);
  void Finish(const Standing& standing, const MilestonesByRegion& milestones);

  // Destroyed from the last to the first: whoever waits is sent home, then columns under way are cancelled.
  Store& store_;
  KeptTables kept_;
  std::unique_ptr<Columns> columns_;
  rpc::WaitingRoom room_;
};

}  // namespace anju::ranking
