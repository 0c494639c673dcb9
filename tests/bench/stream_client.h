// One source's stream as a load needs it: opened, its series named, items written on one thread and acknowledgements read on another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/progress/v1/progress.grpc.pb.h"
#include "tests/bench/nation.h"

namespace anju::bench {

class StreamClient {
 public:
  // Opens the source and names every series of its share; the server has taken them when this returns. `first` is the number of the first item to come:
  // a service must stand right before it (a floor stands nowhere, and says 0). 0: wherever the source stands.
  static absl::StatusOr<std::unique_ptr<StreamClient>> Open(const std::string& address, const std::string& source, const Share& share, uint64_t first);
  // Number of the first item to come.
  uint64_t first() const { return first_; }
  // Items first … first + count − 1. False when the stream has ended; Finish says why.
  bool Write(uint64_t first, int count);
  // The next acknowledgement; false at the end. From one thread, which may be another than that of Write.
  bool Read(progress::v1::ReportResponse* response) { return stream_->Read(response); }
  void WritesDone() { stream_->WritesDone(); }
  // After the last Read.
  absl::Status Finish();

 private:
  explicit StreamClient(const Share& share) : share_(share) {}
  absl::Status EndedEarly();
  const Share& share_;
  uint64_t first_ = 0;
  std::unique_ptr<progress::v1::ProgressService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<progress::v1::ReportRequest, progress::v1::ReportResponse>> stream_;
  progress::v1::ReportRequest request_;  // used again and again: the client is not what is measured
};

// How many verdicts of a response are refusals or conflicts.
int CountRefused(const progress::v1::ReportResponse& response);

}  // namespace anju::bench
