// Reviewing figures (审核): finds the updates that a request means, judges every one of them, and records all or nothing.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "anju/progress/v1/progress.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/progress/desk.h"
#include "services/progress/journal_scan.h"

namespace anju::progress {

// What can be said of a request before anything is looked up.
absl::Status CheckReview(const v1::ReviewFiguresRequest& request);

// One request on the decider. `named` holds the updates whose sequences the request gives (those that exist); nothing when it selects.
class ReviewRequest final : public journal::Request {
 public:
  ReviewRequest(Desk& desk, rpc::Caller caller, v1::ReviewFiguresRequest request, std::optional<Scan> named,
                rpc::Finish<v1::ReviewFiguresResponse> finish);
  void Decide(journal::Recorder& recorder) override;
  bool Records() const override { return !request_.dry_run(); }
  void Done(const absl::Status& status, const journal::Position& durable) override;

 private:
  // An update to be reviewed.
  struct Pick {
    uint64_t sequence = 0;
    SeriesNumber series = 0;
    Date as_of;
  };

  absl::Status Review(journal::Recorder& recorder);
  absl::StatusOr<RegionNumber> FindOffice() const;
  absl::StatusOr<std::vector<Pick>> FindNamed() const;
  absl::StatusOr<std::vector<Pick>> Select() const;
  absl::StatusOr<std::vector<uint64_t>> Judge(const std::vector<Pick>& picks, RegionNumber office);
  void Record(journal::Recorder& recorder, const std::vector<uint64_t>& changing, RegionNumber office, const std::string& digest);

  Desk& desk_;
  const rpc::Caller caller_;
  const v1::ReviewFiguresRequest request_;
  const std::optional<Scan> named_;
  const rpc::Finish<v1::ReviewFiguresResponse> finish_;
  Date today_;
  absl::Status status_;
  Ground ground_;
  uint64_t answered_at_ = 0;  // sequence of the earlier answer that is repeated; 0: none
  journal::JournalId owner_{};  // of that sequence
  v1::ReviewFiguresResponse response_;
};

}  // namespace anju::progress
