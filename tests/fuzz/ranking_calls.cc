// Fuzzing the questions about tables, standings and watches, and every call about bulletins: a ranking service below gRPC that has the aggregator of
// suite_world.h before it.
#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "common/bulletin/content.h"
#include "services/ranking/bulletins.h"
#include "services/ranking/frame_taker.h"
#include "services/ranking/handlers.h"
#include "services/ranking/store/bulletins_model.h"
#include "services/ranking/store/schema.h"
#include "services/ranking/store/store.h"
#include "services/ranking/watched_column.h"
#include "services/ranking/watches.h"
#include "tests/fuzz/calls.h"
#include "tests/fuzz/suite_world.h"

namespace anju::fuzz {
namespace {

using ranking::Bulletins;
using ranking::Handlers;
namespace v1 = ranking::v1;

constexpr int kPagesMax = 1'000;
constexpr char kTemplate[] = R"(template: monthly
region: 某市
issuer: 某市办公室
number: 某通〔{year}〕{n}号
title: 关于{year}年{month}月开工情况的通报
addressees: 各县：
milestones:
  june: {programme: shantytown.urban, indicator: starts, year: "{year}", by: "{year}-06-30"}
tables:
  starts:
    annex: yes
    title: "{year}年开工率排序表"
    rank: {programme: shantytown.urban, indicator: starts, year: "{year}", by: rate, digits: 2}
    columns:
      - {heading: 县, cell: name}
      - {heading: 开工数, cell: numerator}
      - {heading: 开工率, cell: value}
      - {heading: 排序, cell: rank}
    total: 合计
lists:
  behind: {table: starts, cell: value, below: june, item: "{name}（{value}%）", nothing: 无}
body:
  - text: 截止{year}年{month}月底，全市开工{starts.total.numerator}套，开工率为{starts.total.value}%。
  - text: 未到要求的是：{behind}。
)";

// The cells of the newest basis, and who answers from them: questions change nothing, so they stay.
struct Cells {
  Cells() {
    rpc::UseSteppedWaitingRooms();
    auto opened = ranking::Store::Open(*disk, /*thread=*/false);
    CHECK_OK(opened.status());
    store = *std::move(opened);
    ranking::FrameTaker taker(*store);
    taker.Begin();
    for (const aggregator::v1::Frame& frame : TheAggregator().Snapshot()) {
      CHECK(taker.Take(frame) != ranking::FrameTaker::Step::kMisfit);
    }
    CHECK(store->Read()->ready);
    handlers = std::make_unique<Handlers>(*store, TheAggregator().Columns());
  }
  storage::SimulatedMedium medium{1};
  std::unique_ptr<storage::Disk> disk = medium.Boot();
  std::unique_ptr<ranking::Store> store;
  std::unique_ptr<Handlers> handlers;
};
Cells& TheCells() {
  static auto* cells = new Cells;
  return *cells;
}

template <typename Response>
struct Answer {
  bool done = false;
  absl::StatusOr<Response> response;
};

template <typename Request, typename Response>
absl::StatusOr<Response> Ask(const Request& request, void (Handlers::*handler)(const rpc::Caller&, const Request&, Handlers::Deadline, rpc::Finish<Response>)) {
  auto answer = std::make_shared<Answer<Response>>();
  (TheCells().handlers.get()->*handler)(Local(), request, Passed(), [answer](absl::StatusOr<Response> response) {
    CHECK(!answer->done);  // once
    *answer = {true, std::move(response)};
  });
  while (!answer->done) TheCells().handlers->Wake();
  CheckRefusal(answer->response.status());
  return std::move(answer->response);
}

// The same of an answer that comes as bytes.
template <typename Request, typename Response>
absl::StatusOr<Response> Ask(const Request& request,
                             void (Handlers::*handler)(const rpc::Caller&, const Request&, Handlers::Deadline, rpc::Finish<rpc::Encoded<Response>>)) {
  const auto encoded = Ask<Request, rpc::Encoded<Response>>(request, handler);
  if (!encoded.ok()) return encoded.status();
  Response response;
  CHECK(response.ParseFromString(encoded->bytes));
  CHECK(response.SerializeAsString() == encoded->bytes);  // as protobuf writes it
  return response;
}

// Everybody is in the table once, whoever is ranked has a place among them, and the same question has the same answer.
void LeagueTable(const v1::GetLeagueTableRequest& request) {
  const auto table = Ask(request, &Handlers::GetLeagueTable);
  const auto again = Ask(request, &Handlers::GetLeagueTable);
  CHECK(table.ok() == again.ok());
  if (!table.ok()) return;
  CHECK(table->SerializeAsString() == again->SerializeAsString());
  CHECK_OK(rpc::ParseToken(table->basis().token()).status());
  CHECK(static_cast<uint32_t>(table->rows_size()) == (request.limit() == 0 ? table->ranked_total() : std::min(request.limit(), table->ranked_total())));
  CHECK(static_cast<uint32_t>(table->unranked_size()) == (request.limit() == 0 ? table->unranked_total() : 0));
  std::set<std::string> regions;
  for (const v1::Row& row : table->rows()) {
    CHECK(row.rank() >= 1 && row.rank() <= table->ranked_total());
    CHECK(regions.insert(row.region()).second);
  }
  for (const v1::Row& row : table->unranked()) CHECK(row.rank() == 0 && regions.insert(row.region()).second);
}

void Standing(const v1::GetStandingRequest& request) {
  const auto standing = Ask(request, &Handlers::GetStanding);
  const auto again = Ask(request, &Handlers::GetStanding);
  CHECK(standing.ok() == again.ok());
  if (standing.ok()) CHECK(standing->SerializeAsString() == again->SerializeAsString());
}

// A watch that is accepted follows a column; its first step begins and changes nothing.
void Watch(const v1::WatchRequest& request) {
  const auto watched = ranking::ReadWatch(Local(), request, *TheCells().store->Read());
  CheckRefusal(watched.status());
  if (!watched.ok()) return;
  AggregatorWorld& world = TheAggregator();
  const auto follower = world.followers().Follow(Local(), (*watched)->Request(request.from()), [] {});
  CHECK_OK(follower.status());
  while (true) {
    const auto step = world.followers().Next(**follower);
    CheckRefusal(step.status());
    if (!step.ok()) return;
    if (*step == nullptr) {
      std::this_thread::yield();
      continue;
    }
    const auto changes = ranking::WatchedColumn(**watched).Apply(**step);
    CheckRefusal(changes.status());
    if (changes.ok()) CHECK(changes->empty());
    return;
  }
}

// The service of bulletins, with its journal: a template, and a draft of it.
class BulletinWorld {
 public:
  BulletinWorld() {
    Open();
    v1::DefineTemplateRequest define;
    define.set_source(kTemplate);
    CHECK_OK(Ask(define, &Bulletins::DefineTemplate).status());
    v1::DraftBulletinRequest draft;
    draft.set_template_code("monthly"), draft.set_as_of("2017-05-31");
    CHECK_OK(Ask(draft, &Bulletins::DraftBulletin).status());
    v1::IssueBulletinRequest issue;
    issue.set_draft(1), issue.set_date("2017-06-05");
    CHECK_OK(Ask(issue, &Bulletins::IssueBulletin).status());
    CHECK_OK(Ask(draft, &Bulletins::DraftBulletin).status());
    first_ = last();
  }
  ~BulletinWorld() { Close(); }
  uint64_t last() { return pipeline_->journal().durable().sequence; }
  bool untouched() { return last() == first_; }
  void Restart() {
    Close();
    Open();
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const Request& request,
                               void (Bulletins::*handler)(const rpc::Caller&, const Request&, Bulletins::Deadline, rpc::Finish<Response>)) {
    auto answer = std::make_shared<Answer<Response>>();
    (bulletins_.get()->*handler)(Local(), request, Passed(), [answer](absl::StatusOr<Response> response) {
      CHECK(!answer->done);  // once
      *answer = {true, std::move(response)};
    });
    while (!answer->done) {
      bulletins_->Wake();
      pipeline_->Step(journal::PipelineStep::kDecide);
      pipeline_->Step(journal::PipelineStep::kWrite);
    }
    CheckRefusal(answer->response.status());
    return std::move(answer->response);
  }
  // Everything that was ever drafted, issued and defined, as bytes.
  std::string All() {
    v1::ListBulletinsRequest list;
    list.set_drafts(true), list.set_page_size(1'000);
    const auto listed = Ask(list, &Bulletins::ListBulletins);
    CHECK_OK(listed.status());
    std::string all = listed->SerializeAsString();
    for (const v1::BulletinRecord& record : listed->bulletins()) {
      v1::GetBulletinRequest get;
      record.number().empty() ? get.set_draft(record.draft()) : get.set_number(record.number());
      const auto whole = Ask(get, &Bulletins::GetBulletin);
      CHECK_OK(whole.status());
      CHECK_OK(bulletin::ParseCanonical(whole->bulletin().content()).status());
      all += whole->SerializeAsString();
    }
    const auto templates = Ask(v1::ListTemplatesRequest(), &Bulletins::ListTemplates);
    CHECK_OK(templates.status());
    return all + templates->SerializeAsString();
  }

 private:
  void Open() {
    disk_ = medium_.Boot();
    model_ = std::make_unique<ranking::BulletinsModel>();
    journal::PipelineOptions options;
    options.threads = false;
    options.on_fatal = [](const absl::Status& status) { CHECK_OK(status); };
    auto pipeline = journal::Pipeline::Open(*disk_, "ranking", ranking::schema::kBulletinSchemaVersion, *model_, FixedClock(), std::move(options));
    CHECK_OK(pipeline.status());
    pipeline_ = *std::move(pipeline);
    bulletins_ = std::make_unique<Bulletins>(*TheCells().store, TheAggregator().Columns(), *model_, *pipeline_);
  }
  void Close() {
    bulletins_ = nullptr;  // every call was answered
    pipeline_ = nullptr;
    model_ = nullptr;
    disk_ = nullptr;
  }

  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<ranking::BulletinsModel> model_;
  std::unique_ptr<journal::Pipeline> pipeline_;
  std::unique_ptr<Bulletins> bulletins_;
  uint64_t first_ = 0;
};

// A call that records: nothing when it is refused, once for a request id, and all of it is there after a restart.
template <typename Request, typename Response>
void Records(BulletinWorld& world, std::string_view bytes,
             void (Bulletins::*handler)(const rpc::Caller&, const Request&, Bulletins::Deadline, rpc::Finish<Response>)) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const uint64_t before = world.last();
  const auto answer = world.Ask(request, handler);
  const uint64_t after = world.last();
  CHECK(after - before <= 1);
  if (!answer.ok()) CHECK(after == before);
  bool rehearsal = false;
  if constexpr (requires { request.dry_run(); }) rehearsal = request.dry_run();
  if (rehearsal) CHECK(after == before);
  if (answer.ok() && !rehearsal && !request.request_id().empty()) {
    CHECK_OK(world.Ask(request, handler).status());
    CHECK(world.last() == after);
  }
  if (after == before) return;
  const std::string all = world.All();
  world.Restart();
  CHECK(world.All() == all);
}

template <typename Request, typename Response>
void Reads(BulletinWorld& world, std::string_view bytes,
           void (Bulletins::*handler)(const rpc::Caller&, const Request&, Bulletins::Deadline, rpc::Finish<Response>)) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto answer = world.Ask(request, handler);
  const auto again = world.Ask(request, handler);
  CHECK(world.untouched());
  CHECK(answer.ok() == again.ok());
  if (answer.ok()) CHECK(answer->SerializeAsString() == again->SerializeAsString());
}

