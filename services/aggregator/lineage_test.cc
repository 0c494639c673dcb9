// Journals that are restored under a running aggregator: what it has before the fork stays, what was beyond comes again, and old names keep their meaning.
#include <algorithm>
#include <filesystem>

#include "services/aggregator/server_for_tests.h"

namespace anju::aggregator {
namespace {

using anju::testing::HasReason;
using anju::testing::HasReasonAt;
using anju::testing::IsOk;
using anju::testing::WaitUntil;
using testing::Find;
using testing::k2017;
using testing::ServerTest;

class LineageTest : public ServerTest {
 protected:
  absl::StatusOr<v1::GetRollupResponse> At(const std::string& token, int deadline_ms = 10'000) {
    v1::GetRollupRequest request;
    request.set_region("C");
    request.set_year("2017");
    request.mutable_view()->set_at(token);
    return GetRollup(request, deadline_ms);
  }
  int64_t ActualOfB(const v1::GetRollupResponse& response) {
    const v1::Cell* cell = Find(response.cells(), {1, 3, 1, k2017});
    return cell == nullptr ? -1 : cell->actual();
  }
};

TEST_F(LineageTest, WhatWasAppliedBeforeTheForkStaysAndOldNamesAnswerTheSameBytes) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4, MakeDate(2017, 5, 31), UpdateKind::kCumulative, {.flags = {}, .explanation = "初报"});
  const std::string old = Token();
  ASSERT_OK_AND_ASSIGN(const auto before, At(old));
  ASSERT_OK_AND_ASSIGN(const std::string dump, Dump(*stub_, old));

  progress_.RestoreAt(progress_at_.sequence);
  plan_.RestoreAt(plan_at_.sequence);
  ASSERT_OK_AND_ASSIGN(const auto after, At(old));
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
  Report({2, 3, 1, k2017}, 9);
  EXPECT_NE(progress_at_.journal_id, rpc::FromProto(after.basis().basis().progress(0))->journal_id);
  ASSERT_OK_AND_ASSIGN(const auto grown, Rollup("C", "2017", Token()));
  EXPECT_EQ(ActualOfB(grown), 9);
  ASSERT_OK_AND_ASSIGN(const auto again, At(old));
  EXPECT_EQ(again.SerializeAsString(), before.SerializeAsString()) << "the same basis, the same bytes";
  ASSERT_OK_AND_ASSIGN(const auto by_at_least, Rollup("C", "2017", old));
  EXPECT_EQ(ActualOfB(by_at_least), 9);

  // The same after a restart that reaches nobody: the names are stored.
  server_ = nullptr;
  progress_.Stop();
  plan_.Stop();
  StartServer();
  ASSERT_OK_AND_ASSIGN(const auto alone, At(old));
  EXPECT_EQ(alone.SerializeAsString(), before.SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const auto newest, Rollup("C", "2017", Token()));
  EXPECT_EQ(ActualOfB(newest), 9);

  // And one that derives everything anew says the same of the past.
  server_ = nullptr;
  anju::testing::TempDir fresh;
  plan_.Serve();
  progress_.Serve();
  auto server = Server::Start(OptionsOf(fresh.path()));
  ASSERT_THAT(server, IsOk());
  server_ = *std::move(server);
  stub_ = v1::AggregatorService::NewStub(rpc::Connect(server_->address()));
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto rebuilt, At(old));
  EXPECT_EQ(rebuilt.SerializeAsString(), before.SerializeAsString());
  server_ = nullptr;  // before its directory
}

