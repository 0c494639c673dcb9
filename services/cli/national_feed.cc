// Made-up figures and their way to the progress service.
#include "services/cli/national_feed.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
using progress::v1::UPDATE_KIND_CORRECTION;
using progress::v1::UPDATE_KIND_REDUCTION;

constexpr size_t kItemsPerMessage = 250;
constexpr uint64_t kOneIn = 400;          // figures that are corrected at once, and as many that are reduced
constexpr int64_t kReducedMin = 20;       // a smaller figure has nothing to take off
constexpr int kPublishedAfterDays = 5;    // taken over from a monthly bulletin: the year is past, and such figures are not late
constexpr int kTickMs = 20;
constexpr uint32_t kUnknownNumber = UINT32_MAX;
// A service that went down is up again within a second; longer would keep Ctrl-C waiting.
constexpr int kReconnectMs = 4'000;

}  // namespace

NationalProgress::NationalProgress(const NationalPlan& plan, uint64_t seed, std::vector<Date> dates)
    : plan_(plan), seed_(seed), dates_(std::move(dates)), order_(plan.series().size()), in_force_(plan.series().size(), 0) {
  CHECK(!dates_.empty());
  std::iota(order_.begin(), order_.end(), 0U);
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[Mix(seed + i) % i]);
}

NationalUpdate NationalProgress::Next() {
  if (follow_up_.has_value()) {
    const NationalUpdate update = *follow_up_;
    follow_up_.reset();
    int64_t& value = in_force_[update.series];
    value = update.kind == UPDATE_KIND_REDUCTION ? value - update.value : update.value;
    return update;
  }
  return wave_ < dates_.size() ? Cumulative() : Check();
}

NationalUpdate NationalProgress::Cumulative() {
  const uint32_t index = order_[at_];
  const NationalUpdate update{index, dates_[wave_], progress::v1::UPDATE_KIND_UNSPECIFIED, FigureOn(plan_.series()[index], dates_[wave_])};
  in_force_[index] = update.value;
  const uint64_t chance = Mix(seed_ ^ Mix((uint64_t{index} << 20) + wave_)) % kOneIn;
  if (chance == 0) follow_up_ = {index, update.as_of, UPDATE_KIND_CORRECTION, update.value - update.value / 25};
  if (chance == 1 && update.value >= kReducedMin) follow_up_ = {index, update.as_of, UPDATE_KIND_REDUCTION, update.value / 20};
  if (++at_ == order_.size()) {
    at_ = 0;
    ++wave_;
  }
  return update;
}

// Verification after the end of the year: figures of its last day are corrected, up and down.
NationalUpdate NationalProgress::Check() {
  const uint64_t chance = Mix(seed_ ^ Mix(++checks_ << 32));
  const uint32_t index = order_[chance % order_.size()];
  const int64_t figure = FigureOn(plan_.series()[index], dates_.back());
  const NationalUpdate update{index, dates_.back(), UPDATE_KIND_CORRECTION, figure - figure * static_cast<int64_t>((chance >> 40) % 80) / 1000};
  in_force_[index] = update.value;
  return update;
}

absl::Status NationalFeed::Open(const std::string& plan_at_least) {
  numbers_.assign(plan_.series().size(), kUnknownNumber);
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    source.answered_before += source.answered.exchange(0);
    client::ReportOptions options{.source = "demo.national." + plan_.provinces()[i].code, .plan_at_least = plan_at_least, .reconnect_ms = kReconnectMs};
    ASSIGN_OR_RETURN(source.stream, client::ReportStream::Open(address_, std::move(options),
                                                               {.on_verdict = [this](const progress::v1::Verdict& verdict) { Note(verdict); },
                                                                .on_answered = [&source](uint64_t items) { source.answered = items; }}));
    source.next = source.stream->opened_at() + 1;
  }
  return absl::OkStatus();
}

void NationalFeed::Note(const progress::v1::Verdict& verdict) {
  if (verdict.verdict() != progress::v1::ITEM_VERDICT_REFUSED && verdict.verdict() != progress::v1::ITEM_VERDICT_CONFLICT) return;
  const MutexLock lock(mutex_);
  if (refused_.ok()) refused_ = MakeError(rpc::FromProto(verdict.error()));
}

