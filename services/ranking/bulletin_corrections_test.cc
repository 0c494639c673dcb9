// What becomes of an issued bulletin: compared, corrected, composed again, listed, followed.
#include <algorithm>
#include <future>
#include <mutex>

#include <gtest/gtest.h>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "anju/ranking/v1/event.pb.h"
#include "common/feed/feed.h"
#include "common/journal/format.h"
#include "services/ranking/bulletins_fixture.h"

namespace anju::ranking {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;
using testing::WaitUntil;

class Corrections : public BulletinsServer {
 protected:
  void SetUp() override {
    ASSERT_THAT(Define(), IsOk());
    ASSERT_OK_AND_ASSIGN(first_, DraftAndIssue());
  }
  absl::StatusOr<v1::DiffBulletinResponse> Diff(const std::string& number, const std::string& at = "") {
    v1::DiffBulletinRequest request;
    request.set_number(number);
    request.mutable_view()->set_at(at);
    return Client().DiffBulletin(request);
  }
  v1::BulletinRecord first_;
};

TEST_F(Corrections, ADiffNamesTheFiguresThatReadOtherwiseAtAnotherBasis) {
  const std::string issued_at = Token();
  ASSERT_OK_AND_ASSIGN(const auto same, Diff(first_.number()));
  EXPECT_EQ(same.changes_size(), 0);
  EXPECT_EQ(same.content(), first_.content());
  SetStarts(kWeixi, 1000);
  ASSERT_OK_AND_ASSIGN(const auto changed, Diff(first_.number()));
  std::vector<std::string> cells;
  for (const v1::FigureChange& change : changed.changes()) {
    if (change.region() == "533423" && change.id().starts_with("starts.")) cells.push_back(change.id() + " " + change.before() + " → " + change.after());
  }
  EXPECT_THAT(cells, ::testing::Contains("starts.533423.numerator 900 → 1000"));
  EXPECT_THAT(cells, ::testing::Contains("starts.533423.value 61.02 → 67.80"));
  EXPECT_THAT(cells, ::testing::Contains("starts.533423.rank 3 → 1"));
  EXPECT_EQ(changed.changes(0).programme(), "all");
  EXPECT_EQ(changed.changes(0).indicator(), "starts");
  EXPECT_EQ(changed.changes(0).plan_year(), "2017");
  EXPECT_EQ(changed.basis().token(), Token());
  EXPECT_EQ(changed.bulletin_basis().token(), issued_at);
  ASSERT_OK_AND_ASSIGN(const auto then, Diff(first_.number(), issued_at));
  EXPECT_EQ(then.changes_size(), 0);
  EXPECT_THAT(Diff("无此文号"), HasReason(Reason::UNKNOWN_BULLETIN));
  EXPECT_THAT(Diff(first_.number(), "AAAA").ok(), false);
}

TEST_F(Corrections, ACorrectionNamesTheOldBulletinAndItsChangesAndCanBeCorrectedItself) {
  EXPECT_THAT(Correct(first_.number()), HasReasonAt(Reason::NOTHING_TO_CORRECT, "number"));
  EXPECT_THAT(Correct("无此文号"), HasReason(Reason::UNKNOWN_BULLETIN));
  SetStarts(kWeixi, 1000);
  ASSERT_OK_AND_ASSIGN(const auto draft, Correct(first_.number(), "correct-1"));
  EXPECT_EQ(draft.corrects(), first_.number());
  EXPECT_EQ(draft.title(), "迪庆州办公室关于更正迪安居通〔2017〕1号的通报");
  ASSERT_OK_AND_ASSIGN(const auto content, bulletin::ParseCanonical(draft.content()));
  ASSERT_TRUE(content.corrects);
  EXPECT_EQ(content.corrects->number, first_.number());
  EXPECT_EQ(content.corrects->date, "2017-07-04");
  EXPECT_EQ(content.corrects->sha256, first_.sha256());
  EXPECT_GT(content.corrects->changes.size(), 3u);
  EXPECT_THAT(Printed(content.annexes.at(0)), HasSubstr("维西县 1475 1000 67.80 1|"));
  ASSERT_OK_AND_ASSIGN(const auto again, Correct(first_.number(), "correct-1"));
  EXPECT_EQ(again.SerializeAsString(), draft.SerializeAsString());

  ASSERT_OK_AND_ASSIGN(const auto second, Issue(IssueRequest(draft.draft(), "2017-08-01")));
  EXPECT_EQ(second.number(), "迪安居通〔2017〕2号");
  EXPECT_EQ(second.corrects(), first_.number());
  ASSERT_OK_AND_ASSIGN(const auto old, Get(first_.number()));
  EXPECT_THAT(old.corrected_by(), ElementsAre(second.number()));
  EXPECT_EQ(old.content(), first_.content()) << "an issued bulletin never changes";
  ASSERT_OK_AND_ASSIGN(const auto unchanged, Diff(second.number()));
  EXPECT_EQ(unchanged.changes_size(), 0);
  EXPECT_EQ(unchanged.content(), second.content());
  EXPECT_THAT(Correct(second.number()), HasReason(Reason::NOTHING_TO_CORRECT));

  SetStarts(kWeixi, 1475);
  ASSERT_OK_AND_ASSIGN(const auto third_draft, Correct(second.number()));
  ASSERT_OK_AND_ASSIGN(const auto third, Issue(IssueRequest(third_draft.draft(), "2017-09-01")));
  ASSERT_OK_AND_ASSIGN(const auto third_content, bulletin::ParseCanonical(third.content()));
  EXPECT_EQ(third_content.corrects->number, second.number());
  EXPECT_EQ(third_content.corrects->sha256, second.sha256());
  const auto changes = third_content.corrects->changes;
  EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [](const bulletin::Change& change) {
    return change.id == "starts.533423.numerator" && change.before == "1000" && change.after == "1475";
  }));

  // A draft of a correction is outdated by newer figures like any other.
  SetStarts(kWeixi, 1400);
  ASSERT_OK_AND_ASSIGN(const auto fourth, Correct(third.number()));
  SetStarts(kWeixi, 1410);
  EXPECT_THAT(Issue(IssueRequest(fourth.draft())), HasReason(Reason::DRAFT_OUTDATED));
  Restart();
  ASSERT_OK_AND_ASSIGN(const auto kept, Get(first_.number()));
  EXPECT_THAT(kept.corrected_by(), ElementsAre(second.number()));
}

