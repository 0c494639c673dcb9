// Building the world, hurting it, bringing it to its end, and judging.
#include "tests/simulation/simulation.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "common/journal/restore.h"
#include "common/rpc/stepped.h"
#include "common/series/history_loader.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/simulation/derived.h"
#include "tests/simulation/faults_simulated.h"
#include "tests/simulation/load.h"
#include "tests/simulation/oracle.h"

namespace anju::simulation {
namespace {

// Ids of journals come from OpenSSL's random bytes: here from the seed.
Random* id_random = nullptr;
int SeededBytes(unsigned char* bytes, int count) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<unsigned char>(id_random->Next());
  return 1;
}
void UseSeededIds() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  static const RAND_METHOD method = {nullptr, SeededBytes, nullptr, nullptr, SeededBytes, nullptr};
  RAND_set_rand_method(&method);
#pragma GCC diagnostic pop
}

class Simulation {
 public:
  explicit Simulation(const Options& options);
  ~Simulation();
  Result Run();

 private:
  struct Watched {
    Node* node = nullptr;
    size_t journal = 0;  // the oracle's number
    journal::Position at;
  };
  void Observe(Watched& watched);
  void ObserveNode(Node& node);
  bool Running() const { return context_.violation.empty(); }

  void Inject();
  void Hurt();
  void Count(const std::string& fault, const Node* node);
  Node& AnyNode() { return *nodes_[context_.scheduler.random.Below(nodes_.size())]; }
  void FillDisk(Node& node);
  void SpoilState(Node& node);
  void SpoilJournal(Node& node);
  void FlipUnderAudit(Node& node);
  void FlipWitness(Node& node);
  void CutJournal(Node& node);
  void TakeBackup();
  void RestoreBackup();

  bool Settled() const;
  void Settle(const std::string& when);
  void CompareEverything(const std::string& when);
  void AskForRollups();

  const Options options_;
  Context context_;
  Oracle oracle_;
  Random ids_;
  std::unique_ptr<Node> plan_, progress_[2];
  std::unique_ptr<AggregatorNode> aggregator_;
  std::unique_ptr<RankingNode> ranking_;
  std::vector<Node*> nodes_;
  std::vector<Watched> watched_;
  std::vector<std::unique_ptr<Clerk>> clerks_;
  std::unique_ptr<Machine> judge_ = std::make_unique<Machine>("judge");
  // The newest backup of a progress service, of the journal that it has now.
  struct Backup {
    std::vector<std::string> identities, blocks;
  };
  std::optional<Backup> backups_[2];
  uint64_t faults_ = 0;
  uint64_t next_fault_at_ = 0;
  uint64_t reach_left_ = 0;  // places until the power fails at one
};

Simulation::Simulation(const Options& options)
    : options_(options), context_(options.seed), oracle_([this](const std::string& what) { context_.Violated(what); }), ids_(options.seed ^ 0x1D5) {
  id_random = &ids_;
  disabled = options.disabled;
  const bool lying_disks = disabled.erase(faults::Protection::kSync) > 0;
  Random& random = context_.scheduler.random;
  if (options.verbose) {
    context_.scheduler.on_trace = [this](std::string_view what, uint64_t number) {
      std::printf("%12.6f %.*s %llu\n", static_cast<double>(context_.scheduler.now_us()) / 1e6, static_cast<int>(what.size()), what.data(),
                  static_cast<unsigned long long>(number));
    };
  }
  context_.network.weather.lost_permille = random.Below(kLostPermilleMax + 1);
  context_.network.weather.doubled_permille = random.Below(kDoubledPermilleMax + 1);
  context_.network.weather.slow_permille = random.Below(kSlowPermilleMax + 1);
  context_.network.weather.stutter_permille = random.Below(kStutterPermilleMax + 1);

  plan_ = NewPlanNode(context_, random.Next());
  for (int i = 0; i < 2; ++i) progress_[i] = NewProgressNode(context_, "progress" + std::to_string(i + 1), random.Next(), *plan_);
  const std::vector<Node*> progress = {progress_[0].get(), progress_[1].get()};
  aggregator_ = NewAggregatorNode(context_, random.Next(), *plan_, progress);
  ranking_ = NewRankingNode(context_, random.Next(), *aggregator_, *plan_, progress);
  nodes_ = {plan_.get(), progress[0], progress[1], aggregator_.get(), ranking_.get()};
  watched_ = {{plan_.get(), kPlan, {}}, {progress[0], 1, {}}, {progress[1], 2, {}}, {ranking_.get(), kRanking, {}}};
  for (Node* node : nodes_) node->medium().set_ignore_syncs(lying_disks);

  context_.on_durable = [this](Node& node) { ObserveNode(node); };
  context_.on_boot = [this](Node& node) { ObserveNode(node); };
  on_reach = [this](std::string_view place) {
    if (reach_left_ == 0 || context_.running == nullptr || --reach_left_ > 0) return;
    Count("power fails at " + std::string(place), context_.running);
    context_.running->medium().Crash();
    context_.scheduler.After(0, [node = context_.running] { node->Die(Node::Death::kKill); });
  };
}

