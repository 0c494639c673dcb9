// A small real aggregator for tests.
#include "services/ranking/test_aggregator.h"

#include <chrono>
#include <utility>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "services/ranking/core/table_fixture.h"

namespace anju::ranking {

World::World() {
  auto add = [&](uint32_t number, const char* code, const char* name, uint32_t parent, RegionLevel level, RegionKind kind) {
    Region region{.number = number, .code = code, .name = name, .parent = parent, .level = level, .kind = kind};
    AddRegion(region);
  };
  add(kDiqing, "533400", "迪庆藏族自治州", 0, RegionLevel::kCity, RegionKind::kAdministrative);
  add(kOwnLevel, "533400-BJ", "迪庆州本级", kDiqing, RegionLevel::kUnit, RegionKind::kOwnLevel);
  add(kZone, "533400-KFQ", "迪庆开发区", kDiqing, RegionLevel::kUnit, RegionKind::kZone);
  add(kShangri, "533401", "香格里拉市", kDiqing, RegionLevel::kCounty, RegionKind::kAdministrative);
  add(kDeqin, "533422", "德钦县", kDiqing, RegionLevel::kCounty, RegionKind::kAdministrative);
  add(kWeixi, "533423", "维西县", kDiqing, RegionLevel::kCounty, RegionKind::kAdministrative);
  registry.catalogue = TestCatalogue();
  for (const auto& [number, programme] : registry.catalogue.programmes()) programmes.push_back(ToProto(programme));
  for (const auto& [number, indicator] : registry.catalogue.indicators()) indicators.push_back(ToProto(indicator));
  for (auto [region, target, starts] : {std::tuple{kShangri, 2000, 1241}, {kDeqin, 250, 153}, {kWeixi, 1475, 900}, {kDiqing, 3725, 2294}}) {
    aggregator::v1::Cell& cell = Cell(region, kStarts, 2017);
    cell.set_actual(starts);
    cell.set_newest_as_of_days(MakeDate(2017, 6, 30).days);
    aggregator::v1::LayerTarget* layer = cell.add_targets();
    layer->set_layer(types::v1::LAYER_CITY);
    layer->set_target(target);
  }
}

void World::AddRegion(const Region& region) {
  registry.regions.Put({region});
  regions.push_back(ToProto(region));
}

aggregator::v1::Cell& World::Cell(uint32_t region, uint32_t indicator, int year) {
  aggregator::v1::Cell& cell = cells[{region, kProgramme, indicator, year, year}];
  cell.set_region(region);
  cell.set_programme(kProgramme);
  cell.set_indicator(indicator);
  cell.mutable_period()->set_first_year(year);
  cell.mutable_period()->set_last_year(year);
  return cell;
}

types::v1::BasisStamp World::Stamp() const {
  types::v1::Basis basis;
  basis.mutable_plan()->set_journal_id(std::string(32, 'a'));
  basis.mutable_plan()->set_sequence(plan_sequence);
  types::v1::Position* progress = basis.add_progress();
  progress->set_journal_id(std::string(32, 'b'));
  progress->set_sequence(progress_sequence);
  return rpc::MakeStamp(basis, 1'498'800'000'000'000);
}

std::vector<aggregator::v1::Frame> World::Snapshot(int messages) const {
  std::vector<aggregator::v1::Frame> frames(messages);
  for (aggregator::v1::Frame& frame : frames) frame.set_snapshot(true);
  for (const auto& record : regions) *frames.front().add_regions() = record;
  for (const auto& record : programmes) *frames.front().add_programmes() = record;
  for (const auto& record : indicators) *frames.front().add_indicators() = record;
  size_t next = 0;
  for (const auto& [key, cell] : cells) *frames[next++ % frames.size()].add_cells() = cell;
  frames.back().set_last(true);
  *frames.back().mutable_to() = Stamp();
  return frames;
}

aggregator::v1::Frame World::Change(const aggregator::v1::Cell& cell) {
  aggregator::v1::Frame frame;
  *frame.mutable_from() = Stamp().basis();
  ++progress_sequence;
  *frame.mutable_to() = Stamp();
  frame.set_last(true);
  *frame.add_cells() = cell;
  cells[{cell.region(), cell.programme(), cell.indicator(), cell.period().first_year(), cell.period().last_year()}] = cell;
  return frame;
}

void TestAggregator::Push(aggregator::v1::Frame frame) {
  const std::lock_guard lock(mutex_);
  frames_.push_back(std::move(frame));
  changed_.notify_all();
}

void TestAggregator::EndStream() {
  const std::lock_guard lock(mutex_);
  ended_ = static_cast<int>(streams_.size());
  changed_.notify_all();
}

std::vector<aggregator::v1::FollowFramesRequest> TestAggregator::streams() {
  const std::lock_guard lock(mutex_);
  return streams_;
}

std::vector<aggregator::v1::GetColumnRequest> TestAggregator::column_requests() {
  const std::lock_guard lock(mutex_);
  return columns_;
}

void TestAggregator::RefuseColumns(grpc::Status status) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(status);
}

grpc::Status TestAggregator::FollowFrames(grpc::ServerContext* context, const aggregator::v1::FollowFramesRequest* request,
                                          grpc::ServerWriter<aggregator::v1::Frame>* writer) {
  std::unique_lock lock(mutex_);
  streams_.push_back(*request);
  const int number = static_cast<int>(streams_.size());
  std::vector<aggregator::v1::Frame> now;
  if (answers_with_snapshot_ && !request->has_from()) now = world_.Snapshot();
  while (true) {
    for (const aggregator::v1::Frame& frame : now) {
      if (!writer->Write(frame)) return grpc::Status::CANCELLED;
    }
    now.clear();
    // Short waits, because a cancelled stream does not wake anybody here.
    changed_.wait_for(lock, std::chrono::milliseconds(5), [&] { return !frames_.empty() || ended_ >= number; });
    if (ended_ >= number || context->IsCancelled()) return grpc::Status::OK;
    now.assign(frames_.begin(), frames_.end());
    frames_.clear();
  }
}

grpc::Status TestAggregator::GetColumn(grpc::ServerContext* context, const aggregator::v1::GetColumnRequest* request,
                                       aggregator::v1::GetColumnResponse* response) {
  const std::lock_guard lock(mutex_);
  columns_.push_back(*request);
  if (refusal_) return *refusal_;
  const Date day = *ParseDate(request->as_of());
  const auto region = world_.registry.regions.Resolve(request->region(), 0, day);
  if (!region.ok()) return rpc::ToGrpc(region.status());
  std::vector<RegionNumber> numbers = {*region};
  for (RegionNumber child : world_.registry.regions.ChildrenAt(*region, day)) numbers.push_back(child);
  for (RegionNumber number : numbers) {
    *response->add_regions() = ToProto(*world_.registry.regions.At(number, day));
    for (const aggregator::v1::ColumnKey& key : request->keys()) {
      auto cell = world_.cells.find({number, *world_.registry.catalogue.ResolveProgramme(key.programme()),
                                     *world_.registry.catalogue.ResolveIndicator(key.indicator()), key.period().first_year(), key.period().last_year()});
      if (cell != world_.cells.end()) *response->add_cells() = cell->second;
    }
  }
  *response->mutable_basis() = world_.Stamp();
  return grpc::Status::OK;
}

}  // namespace anju::ranking
