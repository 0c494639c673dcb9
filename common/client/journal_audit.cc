// One stream of the feed, block by block.
#include "common/client/journal_audit.h"

#include <memory>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/client/watchdog.h"
#include "common/journal/hash.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::client {
namespace {

std::string Range(const journal::BlockHeader& header) {
  return header.count == 1 ? absl::StrCat(header.first_sequence) : absl::StrCat(header.first_sequence, "..", header.last_sequence());
}

// What has been proved of one journal so far.
class Audit {
 public:
  Audit(const AuditOptions& options, JournalAudit& audit) : options_(options), audit_(audit) {
    if (!options.positions.empty()) until_ = *options.positions.rbegin();
  }

  // Sets `done` when nothing more is wanted.
  absl::Status Take(const feed::v1::FollowResponse& response, bool* done) {
    if (audit_.journal_id.empty()) RETURN_IF_ERROR(Begin(response));
    const std::string owner = audit_.lineage.empty() ? audit_.journal_id : journal::ToHex(audit_.lineage.OwnerOf(response.position().sequence()));
    if (response.position().journal_id() != owner) return Broken(audit_.sequence + 1, "the feed changed its journal");
    for (const std::string& bytes : response.blocks()) {
      RETURN_IF_ERROR(TakeBlock(bytes));
      if (until_ > 0 && audit_.sequence >= until_) break;
    }
    if (options_.on_progress) options_.on_progress(audit_.sequence);
    if (until_ > 0 && audit_.sequence >= until_) {
      *done = true;
      return absl::OkStatus();
    }
    if (response.position().sequence() != audit_.sequence) return Broken(audit_.sequence + 1, "the feed left out events");
    // A message that names the time it was sent holds the newest there was: what is durable now ends here.
    if (response.sent_time_us() == 0 && !response.blocks().empty()) return absl::OkStatus();
    if (until_ > 0) {
      return MakeError(Reason::UNKNOWN_BASIS, "journal", absl::StrCat(audit_.journal_id, "/", until_),
                       absl::StrCat("the journal ends at sequence ", audit_.sequence));
    }
    *done = true;
    return absl::OkStatus();
  }

 private:
  absl::Status Begin(const feed::v1::FollowResponse& response) {
    audit_.journal_id = response.position().journal_id();
    if (!response.identities().empty()) {
      ASSIGN_OR_RETURN(audit_.lineage, journal::Lineage::FromIdentities({response.identities().begin(), response.identities().end()}));
      audit_.journal_id = journal::ToHex(audit_.lineage.current().id);
    }
    if (options_.journal_id.empty() || options_.journal_id == audit_.journal_id) return absl::OkStatus();
    const auto asked = journal::ParseJournalId(options_.journal_id);
    if (asked.ok() && audit_.lineage.Knows(*asked)) return absl::OkStatus();
    return MakeError(Reason::UNKNOWN_BASIS, "journal", absl::StrCat(options_.journal_id, "/", until_),
                     absl::StrCat("the service has another journal: ", audit_.journal_id));
  }

  absl::Status TakeBlock(const std::string& bytes) {
    auto block = journal::DecodeBlock(bytes, /*verify_root=*/true);
    if (!block.ok()) {
      const auto prefix = journal::DecodeBlockPrefix(bytes);
      const bool in_place = prefix.ok() && prefix->header.first_sequence == audit_.sequence + 1;
      return MakeError(Reason::DATA_LOSS, "journal", in_place ? Range(prefix->header) : absl::StrCat(audit_.sequence + 1), ErrorsOf(block.status()).front().message);
    }
    if (block->header.first_sequence != audit_.sequence + 1) return Broken(audit_.sequence + 1, "the feed left out or repeated events");
    // The first block names the hash of the identity that it begins, and so does the first after a restore; every other the one before it. Servers
    // that do not tell their identities are believed about the first.
    const bool linked = audit_.lineage.empty() ? audit_.blocks == 0 || block->previous_hash == last_
                                               : block->previous_hash == audit_.lineage.PreviousOf(block->header.first_sequence, last_);
    if (!linked) {
      return MakeError(Reason::DATA_LOSS, "journal", Range(block->header), "this block or the one before it is not the one that was chained");
    }
    last_ = block->hash;
    ++audit_.blocks;
    audit_.sequence = block->header.last_sequence();
    tree_.Add({reinterpret_cast<const char*>(last_.data()), last_.size()});
    if (options_.positions.contains(audit_.sequence)) {
      audit_.hashes[audit_.sequence] = block->hash;
      audit_.trees[audit_.sequence] = {audit_.blocks, tree_.Root()};
    }
    if (!options_.on_event) return absl::OkStatus();
    uint64_t sequence = block->header.first_sequence;
    for (const std::string_view event : block->events) RETURN_IF_ERROR(options_.on_event(sequence++, event));
    return absl::OkStatus();
  }

  static absl::Status Broken(uint64_t sequence, std::string_view what) {
    return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(sequence), what);
  }

  const AuditOptions& options_;
  uint64_t until_ = 0;
  JournalAudit& audit_;
  journal::Hash last_{};
  journal::MerkleBuilder tree_;
};

}  // namespace

absl::Status AuditJournal(const std::string& address, const AuditOptions& options, JournalAudit* proved) {
  *proved = {};
  const std::unique_ptr<feed::v1::FeedService::Stub> stub = feed::v1::FeedService::NewStub(rpc::Connect(address));
  grpc::ClientContext context;
  Watchdog watchdog(context, options.silence_ms_max);
  const auto reader = stub->Follow(&context, feed::v1::FollowRequest());
  Audit audit(options, *proved);
  absl::Status taken;
  bool done = false;
  feed::v1::FollowResponse response;
  while (taken.ok() && !done && reader->Read(&response)) {
    watchdog.Alive();
    taken = audit.Take(response, &done);
  }
  if (!taken.ok() || done) context.TryCancel();
  while (reader->Read(&response)) {
  }
  const grpc::Status ended = reader->Finish();
  if (!taken.ok()) return taken;
  if (done) return absl::OkStatus();
  if (watchdog.barked()) {
    return MakeError(Reason::BEHIND, "journal", absl::StrCat(proved->sequence), absl::StrCat("nothing new came from ", address, " for ", options.silence_ms_max, " ms"));
  }
  if (ended.ok()) return MakeError(Reason::UNAVAILABLE, "", address, "the feed ended");
  return rpc::FromGrpc(ended);
}

}  // namespace anju::client