Simulation::~Simulation() {
  on_reach = nullptr;
  context_.on_durable = nullptr;
  context_.on_boot = nullptr;
}

void Simulation::ObserveNode(Node& node) {
  for (Watched& watched : watched_) {
    if (watched.node == &node) Observe(watched);
  }
}

// Everything that a journal calls durable is the oracle's to keep: it may never be gone again.
void Simulation::Observe(Watched& watched) {
  journal::Journal* const journal = watched.node->journal();
  if (journal == nullptr) return;
  if (journal->durable().sequence < watched.at.sequence) {
    return context_.Violated(watched.node->name + " has lost events: it ends at " + std::to_string(journal->durable().sequence) + ", " +
                             std::to_string(watched.at.sequence) + " were durable");
  }
  auto blocks = journal->ReadBlocks(watched.at, size_t{1} << 30);
  if (HasReason(blocks.status(), Reason::DATA_LOSS) && ErrorsOf(blocks.status()).front().field != "after") {
    // A spoiled record: the oracle has to read on, so the disk is replaced now.
    watched.node->medium().Mend("journal");
    blocks = journal->ReadBlocks(watched.at, size_t{1} << 30);
  }
  if (!blocks.ok()) {
    const auto errors = ErrorsOf(blocks.status());
    if (!errors.empty() && errors.front().field == "after") context_.Violated(watched.node->name + " has another history than it had: " + errors.front().message);
    return;  // a disk that cannot be read now
  }
  for (const std::string& bytes : *blocks) {
    const auto block = journal::DecodeBlock(bytes);
    if (!block.ok()) return context_.Violated(watched.node->name + " gave a block that does not hold: " + std::string(block.status().message()));
    uint64_t sequence = block->header.first_sequence;
    for (const std::string_view event : block->events) {
      oracle_.Recorded(watched.journal, journal::ToHex(journal->identity().id), sequence++, std::string(event), block->header.plan_sequence);
    }
    watched.at = journal->lineage().PositionOf(block->header.last_sequence(), block->hash);
  }
}

void Simulation::Count(const std::string& fault, const Node* node) {
  ++faults_;
  ++context_.counts["fault: " + fault];
  context_.scheduler.Trace("FAULT " + fault + (node == nullptr ? "" : " " + node->name));
}

