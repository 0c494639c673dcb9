// The RPC as a function: validate, wait for the basis, read one state, compute, convert.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/rpc/rpc.h"
#include "services/ranking/columns.h"
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

  // Something was applied: those who wait for a basis are looked at again.
  void Wake() { room_.Wake(); }

 private:
  struct Question;
  absl::StatusOr<v1::GetLeagueTableResponse> Current(const Question& question) const;
  void Dated(std::shared_ptr<const Question> question, Date as_of, Deadline deadline, rpc::Finish<v1::GetLeagueTableResponse> finish);

  // Destroyed from the last to the first: whoever waits is sent home, then columns under way are cancelled.
  Store& store_;
  std::unique_ptr<Columns> columns_;
  rpc::WaitingRoom room_;
};

}  // namespace anju::ranking
