// A small suite's data on a real disk, written by the journals themselves: part of it in tables, part in write-ahead logs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "anju/ranking/v1/event.pb.h"
#include "common/audit/suite.h"
#include "common/journal/journal.h"
#include "common/status/macros.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"
#include "common/time/date.h"

namespace anju::audit::testing {

inline plan::v1::Event CatalogueEvent() {
  plan::v1::Event event;
  event.set_actor("local");
  auto* programme = event.mutable_catalogue()->add_programmes();
  programme->set_number(1), programme->set_code("all");
  programme = event.mutable_catalogue()->add_programmes();
  programme->set_number(2), programme->set_code("shantytown"), programme->set_parent(1);
  auto* indicator = event.mutable_catalogue()->add_indicators();
  indicator->set_number(1), indicator->set_code("starts"), indicator->set_over_regions("sum"), indicator->set_over_time("sum");
  auto* unit = indicator->add_units();
  unit->set_name("套"), unit->set_numerator(1), unit->set_denominator(1);
  return event;
}

// A city with two counties.
inline plan::v1::Event RegionsEvent() {
  plan::v1::Event event;
  for (uint32_t number = 1; number <= 3; ++number) {
    auto* region = event.mutable_regions()->add_regions();
    region->set_number(number), region->set_code("R" + std::to_string(number)), region->set_parent(number == 1 ? 0 : 1), region->set_kind("administrative");
  }
  return event;
}

inline progress::v1::Event SourceEvent(uint32_t number) {
  progress::v1::Event event;
  event.mutable_source()->set_number(number);
  event.mutable_source()->set_name("source-" + std::to_string(number));
  return event;
}

inline progress::v1::Event SeriesEvent(uint32_t number, uint32_t region, uint32_t indicator = 1) {
  progress::v1::Event event;
  auto* series = event.mutable_series();
  series->set_number(number), series->set_region(region), series->set_programme(2), series->set_indicator(indicator);
  series->mutable_period()->set_first_year(2017), series->mutable_period()->set_last_year(2017);
  return event;
}

inline progress::v1::Event UpdateEvent(uint32_t series, uint64_t source_sequence, int64_t amount, int32_t day) {
  progress::v1::Event event;
  auto* update = event.mutable_update();
  update->set_series(series), update->set_source(1), update->set_source_sequence(source_sequence), update->set_amount(amount);
  update->set_as_of_days(MakeDate(2017, 1, 1).days + day);
  return event;
}

// Writes journals under `directory`, each in a directory of its service.
class Writer {
 public:
  explicit Writer(std::string directory, Date today = MakeDate(2018, 1, 1)) : directory_(std::move(directory)), clock_(today) {}

  template <typename Event>
  journal::Position Append(const std::string& service, const std::vector<Event>& events, uint64_t plan_sequence = 0) {
    std::vector<std::string> bytes;
    for (const Event& event : events) bytes.push_back(event.SerializeAsString());
    return AppendBytes(service, bytes, plan_sequence);
  }
  // Opens the service's journal for each call: what was written before goes into a table, this block into a log.
  journal::Position AppendBytes(const std::string& service, const std::vector<std::string>& events, uint64_t plan_sequence) {
    auto disk = storage::OpenRocksDisk(directory_ + "/" + service);
    CHECK_OK(disk.status());
    auto journal = journal::Journal::Open(**disk, service, clock_);
    CHECK_OK(journal.status());
    auto position = (*journal)->Append(events, plan_sequence == 0 ? journal::JournalId{} : plan_id_, plan_sequence);
    CHECK_OK(position.status());
    if (service == "plan") plan_id_ = position->journal_id;
    return *position;
  }
  // Many blocks without closing in between.
  void AppendBlocks(const std::string& service, const std::vector<std::vector<std::string>>& blocks, uint64_t plan_sequence) {
    auto disk = storage::OpenRocksDisk(directory_ + "/" + service);
    CHECK_OK(disk.status());
    auto journal = journal::Journal::Open(**disk, service, clock_);
    CHECK_OK(journal.status());
    for (const auto& events : blocks) {
      auto position = (*journal)->Append(events, plan_sequence == 0 ? journal::JournalId{} : plan_id_, plan_sequence);
      CHECK_OK(position.status());
      if (service == "plan") plan_id_ = position->journal_id;
    }
  }

 private:
  const std::string directory_;
  FakeClock clock_;
  journal::JournalId plan_id_{};
};

// Plan and progress with `blocks` blocks of `events` updates each; half of them in tables.
inline void WriteSuite(const std::string& directory, int blocks, int events) {
  Writer writer(directory);
  writer.Append("plan", std::vector{CatalogueEvent(), RegionsEvent()});
  writer.Append("progress", std::vector{SourceEvent(1), SeriesEvent(1, 2), SeriesEvent(2, 3)}, 2);
  uint64_t number = 0;
  for (const int half : {0, 1}) {
    std::vector<std::vector<std::string>> written;
    for (int block = half * blocks / 2; block < (half + 1) * blocks / 2; ++block) {
      auto& bytes = written.emplace_back();
      for (int i = 0; i < events; ++i) {
        ++number;
        bytes.push_back(UpdateEvent(1 + number % 2, number, static_cast<int64_t>(number), static_cast<int32_t>(number % 300)).SerializeAsString());
      }
    }
    writer.AppendBlocks("progress", written, 2);
  }
}

inline SuiteAudit Audit(const std::string& directory) {
  auto sources = FindSources(directory);
  CHECK_OK(sources.status());
  SuiteAudit audit(*std::move(sources));
  CHECK_OK(audit.Run());
  return audit;
}

}  // namespace anju::audit::testing