TEST_F(LineageTest, WhatWasAppliedBeyondTheForkComesAgainAndItsTokensAreRolledBack) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4, MakeDate(2017, 5, 31));
  const journal::Position kept = progress_at_;
  const std::string old = Token();
  Report({2, 3, 1, k2017}, 9);
  const std::string lost = Token();
  ASSERT_OK_AND_ASSIGN(const auto before, At(old));
  ASSERT_OK_AND_ASSIGN(const auto known, Rollup("C", "2017", lost));
  ASSERT_EQ(ActualOfB(known), 9);

  progress_.RestoreAt(kept.sequence);
  ASSERT_TRUE(WaitUntil([&] { return ::anju::HasReason(At(lost, 500).status(), Reason::ROLLED_BACK); }));
  EXPECT_THAT(At(lost), HasReasonAt(Reason::ROLLED_BACK, "at"));
  EXPECT_THAT(Rollup("C", "2017", lost), HasReasonAt(Reason::ROLLED_BACK, "at_least")) << "and at once, not at the deadline";
  ASSERT_OK_AND_ASSIGN(const auto after, At(old));
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(ActualOfB(after), 4);
  progress_at_ = kept;
  EXPECT_THAT(At(TokenOf(plan_at_, {journal::JournalId{7}, 1, {}})), HasReason(Reason::UNKNOWN_BASIS)) << "of nobody's journal, as ever";
}

// Frames: a follower learns the lineage before anything that is named by it, goes on over a fork, and gets a snapshot if it was beyond.
TEST_F(LineageTest, FollowersOfFramesLearnTheLineage) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4, MakeDate(2017, 5, 31));
  const journal::Position kept = progress_at_;
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  v1::FollowFramesRequest request;
  *request.mutable_from() = *rpc::ParseToken(Token());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto reader = stub_->FollowFrames(&context, request);
  v1::Frame frame;
  ASSERT_TRUE(reader->Read(&frame));
  EXPECT_FALSE(frame.snapshot());
  EXPECT_EQ(frame.lineages_size(), 0) << "no journal continues another";

  progress_.RestoreAt(kept.sequence);
  Report({2, 3, 1, k2017}, 9);
  rpc::Lineages lineages;
  while (frame.to().basis().progress(0).journal_id() != journal::ToHex(progress_at_.journal_id)) {
    ASSERT_TRUE(reader->Read(&frame));
    EXPECT_FALSE(frame.snapshot()) << "nothing was lost";
    for (const auto& lineage : frame.lineages()) lineages.Add(lineage);
  }
  EXPECT_TRUE(rpc::Includes(frame.to().basis(), *request.mutable_from(), lineages));
  EXPECT_TRUE(lineages.AreOne(journal::ToHex(kept.journal_id), journal::ToHex(progress_at_.journal_id)));
  context.TryCancel();
  reader->Finish();

  // A follower that stood beyond the fork: everything it has is replaced.
  v1::FollowFramesRequest lost;
  *lost.mutable_from() = *request.mutable_from();
  lost.mutable_from()->mutable_progress(0)->set_sequence(kept.sequence + 100);
  grpc::ClientContext second;
  second.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto again = stub_->FollowFrames(&second, lost);
  ASSERT_TRUE(again->Read(&frame));
  EXPECT_TRUE(frame.snapshot());
  EXPECT_EQ(frame.lineages_size(), 1);
  second.TryCancel();
  again->Finish();
}

// Plan alone was restored, to before what figures were decided under: nothing of that is added up, and the status says what to do.
TEST_F(LineageTest, FiguresDecidedUnderALostPlanAreNotAddedUp) {
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4, MakeDate(2017, 5, 31));
  const journal::Position kept = plan_at_, first = progress_at_;
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  plan_at_ = plan_.Append({testing::DocumentEvent("文1", {})});
  Report({2, 3, 1, k2017}, 9);
  ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
  plan_.RestoreAt(kept.sequence);
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().find("restore progress") != std::string::npos; })) << Status().following(1).problem();
  ASSERT_OK_AND_ASSIGN(const auto now, Rollup("C", "2017", ""));
  EXPECT_EQ(ActualOfB(now), 4);
  // Restored from the same backup, progress fits again.
  progress_.RestoreAt(first.sequence);
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().empty(); })) << Status().following(1).problem();
}

