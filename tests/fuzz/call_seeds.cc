// Seeds of calls: one message of every kind, good in the worlds of plan_world.h and suite_world.h.
#include <string>

#include "anju/feed/v1/feed.pb.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "anju/ranking/v1/event.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/aggregator/store/rows.h"
#include "services/progress/store/event_codec.h"
#include "services/progress/testing/memory_recorder.h"
#include "services/ranking/store/schema.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

template <typename Call>
void Write(const std::string& target, const std::string& name, Call call, const google::protobuf::MessageLite& message) {
  WriteSeed(target, name, std::string(1, static_cast<char>(call)) + message.SerializeAsString());
}

std::string Token() { return rpc::MakeStamp(TheFacts().basis(), 0).token(); }

void WritePlan() {
  plan::v1::ImportDocumentRequest document;
  document.set_document("1号"), document.set_issuer("9901"), document.set_issued("2017-03-01"), document.set_request_id("r1");
  for (const char* region : {"990101", "990102"}) {
    plan::v1::PlanRow* row = document.add_rows();
    row->set_region(region), row->set_programme("public_rental"), row->set_indicator("completions"), row->set_plan_year("2017");
    row->set_value("100"), row->set_unit("套");
  }
  Write("plan", "document", PlanCall::kImportDocument, document);
  plan::v1::ImportDocumentRequest amendment = document;
  amendment.set_amends("甲2号"), amendment.set_issued("2017-06-01"), amendment.set_effective("2017-06-02");
  for (plan::v1::PlanRow& row : *amendment.mutable_rows()) row.set_programme("shantytown.urban"), row.set_indicator("starts");
  Write("plan", "amendment", PlanCall::kImportDocument, amendment);
  plan::v1::ImportRegionsRequest regions;
  plan::v1::RegionRow* region = regions.add_rows();
  region->set_code("990104"), region->set_name("戊县"), region->set_parent("9901"), region->set_level("county"), region->set_kind("administrative");
  region->set_valid_from("2016-01-01"), region->set_aliases("戊;五县"), region->set_order("4");
  region = regions.add_rows();
  region->set_code("9901-A"), region->set_name("中心城区"), region->set_parent("9901"), region->set_level("county"), region->set_kind("area"), region->set_members("990101;990102");
  Write("plan", "regions", PlanCall::kImportRegions, regions);
  plan::v1::ImportMilestonesRequest milestones;
  milestones.set_document("甲2号");
  plan::v1::MilestoneRow* milestone = milestones.add_rows();
  milestone->set_region("9901"), milestone->set_programme("shantytown.urban"), milestone->set_indicator("starts"), milestone->set_plan_year("2017");
  milestone->set_by("2017-06-30"), milestone->set_share("60.5"), milestone->set_strength("strive");
  Write("plan", "milestones", PlanCall::kImportMilestones, milestones);
  plan::v1::ImportBoundariesRequest boundaries;
  plan::v1::BoundaryRow* boundary = boundaries.add_rows();
  boundary->set_date("2017-06-01"), boundary->set_event("merge"), boundary->set_region("990102"), boundary->set_into("990101");
  Write("plan", "merge", PlanCall::kImportBoundaries, boundaries);
  boundary->set_event("rename"), boundary->clear_into(), boundary->set_name("乙区");
  Write("plan", "boundaries", PlanCall::kImportBoundaries, boundaries);
  plan::v1::ImportChecksRequest checks;
  plan::v1::CheckRow* check = checks.add_rows();
  check->set_name("late"), check->set_check("late"), check->set_limit("90"), check->set_action("flag");
  Write("plan", "checks", PlanCall::kImportChecks, checks);
  plan::v1::ImportCatalogueRequest catalogue;
  plan::v1::CatalogueRow* indicator = catalogue.add_rows();
  indicator->set_type("indicator"), indicator->set_code("sold"), indicator->set_name("出售"), indicator->set_unit("套"), indicator->set_scale("0");
  indicator->set_units_accepted("套=1;户=1"), indicator->set_over_regions("sum"), indicator->set_over_time("sum"), indicator->set_negative("no");
  Write("plan", "catalogue", PlanCall::kImportCatalogue, catalogue);
  plan::v1::ListRegionsRequest list;
  list.set_within("某市"), list.set_page_size(2);
  Write("plan", "list_regions", PlanCall::kListRegions, list);
  plan::v1::ListDocumentsRequest documents;
  documents.set_page_size(1), documents.set_page_token("1");
  Write("plan", "list_documents", PlanCall::kListDocuments, documents);
  plan::v1::ListMilestonesRequest list_milestones;
  list_milestones.set_document("甲1号"), list_milestones.set_page_size(1), list_milestones.set_page_token("0.1");
  Write("plan", "list_milestones", PlanCall::kListMilestones, list_milestones);
  plan::v1::ListBoundariesRequest list_boundaries;
  list_boundaries.set_region("990103"), list_boundaries.set_page_size(1);
  Write("plan", "list_boundaries", PlanCall::kListBoundaries, list_boundaries);
  plan::v1::ListTargetRevisionsRequest revisions;
  revisions.set_region("990101"), revisions.set_programme("shantytown.urban"), revisions.set_indicator("starts"), revisions.set_plan_year("2017");
  Write("plan", "revisions", PlanCall::kListTargetRevisions, revisions);
  plan::v1::GetDocumentRequest get;
  get.set_document("甲2号");
  Write("plan", "get_document", PlanCall::kGetDocument, get);
}