TEST_F(Corrections, WhatWasIssuedIsComposedAgainByteForByteWhateverCameSince) {
  SetStarts(kWeixi, 1000);
  ASSERT_OK_AND_ASSIGN(const auto draft, Correct(first_.number()));
  ASSERT_OK_AND_ASSIGN(const auto second, Issue(IssueRequest(draft.draft(), "2017-08-01")));
  for (int i = 0; i < 5; ++i) SetStarts(kShangri, 1300 + i);
  // Once by the stored template, once by its source alone.
  for (const bool by_source : {false, true}) {
    for (const auto& [bulletin, corrected] : {std::pair(first_, std::string()), std::pair(second, first_.content())}) {
      v1::ComposeBulletinRequest request;
      if (by_source) {
        request.set_source(kMonthly);
      } else {
        request.set_template_code("starts-monthly");
      }
      request.set_template_version(1);
      request.set_as_of(bulletin.parameters().as_of());
      *request.mutable_basis() = bulletin.basis().basis();
      request.set_number(bulletin.number());
      request.set_date(bulletin.date());
      request.set_corrected(corrected);
      ASSERT_OK_AND_ASSIGN(const auto composed, Client().ComposeBulletin(request));
      EXPECT_EQ(composed.content(), bulletin.content());
      EXPECT_EQ(composed.sha256(), bulletin.sha256());
    }
  }
  v1::ComposeBulletinRequest request;
  request.set_as_of("2017-06-30");
  EXPECT_THAT(Client().ComposeBulletin(request), HasReasonAt(Reason::MISSING_FIELD, "template_code"));
  request.set_source(kMonthly);
  request.set_corrected("{}");
  EXPECT_THAT(Client().ComposeBulletin(request), HasReason(Reason::TAMPERED));
  request.clear_corrected();
  request.mutable_basis()->mutable_plan()->set_journal_id("zz");
  EXPECT_THAT(Client().ComposeBulletin(request), HasReason(Reason::BAD_TOKEN));
  request.clear_basis();
  *request.mutable_basis() = first_.basis().basis();
  request.mutable_view()->set_known_on("2017-07-01");
  EXPECT_THAT(Client().ComposeBulletin(request), HasReasonAt(Reason::BAD_VALUE, "basis"));
}

