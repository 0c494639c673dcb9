// A small real aggregator for tests.
#include "services/ranking/test_aggregator.h"

#include <algorithm>
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
  basis.mutable_plan()->set_block_hash(std::string(32, static_cast<char>(plan_sequence)));
  types::v1::Position* progress = basis.add_progress();
  progress->set_journal_id(std::string(32, 'b'));
  progress->set_sequence(progress_sequence);
  progress->set_block_hash(std::string(32, static_cast<char>(progress_sequence)));
  types::v1::BasisStamp stamp = rpc::MakeStamp(basis, 1'498'800'000'000'000);
  stamp.set_complete_until_us(complete_until_us);
  return stamp;
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
  const MutexLock lock(mutex_);
  frames_.push_back(std::move(frame));
  changed_.notify_all();
}

void TestAggregator::EndStream() {
  const MutexLock lock(mutex_);
  ended_ = static_cast<int>(streams_.size());
  changed_.notify_all();
}

std::vector<aggregator::v1::FollowFramesRequest> TestAggregator::streams() {
  const MutexLock lock(mutex_);
  return streams_;
}

void TestAggregator::RefuseColumns(grpc::Status status) {
  const MutexLock lock(mutex_);
  refusal_ = std::move(status);
}

grpc::Status TestAggregator::FollowFrames(grpc::ServerContext* context, const aggregator::v1::FollowFramesRequest* request,
                                          grpc::ServerWriter<aggregator::v1::Frame>* writer) {
  MutexLock lock(mutex_);
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
    changed_.wait_for(lock, std::chrono::milliseconds(5), [&]() REQUIRES(mutex_) { return !frames_.empty() || ended_ >= number; });
    if (ended_ >= number || context->IsCancelled()) return grpc::Status::OK;
    now.assign(frames_.begin(), frames_.end());
    frames_.clear();
  }
}

aggregator::v1::GetColumnResponse World::Column(RegionNumber region, const google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>& keys,
                                                Date day) const {
  aggregator::v1::GetColumnResponse column;
  std::vector<RegionNumber> numbers = {region};
  for (RegionNumber child : registry.regions.ChildrenAt(region, day)) numbers.push_back(child);
  for (RegionNumber number : numbers) {
    *column.add_regions() = ToProto(*registry.regions.At(number, day));
    for (const aggregator::v1::ColumnKey& key : keys) {
      auto cell = cells.find({number, *registry.catalogue.ResolveProgramme(key.programme()), *registry.catalogue.ResolveIndicator(key.indicator()),
                              key.period().first_year(), key.period().last_year()});
      if (cell != cells.end()) *column.add_cells() = cell->second;
    }
  }
  *column.mutable_basis() = Stamp();
  return column;
}

void TestAggregator::SetWorldAt(const std::string& token, World world) {
  const MutexLock lock(mutex_);
  at_.insert_or_assign(token, std::move(world));
}

void TestAggregator::SetWorldAsOf(const std::string& as_of, World world) {
  const MutexLock lock(mutex_);
  as_of_.insert_or_assign(as_of, std::move(world));
}

types::v1::BasisStamp TestAggregator::Step(const std::function<void(World&)>& change, std::vector<uint32_t> regions, bool full) {
  const MutexLock lock(mutex_);
  Committed step{world_, world_, std::move(regions), full};
  change(step.after);
  ++step.after.progress_sequence;
  world_ = step.after;
  steps_.push_back(std::move(step));
  changed_.notify_all();
  return world_.Stamp();
}

void TestAggregator::EndColumns() {
  const MutexLock lock(mutex_);
  columns_ended_ = static_cast<int>(followed_.size());
  changed_.notify_all();
}

std::vector<aggregator::v1::FollowColumnRequest> TestAggregator::followed_columns() {
  const MutexLock lock(mutex_);
  return followed_;
}

std::vector<aggregator::v1::GetColumnsRequest> TestAggregator::columns_requests() {
  const MutexLock lock(mutex_);
  return moments_;
}

std::vector<aggregator::v1::GetMilestoneStatusRequest> TestAggregator::milestone_requests() {
  const MutexLock lock(mutex_);
  return milestones_;
}

grpc::Status TestAggregator::ColumnAt(const std::string& text, const google::protobuf::RepeatedPtrField<aggregator::v1::ColumnKey>& keys,
                                      const aggregator::v1::Moment& moment, aggregator::v1::GetColumnResponse* response) {
  if (refusal_) return *refusal_;
  const std::string& at = moment.view().at();
  const World* world = &world_;
  if (!at.empty() && at != world_.Stamp().token()) {
    auto past = at_.find(at);
    if (past == at_.end()) return rpc::ToGrpc(MakeError(Reason::UNKNOWN_BASIS, "at", at, "no such basis"));
    world = &past->second;
  } else if (auto dated = as_of_.find(moment.as_of()); dated != as_of_.end()) {
    world = &dated->second;
  }
  Date day = MakeDate(2017, 12, 31);
  if (!moment.as_of().empty()) day = *ParseDate(moment.as_of());
  if (!moment.view().tree().empty()) day = *ParseDate(moment.view().tree());
  const auto region = world->registry.regions.Resolve(text, 0, day);
  if (!region.ok()) return rpc::ToGrpc(region.status());
  *response = world->Column(*region, keys, day);
  // Everything of one look has one basis, unless another was asked for.
  if (at.empty()) *response->mutable_basis() = world_.Stamp();
  return grpc::Status::OK;
}

