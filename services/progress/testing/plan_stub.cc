// A plan service in miniature.
#include "services/progress/testing/plan_stub.h"

#include "anju/feed/v1/feed.grpc.pb.h"

#include "common/checks/default_rules.h"
#include "common/feed/feed.h"
#include "common/journal/restore.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"

namespace anju::progress::testing {
namespace {

Region MakeRegion(RegionNumber number, std::string code, std::string name, RegionNumber parent, RegionLevel level) {
  return {.number = number, .code = std::move(code), .name = std::move(name), .parent = parent, .level = level};
}

Indicator MakeIndicator(IndicatorNumber number, std::string code, std::string name, std::string unit, int scale, std::vector<Unit> units) {
  return {.number = number, .code = std::move(code), .name = std::move(name), .unit = std::move(unit), .scale = scale, .units = std::move(units)};
}

}  // namespace

plan::v1::Event RegionsEvent() {
  std::vector<Region> regions = {
      MakeRegion(1, "53", "云南省", 0, RegionLevel::kProvince),      MakeRegion(2, "533400", "迪庆州", 1, RegionLevel::kCity),
      MakeRegion(3, "533401", "香格里拉市", 2, RegionLevel::kCounty), MakeRegion(4, "533422", "德钦县", 2, RegionLevel::kCounty),
      MakeRegion(5, "533423", "维西县", 2, RegionLevel::kCounty),     MakeRegion(6, "533400-KFQ", "开发区", 2, RegionLevel::kUnit),
      MakeRegion(7, "533400-A", "中心城区", 2, RegionLevel::kUnit),   MakeRegion(8, "5334-X", "德钦县", 2, RegionLevel::kUnit)};
  regions[5].kind = RegionKind::kZone;
  regions[5].valid_to = MakeDate(2017, 6, 1);
  regions[6].kind = RegionKind::kArea;
  regions[6].members = {3, 4};
  plan::v1::Event event;
  for (const Region& region : regions) *event.mutable_regions()->add_regions() = ToProto(region);
  return event;
}

plan::v1::Event CatalogueEvent() {
  plan::v1::Event event;
  *event.mutable_catalogue()->add_programmes() = ToProto(Programme{.number = 1, .code = "all", .name = "合计"});
  *event.mutable_catalogue()->add_programmes() = ToProto(Programme{.number = 2, .code = "shantytown", .name = "棚户区改造", .parent = 1});
  Indicator built = MakeIndicator(2, "built", "累计建成", "套", 0, {{"套", 1, 1}});
  built.over_time = OverTime::kLast;
  Indicator balance = MakeIndicator(4, "balance", "差额", "套", 0, {{"套", 1, 1}});
  balance.negative = true;
  Indicator coverage = MakeIndicator(5, "coverage", "覆盖率", "%", 2, {{"%", 100, 1}});
  coverage.over_regions = OverRegions::kNone;
  coverage.over_time = OverTime::kNone;
  for (const Indicator& indicator : {MakeIndicator(1, "starts", "新开工", "套", 0, {{"套", 1, 1}, {"万套", 10'000, 1}}), built,
                                     MakeIndicator(3, "investment", "投资", "万元", 2, {{"万元", 100, 1}, {"亿元", 1'000'000, 1}}), balance, coverage}) {
    *event.mutable_catalogue()->add_indicators() = ToProto(indicator);
  }
  return event;
}

plan::v1::Event ChecksOffEvent() {
  plan::v1::Event event;
  for (const DefaultCheckRule& rule : kDefaultCheckRules) {
    plan::v1::CheckRule* off = event.mutable_checks()->add_rules();
    off->set_name(std::string(rule.name));
    off->set_check(static_cast<plan::v1::SoftCheck>(rule.check));
    off->set_action(plan::v1::CHECK_ACTION_OFF);
  }
  return event;
}

plan::v1::Event DocumentEvent(const std::string& number, RegionNumber region, int64_t target) {
  plan::v1::Event event;
  event.mutable_document()->set_number(number);
  plan::v1::TargetCell* cell = event.mutable_document()->add_cells();
  cell->set_region(region);
  cell->set_programme(2);
  cell->set_indicator(1);
  cell->mutable_period()->set_first_year(2017);
  cell->mutable_period()->set_last_year(2017);
  cell->set_layer(types::v1::LAYER_CITY);
  cell->set_target(target);
  return event;
}

Registry TestRegistry() {
  Registry registry;
  anju::Apply(RegionsEvent().regions(), &registry);
  anju::Apply(CatalogueEvent().catalogue(), &registry);
  return registry;
}

PlanStub::PlanStub(const std::string& directory, const std::string& listen) {
  auto disk = storage::OpenRocksDisk(directory);
  CHECK_OK(disk.status());
  disk_ = *std::move(disk);
  auto journal = journal::Journal::Open(*disk_, "plan", clock_);
  CHECK_OK(journal.status());
  journal_ = *std::move(journal);
  feed_ = feed::NewFeedService(*journal_);
  server_ = std::make_unique<anju::testing::ServerFixture>(std::vector<grpc::Service*>{feed_.get()}, "plan", listen);
}

PlanStub::~PlanStub() = default;

void PlanStub::End() {
  feed::EndFeeds(*feed_);
  server_ = nullptr;
}

std::unique_ptr<PlanStub> PlanStub::RestoredAt(uint64_t sequence, const std::string& directory) {
  const std::string listen = address();
  {
    auto disk = storage::OpenRocksDisk(directory);
    CHECK_OK(disk.status());
    auto restored = journal::RestoredJournal::Begin(**disk, "plan", journal_->lineage().encoded());
    CHECK_OK(restored.status());
    const auto blocks = journal_->ReadBlocks({}, size_t{1} << 40);
    CHECK_OK(blocks.status());
    for (const std::string& block : *blocks) {
      if ((*restored)->position().sequence < sequence) CHECK_OK((*restored)->Add(block));
    }
    CHECK_OK((*restored)->Finish(clock_).status());
  }
  End();
  return std::make_unique<PlanStub>(directory, listen);
}

std::string PlanStub::Append(const std::vector<plan::v1::Event>& events) {
  std::vector<std::string> bytes;
  for (const plan::v1::Event& event : events) bytes.push_back(event.SerializeAsString());
  const absl::StatusOr<journal::Position> position = journal_->Append(bytes, {}, 0);
  CHECK_OK(position.status());
  return PlanToken(*position);
}

std::string PlanToken(const journal::Position& position) {
  types::v1::Basis basis;
  *basis.mutable_plan() = rpc::ToProto(position);
  return rpc::MakeStamp(basis, 0).token();
}

}  // namespace anju::progress::testing
