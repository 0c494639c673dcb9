// The Nth operation of a disk fails, for every N, under real RocksDB: what was acknowledged is there afterwards, once and whole.
// ANJU_FAULT_STRIDE=1 takes every N (the full form); by default every 9th, beginning elsewhere for each kind of fault.
#include <cstdlib>
#include <filesystem>
#include <set>

#include "common/journal/pipeline_testing.h"
#include "common/storage/fault_medium.h"

namespace anju::journal {
namespace {

namespace fs = std::filesystem;
using storage::DiskFault;
using storage::FaultMedium;
using testing::IsOk;
using testing::TempDir;

constexpr int kWaves = 24;
constexpr int kRequestsPerWave = 5;
constexpr uint64_t kEventsPerWave = 6;    // four kinds record 1, 1, 3 and 1; the fifth reads
constexpr size_t kPaddingBytes = 4'000;   // so that a life fills some memtables, and tables enough to be compacted
constexpr uint64_t kStateFlushEvents = 30;
constexpr uint64_t kDefaultStride = 9;

uint64_t Stride() {
  const char* stride = std::getenv("ANJU_FAULT_STRIDE");
  return stride == nullptr ? kDefaultStride : std::max<uint64_t>(1, std::strtoull(stride, nullptr, 10));
}

const char* NameOf(DiskFault fault) {
  return fault == DiskFault::kErrorOnce ? "once" : fault == DiskFault::kErrorForEver ? "for ever" : "power";
}

// The acknowledged requests of all lives.
using Acknowledged = std::set<std::string>;

// One life of the service, on one thread: opens, checks what it finds, decides and writes `waves`, flushes, ends. Not OK when the disk failed
// (STORAGE_FAILED), or when what it found is wrong (INTERNAL, or whatever refused it).
class Life {
 public:
  Life(FaultMedium& medium, Acknowledged& acknowledged) : medium_(medium), acknowledged_(acknowledged) {}

  absl::Status Run(int waves) {
    ASSIGN_OR_RETURN(const auto disk, medium_.Boot());
    PipelineOptions options{.threads = false, .state_flush_events = kStateFlushEvents};
    options.on_fatal = [this](const absl::Status& status) { fatal_ = status; };
    ASSIGN_OR_RETURN(auto pipeline, Pipeline::Open(*disk, "test", kMarkSchema, model_, clock_, options));
    RETURN_IF_ERROR(CheckAgainstJournal(pipeline->journal()));
    for (int wave = 0; wave < waves && fatal_.ok(); ++wave) {
      for (int i = 0; i < kRequestsPerWave; ++i) Send(*pipeline, std::to_string(wave) + "-" + std::to_string(i), i);
      pipeline->Step(PipelineStep::kDecide);
      pipeline->Step(PipelineStep::kWrite);
      if (wave % 7 == 6) pipeline->Step(PipelineStep::kFlush);
    }
    pipeline = nullptr;
    for (const auto& [name, times] : answers_.ok()) {
      if (times != 1) return absl::InternalError("answered twice: " + name);
      acknowledged_.insert(name);
    }
    return fatal_;
  }
  uint64_t events() const { return model_.events; }

 private:
  // One that was already decided in an earlier life records nothing.
  void Send(Pipeline& pipeline, const std::string& name, int kind) {
    const auto event = [](const std::string& mark) { return mark + std::string(40 - mark.size(), ' ') + std::string(kPaddingBytes, 'x'); };
    auto request = std::make_unique<TestRequest>(answers_, name, [this, name, kind, event](Recorder& recorder) {
      if (kind == 4 || model_.marks.contains(event(name).substr(0, 40))) return;
      recorder.Record(event(name));
      if (kind == 2) recorder.Record(event(name + ".b")), recorder.Record(event(name + ".c"));
    });
    (void)pipeline.Submit(std::move(request));
  }

  // The recovered memory is the fold of the whole journal, every byte of which is hashed again; everything acknowledged is in it, whole.
  absl::Status CheckAgainstJournal(const Journal& journal) const {
    MarkModel fold;
    RETURN_IF_ERROR(FoldAll(journal, fold));
    if (fold.marks != model_.marks || fold.events != model_.events) return absl::InternalError("the state is not the fold of the journal");
    const auto has = [&](const std::string& name) { return fold.marks.contains(name + std::string(40 - name.size(), ' ')); };
    for (const std::string& name : acknowledged_) {
      if (!name.ends_with("-4") && !has(name)) return absl::InternalError("acknowledged but lost: " + name);
    }
    for (int wave = 0; wave < kWaves; ++wave) {
      const std::string name = std::to_string(wave) + "-2";
      if (has(name) != has(name + ".b") || has(name) != has(name + ".c")) return absl::InternalError("half a request: " + name);
    }
    return absl::OkStatus();
  }

