// The audit against the real feed of a real journal, and against feeds that lie in every way a feed can.
#include "common/client/journal_audit.h"

#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/feed_testing.h"
#include "common/journal/hash.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/testing/testing.h"

namespace anju::client {
namespace {

using ::anju::testing::HasReason;
using ::anju::testing::IsOk;
using ::anju::testing::ServerFixture;
using feed::Upstream;
using journal::Position;

// Serves what it is given, then a bookmark; then it is silent.
class Liar final : public feed::v1::FeedService::Service {
 public:
  Liar(std::vector<std::string> blocks, std::string id) : blocks_(std::move(blocks)), id_(std::move(id)) {}
  grpc::Status Follow(grpc::ServerContext* context, const feed::v1::FollowRequest*, grpc::ServerWriter<feed::v1::FollowResponse>* writer) override {
    feed::v1::FollowResponse response;
    uint64_t sequence = 0;
    for (const std::string& block : blocks_) {
      response.Clear();
      if (const auto view = journal::DecodeBlockPrefix(block); view.ok()) sequence = view->header.last_sequence();
      response.add_blocks(block);
      response.mutable_position()->set_journal_id(id_);
      response.mutable_position()->set_sequence(sequence);
      writer->Write(response);
    }
    if (!silent) {
      response.clear_blocks();
      response.mutable_position()->set_journal_id(id_);
      response.mutable_position()->set_sequence(sequence + beyond);
      response.set_sent_time_us(1);
      writer->Write(response);
    }
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return grpc::Status::OK;
  }
  bool silent = false;
  uint64_t beyond = 0;  // how much more the bookmark claims than was sent

