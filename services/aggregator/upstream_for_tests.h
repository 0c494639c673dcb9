// Upstream services for tests: real journals behind real feeds, filled by hand, and events as the owners would write them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/impl/service_type.h>

#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "common/feed/feed.h"
#include "common/journal/journal.h"
#include "common/journal/restore.h"
#include "common/registry/registry.h"
#include "common/status/macros.h"
#include "common/testing/testing.h"
#include "services/aggregator/convert.h"
#include "services/aggregator/core/state.h"

namespace anju::aggregator::testing {

// One owner of facts: its journal and its feed on a port that stays the same when the journal is replaced.
class Upstream {
 public:
  // `beside`: services on the same port; they must outlive it, as the clock must.
  explicit Upstream(std::string name, Clock& clock = RealClock(), std::vector<grpc::Service*> beside = {})
      : name_(std::move(name)), clock_(clock), beside_(std::move(beside)) {
    Boot("127.0.0.1:0");
  }

  const std::string& address() const { return address_; }
  journal::Journal& journal() { return *journal_; }
  // Appends one block; returns its last position.
  journal::Position Append(const std::vector<std::string>& events, const journal::Position& plan = {}) {
    auto appended = journal_->Append(events, plan.journal_id, plan.sequence);
    CHECK_OK(appended.status());
    return *appended;
  }
  void Stop() { server_.reset(); }
  // Another, empty journal in its place.
  void Replace() {
    Close();
    directory_ = std::make_unique<anju::testing::TempDir>();
    Boot(address_);
  }
  // A copy of the directory as it is now, and that copy put back in its place later: the same journal, ending earlier. Put back once more, it is the
  // newer one again.
  void Keep() {
    Close();
    kept_ = std::make_unique<anju::testing::TempDir>();
    std::filesystem::copy(directory_->path(), kept_->path(), std::filesystem::copy_options::recursive);
    Boot(address_);
  }
  void PutBack() {
    Close();
    std::swap(directory_, kept_);
    Boot(address_);
  }
  // The machine is lost; a backup of its journal up to the end of a block at `sequence` is put on a new one.
  void RestoreAt(uint64_t sequence) {
    Stop();
    auto directory = std::make_unique<anju::testing::TempDir>();
    {
      auto disk = storage::OpenRocksDisk(directory->path());
      CHECK_OK(disk.status());
      auto restored = journal::RestoredJournal::Begin(**disk, name_, journal_->lineage().encoded());
      CHECK_OK(restored.status());
      const auto blocks = journal_->ReadBlocks({}, size_t{1} << 40);
      CHECK_OK(blocks.status());
      for (const std::string& block : *blocks) {
        if ((*restored)->position().sequence < sequence) CHECK_OK((*restored)->Add(block));
      }
      CHECK_OK((*restored)->Finish(clock_).status());
    }
    Close();
    directory_ = std::move(directory);
    Boot(address_);
  }
  void Serve() {
    std::vector<grpc::Service*> services = beside_;
    services.push_back(feed_.get());
    server_ = std::make_unique<anju::testing::ServerFixture>(services, name_, address_);
  }

 private:
  void Close() {
    Stop();
    feed_.reset();
    journal_.reset();
    disk_.reset();
  }
  void Boot(const std::string& listen) {
    auto disk = storage::OpenRocksDisk(directory_->path());
    CHECK_OK(disk.status());
    disk_ = *std::move(disk);
    auto journal = journal::Journal::Open(*disk_, name_, clock_);
    CHECK_OK(journal.status());
    journal_ = *std::move(journal);
    feed_ = feed::NewFeedService(*journal_);
    address_ = listen;
    Serve();
    address_ = server_->address();
  }

