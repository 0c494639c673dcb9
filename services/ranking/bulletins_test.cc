// Templates, drafts and issuing as a clerk sees them: a real server with its journal, over a small real aggregator.
#include "services/ranking/bulletins.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/ranking/bulletins_fixture.h"
#include "services/ranking/store/schema.h"

namespace anju::ranking {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

std::string Edited(const std::string& from, const std::string& to) { return absl::StrReplaceAll(kMonthly, {{from, to}}); }

TEST_F(BulletinsServer, ATemplateHasVersionsAndTheSameSourceIsUnchanged) {
  ASSERT_OK_AND_ASSIGN(const auto first, Define());
  EXPECT_EQ(first.template_().code(), "starts-monthly");
  EXPECT_EQ(first.template_().version(), 1u);
  EXPECT_EQ(first.template_().region(), "533400");
  EXPECT_EQ(first.template_().title(), "关于{year}年{month}月开工情况的通报");
  EXPECT_THAT(first.template_().tables(), ElementsAre("starts", "moved"));
  EXPECT_EQ(first.template_().sha256(), bulletin::Sha256Hex(kMonthly));
  EXPECT_EQ(first.template_().actor(), "local");
  EXPECT_FALSE(first.unchanged());

  ASSERT_OK_AND_ASSIGN(const auto again, Define());
  EXPECT_TRUE(again.unchanged());
  EXPECT_EQ(again.template_().version(), 1u);
  const std::string changed = Edited("未到要求的是", "落后的是");
  ASSERT_OK_AND_ASSIGN(const auto judged, Define(changed, "", true));
  EXPECT_EQ(judged.template_().version(), 2u);
  ASSERT_OK_AND_ASSIGN(const auto before, Client().ListTemplates({}));
  EXPECT_EQ(before.templates(0).version(), 1u) << "a dry run records nothing";
  ASSERT_OK_AND_ASSIGN(const auto second, Define(changed));
  EXPECT_EQ(second.template_().version(), 2u);

  ASSERT_OK_AND_ASSIGN(const auto newest, Client().ListTemplates({}));
  ASSERT_EQ(newest.templates_size(), 1);
  EXPECT_EQ(newest.templates(0).version(), 2u);
  EXPECT_EQ(newest.templates(0).source(), "");
  v1::GetTemplateRequest request;
  request.set_code("starts-monthly");
  request.set_version(1);
  request.set_as_of("2017-06-30");
  ASSERT_OK_AND_ASSIGN(const auto old, Client().GetTemplate(request));
  EXPECT_EQ(old.template_().source(), kMonthly);
  ASSERT_EQ(old.template_().definitions_size(), 2);
  EXPECT_EQ(old.template_().definitions(0).definition().year(), "2017");
  EXPECT_EQ(old.template_().definitions(1).since(), "2017-05-31");
  request.set_version(3);
  EXPECT_THAT(Client().GetTemplate(request), HasReason(Reason::UNKNOWN_TEMPLATE));
}

TEST_F(BulletinsServer, ATemplateThatNamesWhatIsNotThereIsRefusedWithTheLine) {
  const auto refused = [&](const std::string& source, Reason reason, uint32_t line) {
    const absl::Status status = Define(source).status();
    EXPECT_THAT(status, HasReason(reason));
    EXPECT_EQ(ErrorsOf(status).front().line, line) << status;
  };
  refused("template: [", Reason::BAD_TEMPLATE, 1);
  refused(Edited("indicator: starts, year: \"{year}\", by: rate", "indicator: strats, year: \"{year}\", by: rate"), Reason::UNKNOWN_INDICATOR, 10);
  refused(Edited("全州开工", "全州开工2294套即"), Reason::UNBOUND_NUMBER, 27);
  refused(Edited("{starts.total.value}", "{starts.total.speed}"), Reason::UNKNOWN_CELL, 27);
  EXPECT_THAT(Define(Edited("region: 迪庆藏族自治州", "region: 某州")), HasReasonAt(Reason::UNKNOWN_REGION, "region"));
  EXPECT_THAT(Define(std::string(kTemplateBytesMax + 1, '#')), HasReasonAt(Reason::MESSAGE_TOO_LARGE, "source"));
  EXPECT_THAT(Define(""), HasReasonAt(Reason::MISSING_FIELD, "source"));
  EXPECT_THAT(Draft(), HasReason(Reason::UNKNOWN_TEMPLATE));
}

TEST_F(BulletinsServer, ADraftSaysWhatTheTablesSayAtOneBasisAndNothingOfNow) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft());
  EXPECT_EQ(draft.draft(), 1u);
  EXPECT_EQ(draft.title(), "关于2017年6月开工情况的通报");
  EXPECT_EQ(draft.region(), "533400");
  EXPECT_EQ(draft.sha256(), bulletin::Sha256Hex(draft.content()));
  EXPECT_EQ(draft.position().sequence(), 2u);
  EXPECT_EQ(draft.position().block_hash().size(), 32u);
  ASSERT_OK_AND_ASSIGN(const auto content, bulletin::ParseCanonical(draft.content()));
  EXPECT_EQ(Printed(content.annexes.at(0)), "香格里拉市 2000 1241 62.05 1|德钦县 250 153 61.20 2|维西县 1475 900 61.02 3|");
  EXPECT_EQ(PlainText(content.body.at(0).runs), "截止2017年6月底，全州开工2294套，开工率为61.58%。");
  EXPECT_EQ(PlainText(content.body.at(1).runs), "未到要求的是：德钦县（61.20%）、维西县（61.02%）。");
  EXPECT_EQ(content.template_version, 1u);
  EXPECT_EQ(content.template_sha256, bulletin::Sha256Hex(kMonthly));
  EXPECT_EQ(content.region_name, "迪庆藏族自治州");
  EXPECT_EQ(content.review, "all");
  EXPECT_EQ(content.basis_token, Token());
  EXPECT_THAT(content.basis, ElementsAre(bulletin::JournalHead{"plan", std::string(32, 'a'), 1, absl::BytesToHexString(std::string(32, '\1')), 1, absl::BytesToHexString(std::string(32, '\x81'))}))
      << "nothing of the progress journal is applied";
  EXPECT_EQ(content.number, "");

  // The first answer fixes the basis; the second table is asked for at it, with the day that movement is since.
  const auto asked = aggregator_.columns_requests();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].moments_size(), 1);
  EXPECT_EQ(asked[0].moments(0).view().at(), "");
  ASSERT_EQ(asked[1].moments_size(), 2);
  EXPECT_EQ(asked[1].moments(0).view().at(), Token());
  EXPECT_EQ(asked[1].moments(1).as_of(), "2017-05-31");
  EXPECT_EQ(aggregator_.milestone_requests().back().view().at(), Token());

  // How fresh the answer is and when it was asked for change nothing.
  aggregator_.Edit([](World& world) { return world.complete_until_us = 1'600'000'000'000'000; });
  ASSERT_OK_AND_ASSIGN(const auto later, Draft());
  EXPECT_EQ(later.content(), draft.content());
  EXPECT_EQ(later.draft(), 2u);
}

TEST_F(BulletinsServer, RefusesParametersThatAreNone) {
  ASSERT_THAT(Define(), IsOk());
  EXPECT_THAT(Draft(DraftRequest("")), HasReasonAt(Reason::MISSING_FIELD, "as_of"));
  EXPECT_THAT(Draft(DraftRequest("2017-06-31")), HasReasonAt(Reason::BAD_DATE, "as_of"));
  EXPECT_THAT(Draft(DraftRequest("2190-06-30")), HasReasonAt(Reason::FUTURE_DATE, "as_of"));
  auto request = DraftRequest();
  request.set_at_least("?");
  EXPECT_THAT(Draft(request), HasReasonAt(Reason::BAD_TOKEN, "at_least"));
  request = DraftRequest();
  request.mutable_view()->set_at("AAAA");
  EXPECT_FALSE(Draft(request).ok());
  EXPECT_THAT(Draft(DraftRequest("1999-06-30")), HasReason(Reason::NO_FIGURES));
}

TEST_F(BulletinsServer, AnIssuedBulletinHasTheNextNumberOfItsYearAndIsIssuedOnce) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft());
  ASSERT_OK_AND_ASSIGN(const auto issued, Issue(IssueRequest(draft.draft())));
  EXPECT_EQ(issued.number(), "迪安居通〔2017〕1号");
  EXPECT_EQ(issued.date(), "2017-07-04");
  EXPECT_EQ(issued.draft(), 1u);
  EXPECT_EQ(issued.sha256(), bulletin::Sha256Hex(issued.content()));
  ASSERT_OK_AND_ASSIGN(const auto content, bulletin::ParseCanonical(issued.content()));
  ASSERT_OK_AND_ASSIGN(auto drafted, bulletin::ParseCanonical(draft.content()));
  drafted.number = issued.number();
  drafted.date = issued.date();
  EXPECT_EQ(content, drafted);

  const absl::Status twice = Issue(IssueRequest(draft.draft())).status();
  EXPECT_THAT(twice, HasReasonAt(Reason::BULLETIN_CONFLICT, "draft"));
  EXPECT_EQ(ErrorsOf(twice).front().value, "迪安居通〔2017〕1号");
  ASSERT_OK_AND_ASSIGN(const auto stored, Get("", draft.draft()));
  EXPECT_EQ(stored.issued_as(), "迪安居通〔2017〕1号");

  // A given number that the pattern makes takes its place in the row; one that it does not make is the next.
  ASSERT_OK_AND_ASSIGN(const auto sixth, DraftAndIssue("2017-07-05", "迪安居通〔2017〕6号"));
  ASSERT_OK_AND_ASSIGN(const auto seventh, DraftAndIssue("2017-07-06"));
  EXPECT_EQ(seventh.number(), "迪安居通〔2017〕7号");
  ASSERT_OK_AND_ASSIGN(const auto own, DraftAndIssue("2017-07-06", "迪安居办（特）甲号"));
  ASSERT_OK_AND_ASSIGN(const auto ninth, DraftAndIssue("2017-07-06"));
  EXPECT_EQ(ninth.number(), "迪安居通〔2017〕9号");
  ASSERT_OK_AND_ASSIGN(const auto next_year, DraftAndIssue("2018-01-05"));
  EXPECT_EQ(next_year.number(), "迪安居通〔2018〕1号");
  EXPECT_THAT(DraftAndIssue("2017-07-05", "迪安居通〔2017〕6号"), HasReasonAt(Reason::BULLETIN_CONFLICT, "number"));
  EXPECT_THAT(DraftAndIssue("2017-07-05", std::string(101, 'x')), HasReasonAt(Reason::BAD_VALUE, "number"));
  EXPECT_THAT(DraftAndIssue("2017-07-05", "a\nb"), HasReasonAt(Reason::BAD_VALUE, "number"));
  for (const char* unclear : {"D5", "-5", "5号\u3000", "5\u202e号", "5\u200b号"}) {
    EXPECT_THAT(DraftAndIssue("2017-07-05", unclear), HasReasonAt(Reason::BAD_VALUE, "number")) << unclear;
  }
}