 private:
  const std::vector<std::string> blocks_;
  const std::string id_;
};

// Three blocks of 2, 1 and 3 events.
struct Written {
  Upstream upstream;
  std::vector<Position> ends;
  Written() {
    ends.push_back(upstream.Append({"one", "two"}));
    ends.push_back(upstream.Append({"three"}));
    ends.push_back(upstream.Append({"four", "five", "six"}));
  }
  std::vector<std::string> blocks() {
    auto read = upstream.journal().ReadBlocks({}, 1 << 20);
    CHECK_OK(read.status());
    return *read;
  }
  std::string id() { return journal::ToHex(upstream.journal().identity().id); }
};

absl::StatusOr<JournalAudit> AuditAt(const std::string& address, const AuditOptions& options = {}) {
  JournalAudit audit;
  RETURN_IF_ERROR(AuditJournal(address, options, &audit));
  return audit;
}

absl::StatusOr<JournalAudit> AuditOf(feed::v1::FeedService::Service& service, AuditOptions options = {}) {
  ServerFixture server(std::vector<grpc::Service*>{&service}, "plan");
  return AuditAt(server.address(), options);
}

TEST(JournalAudit, ProvesARealJournalToWhatIsDurable) {
  Written written;
  std::vector<std::string> events;
  uint64_t next = 1;
  AuditOptions options;
  options.on_event = [&](uint64_t sequence, std::string_view event) {
    EXPECT_EQ(sequence, next++);
    events.emplace_back(event);
    return absl::OkStatus();
  };
  ASSERT_OK_AND_ASSIGN(const JournalAudit audit, AuditAt(written.upstream.address(), options));
  EXPECT_EQ(audit.journal_id, written.id());
  EXPECT_EQ(audit.sequence, 6u);
  EXPECT_EQ(audit.blocks, 3u);
  EXPECT_EQ(events, (std::vector<std::string>{"one", "two", "three", "four", "five", "six"}));
}

TEST(JournalAudit, GivesTheHashOfEveryPositionThatEndsABlockAndStopsAtTheLast) {
  Written written;
  AuditOptions options;
  options.journal_id = written.id();
  options.positions = {1, 2, 3};
  ASSERT_OK_AND_ASSIGN(const JournalAudit audit, AuditAt(written.upstream.address(), options));
  EXPECT_EQ(audit.sequence, 3u);
  EXPECT_EQ(audit.hashes, (std::map<uint64_t, journal::Hash>{{2, written.ends[0].block_hash}, {3, written.ends[1].block_hash}}));
  journal::MerkleBuilder tree;
  std::map<uint64_t, JournalAudit::Tree> trees;
  for (size_t i = 0; i < 2; ++i) {
    tree.Add({reinterpret_cast<const char*>(written.ends[i].block_hash.data()), written.ends[i].block_hash.size()});
    trees[written.ends[i].sequence] = {i + 1, tree.Root()};
  }
  EXPECT_EQ(audit.trees, trees);
}

TEST(JournalAudit, ReadsThroughARestore) {
  Written written;
  const std::string old_id = written.id();
  written.upstream.RestoreAt(3);
  const Position after = written.upstream.Append({"four again"});
  AuditOptions options;
  options.journal_id = old_id;  // it goes on in the one that is there
  options.positions = {2, 4};
  ASSERT_OK_AND_ASSIGN(const JournalAudit audit, AuditAt(written.upstream.address(), options));
  EXPECT_NE(audit.journal_id, old_id);
  EXPECT_EQ(audit.sequence, 4u);
  EXPECT_EQ(audit.hashes, (std::map<uint64_t, journal::Hash>{{2, written.ends[0].block_hash}, {4, after.block_hash}}));
  EXPECT_EQ(audit.trees.at(4).size, 3u);
}

TEST(JournalAudit, EmptyJournal) {
  Upstream upstream;
  ASSERT_OK_AND_ASSIGN(const JournalAudit audit, AuditAt(upstream.address()));
  EXPECT_EQ(audit.sequence, 0u);
  AuditOptions options;
  options.positions = {1};
  EXPECT_THAT(AuditAt(upstream.address(), options), HasReason(Reason::UNKNOWN_BASIS));
}

TEST(JournalAudit, AJournalThatEndsBeforeAndAnotherJournal) {
  Written written;
  AuditOptions beyond;
  beyond.positions = {6, 7};
  const auto audit = AuditAt(written.upstream.address(), beyond);
  ASSERT_THAT(audit, HasReason(Reason::UNKNOWN_BASIS));
  EXPECT_EQ(ErrorsOf(audit.status()).front().value, written.id() + "/7");
  AuditOptions other;
  other.journal_id = std::string(32, '0');
  other.positions = {2};
  EXPECT_THAT(AuditAt(written.upstream.address(), other), HasReason(Reason::UNKNOWN_BASIS));
}

// Every single byte of every block, three bits of it: found, and never blamed on a block before the damaged one.
TEST(JournalAudit, AFlippedBitAnywhereIsFoundWithItsSequence) {
  Written written;
  const std::vector<std::string> blocks = written.blocks();
  const uint64_t firsts[] = {1, 3, 4};
  std::mt19937 random(20170630);
  for (size_t block = 0; block < blocks.size(); ++block) {
    for (int round = 0; round < 12; ++round) {
      std::vector<std::string> damaged = blocks;
      const size_t byte = random() % damaged[block].size();
      damaged[block][byte] = static_cast<char>(damaged[block][byte] ^ (1 << random() % 8));
      Liar liar(damaged, written.id());
      AuditOptions options;
      options.positions = {6};
      const auto audit = AuditOf(liar, options);
      SCOPED_TRACE("block " + std::to_string(block) + " byte " + std::to_string(byte));
      if (audit.ok()) {
        // The first block's link to the journal's identity and its header's time are told by the hash only, which is what a bulletin names.
        EXPECT_NE(audit->hashes.at(6), written.ends[2].block_hash);
        continue;
      }
      ASSERT_THAT(audit, HasReason(Reason::DATA_LOSS));
      EXPECT_GE(std::stoull(ErrorsOf(audit.status()).front().value), firsts[block]) << audit.status();
    }
  }
}

TEST(JournalAudit, LeftOutRepeatedReorderedAndRewrittenBlocks) {
  Written written;
  const std::vector<std::string> b = written.blocks();
  journal::Hash hash;
  // Rewritten with everything in order but the past: its root is right, the block after it names another hash.
  const std::string forged = journal::EncodeBlock({.first_sequence = 3}, written.ends[0].block_hash, {"3"}, &hash);
  for (const std::vector<std::string>& blocks : {std::vector<std::string>{b[0], b[2]}, {b[0], b[1], b[1], b[2]}, {b[1], b[0], b[2]}, {b[0], forged, b[2]}, {b[1]}}) {
    Liar liar(blocks, written.id());
    EXPECT_THAT(AuditOf(liar), HasReason(Reason::DATA_LOSS));
  }
  Liar forger({b[0], forged, b[2]}, written.id());
  ServerFixture server(std::vector<grpc::Service*>{&forger}, "plan");
  JournalAudit proved;
  ASSERT_THAT(AuditJournal(server.address(), {}, &proved), HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(proved.sequence, 3u) << "what comes before the damage is proved";
  Liar more(b, written.id());
  more.beyond = 1;
  EXPECT_THAT(AuditOf(more), HasReason(Reason::DATA_LOSS)) << "the feed says that there is more than it sent";
}

TEST(JournalAudit, SilenceIsBounded) {
  Written written;
  Liar liar(written.blocks(), written.id());
  liar.silent = true;
  AuditOptions options;
  options.positions = {99};
  options.silence_ms_max = 100;
  EXPECT_THAT(AuditOf(liar, options), HasReason(Reason::BEHIND));
}

TEST(JournalAudit, NobodyThereAndACallerWhoHasSeenEnough) {
  AuditOptions options;
  options.silence_ms_max = 2000;
  EXPECT_THAT(AuditAt("127.0.0.1:1", options), HasReason(Reason::UNAVAILABLE));
  Written written;
  options.on_event = [](uint64_t, std::string_view) { return MakeError(Reason::TAMPERED, "", "x", "enough"); };
  EXPECT_THAT(AuditAt(written.upstream.address(), options), HasReason(Reason::TAMPERED));
}

TEST(JournalAudit, ManyEventsAreProvedQuickly) {
  Upstream upstream;
  std::vector<std::string> events;
  for (int i = 0; i < 50'000; ++i) events.push_back("event " + std::to_string(i) + std::string(60, 'x'));
  for (int block = 0; block < 6; ++block) upstream.Append(events);
  const auto started = std::chrono::steady_clock::now();
  ASSERT_OK_AND_ASSIGN(const JournalAudit audit, AuditAt(upstream.address()));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  EXPECT_EQ(audit.sequence, 300'000u);
  std::printf("%.2f M events/s\n", 0.3 / seconds);
}

}  // namespace
}  // namespace anju::client
