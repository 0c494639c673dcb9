// What the protections are there for: without the position check a follower takes whatever comes, without the witness a journal forgets its end without a
// word. In a program of its own, in which they are taken away before anything runs; beside it the same is refused (fork_test.cc, journal_test.cc).
#include <cstdlib>

#include "common/feed/chain.h"
#include "common/journal/journal.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::feed {
namespace {

using ::testing::ElementsAre;
using anju::testing::IsOk;
using anju::testing::TempDir;

const int taken_away = ::setenv("ANJU_FAULT_DISABLE", "position_check,witness,sync", 1);

TEST(Unprotected, AFollowerTakesABlockTwiceAndOneOfNobody) {
  ASSERT_EQ(taken_away, 0);
  storage::SimulatedMedium medium(1);
  FakeClock clock;
  const auto disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock));
  for (const char* event : {"a", "b"}) ASSERT_THAT(journal->Append({event}, {}, 0), IsOk());
  v1::FollowResponse message;
  for (const std::string& identity : journal->lineage().encoded()) message.add_identities(identity);
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> blocks, journal->ReadBlocks({}, 1 << 20));
  for (const std::string& block : {blocks[0], blocks[1], blocks[0]}) message.add_blocks(block);
  std::vector<uint64_t> taken;
  std::vector<int64_t> fresh;
  int bookmarks = 0;
  Callbacks callbacks;
  callbacks.on_block = [&](const journal::BlockView&, std::string_view, const journal::Position& after) {
    taken.push_back(after.sequence);
    return taken.size() > 3 ? absl::ResourceExhaustedError("no room") : absl::OkStatus();
  };
  Chain chain("plan", {});
  chain.Begin();
  message.set_sent_time_us(5);
  ASSERT_THAT(chain.Take(message, callbacks), IsOk());
  EXPECT_THAT(taken, ElementsAre(1, 2, 1));
  EXPECT_EQ(chain.at().sequence, 1u) << "it went back";
  callbacks.on_bookmark = [&](const journal::Position&) { ++bookmarks; };
  callbacks.on_fresh = [&](const journal::Position&, int64_t time_us) { fresh.push_back(time_us); };
  v1::FollowResponse bookmark;
  ASSERT_THAT(chain.Take(bookmark, callbacks), IsOk());
  bookmark.set_sent_time_us(7);
  ASSERT_THAT(chain.Take(bookmark, callbacks), IsOk());
  EXPECT_EQ(bookmarks, 2);
  EXPECT_THAT(fresh, ElementsAre(7));
  EXPECT_EQ(chain.Take(message, callbacks).message(), "no room");
  bookmark.add_blocks("no block");
  EXPECT_FALSE(chain.Take(bookmark, callbacks).ok()) << "what is no block is none";
}

TEST(Unprotected, AJournalForgetsItsEnd) {
  storage::SimulatedMedium medium(1);
  FakeClock clock;
  {
    const auto disk = medium.Boot();
    ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock));
    for (const char* event : {"a", "b"}) ASSERT_THAT(journal->Append({event}, {}, 0), IsOk());
  }
  ASSERT_TRUE(medium.DropLast("journal"));
  const auto disk = medium.Boot();
  ASSERT_OK_AND_ASSIGN(const auto journal, journal::Journal::Open(*disk, "plan", clock));
  EXPECT_EQ(journal->durable().sequence, 1u) << "an acknowledged event is gone";
  ASSERT_OK_AND_ASSIGN(const auto witness, disk->ReadFile(journal::kWitnessFile));
  EXPECT_FALSE(witness.has_value());
}

TEST(Unprotected, WithoutSyncsEverythingElseIsAsItWas) {
  TempDir directory;
  ASSERT_OK_AND_ASSIGN(const auto disk, storage::OpenRocksDisk(directory.path()));
  ASSERT_OK_AND_ASSIGN(const auto store, disk->OpenStore("journal", storage::StoreKind::kJournal));
  storage::Batch batch;
  batch.Put("key", "value");
  ASSERT_THAT(store->Write(batch), IsOk());
  ASSERT_THAT(disk->WriteFileSynced("witness", 0, "witness"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto value, store->Get("key"));
  EXPECT_EQ(value, "value");
}

}  // namespace
}  // namespace anju::feed