  std::string name_;
  Clock& clock_;
  std::vector<grpc::Service*> beside_;
  std::unique_ptr<anju::testing::TempDir> directory_ = std::make_unique<anju::testing::TempDir>();
  std::unique_ptr<anju::testing::TempDir> kept_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<grpc::Service> feed_;
  std::unique_ptr<anju::testing::ServerFixture> server_;
  std::string address_;
};

inline std::string RegionsEvent(const RegionTree& regions) {
  plan::v1::Event event;
  for (const RegionNumber number : regions.Numbers()) {
    for (const Region& row : *regions.Rows(number)) *event.mutable_regions()->add_regions() = ToProto(row);
  }
  return event.SerializeAsString();
}

inline std::string CatalogueEvent(const Catalogue& catalogue) {
  plan::v1::Event event;
  for (const auto& [number, programme] : catalogue.programmes()) *event.mutable_catalogue()->add_programmes() = ToProto(programme);
  for (const auto& [number, indicator] : catalogue.indicators()) *event.mutable_catalogue()->add_indicators() = ToProto(indicator);
  return event.SerializeAsString();
}

// All region rows as they are now, with boundary changes.
inline std::string BoundariesEvent(const RegionTree& regions, const std::vector<BoundaryEvent>& changes) {
  plan::v1::Event event;
  for (const RegionNumber number : regions.Numbers()) {
    for (const Region& row : *regions.Rows(number)) *event.mutable_boundaries()->add_regions() = ToProto(row);
  }
  for (const BoundaryEvent& change : changes) *event.mutable_boundaries()->add_events() = ToProto(change);
  return event.SerializeAsString();
}

inline std::string MilestonesEvent(const std::string& document, const std::vector<Milestone>& milestones) {
  plan::v1::Event event;
  event.mutable_milestones()->set_document(document);
  for (const Milestone& milestone : milestones) *event.mutable_milestones()->add_milestones() = ToProto(milestone);
  return event.SerializeAsString();
}

// Rules of soft checks: nothing that the aggregator looks at.
inline std::string ChecksEvent() {
  plan::v1::Event event;
  event.mutable_checks()->add_rules()->set_name("jump");
  return event.SerializeAsString();
}

inline std::string DocumentEvent(const DocumentInfo& info, const std::vector<PrintedTarget>& targets) {
  plan::v1::Event event;
  event.mutable_document()->set_number(info.number);
  event.mutable_document()->set_amends(info.amends);
  if (info.issued) event.mutable_document()->set_issued_days(info.issued->days);
  if (info.effective) event.mutable_document()->set_effective_days(info.effective->days);
  for (const PrintedTarget& printed : targets) {
    plan::v1::TargetCell* cell = event.mutable_document()->add_cells();
    cell->set_region(printed.cell.region);
    cell->set_programme(printed.cell.programme);
    cell->set_indicator(printed.cell.indicator);
    *cell->mutable_period() = ToProto(printed.cell.period);
    cell->set_layer(static_cast<types::v1::Layer>(static_cast<int>(printed.layer) + 1));
    if (printed.target.amount) cell->set_target(*printed.target.amount);
    if (printed.target.declared) cell->set_declared(*printed.target.declared);
    cell->set_missing(static_cast<types::v1::Missing>(printed.target.missing));
    cell->set_place(printed.place);
    cell->set_line(printed.line);
  }
  return event.SerializeAsString();
}
inline std::string DocumentEvent(const std::string& number, const std::vector<PrintedTarget>& targets) {
  return DocumentEvent(DocumentInfo{.number = number, .amends = "", .issued = {}, .effective = {}}, targets);
}

// The events that stand for these changes.
inline std::vector<std::string> ProgressEvents(const std::vector<ProgressChange>& changes) {
  std::vector<std::string> events;
  for (const ProgressChange& change : changes) {
    progress::v1::Event event;
    if (change.kind == ProgressChange::Kind::kReview) {
      event.mutable_review()->add_updates(change.update);
      event.mutable_review()->set_state(static_cast<types::v1::ReviewState>(change.review));
    } else if (change.kind == ProgressChange::Kind::kOpenSeries) {
      event.mutable_series()->set_number(change.series);
      event.mutable_series()->set_region(change.cell.region);
      event.mutable_series()->set_programme(change.cell.programme);
      event.mutable_series()->set_indicator(change.cell.indicator);
      *event.mutable_series()->mutable_period() = ToProto(change.cell.period);
    } else {
      if (change.note != nullptr) *event.mutable_update() = ToProto(*change.note);
      event.mutable_update()->set_series(change.series);
      event.mutable_update()->set_as_of_days(change.entry.as_of.days);
      event.mutable_update()->set_amount(change.entry.amount);
      event.mutable_update()->set_kind(static_cast<progress::v1::UpdateKind>(change.entry.kind));
      event.mutable_update()->set_source(1);
    }
    events.push_back(event.SerializeAsString());
  }
  return events;
}

}  // namespace anju::aggregator::testing
