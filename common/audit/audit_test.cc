// What the auditor says of journals that are as they should be, and of each kind of content that cannot be right.
#include <filesystem>

#include "absl/strings/escaping.h"
#include "common/audit/audit_testing.h"
#include "common/audit/pinpoint.h"
#include "common/bulletin/content.h"
#include "common/journal/hash.h"

namespace anju::audit {
namespace {

using ::testing::HasSubstr;
using testing::Audit;
using testing::CatalogueEvent;
using testing::RegionsEvent;
using testing::SeriesEvent;
using testing::SourceEvent;
using testing::UpdateEvent;
using anju::testing::TempDir;

std::vector<Finding> FindingsOf(const std::vector<progress::v1::Event>& events) {
  Findings plan_findings("plan"), findings("progress");
  PlanFacts plan(&plan_findings);
  plan.Take(1, CatalogueEvent().SerializeAsString());
  plan.Take(2, RegionsEvent().SerializeAsString());
  EXPECT_EQ(plan_findings.total(), 0u);
  ProgressFacts progress(plan, &findings);
  journal::BlockHeader header{.time_us = int64_t{1'500'000'000'000'000}, .plan_sequence = 2};
  uint64_t sequence = 0;
  for (const progress::v1::Event& event : events) progress.Take(++sequence, header, event.SerializeAsString());
  return findings.kept();
}

// Source, two series and one update; then what is given.
std::vector<Finding> FindingsAfter(std::vector<progress::v1::Event> more) {
  std::vector<progress::v1::Event> events = {SourceEvent(1), SeriesEvent(1, 2), SeriesEvent(2, 3), UpdateEvent(1, 1, 100, 10)};
  events.insert(events.end(), more.begin(), more.end());
  return FindingsOf(events);
}

TEST(ProgressFactsTest, NamesWhatCannotBe) {
  const auto one = [](progress::v1::Event event, std::string_view what) {
    const auto findings = FindingsAfter({event});
    ASSERT_EQ(findings.size(), 1u) << what;
    EXPECT_EQ(findings[0].sequence, 5u);
    EXPECT_THAT(findings[0].what, HasSubstr(std::string(what)));
  };
  EXPECT_TRUE(FindingsAfter({UpdateEvent(1, 2, 90, 11), UpdateEvent(2, 3, 5, 3)}).empty());
  one(UpdateEvent(1, 1, 90, 11), "counts twice");
  one(UpdateEvent(1, 3, 90, 11), "have no verdict");
  one(UpdateEvent(7, 2, 90, 11), "never opened");
  one(UpdateEvent(1, 2, -1, 11), "below zero");
  one(UpdateEvent(1, 2, 90, -10), "before its plan year");
  one(UpdateEvent(1, 2, 90, 300), "dated after the day");
  one(SeriesEvent(4, 1, 1), "minted where 3 was next");
  one(SeriesEvent(3, 9), "was not in the plan");
  one(SourceEvent(3), "minted where 2 was next");
  progress::v1::Event reduction = UpdateEvent(1, 2, 101, 11);
  reduction.mutable_update()->set_kind(progress::v1::UPDATE_KIND_REDUCTION);
  reduction.mutable_update()->set_explanation("退出");
  one(reduction, "below zero");
  reduction.mutable_update()->set_amount(100);
  EXPECT_TRUE(FindingsAfter({reduction}).empty());
  reduction.mutable_update()->clear_explanation();
  one(reduction, "without a written reason");
  progress::v1::Event correction = UpdateEvent(2, 2, 5, 11);
  correction.mutable_update()->set_kind(progress::v1::UPDATE_KIND_CORRECTION);
  one(correction, "not there");
  correction.mutable_update()->set_corrects(4);
  one(correction, "no figure of its series");
  progress::v1::Event refusal;
  refusal.mutable_refusal()->set_source(1), refusal.mutable_refusal()->set_source_sequence(2), refusal.mutable_refusal()->set_reason("BELOW_ZERO");
  EXPECT_TRUE(FindingsAfter({refusal, UpdateEvent(1, 3, 90, 11)}).empty());
  progress::v1::Event review;
  review.mutable_review()->add_updates(4), review.mutable_review()->set_state(types::v1::REVIEW_STATE_CONFIRMED);
  one(review, "does not allow");
  review.mutable_review()->set_state(types::v1::REVIEW_STATE_RETURNED);
  one(review, "without remarks");
  review.mutable_review()->set_remark("核实");
  EXPECT_TRUE(FindingsAfter({review}).empty());
  review.mutable_review()->set_updates(0, 2);
  one(review, "is no figure");
}

TEST(ProgressFactsTest, LaterFiguresThatRestOnAReductionMayNotFallBelowZeroEither) {
  progress::v1::Event taken = UpdateEvent(1, 2, 60, 20);
  taken.mutable_update()->set_kind(progress::v1::UPDATE_KIND_REDUCTION), taken.mutable_update()->set_explanation("退出");
  // 100 − 60 stands; the first day's figure falls to 50 under it.
  progress::v1::Event corrected = UpdateEvent(1, 3, 50, 10);
  corrected.mutable_update()->set_kind(progress::v1::UPDATE_KIND_CORRECTION);
  const auto findings = FindingsAfter({taken, corrected});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].sequence, 6u);
}

TEST(PlanFactsTest, NamesWhatCannotBe) {
  const auto what = [](const std::vector<plan::v1::Event>& events) {
    Findings findings("plan");
    PlanFacts plan(&findings);
    uint64_t sequence = 0;
    for (const plan::v1::Event& event : events) plan.Take(++sequence, event.SerializeAsString());
    return findings.kept().empty() ? std::string() : findings.kept().front().what;
  };
  EXPECT_EQ(what({CatalogueEvent(), RegionsEvent()}), "");
  plan::v1::Event regions = RegionsEvent();
  regions.mutable_regions()->mutable_regions(2)->set_number(7);
  EXPECT_THAT(what({CatalogueEvent(), regions}), HasSubstr("minted where 3 was next"));
  regions = RegionsEvent();
  regions.mutable_regions()->mutable_regions(0)->set_parent(3);
  EXPECT_THAT(what({CatalogueEvent(), regions}), HasSubstr("stands below itself"));
  plan::v1::Event document;
  document.mutable_document()->set_number("一号"), document.mutable_document()->set_issuer(1), document.mutable_document()->set_layer(types::v1::LAYER_CITY);
  const auto add = [&](uint32_t region, int64_t target, std::optional<int64_t> declared = {}) {
    auto* cell = document.mutable_document()->add_cells();
    cell->set_region(region), cell->set_programme(2), cell->set_indicator(1), cell->set_target(target), cell->set_layer(types::v1::LAYER_CITY);
    if (declared) cell->set_declared(*declared);
    cell->mutable_period()->set_first_year(2017), cell->mutable_period()->set_last_year(2017);
  };
  add(2, 10), add(3, 20), add(1, 30, 31);
  EXPECT_EQ(what({CatalogueEvent(), RegionsEvent(), document}), "");
  document.mutable_document()->mutable_cells(1)->set_target(21);
  EXPECT_THAT(what({CatalogueEvent(), RegionsEvent(), document}), HasSubstr("is not the sum of its parts"));
  document.mutable_document()->mutable_cells(1)->set_target(20);
  EXPECT_THAT(what({CatalogueEvent(), RegionsEvent(), document, document}), HasSubstr("issued twice"));
  plan::v1::Event split;
  for (const int into : {1, 3}) {
    auto* change = split.mutable_boundaries()->add_events();
    change->set_kind(plan::v1::BOUNDARY_KIND_SPLIT), change->set_date_days(100), change->set_region(2), change->set_into(into), change->set_share_numerator(1), change->set_share_denominator(3);
  }
  EXPECT_THAT(what({CatalogueEvent(), RegionsEvent(), split}), HasSubstr("is not the whole"));
  plan::v1::Event milestones;
  milestones.mutable_milestones()->set_document("二号");
  EXPECT_THAT(what({CatalogueEvent(), milestones}), HasSubstr("never issued"));
}

TEST(PinpointTest, FindsTheOneByteThatWasChanged) {
  journal::BlockHeader header{.first_sequence = 11, .count = 9};
  std::vector<std::string> events;
  for (int i = 0; i < 9; ++i) events.push_back(std::string(static_cast<size_t>(20 + i), static_cast<char>('a' + i)));
  for (const std::string& event : events) header.event_bytes += static_cast<uint32_t>(event.size() + 4);
  journal::Hash hash;
  const std::string block = journal::EncodeBlock(header, {}, events, &hash);
  for (size_t at = 0; at < block.size(); ++at) {
    for (const int flip : at % 2 == 0 ? std::vector{0x80} : std::vector{0x5A}) {
      std::string changed = block;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto decoded = journal::DecodeBlock(changed);
      const bool seen = !decoded.ok() || decoded->header.first_sequence != 11;
      if (!seen) continue;  // link, time, plan: the chain finds these
      const auto found = Pinpoint(changed, 11);
      ASSERT_TRUE(found.has_value()) << at << " " << flip;
      EXPECT_EQ(found->offset, at);
      EXPECT_EQ(static_cast<char>(found->was), block[at]);
      if (found->part != Pinpointed::Part::kEvent) continue;
      EXPECT_EQ(changed.substr(at, 1).empty(), false);
      EXPECT_EQ(block[at], static_cast<char>('a' + found->event));
    }
  }
}

TEST(PinpointTest, GivesUpOnWhatWouldTakeTooLong) {
  journal::BlockHeader header{.first_sequence = 1, .count = 2};
  const std::vector<std::string> events = {std::string(1 << 20, 'x'), "short"};
  for (const std::string& event : events) header.event_bytes += static_cast<uint32_t>(event.size() + 4);
  journal::Hash hash;
  std::string block = journal::EncodeBlock(header, {}, events, &hash);
  block[journal::kPrefixBytes + 1000] ^= 1, block[journal::kPrefixBytes + 2000] ^= 1;
  EXPECT_FALSE(Pinpoint(block, 1, 3'000'000).has_value());  // each try hashes a MiB: every bit would take hours
}

TEST(SuiteAuditTest, AGoodSuiteHolds) {
  TempDir directory;
  testing::WriteSuite(directory.path(), 20, 5);
  const SuiteAudit audit = Audit(directory.path());
  ASSERT_EQ(audit.journals().size(), 2u);
  for (const JournalAudit& journal : audit.journals()) {
    EXPECT_TRUE(journal.intact()) << journal.walked.wrong->what;
    EXPECT_EQ(journal.findings->total(), 0u) << journal.findings->kept().front().what;
    EXPECT_EQ(journal.damage_elsewhere, "");
  }
  EXPECT_EQ(audit.Find("progress")->walked.last.sequence, 103u);
  ASSERT_TRUE(audit.has_figures());
  const auto figures = audit.Current();
  const auto cells = figures->Reach();
  EXPECT_EQ(CheckMargins(*figures, cells, [&](const Key& key) { return figures->At(key).actual; }).wrong_total, 0u);
  // 100 and 99 are the newest of the two series on the latest days.
  EXPECT_EQ(figures->At({1, 1, 1, {2017, 2017}}).actual, 199);
}

TEST(SuiteAuditTest, ALieAboutARollupIsFound) {
  TempDir directory;
  testing::WriteSuite(directory.path(), 2, 5);
  const SuiteAudit audit = Audit(directory.path());
  const auto figures = audit.Current();
  const Key root{1, 1, 1, {2017, 2017}};
  const auto report = CheckMargins(*figures, figures->Reach(), [&](const Key& key) {
    const auto actual = figures->At(key).actual;
    return key == root && actual ? std::optional<int64_t>(*actual + 1) : actual;
  });
  EXPECT_EQ(report.wrong_total, 2u);  // against its children, and against what was reported
}

TEST(SuiteAuditTest, ATailCutOffIsNamedByTheWitness) {
  TempDir directory, before;
  testing::WriteSuite(directory.path(), 4, 5);
  std::filesystem::copy(directory.path(), before.path(), std::filesystem::copy_options::recursive);
  testing::Writer writer(directory.path());
  writer.Append("progress", std::vector{UpdateEvent(1, 21, 7, 3), UpdateEvent(1, 22, 8, 4)});
  std::filesystem::copy_file(directory / "progress/witness", before / "progress/witness", std::filesystem::copy_options::overwrite_existing);
  const SuiteAudit audit = Audit(before.path());
  const Wrong& wrong = *audit.Find("progress")->walked.wrong;
  EXPECT_TRUE(wrong.missing);
  EXPECT_EQ(wrong.Range(), "24..25");
}

// Somebody with write access changes an event and works out every hash after it, the witness too: only a bulletin's printed head tells.
TEST(SuiteAuditTest, ARewrittenHistoryIsFoundByTheHeadThatABulletinPrints) {
  TempDir directory;
  testing::WriteSuite(directory.path(), 4, 5);
  const SuiteAudit good = Audit(directory.path());
  testing::Writer writer(directory.path());
  ranking::v1::Event defined, draft, issued;
  defined.mutable_template_()->set_code("t"), defined.mutable_template_()->set_version(1), defined.mutable_template_()->set_source("x");
  bulletin::Content content;
  content.template_code = "t", content.template_version = 1, content.template_sha256 = bulletin::Sha256Hex("x"), content.number = "一号", content.date = "2017-07-01", content.as_of = "2017-06-30", content.review = "all";
  auto* event = issued.mutable_issued();
  for (const char* service : {"plan", "progress"}) {
    const Walked& walked = good.Find(service)->walked;
    types::v1::Position* position = std::string(service) == "plan" ? event->mutable_basis()->mutable_plan() : event->mutable_basis()->add_progress();
    position->set_journal_id(journal::ToHex(walked.lineage.current().id)), position->set_sequence(walked.last.sequence);
    position->set_block_hash(walked.last.hash.data(), walked.last.hash.size());
    content.basis.push_back({service, position->journal_id(), position->sequence(), journal::ToHex(walked.last.hash)});
  }
  event->set_number("一号"), event->set_date("2017-07-01"), event->set_draft(1), event->set_template_code("t"), event->set_template_version(1), event->mutable_parameters()->set_as_of("2017-06-30");
  event->set_content(bulletin::Canonical(content)), event->set_sha256(absl::HexStringToBytes(bulletin::Sha256Hex(event->content())));
  draft.mutable_draft()->set_draft(1), draft.mutable_draft()->set_template_code("t"), draft.mutable_draft()->set_template_version(1);
  draft.mutable_draft()->set_content("{}"), draft.mutable_draft()->set_sha256(absl::HexStringToBytes(bulletin::Sha256Hex("{}")));
  writer.Append("ranking", std::vector{defined, draft, issued});
  {
    const SuiteAudit audit = Audit(directory.path());
    EXPECT_EQ(audit.Find("ranking")->findings->total(), 0u) << audit.Find("ranking")->findings->kept().front().what;
    ASSERT_EQ(audit.bulletins().size(), 1u);
    EXPECT_EQ(audit.bulletins()[0].wrong, "");
  }
  {
    auto disk = storage::OpenRocksDisk(directory / "progress");
    CHECK_OK(disk.status());
    auto store = (*disk)->OpenStore(journal::kJournalStore, storage::StoreKind::kJournal);
    CHECK_OK(store.status());
    storage::Batch batch;
    journal::Position last = good.Find("progress")->walked.last.sequence > 0 ? journal::Position{good.Find("progress")->walked.lineage.current().id, 0, {}} : journal::Position{};
    auto cursor = (*store)->NewCursor();
    for (cursor->Seek(journal::BlockKey(1)); cursor->Valid(); cursor->Next()) {
      const std::string bytes(cursor->value());
      auto block = journal::DecodeBlock(bytes);
      CHECK_OK(block.status());
      std::vector<std::string> events(block->events.begin(), block->events.end());
      if (block->header.first_sequence == 9) events[2] = UpdateEvent(2, 8, 4711, 8).SerializeAsString();
      block->header.event_bytes = 0;
      for (const std::string& one : events) block->header.event_bytes += static_cast<uint32_t>(one.size() + 4);
      const journal::Hash previous = block->header.first_sequence == 1 ? block->previous_hash : last.block_hash;
      batch.Put(cursor->key(), journal::EncodeBlock(block->header, previous, events, &last.block_hash));
      last.sequence = block->header.last_sequence();
    }
    CHECK_OK((*store)->Write(batch));
    for (const size_t slot : {0, 1}) CHECK_OK((*disk)->WriteFileSynced(journal::kWitnessFile, slot * journal::kWitnessSlotBytes, journal::EncodeWitnessSlot(last)));
  }
  const SuiteAudit audit = Audit(directory.path());
  EXPECT_TRUE(audit.Find("progress")->intact());  // its bytes are consistent with themselves
  EXPECT_THAT(audit.bulletins()[0].wrong, HasSubstr("the progress journal at sequence 23 has the hash"));
}

}  // namespace
}  // namespace anju::audit