  FaultMedium& medium_;
  Acknowledged& acknowledged_;
  FakeClock clock_;
  MarkModel model_;
  Answers answers_;
  absl::Status fatal_;
};

// After the fault the next life finds everything acknowledged, and one more finds everything there is.
absl::Status Recover(FaultMedium& medium, DiskFault fault, Acknowledged& acknowledged) {
  if (fault == DiskFault::kPowerFailure) medium.LosePower();
  medium.FailAt(0, fault);
  RETURN_IF_ERROR(Life(medium, acknowledged).Run(kWaves));
  Life last(medium, acknowledged);
  RETURN_IF_ERROR(last.Run(0));
  return last.events() == kWaves * kEventsPerWave ? absl::OkStatus() : absl::InternalError("events in the end: " + std::to_string(last.events()));
}

// Runs a life whose Nth operation fails, and those after it. False when it did not come to that operation.
bool FailsAt(FaultMedium& medium, uint64_t nth, DiskFault fault, int waves, Acknowledged& acknowledged) {
  medium.FailAt(nth, fault);
  const absl::Status first = Life(medium, acknowledged).Run(waves);
  const std::string at = medium.failed_at();
  SCOPED_TRACE(std::string("fault ") + NameOf(fault) + " at operation (and seed) " + std::to_string(nth) + ": " + at);
  if (at.empty()) {
    EXPECT_THAT(first, IsOk());
  }
  // What the process said on its way out: the disk failed. A read that fails while RocksDB looks for damage is no damage.
  if (!first.ok()) {
    EXPECT_THAT(first, testing::HasReason(Reason::STORAGE_FAILED));
  }
  EXPECT_THAT(Recover(medium, fault, acknowledged), IsOk());
  return !at.empty();
}

class DiskFaultTest : public ::testing::TestWithParam<DiskFault> {};

TEST_P(DiskFaultTest, AtEveryOperationOfALoad) {
  const DiskFault fault = GetParam();
  uint64_t failed = 0, nth = 1 + static_cast<uint64_t>(fault) * Stride() / 3;
  for (bool survived = false; !survived; nth += Stride()) {
    TempDir directory;
    FaultMedium medium(directory / "data", nth);
    Acknowledged acknowledged;
    survived = !FailsAt(medium, nth, fault, kWaves, acknowledged);
    if (HasFailure()) return;
    if (!survived) ++failed;
  }
  EXPECT_GT(failed * Stride(), 250u) << "the load was too small to mean anything";
  RecordProperty("failures", static_cast<int>(failed));
  std::printf("fault %s: %llu operations failed in turn, of %llu\n", NameOf(fault), static_cast<unsigned long long>(failed), static_cast<unsigned long long>(nth));
}

// The first life ends in a power failure; then opening it fails at its Nth operation, and is tried again.
TEST_P(DiskFaultTest, AtEveryOperationOfARecovery) {
  const DiskFault fault = GetParam();
  TempDir directory;
  Acknowledged before;
  {
    FaultMedium medium(directory / "before", 7);
    medium.FailAt(400, DiskFault::kPowerFailure);
    (void)Life(medium, before).Run(kWaves);
    ASSERT_FALSE(medium.failed_at().empty());
    medium.LosePower();
  }
  ASSERT_GT(before.size(), 40u);
  uint64_t failed = 0, nth = 1;
  for (bool survived = false; !survived; nth += Stride() > 1 ? 3 : 1) {
    fs::remove_all(directory / "data");
    fs::copy(directory / "before", directory / "data", fs::copy_options::recursive);
    FaultMedium medium(directory / "data", nth);
    Acknowledged acknowledged = before;
    survived = !FailsAt(medium, nth, fault, 0, acknowledged);
    if (HasFailure()) return;
    if (!survived) ++failed;
  }
  EXPECT_GT(failed, 20u);
  std::printf("fault %s: %llu operations of a recovery failed in turn\n", NameOf(fault), static_cast<unsigned long long>(failed));
}

INSTANTIATE_TEST_SUITE_P(Faults, DiskFaultTest, ::testing::Values(DiskFault::kErrorOnce, DiskFault::kErrorForEver, DiskFault::kPowerFailure),
                         [](const auto& info) { return info.param == DiskFault::kErrorOnce ? "Once" : info.param == DiskFault::kErrorForEver ? "ForEver" : "Power"; });

}  // namespace
}  // namespace anju::journal
