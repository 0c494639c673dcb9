// The RPCs as functions: validate, then hand a request to the pipeline whose answer comes when it is durable. No gRPC.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/progress/v1/progress.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/progress/desk.h"
#include "services/progress/intake.h"
#include "services/progress/listing.h"

namespace anju::progress {

using Deadline = std::chrono::system_clock::time_point;

// Where a source stands when its stream is opened.
struct Opened {
  uint64_t acked = 0;
  Ground ground;
  journal::Position durable;
};

// Safe for concurrent use. `desk`, `pipeline` and `room` must outlive it; what waits in `room` or `pipeline` does not need it.
class Handlers {
 public:
  Handlers(Desk& desk, journal::Pipeline& pipeline, rpc::WaitingRoom& room);

  // A writer for a stream, not yet known to the decider.
  static absl::StatusOr<std::shared_ptr<Intake>> NewIntake(const rpc::Caller& caller, const v1::Open& open, IntakeMode mode);
  // Makes it the stream of its source, ending the one before it. `opened` is called once, on any thread.
  void OpenStream(std::shared_ptr<Intake> intake, const std::string& plan_at_least, Deadline deadline,
                  std::function<void(absl::StatusOr<Opened>)> opened);
  // What can be said of a message of items before anything is decided.
  static absl::Status CheckItems(const v1::Items& items);

  void ReportBatch(const rpc::Caller& caller, const v1::ReportBatchRequest& request, Deadline deadline, rpc::Finish<v1::ReportBatchResponse> finish);
  void ListUpdates(const rpc::Caller& caller, const v1::ListUpdatesRequest& request, rpc::Finish<v1::ListUpdatesResponse> finish);
  void GetUpdates(const rpc::Caller& caller, const v1::GetUpdatesRequest& request, rpc::Finish<v1::GetUpdatesResponse> finish);
  void ReviewFigures(const rpc::Caller& caller, const v1::ReviewFiguresRequest& request, rpc::Finish<v1::ReviewFiguresResponse> finish);

  Desk& desk() { return desk_; }
  journal::Pipeline& pipeline() { return pipeline_; }

 private:
  Desk& desk_;
  journal::Pipeline& pipeline_;
  rpc::WaitingRoom& room_;
  Listing listing_;
};

}  // namespace anju::progress