void WriteProgress() {
  progress::v1::ReportBatchRequest batch;
  batch.mutable_open()->set_source("other"), batch.mutable_open()->set_plan_at_least(Token());
  *batch.mutable_items() = SomeItems();
  Write("progress", "batch", ProgressCall::kReportBatch, batch);
  batch.set_dry_run(true), batch.mutable_open()->set_source("clerk"), batch.mutable_items()->mutable_items(2)->set_text("-1");
  Write("progress", "rehearsal", ProgressCall::kReportBatch, batch);
  progress::v1::ReportRequest open, items;
  open.mutable_open()->set_source("clerk"), open.mutable_open()->set_request_id("r1");
  *items.mutable_items() = SomeItems();
  progress::v1::ReportRequest more;
  more.mutable_items()->set_first_sequence(9);
  progress::v1::Item* item = more.mutable_items()->add_items();
  item->set_series(1), item->set_as_of_days(MakeDate(2017, 6, 20).days), item->set_amount(500), item->set_kind(progress::v1::UPDATE_KIND_UNSPECIFIED);
  WriteSeed("progress", "stream", std::string(1, static_cast<char>(ProgressCall::kReport)) + WithLength(open.SerializeAsString()) +
                                      WithLength(items.SerializeAsString()) + WithLength(more.SerializeAsString()));
  progress::v1::ReviewFiguresRequest review;
  review.add_updates(3), review.set_state(types::v1::REVIEW_STATE_RETURNED), review.set_remark("请说明"), review.set_office("9901"), review.set_request_id("r1");
  Write("progress", "review_named", ProgressCall::kReviewFigures, review);
  review.clear_updates();
  review.set_region("9901"), review.set_programme("shantytown.urban"), review.set_indicator("starts"), review.set_plan_year("2017"), review.set_as_of("2017-05-31");
  review.set_state(types::v1::REVIEW_STATE_REVIEWED);
  Write("progress", "review_selected", ProgressCall::kReviewFigures, review);
  progress::v1::ListUpdatesRequest list;
  list.set_region("990101"), list.set_source("clerk"), list.set_page_size(2), list.set_page_token("3"), list.set_refusals(true);
  Write("progress", "list", ProgressCall::kListUpdates, list);
  progress::v1::GetUpdatesRequest get;
  for (const uint64_t sequence : {5, 7, 7, 1}) get.add_sequences(sequence);
  get.set_known_sequence(9);
  Write("progress", "get", ProgressCall::kGetUpdates, get);
}

