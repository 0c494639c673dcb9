// A plan service in miniature for tests: a real journal and a real feed with hand-made registry events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "common/journal/journal.h"
#include "common/registry/registry.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"
#include "common/time/date.h"

namespace anju::progress::testing {

// The registry that tests report against:
//   1 53 云南省 (province) ─ 2 533400 迪庆州 (city) ─ 3 533401 香格里拉市, 4 533422 德钦县, 5 533423 维西县 (counties)
//   6 533400-KFQ 开发区 (zone, until 2017-06-01)    7 533400-A 中心城区 (area: 3, 4)    8 5334-X 德钦县 (a second of that name, unit)
//   programmes 1 all, 2 shantytown 棚户区改造;  indicators 1 starts 新开工 (套, 万套), 2 built (stock), 3 investment 投资 (万元, scale 2),
//   4 balance (negative allowed), 5 coverage (ratio)
plan::v1::Event RegionsEvent();
plan::v1::Event CatalogueEvent();
// Turns all built-in soft checks off, for tests of something else.
plan::v1::Event ChecksOffEvent();
// A document with one target: of starts of shantytown in 2017, of this region.
plan::v1::Event DocumentEvent(const std::string& number, RegionNumber region, int64_t target);
Registry TestRegistry();

// Its journal in memory; serves the feed on port 0.
class PlanStub {
 public:
  explicit PlanStub(const std::string& directory, const std::string& listen = "127.0.0.1:0");
  ~PlanStub();
  const std::string& address() const { return server_->address(); }
  // Appends one block and returns its position as a token for plan_at_least.
  std::string Append(const std::vector<plan::v1::Event>& events);
  // Ends the feed's streams, so that destroying it does not wait for them.
  void End();
  // A plan service at the same address on a backup of this one's journal up to the end of a block at `sequence`.
  std::unique_ptr<PlanStub> RestoredAt(uint64_t sequence, const std::string& directory);
  // The registry above without soft checks, in one block.
  std::string AppendRegistry() { return Append({RegionsEvent(), CatalogueEvent(), ChecksOffEvent()}); }

 private:
  FakeClock clock_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<grpc::Service> feed_;
  std::unique_ptr<anju::testing::ServerFixture> server_;
};

// Token of a plan position.
std::string PlanToken(const journal::Position& position);

}  // namespace anju::progress::testing
