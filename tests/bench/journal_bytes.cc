// Counts over a feed.
#include "tests/bench/journal_bytes.h"

#include <chrono>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::bench {

absl::StatusOr<JournalBytes> CountJournalBytes(const std::string& address, uint64_t after_sequence) {
  const client::FeedClient feed(address);
  ASSIGN_OR_RETURN(const auto journal, feed.GetJournal({}));
  feed::v1::GetPositionRequest request;
  request.set_sequence(after_sequence);
  ASSIGN_OR_RETURN(const auto after, feed.GetPosition(request));
  feed::v1::FollowRequest follow;
  *follow.mutable_after() = after.position();
  const auto stub = feed::v1::FeedService::NewStub(rpc::Connect(address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = stub->Follow(&context, follow);
  JournalBytes bytes;
  const uint64_t end = journal.position().sequence();
  for (feed::v1::FollowResponse response; bytes.events < end - after_sequence && stream->Read(&response);) {
    for (const std::string& block : response.blocks()) {
      ++bytes.blocks;
      bytes.bytes += block.size() + sizeof(uint64_t);
    }
    bytes.events = response.position().sequence() - after_sequence;
  }
  context.TryCancel();
  if (bytes.events < end - after_sequence) return MakeError(Reason::INTERNAL, "feed", address, "the journal ended early");
  return bytes;
}

}  // namespace anju::bench