// What was composed is canonical, and is composed again byte for byte at the basis that it names.
void Compose(BulletinWorld& world, std::string_view bytes) {
  v1::ComposeBulletinRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto composed = world.Ask(request, &Bulletins::ComposeBulletin);
  CHECK(world.untouched());
  if (!composed.ok()) return;
  CHECK_OK(bulletin::ParseCanonical(composed->content()).status());
  if (request.has_basis()) return;
  if (request.has_view()) request.mutable_view()->clear_known_on(), request.mutable_view()->clear_at();  // the basis says it now
  *request.mutable_basis() = composed->basis().basis();
  const auto again = world.Ask(request, &Bulletins::ComposeBulletin);
  CHECK_OK(again.status());
  CHECK(again->content() == composed->content());
}

void List(BulletinWorld& world, std::string_view bytes) {
  v1::ListBulletinsRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  auto page = world.Ask(request, &Bulletins::ListBulletins);
  for (int pages = 0; page.ok() && !page->next_page_token().empty(); ++pages) {
    CHECK(pages < kPagesMax && page->bulletins_size() > 0);
    CHECK(request.page_size() == 0 || page->bulletins_size() <= request.page_size());
    request.set_page_token(page->next_page_token());
    page = world.Ask(request, &Bulletins::ListBulletins);
    CHECK_OK(page.status());  // its own token
  }
  CHECK(world.untouched());
}

}  // namespace

void RankingCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::string_view message = bytes.substr(1);
  switch (static_cast<RankingCall>(static_cast<uint8_t>(bytes[0]) % kRankingCalls)) {
    case RankingCall::kGetLeagueTable: return With(message, LeagueTable);
    case RankingCall::kGetStanding: return With(message, Standing);
    case RankingCall::kWatch: return With(message, Watch);
  }
}

void BulletinCalls(std::string_view bytes) {
  if (bytes.empty()) return;
  BulletinWorld& world = Untouched<BulletinWorld>();
  const std::string_view message = bytes.substr(1);
  switch (static_cast<BulletinCall>(static_cast<uint8_t>(bytes[0]) % kBulletinCalls)) {
    case BulletinCall::kDefineTemplate: return Records(world, message, &Bulletins::DefineTemplate);
    case BulletinCall::kComposeBulletin: return Compose(world, message);
    case BulletinCall::kDraftBulletin: return Records(world, message, &Bulletins::DraftBulletin);
    case BulletinCall::kIssueBulletin: return Records(world, message, &Bulletins::IssueBulletin);
    case BulletinCall::kDraftCorrection: return Records(world, message, &Bulletins::DraftCorrection);
    case BulletinCall::kDiffBulletin: return Reads(world, message, &Bulletins::DiffBulletin);
    case BulletinCall::kGetBulletin: return Reads(world, message, &Bulletins::GetBulletin);
    case BulletinCall::kListBulletins: return List(world, message);
    case BulletinCall::kGetTemplate: return Reads(world, message, &Bulletins::GetTemplate);
    case BulletinCall::kListTemplates: return Reads(world, message, &Bulletins::ListTemplates);
  }
}

}  // namespace anju::fuzz
