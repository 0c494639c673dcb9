// One question for the identities, one stream for the blocks.
#include "common/client/journal_source.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/client/watchdog.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::client {
namespace {

class RunningService final : public archive::Source {
 public:
  RunningService(std::string address, int silence_ms_max)
      : address_(std::move(address)), silence_ms_max_(silence_ms_max), stub_(feed::v1::FeedService::NewStub(rpc::Connect(address_))) {}

  const journal::Lineage& lineage() const override { return lineage_; }
  journal::Position end() const override { return end_; }
  const std::string& name() const override { return address_; }

  absl::Status Ask(std::string_view service) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(silence_ms_max_));
    feed::v1::GetJournalResponse response;
    const grpc::Status status = stub_->GetJournal(&context, feed::v1::GetJournalRequest(), &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    ASSIGN_OR_RETURN(lineage_, journal::Lineage::FromIdentities({response.identities().begin(), response.identities().end()}));
    ASSIGN_OR_RETURN(end_, rpc::FromProto(response.position()));
    const std::string& found = lineage_.current().service;
    if (found != service) {
      return MakeError(Reason::BAD_VALUE, service, address_, absl::StrCat("another service answers here: ", found));
    }
    return absl::OkStatus();
  }

  absl::Status Copy(const journal::Position& after, const OnBlock& on_block) override {
    if (after.sequence == end_.sequence && after.sequence > 0 && after.block_hash != end_.block_hash) {
      return MakeError(Reason::DATA_LOSS, "after", absl::StrCat(journal::ToHex(after.journal_id), "/", after.sequence), "the position has another hash than the journal");
    }
    if (after.sequence >= end_.sequence) return absl::OkStatus();
    grpc::ClientContext context;
    Watchdog watchdog(context, silence_ms_max_);
    feed::v1::FollowRequest request;
    if (after.sequence > 0) *request.mutable_after() = rpc::ToProto(after);
    const auto reader = stub_->Follow(&context, request);
    uint64_t at = after.sequence;
    absl::Status taken;
    feed::v1::FollowResponse response;
    while (taken.ok() && at < end_.sequence && reader->Read(&response)) {
      watchdog.Alive();
      taken = Take(response, on_block, &at);
      watchdog.Alive();  // the callback may have waited for a disk
    }
    const bool done = at >= end_.sequence;
    if (!taken.ok() || done) context.TryCancel();
    while (reader->Read(&response)) {
    }
    const grpc::Status ended = reader->Finish();
    if (!taken.ok() || done) return taken;
    if (watchdog.barked()) {
      return MakeError(Reason::BEHIND, "journal", absl::StrCat(at), absl::StrCat("nothing new came from ", address_, " for ", silence_ms_max_, " ms"));
    }
    if (ended.ok()) return MakeError(Reason::UNAVAILABLE, "", address_, "the feed ended");
    return rpc::FromGrpc(ended);
  }

 private:
  // The service goes on recording: what came after the end that was asked for is left to the next backup.
  absl::Status Take(const feed::v1::FollowResponse& response, const OnBlock& on_block, uint64_t* at) {
    if (response.identities_size() > 0 && !std::equal(response.identities().begin(), response.identities().end(), lineage_.encoded().begin(), lineage_.encoded().end())) {
      return MakeError(Reason::UNAVAILABLE, "", address_, "the service got another journal meanwhile");
    }
    for (const std::string& bytes : response.blocks()) {
      if (*at >= end_.sequence) return absl::OkStatus();
      RETURN_IF_ERROR(on_block(bytes));
      ASSIGN_OR_RETURN(const journal::BlockView block, journal::DecodeBlockPrefix(bytes));
      *at = block.header.last_sequence();
    }
    return absl::OkStatus();
  }

  const std::string address_;
  const int silence_ms_max_;
  const std::unique_ptr<feed::v1::FeedService::Stub> stub_;
  journal::Lineage lineage_;
  journal::Position end_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<archive::Source>> OpenRunningService(const std::string& address, std::string_view service, int silence_ms_max) {
  auto running = std::make_unique<RunningService>(address, silence_ms_max);
  RETURN_IF_ERROR(running->Ask(service));
  return std::unique_ptr<archive::Source>(std::move(running));
}

}  // namespace anju::client