// Not restored, which would have given it a new id, but put back: the journal itself cannot tell, so whoever followed it does.
TEST_F(LineageTest, AnOlderCopyPutBackIsNotFollowedUntilTheNewerOneIsThere) {
  const auto name_of = [](const journal::Position& position) { return journal::ToHex(position.journal_id) + "/" + std::to_string(position.sequence); };
  const auto refused = [&] { return Status().following(1).problem().starts_with("ROLLED_BACK"); };
  Seed();
  StartServer();
  Report({2, 3, 1, k2017}, 4);
  progress_.Keep();
  const journal::Position older = progress_at_;
  Report({3, 3, 1, k2017}, 6);
  const journal::Position newest = progress_at_;
  const std::string token = Token();
  ASSERT_OK_AND_ASSIGN(const std::string dump, Dump(*stub_, token));

  progress_.PutBack();
  ASSERT_TRUE(WaitUntil(refused)) << Status().following(1).problem();
  const std::string problem = Status().following(1).problem();
  EXPECT_NE(problem.find(name_of(newest) + " was applied here"), std::string::npos) << problem;
  EXPECT_NE(problem.find("it ends at " + name_of(older)), std::string::npos) << problem;
  ASSERT_OK_AND_ASSIGN(const std::string kept, Dump(*stub_, token));
  EXPECT_EQ(kept, dump) << "what was acknowledged is still answered";

  // As long again, it has another hash there; and a restart forgets nothing.
  Report({2, 3, 1, k2017}, 5);
  Report({2, 3, 1, k2017}, 7);
  ASSERT_GE(progress_at_.sequence, newest.sequence);
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().find(name_of(progress_at_)) != std::string::npos; }));
  server_ = nullptr;
  StartServer();
  ASSERT_TRUE(WaitUntil(refused)) << Status().following(1).problem();
  ASSERT_OK_AND_ASSIGN(const std::string restarted, Dump(*stub_, token));
  EXPECT_EQ(restarted, dump);

  const journal::Position regrown = progress_at_;
  progress_.PutBack();
  ASSERT_TRUE(WaitUntil([&] { return Status().following(1).problem().empty(); })) << Status().following(1).problem();
  Report({3, 3, 1, k2017}, 9);
  ASSERT_OK_AND_ASSIGN(const auto went_on, Rollup("C", "2017", Token()));
  EXPECT_EQ(ActualOfB(went_on), 13);

  // Who gives up what is lost removes what was derived from it.
  progress_.PutBack();
  ASSERT_TRUE(WaitUntil(refused)) << Status().following(1).problem();
  server_ = nullptr;
  std::filesystem::remove_all(directory_ / "state");
  StartServer();
  progress_at_ = regrown;
  ASSERT_OK_AND_ASSIGN(const auto given_up, Rollup("C", "2017", Token()));
  EXPECT_EQ(ActualOfB(given_up), 7);
  EXPECT_EQ(Status().following(1).problem(), "");
}

TEST_F(LineageTest, TwiceInARow) {
  Seed();
  StartServer();
  std::vector<std::string> tokens;
  std::vector<std::string> answers;
  for (int64_t round = 1; round <= 3; ++round) {
    Report({2, 3, 1, k2017}, 4 * round, MakeDate(2017, 5, static_cast<int>(round)));
    tokens.push_back(Token());
    ASSERT_THAT(Rollup("C", "2017", Token()), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto answer, At(tokens.back()));
    EXPECT_EQ(ActualOfB(answer), 4 * round);
    answers.push_back(answer.SerializeAsString());
    progress_.RestoreAt(progress_at_.sequence);
    progress_.RestoreAt(progress_at_.sequence);  // and once more, with nothing in between
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const auto answer, At(tokens[i]));
    EXPECT_EQ(answer.SerializeAsString(), answers[i]) << i;
  }
}

}  // namespace
}  // namespace anju::aggregator