grpc::Status TestAggregator::GetColumns(grpc::ServerContext* context, const aggregator::v1::GetColumnsRequest* request,
                                        aggregator::v1::GetColumnsResponse* response) {
  const MutexLock lock(mutex_);
  moments_.push_back(*request);
  for (const aggregator::v1::Moment& moment : request->moments()) {
    const grpc::Status status = ColumnAt(request->region(), request->keys(), moment, response->add_columns());
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

grpc::Status TestAggregator::GetHeads(grpc::ServerContext*, const aggregator::v1::GetHeadsRequest* request, aggregator::v1::GetHeadsResponse* response) {
  const auto hash = [](types::v1::Position* position) {
    if (position->sequence() == 0) return;
    position->set_block_hash(std::string(32, static_cast<char>(position->sequence())));
    position->set_tree_size(position->sequence());
    position->set_tree_root(std::string(32, static_cast<char>(0x80 + position->sequence())));
  };
  *response->mutable_basis() = request->basis();
  if (response->basis().has_plan()) hash(response->mutable_basis()->mutable_plan());
  for (types::v1::Position& position : *response->mutable_basis()->mutable_progress()) hash(&position);
  return grpc::Status::OK;
}

grpc::Status TestAggregator::GetMilestoneStatus(grpc::ServerContext* context, const aggregator::v1::GetMilestoneStatusRequest* request,
                                                aggregator::v1::GetMilestoneStatusResponse* response) {
  const MutexLock lock(mutex_);
  milestones_.push_back(*request);
  if (refusal_) return *refusal_;
  for (const aggregator::v1::MilestoneStatus& status : world_.milestones) *response->add_milestones() = status;
  for (const types::v1::RegionRecord& region : world_.regions) *response->add_regions() = region;
  return grpc::Status::OK;
}

grpc::Status TestAggregator::FollowColumn(grpc::ServerContext* context, const aggregator::v1::FollowColumnRequest* request,
                                          grpc::ServerWriter<aggregator::v1::ColumnStep>* writer) {
  const Date day = MakeDate(2017, 12, 31);
  MutexLock lock(mutex_);
  followed_.push_back(*request);
  const int number = static_cast<int>(followed_.size());
  const auto cut = [&](const World& world, aggregator::v1::ColumnStep* step, const std::vector<uint32_t>* regions) {
    const RegionNumber region = *world.registry.regions.Resolve(request->region(), 0, day);
    const aggregator::v1::GetColumnResponse column = world.Column(region, request->keys(), day);
    const auto wanted = [&](uint32_t of) { return regions == nullptr || std::find(regions->begin(), regions->end(), of) != regions->end(); };
    for (const aggregator::v1::Cell& cell : column.cells()) {
      if (wanted(cell.region())) *step->add_cells() = cell;
    }
    if (regions == nullptr) *step->mutable_regions() = column.regions();
    for (const aggregator::v1::MilestoneStatus& status : world.milestones) {
      if (request->milestones() && wanted(status.milestone().region())) *step->add_milestones() = status;
    }
    step->set_full(regions == nullptr);
    *step->mutable_to() = world.Stamp();
  };
  size_t next = steps_.size();
  const World* begin = &world_;
  if (!request->from().empty() && request->from() != world_.Stamp().token()) {
    for (next = 0; next < steps_.size() && steps_[next].before.Stamp().token() != request->from();) ++next;
    if (next == steps_.size()) return rpc::ToGrpc(MakeError(Reason::UNKNOWN_BASIS, "from", request->from(), "no such basis"));
    begin = &steps_[next].before;
  }
  aggregator::v1::ColumnStep step;
  cut(*begin, &step, nullptr);
  while (true) {
    lock.unlock();
    if (!writer->Write(step)) return grpc::Status::CANCELLED;
    lock.lock();
    changed_.wait_for(lock, std::chrono::milliseconds(5), [&]() REQUIRES(mutex_) { return next < steps_.size() || columns_ended_ >= number; });
    if (columns_ended_ >= number || context->IsCancelled()) return grpc::Status::OK;
    const types::v1::Basis from = step.to().basis();
    step.Clear();
    *step.mutable_from() = from;
    if (next == steps_.size()) {
      *step.mutable_to() = world_.Stamp();  // only carries the basis on
      continue;
    }
    const Committed& committed = steps_[next++];
    cut(committed.after, &step, committed.full ? nullptr : &committed.regions);
    step.mutable_cause()->set_sequence(committed.after.progress_sequence);
    ++written_steps_;
  }
}

}  // namespace anju::ranking
