// The RPCs as functions: validate, wait for the basis, read one state, compute, convert.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/columns.h"
#include "services/ranking/question.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// Safe for concurrent use; never blocks.
class Handlers {
 public:
  using Deadline = std::chrono::system_clock::time_point;

  // The store must outlive this.
  Handlers(Store& store, std::unique_ptr<Columns> columns) : store_(store), columns_(std::move(columns)) {}

  void GetLeagueTable(const rpc::Caller& caller, const v1::GetLeagueTableRequest& request, Deadline deadline,
                      rpc::Finish<v1::GetLeagueTableResponse> finish);
  void GetStanding(const rpc::Caller& caller, const v1::GetStandingRequest& request, Deadline deadline,
                   rpc::Finish<v1::GetStandingResponse> finish);

  // Something was applied: those who wait for a basis are looked at again.
  void Wake() { room_.Wake(); }

 private:
  struct Standing;
  using Read = std::shared_ptr<const Contents>;
  // Waits until our own state is as far and as fresh as `asked` needs it, then calls `ready` with that state, or BEHIND or STALE. What
  // the aggregator will answer is its to wait for: of that we need only the regions and the catalogue.
  void Await(const Asked& asked, bool own_cells, Deadline deadline, std::function<void(absl::StatusOr<Read>)> ready);
  void DatedTable(std::shared_ptr<const Question> question, Deadline deadline, rpc::Finish<v1::GetLeagueTableResponse> finish);
  // Steps of a standing, each in its own answer of the aggregator.
  void FindDate(std::shared_ptr<Standing> standing);
  void AskMoments(std::shared_ptr<Standing> standing);
  void AskMilestones(std::shared_ptr<Standing> standing);

  // Destroyed from the last to the first: whoever waits is sent home, then columns under way are cancelled.
  Store& store_;
  std::unique_ptr<Columns> columns_;
  rpc::WaitingRoom room_;
};

}  // namespace anju::ranking