TEST_F(BulletinsServer, TemplatesOfOnePatternShareItsNumbers) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_THAT(Define(Edited("starts-monthly", "starts-urgent")), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto first, DraftAndIssue());
  auto request = DraftRequest();
  request.set_template_code("starts-urgent");
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft(request));
  ASSERT_OK_AND_ASSIGN(const auto second, Issue(IssueRequest(draft.draft())));
  EXPECT_EQ(second.number(), "迪安居通〔2017〕2号");
}

TEST_F(BulletinsServer, IsDatedBetweenItsFiguresAndToday) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft());
  EXPECT_THAT(Issue(IssueRequest(draft.draft(), "2017-06-29")), HasReasonAt(Reason::BAD_VALUE, "date"));
  EXPECT_THAT(Issue(IssueRequest(draft.draft(), "2190-01-01")), HasReasonAt(Reason::FUTURE_DATE, "date"));
  EXPECT_THAT(Issue(IssueRequest(draft.draft(), "soon")), HasReasonAt(Reason::BAD_DATE, "date"));
  EXPECT_THAT(Issue(IssueRequest(99)), HasReasonAt(Reason::UNKNOWN_BULLETIN, "draft"));
  EXPECT_THAT(Issue(IssueRequest(0)), HasReasonAt(Reason::MISSING_FIELD, "draft"));
  const std::string before = FormatDate(RealClock().Today());
  ASSERT_OK_AND_ASSIGN(const auto issued, Issue(IssueRequest(draft.draft(), "")));
  EXPECT_TRUE(issued.date() == before || issued.date() == FormatDate(RealClock().Today()));
}

