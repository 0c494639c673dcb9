// Feeds of journals that continue others: who goes on across a fork, who has to start over, and forks that are not what they say.
#include <memory>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/feed_testing.h"

namespace anju::feed {
namespace {

using testing::HasReason;
using testing::IsOk;
using testing::WaitUntil;
using ::testing::ElementsAre;

absl::StatusOr<v1::GetJournalResponse> JournalOf(const Upstream& upstream) {
  const auto stub = v1::FeedService::NewStub(rpc::Connect(upstream.address()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::GetJournalResponse response;
  if (const grpc::Status status = stub->GetJournal(&context, {}, &response); !status.ok()) return rpc::FromGrpc(status);
  return response;
}

TEST(FeedFork, AFollowerFromZeroReadsAcrossForks) {
  Upstream upstream;
  upstream.Append({"a", "b"});
  upstream.RestoreAt(2);
  upstream.Append({"c"});
  upstream.RestoreAt(3);
  upstream.RestoreAt(3);  // nothing recorded between two restores
  const Position end = upstream.Append({"d"});
  Tail tail(upstream.address(), {});
  ASSERT_TRUE(tail.Reaches(4));
  EXPECT_THAT(tail.events(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(tail.position(), end);
  ASSERT_EQ(tail.lineages().size(), 1u);
  EXPECT_EQ(tail.lineages().front().encoded(), upstream.journal().lineage().encoded());
  EXPECT_EQ(tail.lineages().front().identities().size(), 4u);
}

TEST(FeedFork, GetJournalTellsIdentitiesAndTheDurablePosition) {
  Upstream upstream;
  const Position a = upstream.Append({"a"});
  upstream.RestoreAt(1);
  for (const Position& durable : {a, upstream.Append({"b"})}) {
    ASSERT_OK_AND_ASSIGN(const v1::GetJournalResponse response, JournalOf(upstream));
    ASSERT_OK_AND_ASSIGN(const journal::Lineage lineage, journal::Lineage::FromIdentities({response.identities().begin(), response.identities().end()}));
    EXPECT_EQ(lineage.encoded(), upstream.journal().lineage().encoded());
    ASSERT_OK_AND_ASSIGN(const Position position, rpc::FromProto(response.position()));
    EXPECT_EQ(position.sequence, upstream.journal().durable().sequence);
    EXPECT_EQ(position.journal_id, position.sequence == 1 ? durable.journal_id : lineage.OwnerOf(position.sequence));
  }
}

// The upstream's machine dies under its followers and comes back from a backup.
TEST(FeedFork, FollowersBeforeTheForkGoOnAndThoseBeyondStartOver) {
  Upstream upstream;
  const Position b = upstream.Append({"a", "b"});
  const Position c = upstream.Append({"c"});
  Tail beyond(upstream.address(), {}, /*starts_over=*/true);
  ASSERT_TRUE(beyond.Reaches(3));
  upstream.RestoreAt(2);
  const Position x = upstream.Append({"x"});
  EXPECT_EQ(x.sequence, c.sequence);

  Tail at_fork(upstream.address(), b, /*starts_over=*/true);
  ASSERT_TRUE(at_fork.Reaches(3));
  EXPECT_THAT(at_fork.events(), ElementsAre("x"));
  EXPECT_EQ(at_fork.restarts(), 0);
  EXPECT_EQ(at_fork.position(), x);

  ASSERT_TRUE(WaitUntil([&] { return beyond.position() == x; }));
  EXPECT_THAT(beyond.events(), ElementsAre("a", "b", "x"));
  EXPECT_EQ(beyond.restarts(), 1);
  EXPECT_EQ(beyond.lineages().size(), 2u) << "told of the old one and of the new one";

  // Connected through a restore, at the fork and not beyond: nothing is lost and nothing comes twice.
  upstream.RestoreAt(3);
  const Position y = upstream.Append({"y"});
  ASSERT_TRUE(WaitUntil([&] { return beyond.position() == y && at_fork.position() == y; }));
  EXPECT_THAT(beyond.events(), ElementsAre("a", "b", "x", "y"));
  EXPECT_THAT(at_fork.events(), ElementsAre("x", "y"));
  EXPECT_EQ(beyond.restarts() + at_fork.restarts(), 1);
}

TEST(FeedFork, AnIdleRestoredJournalKeepsTheOldNames) {
  Upstream upstream;
  const Position a = upstream.Append({"a"});
  upstream.RestoreAt(1);
  Tail tail(upstream.address(), {});
  ASSERT_TRUE(WaitUntil([&] { return tail.bookmarks() > 0; }));
  EXPECT_EQ(tail.position(), a);
  EXPECT_EQ(tail.bookmark(), a);
}

// What a chain takes and refuses, without a server.
class ChainTest : public ::testing::Test {
 protected:
  ChainTest() {
    upstream_.Append({"a"});
    upstream_.RestoreAt(1);
    upstream_.Append({"b"});
    for (const std::string& identity : upstream_.journal().lineage().encoded()) message_.add_identities(identity);
    auto blocks = upstream_.journal().ReadBlocks({}, 1 << 20);
    CHECK_OK(blocks.status());
    for (const std::string& block : *blocks) message_.add_blocks(block);
    *message_.mutable_position() = rpc::ToProto(upstream_.journal().durable());
    callbacks_.on_block = [this](const BlockView&, std::string_view, const Position& after) {
      taken_.push_back(after.sequence);
      return absl::OkStatus();
    };
  }
  absl::Status TakeFrom(Position at, const v1::FollowResponse& message) {
    Chain chain("plan", at);
    chain.Begin();
    return chain.Take(message, callbacks_);
  }

  Upstream upstream_;
  v1::FollowResponse message_;
  Callbacks callbacks_;
  std::vector<uint64_t> taken_;
};

TEST_F(ChainTest, TakesAForkThatIsWhatItSays) {
  EXPECT_THAT(TakeFrom({}, message_), IsOk());
  EXPECT_THAT(taken_, ElementsAre(1, 2));
}

TEST_F(ChainTest, AForkThatIsNotWhatItsIdentitySaysIsRefused) {
  ASSERT_OK_AND_ASSIGN(const BlockView first, journal::DecodeBlockPrefix(message_.blocks(0)));
  journal::Hash hash;
  // The old journal going on as if nothing had happened.
  v1::FollowResponse went_on = message_;
  went_on.set_blocks(1, journal::EncodeBlock({.first_sequence = 2}, first.hash, {"b"}, &hash));
  EXPECT_THAT(TakeFrom({}, went_on), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(taken_, ElementsAre(1));
  // Another past under the same fork.
  taken_.clear();
  v1::FollowResponse rewritten = message_;
  rewritten.set_blocks(0, journal::EncodeBlock({.first_sequence = 1}, first.previous_hash, {"A"}, &hash));
  EXPECT_THAT(TakeFrom({}, rewritten), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(taken_, ElementsAre());
  // A block that reaches over the fork.
  v1::FollowResponse across = message_;
  across.mutable_blocks()->RemoveLast();
  across.set_blocks(0, journal::EncodeBlock({.first_sequence = 1}, first.previous_hash, {"a", "b"}, &hash));
  EXPECT_THAT(TakeFrom({}, across), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(taken_, ElementsAre());
}

TEST_F(ChainTest, IdentitiesMustAgreeWithWhereTheFollowerStands) {
  v1::FollowResponse rest = message_;
  rest.mutable_blocks()->DeleteSubrange(0, 1);
  const Position at_fork = upstream_.journal().identity().continues;
  EXPECT_THAT(TakeFrom(at_fork, rest), IsOk());
  EXPECT_THAT(TakeFrom({at_fork.journal_id, 1, {}}, rest), IsOk()) << "a stored position without a hash";
  EXPECT_THAT(TakeFrom({at_fork.journal_id, 1, journal::Hash{7}}, rest), HasReason(Reason::DATA_LOSS)) << "another history";
  EXPECT_THAT(TakeFrom({journal::JournalId{7}, 1, {}}, rest), HasReason(Reason::DATA_LOSS)) << "another journal";
  taken_.clear();
  callbacks_.on_lineage = [](const journal::Lineage&) { return absl::FailedPreconditionError("not this one"); };
  EXPECT_EQ(TakeFrom(at_fork, rest).message(), "not this one");
  EXPECT_THAT(taken_, ElementsAre());
}

// Each message says where its end stands: behind what was handed over, under another name or hash, or further than its blocks reach is no feed.
TEST_F(ChainTest, EachMessageStandsWhereItsBlocksEnd) {
  Chain chain("plan", {});
  chain.Begin();
  std::vector<Position> bookmarks;
  std::vector<int64_t> fresh;
  callbacks_.on_bookmark = [&](const Position& at) { bookmarks.push_back(at); };
  callbacks_.on_fresh = [&](const Position&, int64_t time_us) { fresh.push_back(time_us); };
  ASSERT_THAT(chain.Take(message_, callbacks_), IsOk());
  EXPECT_TRUE(bookmarks.empty()) << "blocks are no bookmark";
  const Position end = chain.at();
  EXPECT_EQ(end, upstream_.journal().durable());
  const auto said = [&](const Position& position) {
    Chain again = chain;
    v1::FollowResponse bookmark;
    *bookmark.mutable_position() = rpc::ToProto(position);
    bookmark.set_sent_time_us(7);
    return again.Take(bookmark, callbacks_);
  };
  EXPECT_THAT(said(end), IsOk());
  EXPECT_THAT(said({end.journal_id, end.sequence, {}}), IsOk()) << "a hash may be left out";
  EXPECT_EQ(bookmarks.size(), 2u);
  EXPECT_EQ(fresh, (std::vector<int64_t>{7, 7}));
  for (const Position& other : {Position{end.journal_id, 1, {}}, Position{journal::JournalId{3}, end.sequence, end.block_hash},
                                Position{end.journal_id, end.sequence + 1, end.block_hash}, Position{end.journal_id, end.sequence, journal::Hash{3}}}) {
    EXPECT_THAT(said(other), HasReason(Reason::DATA_LOSS)) << other.sequence;
  }
  EXPECT_EQ(bookmarks.size(), 2u) << "what is refused is told nobody";
  v1::FollowResponse nonsense;
  nonsense.mutable_position()->set_journal_id("short");
  EXPECT_FALSE(chain.Take(nonsense, callbacks_).ok());
  EXPECT_EQ(chain.at(), end);
  // A follower that knew no hash learns it.
  Chain blank("plan", {end.journal_id, end.sequence, {}});
  blank.Begin();
  v1::FollowResponse first;
  *first.mutable_identities() = message_.identities();
  *first.mutable_position() = rpc::ToProto(end);
  Callbacks none = callbacks_;
  none.on_bookmark = nullptr;
  none.on_fresh = nullptr;
  first.set_sent_time_us(7);
  EXPECT_THAT(blank.Take(first, none), IsOk());
  EXPECT_EQ(blank.at(), end);
}

TEST_F(ChainTest, WhoseJournalItIsMustBeSaidAndHold) {
  v1::FollowResponse silent = message_;
  silent.clear_identities();
  EXPECT_THAT(TakeFrom({}, silent), HasReason(Reason::DATA_LOSS));
  v1::FollowResponse swapped = message_;
  swapped.mutable_identities()->SwapElements(0, 1);
  EXPECT_THAT(TakeFrom({}, swapped), HasReason(Reason::DATA_LOSS));
  v1::FollowResponse newer = message_;
  (*newer.mutable_identities(0))[8] = 2;
  EXPECT_THAT(TakeFrom({}, newer), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(taken_, ElementsAre());
  // Damaged on the way, left out, or twice.
  v1::FollowResponse damaged = message_;
  damaged.mutable_blocks(1)->back() ^= 1;
  EXPECT_THAT(TakeFrom({}, damaged), HasReason(Reason::DATA_LOSS));
  v1::FollowResponse twice = message_;
  twice.set_blocks(1, twice.blocks(0));
  EXPECT_THAT(TakeFrom({}, twice), HasReason(Reason::DATA_LOSS));
  callbacks_.on_block = [](const BlockView&, std::string_view, const Position&) { return absl::ResourceExhaustedError("no room"); };
  EXPECT_EQ(TakeFrom({}, message_).message(), "no room");
}

// Only the upstream's word about our position makes a follower start over.
TEST_F(ChainTest, StartsOverOnlyWhenItsPositionIsLost) {
  Chain chain("plan", upstream_.journal().durable());
  int lost = 0;
  callbacks_.on_data_loss = [&](const Lost&) { return ++lost, Position{}; };
  EXPECT_FALSE(chain.End(absl::OkStatus(), callbacks_));
  EXPECT_FALSE(chain.End(absl::UnavailableError("gone"), callbacks_));
  EXPECT_FALSE(chain.End(MakeError(Reason::DATA_LOSS, "", "", "the disk there is damaged"), callbacks_));
  EXPECT_EQ(lost, 0);
  const absl::Status not_there = MakeError(Reason::DATA_LOSS, "after", "", "the position is not in this journal");
  EXPECT_FALSE(chain.End(not_there, {}));
  EXPECT_TRUE(chain.End(not_there, callbacks_));
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(chain.at().sequence, 0u);
}

// A journal that was only asked because ours was lost, and is refused, does not make us forget where we stood.
TEST_F(ChainTest, WhoRefusesALineageIsAskedAgainFromWhereItStood) {
  const Position ours = upstream_.journal().durable();
  const absl::Status not_there = MakeError(Reason::DATA_LOSS, "after", "", "the position is not in this journal");
  callbacks_.on_data_loss = [](const Lost&) { return Position{}; };
  absl::Status verdict = absl::FailedPreconditionError("another journal");
  callbacks_.on_lineage = [&](const journal::Lineage&) { return verdict; };
  Chain chain("plan", ours);
  for (int again = 0; again < 2; ++again) {
    ASSERT_EQ(chain.Begin(), ours);
    ASSERT_TRUE(chain.End(not_there, callbacks_));
    ASSERT_EQ(chain.Begin(), Position{});
    ASSERT_EQ(chain.Take(message_, callbacks_), verdict);
    EXPECT_FALSE(chain.End(verdict, callbacks_));
  }
  EXPECT_THAT(taken_, ::testing::IsEmpty());
  // A stream that breaks before it says whose journal it is leaves it at that.
  ASSERT_TRUE(chain.End(not_there, callbacks_));
  EXPECT_FALSE(chain.End(absl::UnavailableError("gone"), callbacks_));
  EXPECT_EQ(chain.Begin(), Position{});
  // Once a lineage is accepted, what was lost is gone; a later one that is refused changes nothing.
  verdict = absl::OkStatus();
  ASSERT_THAT(chain.Take(message_, callbacks_), IsOk());
  EXPECT_EQ(chain.at().sequence, ours.sequence);
}

// Where the upstream's journal ends comes with its word, so that the owner can tell an older copy from a restored journal.
TEST_F(ChainTest, TellsTheOwnerWhereTheJournalEnds) {
  const Position end = upstream_.journal().durable();
  const absl::Status refused = upstream_.journal().ReadBlocks({end.journal_id, end.sequence + 5, {}}, 1).status();
  Chain chain("plan", {end.journal_id, end.sequence + 5, {}});
  Lost told;
  callbacks_.on_data_loss = [&](const Lost& lost) {
    told = lost;
    return Position{end.journal_id, end.sequence + 5, {}};
  };
  ASSERT_TRUE(chain.End(refused, callbacks_));
  ASSERT_TRUE(told.end.has_value());
  EXPECT_EQ(told.end->journal_id, upstream_.journal().identity().id);
  EXPECT_EQ(told.end->sequence, end.sequence);
  EXPECT_EQ(chain.Begin().sequence, end.sequence + 5) << "the owner stays where it is";
  for (const char* other : {"", "x/1", "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff/", "00112233445566778899aabbccddeeff/-1"}) {
    ASSERT_TRUE(chain.End(MakeError({.reason = Reason::DATA_LOSS, .field = "after", .message = "m", .candidates = {other}}), callbacks_));
    EXPECT_FALSE(told.end.has_value()) << other;
  }
}

}  // namespace
}  // namespace anju::feed
