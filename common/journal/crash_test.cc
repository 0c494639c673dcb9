// Power failures at every operation of a load: what was acknowledged is there, once; and a check that this check can fail.
#include <set>

#include "common/journal/pipeline_testing.h"
#include "common/storage/simulated_disk.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::WaitUntil;

constexpr int kWaves = 12;
constexpr int kRequestsPerWave = 5;
constexpr uint64_t kStateFlushEvents = 20;

// One life of the service: opens, sends what is not acknowledged yet in waves, stops or dies.
class Life {
 public:
  Life(SimulatedMedium& medium, std::set<std::string>& acknowledged) : acknowledged_(acknowledged), disk_(medium.Boot()) {}

  absl::Status Run(uint64_t* events_decided) {
    PipelineOptions options;
    options.state_flush_events = kStateFlushEvents;
    options.on_fatal = [](const absl::Status&) {};
    ASSIGN_OR_RETURN(auto pipeline, Pipeline::Open(*disk_, "test", kMarkSchema, model_, clock_, options));
    if (absl::Status check = CheckAgainstJournal(pipeline->journal()); !check.ok()) return check;
    for (int wave = 0; wave < kWaves; ++wave) {
      for (int i = 0; i < kRequestsPerWave; ++i) Send(*pipeline, std::to_string(wave) + "-" + std::to_string(i), i);
      CHECK(WaitUntil([&] { return answers_.count() >= sent_; }));
    }
    pipeline = nullptr;
    *events_decided = model_.events;
    Acknowledge();
    return answers_.failed().empty() ? absl::OkStatus() : absl::UnavailableError("crashed");
  }

  // Also after a crash: what was answered before it counts.
  void Acknowledge() {
    for (const auto& [name, times] : answers_.ok()) {
      CHECK(times == 1);
      acknowledged_.insert(name);
    }
  }

 private:
  // Every third request records three events, every fifth is a read; one that was already decided in an earlier life records nothing.
  void Send(Pipeline& pipeline, const std::string& name, int kind) {
    ++sent_;
    MarkModel* model = &model_;
    auto request = std::make_unique<TestRequest>(answers_, name, [=](Recorder& recorder) {
      if (kind == 4 || model->marks.contains(name)) return;
      recorder.Record(name);
      if (kind == 2) recorder.Record(name + ".b"), recorder.Record(name + ".c");
    });
    if (absl::Status status = pipeline.Submit(std::move(request)); !status.ok()) answers_.Add(name, status, {});
  }

  // The recovered memory is the fold of the whole journal, and everything acknowledged is in it. Duplicates and gaps do not fold.
  absl::Status CheckAgainstJournal(const Journal& journal) {
    MarkModel fold;
    RETURN_IF_ERROR(FoldAll(journal, fold));
    if (fold.marks != model_.marks || fold.events != model_.events) return absl::InternalError("the state is not the fold of the journal");
    for (const std::string& name : acknowledged_) {
      if (name.ends_with("-4")) continue;  // a read
      if (!fold.marks.contains(name)) return absl::InternalError("acknowledged but lost: " + name);
      if (name.ends_with("-2") && (!fold.marks.contains(name + ".b") || !fold.marks.contains(name + ".c"))) {
        return absl::InternalError("half a request: " + name);
      }
    }
    return absl::OkStatus();
  }

  std::set<std::string>& acknowledged_;
  std::unique_ptr<storage::Disk> disk_;
  FakeClock clock_;
  MarkModel model_;
  Answers answers_;
  size_t sent_ = 0;
};

// Crashes the first life at its Nth operation and the second at a later one, then lives on undisturbed. Gives what was wrong, and
// whether the first life survived.
absl::Status CrashTwiceAndRecover(uint64_t nth, bool ignore_syncs, bool* survived) {
  SimulatedMedium medium(nth);
  medium.set_ignore_syncs(ignore_syncs);
  std::set<std::string> acknowledged;
  uint64_t events = 0;
  for (int life = 0; life < 3; ++life) {
    medium.CrashAfter(life == 0 ? nth : life == 1 ? nth / 2 + 1 : 0);
    Life current(medium, acknowledged);
    const absl::Status status = current.Run(&events);
    current.Acknowledge();
    if (life == 0) *survived = status.ok();
    const bool power_failed = absl::IsUnavailable(status) || ::anju::HasReason(status, Reason::STORAGE_FAILED);
    if (!status.ok() && !power_failed) return status;
    if (life == 2 && !status.ok()) return status;
    if (status.ok()) medium.Crash();
  }
  // Everything once: four kinds record 1, 1, 3 and 1 events in each wave.
  return events == kWaves * 6 ? absl::OkStatus() : absl::InternalError("events in the end: " + std::to_string(events));
}

TEST(Crash, AtEveryOperationWhatWasAcknowledgedIsThereOnce) {
  bool survived = false;
  uint64_t nth = 0;
  while (!survived) {
    SCOPED_TRACE("crash at operation (and seed) " + std::to_string(++nth));
    ASSERT_THAT(CrashTwiceAndRecover(nth, /*ignore_syncs=*/false, &survived), testing::IsOk());
  }
  EXPECT_GT(nth, 2u * kWaves) << "the load was too small to mean anything";
}

TEST(Crash, WithoutSyncsTheSameCheckFindsLosses) {
  int found = 0;
  for (uint64_t nth = 1; nth <= 40; ++nth) {
    bool survived = false;
    if (!CrashTwiceAndRecover(nth, /*ignore_syncs=*/true, &survived).ok()) ++found;
  }
  EXPECT_GT(found, 10) << "a disk that lies about its syncs went unnoticed";
}

}  // namespace
}  // namespace anju::journal