TEST_F(BulletinsServer, ADraftWhoseCellsHaveChangedIsOutdatedUnlessItIsIssuedAsDrafted) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft());
  const std::string drafted_at = Token();
  SetStarts(kWeixi, 1000);
  const absl::Status outdated = Issue(IssueRequest(draft.draft())).status();
  EXPECT_THAT(outdated, HasReasonAt(Reason::DRAFT_OUTDATED, "draft"));
  EXPECT_THAT(ErrorsOf(outdated).front().value, HasSubstr(" → "));
  EXPECT_THAT(ErrorsOf(outdated).front().value, HasSubstr("cells, first: "));
  auto request = IssueRequest(draft.draft());
  request.set_as_drafted(true);
  ASSERT_OK_AND_ASSIGN(const auto issued, Issue(request));
  EXPECT_EQ(issued.basis().token(), drafted_at);

  // Another basis that says the same: issued at the draft's own.
  ASSERT_OK_AND_ASSIGN(const auto second, Draft());
  const std::string second_at = Token();
  SetStarts(kWeixi, 1000);
  ASSERT_OK_AND_ASSIGN(const auto same, Issue(IssueRequest(second.draft())));
  EXPECT_NE(Token(), second_at);
  EXPECT_EQ(same.basis().token(), second_at);
}