// One fault of one kind, anywhere.
void Simulation::Hurt() {
  Random& random = context_.scheduler.random;
  Node& node = AnyNode();
  switch (random.Below(17)) {
    case 0: case 1:
      Count("power fails", &node);
      return node.Die(Node::Death::kPower);
    case 2: case 3:
      Count("power fails at an operation", &node);
      return node.medium().CrashAfter(1 + random.Below(10));
    case 4:
      Count("process is killed", &node);
      return node.Die(Node::Death::kKill);
    case 5:
      Count("an operation of the disk fails", &node);
      return node.medium().FailAfter(1 + random.Below(8));
    case 6:
      return FillDisk(node);
    case 7:
      return SpoilState(node);
    case 8:
      return random.OneIn(2) ? SpoilJournal(node) : FlipUnderAudit(node);
    case 9:
      return FlipWitness(node);
    case 10: {
      Count("clock is set", &node);
      const int64_t second = 1'000'000;
      const int64_t reach = random.OneIn(4) ? 86'400 * second : random.OneIn(2) ? 3'600 * second : second;
      return node.clock().Shift(random.Between(-reach, reach));
    }
    case 11: {
      Node& other = AnyNode();
      Count("network parts", &node);
      context_.network.Part(node, other);
      return context_.scheduler.After(random.Between(100'000, 4'000'000), [this] { context_.network.HealAll(); });
    }
    case 12:
      for (uint64_t i = 0; i <= random.Below(4); ++i) context_.network.CutOne();
      return Count("connections are cut", nullptr);
    case 13: {
      Count("network is slow", nullptr);
      const int64_t usual = context_.network.weather.delay_us_max;
      context_.network.weather.delay_us_max = 150'000;
      return context_.scheduler.After(random.Between(100'000, 1'500'000), [this, usual] { context_.network.weather.delay_us_max = std::min<int64_t>(usual, 5'000); });
    }
    case 14:
      reach_left_ = 1 + random.Below(60);
      return;  // counted when it happens
    case 15:
      return random.OneIn(2) ? TakeBackup() : RestoreBackup();
    case 16:
      return CutJournal(node);
  }
}

// The last record is gone without a trace: only the witness can tell. The start must be refused until it is put back.
void Simulation::CutJournal(Node& node) {
  if (!node.up || node.journal() == nullptr || node.journal()->durable().sequence == 0) return;
  Count("a journal is cut", &node);
  node.Hold(true);
  node.Die(Node::Death::kKill);
  CHECK(node.medium().DropLast("journal"));
  node.Start();
  if (node.refused().ok()) return context_.Violated(node.name + " has started without the last record of its journal");
  node.medium().PutBack("journal");
  node.Hold(false);
  node.Start();
}

void Simulation::TakeBackup() {
  const size_t which = context_.scheduler.random.Below(2);
  const journal::Journal* const journal = progress_[which]->journal();
  if (journal == nullptr) return;
  auto blocks = journal->ReadBlocks({}, size_t{1} << 30);
  if (blocks.ok()) backups_[which] = Backup{journal->lineage().encoded(), *std::move(blocks)};
}

// A machine is lost, and what an older backup holds takes its place: a new journal that continues it.
void Simulation::RestoreBackup() {
  const size_t which = context_.scheduler.random.Below(2);
  Node& node = *progress_[which];
  if (!backups_[which] || node.journal() == nullptr) return;
  const Backup backup = *std::exchange(backups_[which], std::nullopt);
  Count("an old backup is restored", &node);
  node.Hold(true);
  node.Die(Node::Death::kKill);
  auto medium = std::make_unique<storage::SimulatedMedium>(context_.scheduler.random.Next());
  Watched& watched = watched_[1 + which];
  {
    const auto disk = medium->Boot();
    auto restored = journal::RestoredJournal::Begin(*disk, "progress", backup.identities);
    CHECK_OK(restored.status());
    for (const std::string& block : backup.blocks) CHECK_OK((*restored)->Add(block));
    watched.at = (*restored)->position();
    CHECK_OK((*restored)->Finish(node.clock()).status());
  }
  node.ReplaceMedium(std::move(medium));
  oracle_.Restored(watched.journal, watched.at.sequence);
  for (const auto& clerk : clerks_) clerk->Restored(watched.journal);
  node.Hold(false);
  node.Start();
}

void Simulation::FillDisk(Node& node) {
  Random& random = context_.scheduler.random;
  Count("disk is full", &node);
  node.medium().set_free_bytes(random.OneIn(2) ? random.Below(4'000) : random.Below(1 << 20));
  context_.scheduler.After(random.Between(100'000, 2'000'000), [&node] { node.medium().set_free_bytes(UINT64_MAX); });
}

// Latent until the next start: so there is one.
void Simulation::SpoilState(Node& node) {
  const char* const store = &node == ranking_.get() && context_.scheduler.random.OneIn(2) ? "cells" : "state";
  if (!node.medium().Spoil(store, context_.scheduler.random.Next())) return;
  Count("a record of the state is spoiled", &node);
  node.Die(Node::Death::kKill);
}

// Whoever reads it must say so, until the disk is replaced by its mirror.
void Simulation::SpoilJournal(Node& node) {
  if (node.journal() == nullptr || !node.medium().Spoil("journal", context_.scheduler.random.Next())) return;
  Count("a record of the journal is spoiled", &node);
  if (context_.scheduler.random.OneIn(2)) node.Die(Node::Death::kKill);
  context_.scheduler.After(context_.scheduler.random.Between(200'000, 2'000'000), [&node] { node.medium().Mend("journal"); });
}

// A bit that changed under the disk's checksums: reading the journal whole must find it.
void Simulation::FlipUnderAudit(Node& node) {
  if (node.journal() == nullptr || node.journal()->durable().sequence == 0) return;
  Count("a bit of the journal flips", &node);
  node.Hold(true);
  node.Die(Node::Death::kKill);
  const uint64_t bit = context_.scheduler.random.Next();
  CHECK(node.medium().FlipBit("journal", bit));
  const auto audit = [&]() -> absl::Status {
    const auto disk = node.medium().Boot();
    const std::string service = node.name.starts_with("progress") ? "progress" : node.name;
    const auto journal = journal::Journal::Open(*disk, service, node.clock());
    if (!journal.ok()) return journal.status();
    const auto blocks = (*journal)->ReadBlocks({}, size_t{1} << 30);
    if (!blocks.ok()) return blocks.status();
    for (const std::string& bytes : *blocks) {
      if (const auto block = journal::DecodeBlock(bytes); !block.ok()) return block.status();
    }
    return absl::OkStatus();
  };
  if (const absl::Status found = audit(); found.ok()) context_.Violated("a flipped bit of " + node.name + "'s journal was not found");
  CHECK(node.medium().FlipBit("journal", bit));
  node.Hold(false);
  node.Start();
}

// One of two slots: the other must do, or the start is refused; then the bit is put back.
void Simulation::FlipWitness(Node& node) {
  if (node.journal() == nullptr) return;
  node.Hold(true);
  node.Die(Node::Death::kKill);
  const uint64_t bit = context_.scheduler.random.Next();
  if (node.medium().FlipBit("witness", bit)) {
    Count("a bit of the witness flips", &node);
    node.Start();
    if (!node.refused().ok()) {
      ++context_.counts["witness refused"];
      node.medium().FlipBit("witness", bit);
    }
  }
  node.Hold(false);
  node.Start();
}

void Simulation::Inject() {
  if (context_.scheduler.events() < next_fault_at_) return;
  next_fault_at_ = context_.scheduler.events() + 1 + context_.scheduler.random.Below(2 * kEventsPerFault);
  Hurt();
}

bool Simulation::Settled() const {
  for (const Node* node : nodes_) {
    if (!node->up) return false;
  }
  for (const auto& clerk : clerks_) {
    if (!clerk->Done()) return false;
  }
  const auto is_at = [](const types::v1::Position& position, Node& node) {
    const journal::Position durable = node.journal()->durable();
    return position.sequence() == durable.sequence && position.journal_id() == journal::ToHex(durable.journal_id);
  };
  for (const types::v1::Basis& basis : {aggregator_->Basis(), ranking_->Basis()}) {
    if (!is_at(basis.plan(), *plan_) || basis.progress_size() != 2) return false;
    for (const auto& node : progress_) {
      if (!is_at(basis.progress(0), *node) && !is_at(basis.progress(1), *node)) return false;
    }
  }
  return true;
}

void Simulation::Settle(const std::string& when) {
  const uint64_t turns_max = context_.scheduler.turns() + kSettleTurnsMax;
  const int64_t until_us = context_.scheduler.now_us() + kSettleUsMax;
  while (Running() && !Settled()) {
    if (context_.scheduler.turns() > turns_max || context_.scheduler.now_us() > until_us) {
      std::string who;
      for (const Node* node : nodes_) who += node->up ? "" : " " + node->name + " is down (" + std::string(node->refused().message()) + ");";
      for (const auto& clerk : clerks_) who += clerk->Done() ? "" : " " + clerk->name + " is not done;";
      const auto print = [](const types::v1::Basis& basis) {
        std::string text = " " + std::to_string(basis.plan().sequence());
        for (const types::v1::Position& position : basis.progress()) text += "," + std::to_string(position.sequence());
        return text;
      };
      for (const Watched& watched : watched_) who += " " + watched.node->name + " at " + std::to_string(watched.at.sequence) + ",";
      return context_.Violated("not everything has caught up " + when + ":" + who + " aggregator at" + print(aggregator_->Basis()) + ", ranking at" +
                               print(ranking_->Basis()));
    }
    context_.scheduler.Step();
  }
}

void Simulation::AskForRollups() {
  int missing = 0;
  for (const char* region : {kProvince, kCities[0], kCities[1]}) {
    aggregator::v1::GetRollupRequest request;
    request.set_region(region);
    request.set_year("2017");
    ++missing;
    context_.network.Call(*judge_, *aggregator_, "GetRollup", request.SerializeAsString(), 5'000'000, [&missing, this](absl::StatusOr<std::string> bytes) {
      --missing;
      aggregator::v1::GetRollupResponse response;
      if (!bytes.ok() || !response.ParseFromString(*bytes)) return context_.Violated("the last rollup was not answered: " + std::string(bytes.status().message()));
      oracle_.HeardRollup(response);
    });
  }
  while (Running() && missing > 0) context_.scheduler.Step();
}

void Simulation::CompareEverything(const std::string& when) {
  if (!Running()) return;
  const auto compare = [&](const std::string& what, const std::vector<std::string>& ours, const std::vector<std::string>& other) {
    if (ours == other) return;
    const auto [a, b] = std::mismatch(ours.begin(), ours.end(), other.begin(), other.end());
    context_.Violated(what + " " + when + ": " + (a == ours.end() ? "(nothing)" : *a) + " against " + (b == other.end() ? "(nothing)" : *b));
  };
  compare("the aggregator is not what its journals say", aggregator_->Dump(),
          DumpFromZero(context_.scheduler.random.Next(), *plan_->journal(), {progress_[0]->journal(), progress_[1]->journal()}));
  compare("ranking's cells are not the aggregator's", ranking_->Rows(), aggregator_->SnapshotRows());
}

Result Simulation::Run() {
  for (Node* node : nodes_) node->Start();
  clerks_.push_back(NewPlanner(context_, oracle_, *plan_, [this] {
    next_fault_at_ = context_.scheduler.events();
    for (int node = 0; node < 2; ++node) {
      for (int i = 0; i < 3; ++i) {
        clerks_.push_back(NewReporter(context_, oracle_, *progress_[node], node + 1, "s" + std::to_string(node) + std::to_string(i), CountiesOf(node)));
        clerks_.back()->Begin(40'000);
      }
      clerks_.push_back(NewReviewer(context_, oracle_, *progress_[node], node + 1, CountiesOf(node)));
      clerks_.back()->Begin(400'000);
    }
    clerks_.push_back(NewReader(context_, oracle_, *aggregator_, *ranking_));
    clerks_.back()->Begin(60'000);
    clerks_.push_back(NewIssuer(context_, oracle_, *ranking_));
    clerks_.back()->Begin(200'000);
  }));
  clerks_.back()->Begin(200'000);
  next_fault_at_ = UINT64_MAX;
  while (Running() && context_.scheduler.events() < options_.events && context_.scheduler.Step()) Inject();

  // Faults stop; everything that was begun must come to its end, and everybody must catch up.
  reach_left_ = 0;
  context_.network.weather.lost_permille = 0;
  context_.network.weather.stutter_permille = 0;
  context_.network.HealAll();
  for (Node* node : nodes_) {
    node->medium().CrashAfter(0);
    node->medium().FailAfter(0);
    node->medium().set_free_bytes(UINT64_MAX);
    node->medium().Mend("journal");
  }
  for (const auto& clerk : clerks_) clerk->Finish();
  Settle("after the last fault");
  CompareEverything("after the last fault");
  // And what is there must be there after the power failed everywhere.
  for (Node* node : nodes_) {
    if (Running()) node->Die(Node::Death::kPower);
  }
  Settle("after the power failed everywhere");
  CompareEverything("after the power failed everywhere");
  if (Running()) AskForRollups();
  if (Running()) oracle_.JudgeAll();

  Result result;
  result.violation = context_.violation;
  result.events = context_.scheduler.events();
  context_.counts["messages lost"] = context_.network.lost;
  context_.counts["calls doubled"] = context_.network.doubled;
  context_.counts["messages repeated or left out"] = context_.network.stuttered;
  result.faults = faults_ + context_.network.lost + context_.network.doubled + context_.network.stuttered;
  result.trace = context_.scheduler.trace();
  result.updates = oracle_.updates();
  result.readings = oracle_.readings();
  result.simulated_us = context_.scheduler.now_us();
  result.counts = context_.counts;
  return result;
}

}  // namespace

Result Simulate(const Options& options) {
  static const bool once = [] {
    rpc::UseSteppedWaitingRooms();
    UseSeededIds();
    WorkPartsInTurn();
    spdlog::set_level(spdlog::level::off);
    return true;
  }();
  (void)once;
  Simulation simulation(options);
  return simulation.Run();
}

}  // namespace anju::simulation