TEST_F(Corrections, ListsGoPageByPageInTheOrderOfTheJournal) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(DraftAndIssue(), IsOk());
  ASSERT_THAT(Draft(), IsOk());
  const auto listed = [&](bool drafts, int page_size, const std::string& region = "") {
    std::vector<std::string> lines;
    v1::ListBulletinsRequest request;
    request.set_drafts(drafts);
    request.set_page_size(page_size);
    request.set_region(region);
    do {
      auto page = Client().ListBulletins(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      EXPECT_LE(page->bulletins_size(), page_size == 0 ? 100 : page_size);
      for (const v1::BulletinRecord& record : page->bulletins()) {
        EXPECT_EQ(record.content(), "");
        lines.push_back(record.number().empty() ? "draft " + std::to_string(record.draft()) : record.number());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  };
  const std::vector<std::string> issued = {"迪安居通〔2017〕1号", "迪安居通〔2017〕2号", "迪安居通〔2017〕3号", "迪安居通〔2017〕4号"};
  EXPECT_EQ(listed(false, 0), issued);
  EXPECT_EQ(listed(false, 1), issued);
  EXPECT_EQ(listed(false, 3, "迪庆藏族自治州"), issued);
  EXPECT_EQ(listed(false, 3, "533401").size(), 0u);
  EXPECT_EQ(listed(true, 2).size(), 9u);
  EXPECT_EQ(listed(true, 2).front(), "draft 1");
  EXPECT_EQ(listed(true, 2).back(), "draft 5");
  v1::ListBulletinsRequest request;
  request.set_page_size(1'001);
  EXPECT_THAT(Client().ListBulletins(request), HasReasonAt(Reason::BAD_VALUE, "page_size"));
  request.set_page_size(0);
  request.set_page_token("x");
  EXPECT_THAT(Client().ListBulletins(request), HasReasonAt(Reason::BAD_TOKEN, "page_token"));
  request.clear_page_token();
  request.set_region("某州");
  EXPECT_THAT(Client().ListBulletins(request), HasReasonAt(Reason::UNKNOWN_REGION, "region"));
  EXPECT_THAT(Get("迪安居通〔2017〕9号"), HasReasonAt(Reason::UNKNOWN_BULLETIN, "number"));
  EXPECT_THAT(Get("", 9), HasReasonAt(Reason::UNKNOWN_BULLETIN, "draft"));
  EXPECT_THAT(Get("", 0), HasReasonAt(Reason::MISSING_FIELD, "number"));
  EXPECT_THAT(Get("迪安居通〔2017〕1号", 1), HasReasonAt(Reason::BAD_VALUE, "draft"));
}

TEST_F(Corrections, TheFeedHandsOverTheEventsOfTheJournalUnchanged) {
  std::mutex mutex;
  std::vector<v1::Event> events;
  journal::Hash chain{};
  journal::Position end;
  feed::Follower follower("test", rpc::Connect(ranking_->address()), {},
                          {.on_block =
                               [&](const journal::BlockView& block, std::string_view bytes, const journal::Position& after) {
                                 const std::lock_guard lock(mutex);
                                 if (!events.empty() && block.previous_hash != chain) return absl::DataLossError("the chain is broken");
                                 if (!journal::DecodeBlock(bytes).ok()) return absl::DataLossError("a block is damaged");
                                 for (std::string_view event : block.events) {
                                   EXPECT_TRUE(events.emplace_back().ParseFromArray(event.data(), static_cast<int>(event.size())));
                                   EXPECT_EQ(events.back().SerializeAsString(), event);
                                 }
                                 chain = block.hash;
                                 end = after;
                                 return absl::OkStatus();
                               },
                           .on_bookmark = {}, .on_fresh = {}, .on_data_loss = {}});
  ASSERT_TRUE(WaitUntil([&] {
    const std::lock_guard lock(mutex);
    return events.size() >= 3;
  }));
  const std::lock_guard lock(mutex);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].template_().source(), kMonthly);
  EXPECT_EQ(events[1].draft().draft(), 1u);
  EXPECT_EQ(events[2].issued().content(), first_.content());
  EXPECT_EQ(events[2].issued().number(), first_.number());
  EXPECT_EQ(events[2].issued().ordinal(), 1u);
  EXPECT_EQ(events[2].actor(), "local");
  EXPECT_EQ(rpc::ToProto(end).SerializeAsString(), first_.position().SerializeAsString());
}

// The graph of the server without the wire, to speak as another caller and to hold calls.
class BulletinHandlers : public ::testing::Test {
 protected:
  BulletinHandlers() : aggregator_(World()), server_({&aggregator_}, "aggregator") {
    disk_ = *storage::OpenRocksDisk(directory_.path());
    store_ = *Store::Open(*disk_);
    store_->Replace(World().Snapshot());
    pipeline_ = *journal::Pipeline::Open(*disk_, "ranking", 1, model_, RealClock(), {});
    Open();
  }
  void Open() {
    bulletins_ = std::make_unique<Bulletins>(*store_, ConnectColumns(rpc::Connect(server_.address()), server_.address()), model_, *pipeline_);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(void (Bulletins::*method)(const rpc::Caller&, const Request&, Bulletins::Deadline, rpc::Finish<Response>),
                               const Request& request, const rpc::Caller& caller) {
    std::promise<absl::StatusOr<Response>> answer;
    ((*bulletins_).*method)(caller, request, std::chrono::system_clock::now() + std::chrono::seconds(10),
                            [&](absl::StatusOr<Response> response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }

  testing::TempDir directory_;
  TestAggregator aggregator_;
  testing::ServerFixture server_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Store> store_;
  BulletinsModel model_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<Bulletins> bulletins_;
};

TEST_F(BulletinHandlers, RefuseACallerWhoseSubtreeDoesNotCoverTheRegionOrWhoMayOnlyRead) {
  const rpc::Caller planner{.identity = "office", .role = rpc::Role::kPlanner, .region = "533400"};
  const rpc::Caller reader{.identity = "reader", .role = rpc::Role::kAnalyst, .region = "533400"};
  const rpc::Caller county{.identity = "county", .role = rpc::Role::kPlanner, .region = "533422"};
  v1::DefineTemplateRequest define;
  const auto no_milestone = [&] {  // the world of these tests has none
    std::string source = kMonthly;
    source.replace(source.find("below: june"), 11, "below: '50'");
    return source;
  };
  define.set_source(no_milestone());
  v1::DraftBulletinRequest draft;
  draft.set_template_code("starts-monthly");
  draft.set_as_of("2017-06-30");
  v1::IssueBulletinRequest issue;
  issue.set_draft(1);
  v1::DraftCorrectionRequest correct;
  correct.set_number("迪安居通〔2017〕1号");
  issue.set_date("2017-07-04");
  v1::GetBulletinRequest get;
  get.set_draft(1);
  for (const rpc::Caller& caller : {reader, county, rpc::Caller{.identity = "nobody", .role = rpc::Role::kPlanner, .region = ""}}) {
    EXPECT_THAT(Ask(&Bulletins::DefineTemplate, define, caller), HasReason(Reason::NOT_ALLOWED));
  }
  ASSERT_THAT(Ask(&Bulletins::DefineTemplate, define, planner), IsOk());
  for (const rpc::Caller& caller : {reader, county}) EXPECT_THAT(Ask(&Bulletins::DraftBulletin, draft, caller), HasReason(Reason::NOT_ALLOWED));
  ASSERT_THAT(Ask(&Bulletins::DraftBulletin, draft, planner), IsOk());
  for (const rpc::Caller& caller : {reader, county}) EXPECT_THAT(Ask(&Bulletins::IssueBulletin, issue, caller), HasReason(Reason::NOT_ALLOWED));
  ASSERT_THAT(Ask(&Bulletins::IssueBulletin, issue, planner), IsOk());
  for (const rpc::Caller& caller : {reader, county}) EXPECT_THAT(Ask(&Bulletins::DraftCorrection, correct, caller), HasReason(Reason::NOT_ALLOWED));

  v1::ComposeBulletinRequest compose;
  compose.set_source(define.source());
  compose.set_as_of("2017-06-30");
  v1::DiffBulletinRequest diff;
  diff.set_number(correct.number());
  v1::GetTemplateRequest get_template;
  get_template.set_code("starts-monthly");
  EXPECT_THAT(Ask(&Bulletins::ComposeBulletin, compose, reader), IsOk());
  EXPECT_THAT(Ask(&Bulletins::ComposeBulletin, compose, county), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Ask(&Bulletins::GetBulletin, get, reader), IsOk());
  EXPECT_THAT(Ask(&Bulletins::GetBulletin, get, county), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Ask(&Bulletins::DiffBulletin, diff, reader), IsOk());
  EXPECT_THAT(Ask(&Bulletins::DiffBulletin, diff, county), HasReason(Reason::NOT_ALLOWED));
  EXPECT_THAT(Ask(&Bulletins::GetTemplate, get_template, county), HasReason(Reason::NOT_ALLOWED));
  EXPECT_EQ(Ask(&Bulletins::ListTemplates, v1::ListTemplatesRequest(), county)->templates_size(), 0);
  EXPECT_EQ(Ask(&Bulletins::ListBulletins, v1::ListBulletinsRequest(), county)->bulletins_size(), 0);
  EXPECT_EQ(Ask(&Bulletins::ListBulletins, v1::ListBulletinsRequest(), reader)->bulletins_size(), 1);
}

TEST_F(BulletinHandlers, SixtyFourCompositionsAreUnderWayAtMostAndTheEndSendsEverybodyHome) {
  World ahead;
  ahead.plan_sequence = 1'000;
  v1::ComposeBulletinRequest request;
  request.set_source(kMonthly);
  request.set_as_of("2017-06-30");
  request.set_at_least(ahead.Stamp().token());  // never applied
  std::mutex mutex;
  std::vector<absl::Status> answers;
  const rpc::Caller local{.identity = "local", .role = rpc::Role::kOperator, .everywhere = true};
  for (size_t i = 0; i <= kCompositionsMax; ++i) {
    bulletins_->ComposeBulletin(local, request, std::chrono::system_clock::now() + std::chrono::minutes(5), [&](absl::StatusOr<v1::ComposeBulletinResponse> answer) {
      const std::lock_guard lock(mutex);
      answers.push_back(answer.status());
    });
  }
  {
    const std::lock_guard lock(mutex);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_THAT(answers[0], HasReason(Reason::OVERLOADED));
  }
  bulletins_.reset();
  ASSERT_EQ(answers.size(), kCompositionsMax + 1);
  EXPECT_THAT(answers.back(), HasReason(Reason::UNAVAILABLE));
  Open();
  request.clear_at_least();
  EXPECT_THAT(Ask(&Bulletins::ComposeBulletin, request, rpc::Caller{}), HasReason(Reason::NOT_ALLOWED));
}

TEST(BulletinHandlersWithoutFigures, SayThatNothingWasReceivedYet) {
  testing::TempDir directory;
  ASSERT_OK_AND_ASSIGN(auto server, Server::Start({directory.path(), "127.0.0.1:0", "127.0.0.1:1"}));
  const client::BulletinClient client(server->address());
  v1::DefineTemplateRequest define;
  define.set_source(kMonthly);
  EXPECT_THAT(client.DefineTemplate(define), HasReason(Reason::NOT_READY));
  v1::ComposeBulletinRequest compose;
  compose.set_source(kMonthly);
  compose.set_as_of("2017-06-30");
  EXPECT_THAT(client.ComposeBulletin(compose), HasReason(Reason::NOT_READY));
  EXPECT_THAT(client.ListBulletins({}), IsOk());
}

}  // namespace
}  // namespace anju::ranking