TEST_F(BulletinsServer, ADraftAtAChosenBasisIsIssuedAtIt) {
  ASSERT_THAT(Define(), IsOk());
  const std::string chosen = Token();
  SetStarts(kWeixi, 1000);
  auto request = DraftRequest();
  request.mutable_view()->set_at(chosen);
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft(request));
  EXPECT_EQ(draft.basis().token(), chosen);
  SetStarts(kWeixi, 1100);
  ASSERT_OK_AND_ASSIGN(const auto issued, Issue(IssueRequest(draft.draft())));
  ASSERT_OK_AND_ASSIGN(const auto content, bulletin::ParseCanonical(issued.content()));
  EXPECT_THAT(Printed(content.annexes.at(0)), HasSubstr("维西县 1475 900 61.02 3|"));
  StopAggregator();  // neither a chosen basis nor --as-drafted needs it
  ASSERT_OK_AND_ASSIGN(const auto stored, Get(issued.number()));
  EXPECT_EQ(stored.content(), issued.content());
}

TEST_F(BulletinsServer, TheSameRequestIdGetsTheSameAnswerAndAnotherContentAConflict) {
  ASSERT_OK_AND_ASSIGN(const auto defined, Define(kMonthly, "define-1"));
  ASSERT_OK_AND_ASSIGN(const auto defined_again, Define(kMonthly, "define-1"));
  EXPECT_EQ(defined_again.SerializeAsString(), defined.SerializeAsString());
  EXPECT_THAT(Define(Edited("各县：", "各县市："), "define-1"), HasReason(Reason::REQUEST_CONFLICT));

  auto request = DraftRequest();
  request.set_request_id("draft-1");
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft(request));
  SetStarts(kWeixi, 1000);
  ASSERT_OK_AND_ASSIGN(const auto draft_again, Draft(request));
  EXPECT_EQ(draft_again.SerializeAsString(), draft.SerializeAsString()) << "the draft of then, not one of the figures of now";
  request.set_as_of("2017-07-31");
  EXPECT_THAT(Draft(request), HasReason(Reason::REQUEST_CONFLICT));

  auto issue = IssueRequest(draft.draft());
  issue.set_as_drafted(true);
  issue.set_request_id("issue-1");
  ASSERT_OK_AND_ASSIGN(const auto issued, Issue(issue));
  ASSERT_OK_AND_ASSIGN(const auto issued_again, Issue(issue));
  EXPECT_EQ(issued_again.SerializeAsString(), issued.SerializeAsString());
  Restart();
  ASSERT_OK_AND_ASSIGN(const auto issued_later, Issue(issue));
  EXPECT_EQ(issued_later.SerializeAsString(), issued.SerializeAsString());
  issue.set_date("2017-07-05");
  EXPECT_THAT(Issue(issue), HasReason(Reason::REQUEST_CONFLICT));
  issue.set_request_id(std::string(201, 'x'));
  EXPECT_THAT(Issue(issue), HasReasonAt(Reason::BAD_VALUE, "request_id"));
}

TEST_F(BulletinsServer, ARestartKeepsEverythingAlsoWithoutItsStateAndOverAStateOfTheFormerShape) {
  ASSERT_THAT(Define(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto issued, DraftAndIssue());
  ASSERT_OK_AND_ASSIGN(const auto draft, Draft());
  const auto expect_all = [&] {
    ASSERT_OK_AND_ASSIGN(const auto stored, Get(issued.number()));
    EXPECT_EQ(stored.SerializeAsString(), issued.SerializeAsString());
    ASSERT_OK_AND_ASSIGN(const auto drafted, Get("", draft.draft()));
    EXPECT_EQ(drafted.SerializeAsString(), draft.SerializeAsString());
    EXPECT_EQ(Status().position().sequence(), 4u);
  };
  expect_all();
  Restart();
  expect_all();
  ranking_.reset();
  std::filesystem::remove_all(directory_ / "state");
  StartRanking();
  expect_all();
  // Before the service had a journal its cells stood in state/.
  ranking_.reset();
  std::filesystem::remove_all(directory_ / "state");
  {
    ASSERT_OK_AND_ASSIGN(auto disk, storage::OpenRocksDisk(directory_.path()));
    ASSERT_OK_AND_ASSIGN(auto store, disk->OpenStore("state", storage::StoreKind::kState));
    storage::Batch batch;
    batch.Put(schema::kVersionKey, std::string("\0\0\0\2", 4));
    batch.Put(schema::kBasisKey, World().Stamp().SerializeAsString());
    ASSERT_THAT(store->Write(batch), IsOk());
    ASSERT_THAT(store->Flush(), IsOk());
  }
  StartRanking();
  expect_all();
  ASSERT_OK_AND_ASSIGN(const auto next, Issue(IssueRequest(draft.draft())));
  EXPECT_EQ(next.number(), "迪安居通〔2017〕2号");
}

}  // namespace
}  // namespace anju::ranking
