// Puts the objects of an aggregator together as its process does, without feeds and sockets.
#include "tests/property/shell_subject.h"

#include <chrono>
#include <future>
#include <utility>

#include "common/journal/format.h"
#include "common/status/macros.h"
#include "services/aggregator/core/dump.h"

namespace anju::worlds {
namespace {

constexpr std::chrono::seconds kPatience{10};

rpc::Caller Local() { return {.identity = "local", .role = rpc::Role::kOperator, .region = "", .everywhere = true}; }

// Asks and waits for the answer.
template <typename Response, typename Ask>
absl::StatusOr<Response> Wait(Ask ask) {
  std::promise<absl::StatusOr<Response>> answered;
  auto answer = answered.get_future();
  ask(std::chrono::system_clock::now() + kPatience, [&answered](absl::StatusOr<Response> response) { answered.set_value(std::move(response)); });
  return answer.get();
}

}  // namespace

ShellSubject::ShellSubject(const World& world) : world_(world), medium_(world.seed) { Boot(); }

ShellSubject::~ShellSubject() {
  if (columns_ != nullptr) columns_->Stop();
}

void ShellSubject::Boot() {
  disk_ = medium_.Boot();
  auto applier = aggregator::Applier::Open(*disk_, world_.progress.size(), [](const absl::Status& status) { CHECK_OK(status); });
  CHECK_OK(applier.status());
  applier_ = *std::move(applier);
  frames_ = std::make_unique<aggregator::Frames>(*applier_);
  columns_ = std::make_unique<aggregator::ColumnFollowers>(*applier_);
  upstreams_ = std::make_unique<aggregator::Upstreams>(std::vector<std::string>());
  heads_ = std::make_unique<aggregator::UpstreamHeads>(std::vector<std::string>());
  handlers_ = std::make_unique<aggregator::Handlers>(*applier_, *frames_, *upstreams_, *heads_);
}

void ShellSubject::Restart() {
  handlers_.reset();
  heads_.reset();
  upstreams_.reset();
  columns_.reset();
  frames_.reset();
  applier_->Flush();
  applier_.reset();
  disk_.reset();
  Boot();
  MarkFresh();
}

void ShellSubject::Apply(const EncodedBlock& block) {
  const auto view = journal::DecodeBlock(block.bytes);
  CHECK_OK(view.status());
  CHECK_OK(block.journal == 0 ? applier_->ApplyPlan(*view, block.after) : applier_->ApplyProgress(block.journal - 1, *view, block.after));
  MarkFresh();
  handlers_->Wake();
  columns_->Moved();
}

// Nobody has more than this: what was known on a day can be told.
void ShellSubject::MarkFresh() {
  const int64_t now_us = RealClock().NowMicros();
  applier_->MarkFresh(0, applier_->plan_position(), now_us);
  for (size_t slot = 0; slot < applier_->slots(); ++slot) applier_->MarkFresh(slot + 1, applier_->position(slot), now_us);
}

absl::StatusOr<aggregator::v1::GetRollupResponse> ShellSubject::GetRollup(const aggregator::v1::GetRollupRequest& request) {
  ASSIGN_OR_RETURN(const auto encoded, Wait<aggregator::RollupResponse>([&](auto deadline, auto finish) { handlers_->GetRollup(Local(), request, deadline, finish); }));
  aggregator::v1::GetRollupResponse response;
  CHECK(response.ParseFromString(encoded.bytes));
  return response;
}

absl::StatusOr<aggregator::v1::GetColumnResponse> ShellSubject::GetColumn(const aggregator::v1::GetColumnRequest& request) {
  return Wait<aggregator::v1::GetColumnResponse>([&](auto deadline, auto finish) { handlers_->GetColumn(Local(), request, deadline, finish); });
}

absl::StatusOr<aggregator::v1::GetColumnsResponse> ShellSubject::GetColumns(const aggregator::v1::GetColumnsRequest& request) {
  return Wait<aggregator::v1::GetColumnsResponse>([&](auto deadline, auto finish) { handlers_->GetColumns(Local(), request, deadline, finish); });
}

std::vector<std::string> ShellSubject::Dump() {
  return applier_->Read([](const aggregator::Sight& sight) { return aggregator::Dump(sight.state); });
}

ShellSubject::Following::Following(ShellSubject& subject, const aggregator::v1::FollowColumnRequest& request) : subject_(subject) {
  auto follower = subject_.columns_->Follow(Local(), request, [signal = signal_] {
    const MutexLock lock(signal->mutex);
    signal->raised = true;
    signal->changed.notify_all();
  });
  CHECK_OK(follower.status());
  follower_ = *std::move(follower);
}

absl::StatusOr<std::shared_ptr<const aggregator::v1::ColumnStep>> ShellSubject::Following::Next() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto message = subject_.columns_->Next(*follower_);
    if (!message.ok() || *message != nullptr) return message;
    MutexLock lock(signal_->mutex);
    if (!signal_->changed.wait_until(lock, end, [this]() REQUIRES(signal_->mutex) { return signal_->raised; })) return nullptr;
    signal_->raised = false;
  }
}

CellAnswer FromWire(const World& world, const aggregator::v1::Cell& cell) {
  CellAnswer answer;
  for (const aggregator::v1::LayerTarget& target : cell.targets()) {
    TargetAnswer& mine = answer.targets[target.layer() - 1].emplace();
    if (target.has_target()) mine.amount = target.target();
    if (target.has_declared()) mine.declared = target.declared();
    mine.missing = target.missing();
    mine.document = target.document();
  }
  if (cell.has_actual()) answer.actual = cell.actual();
  if (cell.has_declared()) answer.declared = cell.declared();
  if (cell.has_year_start()) answer.year_start = cell.year_start();
  if (cell.has_newest_as_of_days()) answer.newest = Date{cell.newest_as_of_days()};
  if (cell.has_own_as_of_days()) answer.own_as_of = Date{cell.own_as_of_days()};
  answer.own = cell.own();
  answer.review = static_cast<Review>(cell.review());
  for (const aggregator::v1::FigureNote& note : cell.notes()) {
    for (size_t i = 0; i < world.progress.size(); ++i) {
      if (note.journal_id() == journal::ToHex(IdOf(world, i + 1))) answer.explained.emplace_back(i, note.sequence());
    }
  }
  return answer;
}

Key KeyOf(const aggregator::v1::Cell& cell) {
  return {cell.region(), cell.programme(), cell.indicator(), {cell.period().first_year(), cell.period().last_year()}};
}

types::v1::View ViewOf(const World& world, const Question& question, bool named) {
  types::v1::View view;
  if (named) view.set_at(TokenOf(world, question.known));
  if (question.tree) view.set_tree(FormatDate(*question.tree));
  view.set_review(static_cast<types::v1::ReviewFilter>(question.review));
  return view;
}

}  // namespace anju::worlds