absl::Status NationalFeed::Send(const NationalUpdate& update) {
  const NationalSeries& series = plan_.series()[update.series];
  const Measure& measure = NationalMeasures()[series.measure];
  Source& source = sources_[series.province];
  if (numbers_[update.series] == kUnknownNumber) {
    progress::v1::SeriesDefinition definition;
    definition.set_region(series.region);
    definition.set_programme(measure.programme);
    definition.set_indicator(measure.indicator);
    definition.set_plan_year(std::to_string(kNationalYear));
    definition.set_unit(measure.unit);
    ASSIGN_OR_RETURN(numbers_[update.series], source.stream->Define(definition));
  }
  progress::v1::Item& item = source.items.emplace_back();
  item.set_series(numbers_[update.series]);
  item.set_as_of_days(update.as_of.days);
  item.set_text(std::to_string(update.value));
  item.set_kind(update.kind);
  item.set_published(FormatDate(Date{update.as_of.days + kPublishedAfterDays}));
  if (update.kind == UPDATE_KIND_CORRECTION) item.set_explanation("示例：核实后更正");
  if (update.kind == UPDATE_KIND_REDUCTION) item.set_explanation("示例：核减重复上报");
  ++sent_;
  return source.items.size() >= kItemsPerMessage ? FlushSource(source) : absl::OkStatus();
}

absl::Status NationalFeed::FlushSource(Source& source) {
  if (source.items.empty()) return absl::OkStatus();
  const uint64_t first = source.next;
  source.next += source.items.size();
  std::vector<progress::v1::Item> items;
  items.swap(source.items);
  return source.stream->Send(first, std::move(items));
}

absl::Status NationalFeed::Flush() {
  for (Source& source : sources_) RETURN_IF_ERROR(FlushSource(source));
  const MutexLock lock(mutex_);
  return refused_;
}

absl::StatusOr<types::v1::BasisStamp> NationalFeed::Finish() {
  RETURN_IF_ERROR(Flush());
  types::v1::BasisStamp newest;
  uint64_t newest_sequence = 0;
  for (Source& source : sources_) {
    ASSIGN_OR_RETURN(const types::v1::BasisStamp basis, source.stream->Finish());
    // All sources go into one journal: the stream that was answered last has everything.
    const uint64_t sequence = basis.basis().progress().empty() ? 0 : basis.basis().progress(0).sequence();
    if (sequence >= newest_sequence) {
      newest_sequence = sequence;
      newest = basis;
    }
  }
  Drop();
  const MutexLock lock(mutex_);
  RETURN_IF_ERROR(refused_);
  return newest;
}

void NationalFeed::Drop() {
  for (Source& source : sources_) {
    source.stream.reset();
    source.items.clear();
  }
}

uint64_t NationalFeed::answered() const {
  uint64_t total = 0;
  for (const Source& source : sources_) total += source.answered_before + source.answered;
  return total;
}

NationalPump::NationalPump(NationalFeed& feed, NationalProgress& progress, uint64_t per_second, uint64_t updates_max)
    : feed_(feed), progress_(progress), per_second_(per_second), updates_max_(updates_max), date_days_(progress.date().days), thread_([this] { Run(); }) {}

void NationalPump::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

absl::Status NationalPump::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

void NationalPump::Run() {
  absl::Status status;
  auto last = SteadyClock::now();
  uint64_t sent = 0, earned_us = 0;  // parts of an update that are owed, in millionths
  while (!stopping_ && status.ok() && sent < updates_max_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kTickMs));
    const auto now = SteadyClock::now();
    const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(now - last).count();
    last = now;
    // A tick that took long is worth no more than ten: else a pause would be followed by a flood.
    earned_us += static_cast<uint64_t>(std::min<int64_t>(elapsed, 10 * kTickMs * 1'000)) * per_second_;
    const uint64_t due = std::min(earned_us / 1'000'000, updates_max_ - sent);
    earned_us %= 1'000'000;
    for (uint64_t i = 0; i < due && status.ok() && !stopping_; ++i) status = feed_.Send(progress_.Next());
    sent += due;
    date_days_ = progress_.date().days;
    if (status.ok()) status = feed_.Flush();
  }
  const MutexLock lock(mutex_);
  status_ = status;
  ended_ = true;
}

}  // namespace anju::cli