template <typename Request>
void SetCell(Request* request) {
  request->set_region("某市"), request->set_programme("shantytown.urban"), request->set_indicator("starts"), request->set_year("2017");
}
template <typename Request>
void SetKey(Request* request) {
  request->set_region("9901");
  aggregator::v1::ColumnKey* key = request->add_keys();
  key->set_programme("shantytown"), key->set_indicator("starts");
  key->mutable_period()->set_first_year(2017), key->mutable_period()->set_last_year(2017);
}

void WriteAggregator() {
  aggregator::v1::GetRollupRequest rollup;
  SetCell(&rollup);
  rollup.set_at_least(Token());
  Write("aggregator", "rollup", AggregatorCall::kGetRollup, rollup);
  rollup.set_as_of("2017-05-15"), rollup.mutable_view()->set_known_on("2017-06-01"), rollup.mutable_view()->set_review(types::v1::REVIEW_FILTER_REVIEWED);
  Write("aggregator", "rollup_past", AggregatorCall::kGetRollup, rollup);
  aggregator::v1::GetColumnRequest column;
  SetKey(&column);
  column.mutable_view()->set_at(Token()), column.mutable_view()->set_tree("2017-03-01");
  Write("aggregator", "column", AggregatorCall::kGetColumn, column);
  aggregator::v1::GetColumnsRequest columns;
  SetKey(&columns);
  columns.add_moments()->set_as_of("2017-04-30"), columns.add_moments()->mutable_view()->set_max_staleness_ms(1'000);
  Write("aggregator", "columns", AggregatorCall::kGetColumns, columns);
  aggregator::v1::ExplainCellRequest explain;
  SetCell(&explain);
  explain.set_page_size(1);
  Write("aggregator", "explain", AggregatorCall::kExplainCell, explain);
  aggregator::v1::ListGapsRequest gaps;
  SetCell(&gaps);
  Write("aggregator", "gaps", AggregatorCall::kListGaps, gaps);
  aggregator::v1::GetMilestoneStatusRequest milestones;
  SetCell(&milestones);
  milestones.set_as_of("2017-06-30");
  Write("aggregator", "milestones", AggregatorCall::kGetMilestoneStatus, milestones);
  aggregator::v1::GetHeadsRequest heads;
  *heads.mutable_basis() = TheFacts().basis();
  Write("aggregator", "heads", AggregatorCall::kGetHeads, heads);
  aggregator::v1::FollowFramesRequest frames;
  *frames.mutable_from() = TheFacts().basis();
  Write("aggregator", "frames", AggregatorCall::kFollowFrames, frames);
  aggregator::v1::FollowColumnRequest follow;
  SetKey(&follow);
  follow.set_from(Token()), follow.set_milestones(true);
  Write("aggregator", "follow", AggregatorCall::kFollowColumn, follow);
  aggregator::v1::DumpRequest dump;
  dump.set_at_least(Token());
  Write("aggregator", "dump", AggregatorCall::kDump, dump);
}

void Define(ranking::v1::Definition* definition) {
  definition->set_programme("shantytown.urban"), definition->set_indicator("starts"), definition->set_year("2017");
  definition->set_by(ranking::v1::SORT_KEY_RATE), definition->set_then_by(ranking::v1::SORT_KEY_TARGET), definition->set_digits(2);
  definition->add_columns("target:starts");
}

void WriteRanking() {
  ranking::v1::GetLeagueTableRequest table;
  table.set_region("9901"), Define(table.mutable_definition()), table.set_at_least(Token());
  Write("ranking", "table", RankingCall::kGetLeagueTable, table);
  table.set_as_of("2017-05-31"), table.set_since("2017-04-30");
  Write("ranking", "table_moved", RankingCall::kGetLeagueTable, table);
  ranking::v1::GetStandingRequest standing;
  standing.set_region("甲县"), Define(standing.mutable_definition()), standing.set_since_at(Token());
  Write("ranking", "standing", RankingCall::kGetStanding, standing);
  ranking::v1::WatchRequest watch;
  watch.set_region("9901"), Define(watch.mutable_definition()), watch.set_subject(ranking::v1::SUBJECT_STANDING), watch.set_region_watched("990102");
  Write("ranking", "watch", RankingCall::kWatch, watch);
  watch.set_subject(ranking::v1::SUBJECT_THRESHOLD), watch.set_threshold("62.5"), watch.set_from(Token());
  Write("ranking", "watch_threshold", RankingCall::kWatch, watch);
}

void WriteBulletins() {
  ranking::v1::DefineTemplateRequest define;
  define.set_source("template: short\nregion: 某市\nissuer: 办公室\nnumber: 通〔{year}〕{n}号\ntitle: 通报\naddressees: 各县\ntables:\n  s:\n"
                    "    rank: {programme: all, indicator: starts, year: \"{year}\", by: value}\nbody:\n  - text: 开工{s.total.numerator}套。\n");
  define.set_request_id("r1");
  Write("bulletins", "define", BulletinCall::kDefineTemplate, define);
  ranking::v1::ComposeBulletinRequest compose;
  compose.set_template_code("monthly"), compose.set_as_of("2017-05-31"), compose.set_at_least(Token());
  Write("bulletins", "compose", BulletinCall::kComposeBulletin, compose);
  compose.clear_template_code(), compose.set_source(define.source()), compose.set_number("通〔2017〕1号"), compose.set_date("2017-06-05");
  compose.mutable_view()->set_review(types::v1::REVIEW_FILTER_REVIEWED);
  Write("bulletins", "compose_source", BulletinCall::kComposeBulletin, compose);
  ranking::v1::DraftBulletinRequest draft;
  draft.set_template_code("monthly"), draft.set_as_of("2017-04-30"), draft.set_request_id("r1");
  Write("bulletins", "draft", BulletinCall::kDraftBulletin, draft);
  ranking::v1::IssueBulletinRequest issue;
  issue.set_draft(2), issue.set_date("2017-06-06"), issue.set_request_id("r1");
  Write("bulletins", "issue", BulletinCall::kIssueBulletin, issue);
  issue.set_number("某通〔2017〕9号"), issue.set_as_drafted(true);
  Write("bulletins", "issue_numbered", BulletinCall::kIssueBulletin, issue);
  ranking::v1::DraftCorrectionRequest correction;
  correction.set_number("某通〔2017〕1号"), correction.mutable_view()->set_known_on("2017-06-20"), correction.set_request_id("r1");
  Write("bulletins", "correction", BulletinCall::kDraftCorrection, correction);
  ranking::v1::DiffBulletinRequest diff;
  diff.set_number("某通〔2017〕1号"), diff.mutable_view()->set_known_on("2017-06-20");
  Write("bulletins", "diff", BulletinCall::kDiffBulletin, diff);
  ranking::v1::GetBulletinRequest get;
  get.set_number("某通〔2017〕1号");
  Write("bulletins", "get", BulletinCall::kGetBulletin, get);
  ranking::v1::ListBulletinsRequest list;
  list.set_region("某市"), list.set_drafts(true), list.set_page_size(1);
  Write("bulletins", "list", BulletinCall::kListBulletins, list);
  ranking::v1::GetTemplateRequest source;
  source.set_code("monthly"), source.set_version(1), source.set_as_of("2017-05-31");
  Write("bulletins", "template", BulletinCall::kGetTemplate, source);
}

void WriteFeeds() {
  const Blocks& journal = TheFacts().progress;
  feed::v1::FollowResponse first, second;
  for (const std::string& identity : journal.lineage().encoded()) first.add_identities(identity);
  first.add_blocks(journal.blocks()[0].bytes);
  *first.mutable_position() = rpc::ToProto(journal.blocks()[0].after);
  second.add_blocks(journal.blocks()[1].bytes);
  *second.mutable_position() = rpc::ToProto(journal.blocks()[1].after);
  second.set_sent_time_us(1);
  WriteSeed("feed", "two", WithLength(first.SerializeAsString()) + WithLength(second.SerializeAsString()));
  *second.mutable_identities() = first.identities();
  WriteSeed("feed", "gap", WithLength(second.SerializeAsString()));
  feed::v1::FollowRequest follow;
  follow.mutable_after()->set_journal_id("ours"), follow.mutable_after()->set_sequence(3);
  Write("follow", "after", 0, follow);
  feed::v1::GetPositionRequest position;
  position.set_sequence(6);
  Write("follow", "position", 1, position);
  feed::v1::GetInclusionProofRequest inclusion;
  inclusion.set_sequence(5), inclusion.set_at_sequence(15);
  Write("follow", "inclusion", 2, inclusion);
  feed::v1::GetConsistencyProofRequest consistency;
  consistency.set_from_sequence(3), consistency.set_to_sequence(10);
  Write("follow", "consistency", 3, consistency);
}

std::string RowsOf(storage::Disk& disk, std::string_view name) {
  const auto store = disk.OpenStore(name, storage::StoreKind::kState);
  CHECK_OK(store.status());
  std::string rows;
  const auto cursor = (*store)->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows += WithLength(std::string(cursor->key())) + WithLength(std::string(cursor->value()));
  return rows;
}

void WriteDerived() {
  aggregator::v1::Frame step;
  *step.mutable_from() = TheFacts().basis();
  types::v1::Basis to = TheFacts().basis();
  to.mutable_progress(0)->set_sequence(to.progress(0).sequence() + 1), to.mutable_progress(0)->clear_block_hash();
  *step.mutable_to() = rpc::MakeStamp(to, 5);
  aggregator::v1::Cell* cell = step.add_cells();
  cell->set_region(3), cell->set_programme(3), cell->set_indicator(1), cell->set_actual(7);
  cell->mutable_period()->set_first_year(2017), cell->mutable_period()->set_last_year(2017);
  std::string snapshot;
  for (const aggregator::v1::Frame& frame : TheAggregator().Snapshot()) snapshot += WithLength(frame.SerializeAsString());
  WriteSeed("frame", "step", WithLength(step.SerializeAsString()));
  WriteSeed("frame", "twice", WithLength(step.SerializeAsString()) + WithLength(step.SerializeAsString()));
  WriteSeed("frame", "snapshot", snapshot + WithLength(step.SerializeAsString()));

  storage::SimulatedMedium medium(1);
  const auto disk = medium.Boot();
  {
    const auto applier = aggregator::Applier::Open(*disk, 1, [](const absl::Status& status) { CHECK_OK(status); });
    CHECK_OK(applier.status());
    const Facts& facts = TheFacts();
    (*applier)->SetLineage(0, facts.plan.lineage());
    (*applier)->SetLineage(1, facts.progress.lineage());
    for (const Blocks::Block& block : facts.plan.blocks()) CHECK_OK((*applier)->ApplyPlan(*journal::DecodeBlock(block.bytes), block.after));
    for (const Blocks::Block& block : facts.progress.blocks()) CHECK_OK((*applier)->ApplyProgress(0, *journal::DecodeBlock(block.bytes), block.after));
    (*applier)->Flush();
  }
  WriteSeed("rows", "aggregator", std::string(1, '\0') + RowsOf(*disk, "state"));
  std::string rows;
  for (const aggregator::v1::Frame& frame : TheAggregator().Snapshot()) {
    aggregator::v1::Frame regions;
    *regions.mutable_regions() = frame.regions();
    rows += WithLength(aggregator::RowWriter().Bytes("r").U32(1).bytes()) + WithLength(regions.SerializeAsString());
    for (const auto& programme : frame.programmes()) rows += WithLength(aggregator::RowWriter().Bytes("p").U32(programme.number()).bytes()) + WithLength(programme.SerializeAsString());
    for (const auto& indicator : frame.indicators()) rows += WithLength(aggregator::RowWriter().Bytes("i").U32(indicator.number()).bytes()) + WithLength(indicator.SerializeAsString());
    for (const auto& one : frame.cells()) rows += WithLength("c" + std::to_string(one.region())) + WithLength(one.SerializeAsString());
    rows += WithLength(std::string(ranking::schema::kBasisKey)) + WithLength(frame.to().SerializeAsString());
  }
  WriteSeed("rows", "ranking", std::string(1, '\1') + rows);
  std::string owned;
  const PlanWorld plan;
  for (const storage::Batch::Operation& row : plan.stored().operations()) owned += WithLength(row.key) + WithLength(row.value.value_or(""));
  WriteSeed("rows", "plan", std::string(1, '\2') + owned);
  progress::Model model;
  progress::testing::MemoryRecorder recorder(model);
  std::vector<plan::v1::Event> events;
  for (const std::string& event : plan.events()) CHECK(events.emplace_back().ParseFromString(event));
  recorder.ApplyPlan(events);
  for (const Blocks::Block& block : TheFacts().progress.blocks()) {
    const absl::StatusOr<journal::BlockView> view = journal::DecodeBlock(block.bytes);
    CHECK_OK(view.status());
    for (const std::string_view event : view->events) recorder.Record(std::string(event));
  }
  owned.clear();
  for (const storage::Batch::Operation& row : recorder.rows().operations()) owned += WithLength(row.key) + WithLength(row.value.value_or(""));
  WriteSeed("rows", "progress", std::string(1, '\3') + owned);
}

void WriteAudit() {
  plan::v1::Event regions;
  types::v1::RegionRecord* region = regions.mutable_regions()->add_regions();
  region->set_number(6), region->set_code("990104"), region->set_name("戊县"), region->set_parent(2), region->set_level("county"), region->set_kind("administrative");
  progress::v1::Event series, review;
  series.mutable_series()->set_number(4), series.mutable_series()->set_region(6), series.mutable_series()->set_programme(1), series.mutable_series()->set_indicator(1);
  series.mutable_series()->mutable_period()->set_first_year(2017), series.mutable_series()->mutable_period()->set_last_year(2017);
  review.mutable_review()->add_updates(3), review.mutable_review()->set_state(types::v1::REVIEW_STATE_RETURNED);
  progress::UpdateEvent update;
  update.series = 4, update.source = 1, update.source_sequence = 9;
  update.figure.as_of = MakeDate(2017, 6, 1), update.figure.amount = 77;
  update.actor = "local";
  ranking::v1::Event defined;
  defined.mutable_template_()->set_code("monthly"), defined.mutable_template_()->set_version(1), defined.mutable_template_()->set_source("x");
  std::string all;
  for (const auto& [journal, bytes] : {std::pair(0, regions.SerializeAsString()), std::pair(1, series.SerializeAsString()), std::pair(1, progress::EncodeUpdate(update)),
                                       std::pair(1, review.SerializeAsString()), std::pair(2, defined.SerializeAsString())}) {
    all += WithLength(std::string(1, static_cast<char>(journal)) + bytes);
  }
  WriteSeed("audit", "more", all);
  std::string whole;
  const PlanWorld plan;
  for (const std::string& event : plan.events()) whole += WithLength(std::string(1, '\0') + event);
  WriteSeed("audit", "plan", whole);
}

}  // namespace

void WriteCallSeeds() {
  WritePlan();
  WriteProgress();
  WriteAggregator();
  WriteRanking();
  WriteBulletins();
  WriteFeeds();
  WriteDerived();
  WriteAudit();
}

}  // namespace anju::fuzz
