// Power failures at every operation of a small load, on a simulated disk: what was acknowledged is there, once, and a resend hears the
// original verdicts with their flags; a review that was answered stands whole, once, and its repeat hears the same. With syncs that lie the same test must fail, or it would prove nothing.
#include <algorithm>
#include <future>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "common/storage/simulated_disk.h"
#include "services/progress/convert.h"
#include "services/progress/desk.h"
#include "services/progress/intake.h"
#include "services/progress/reviewing.h"
#include "services/progress/store/schema.h"
#include "services/progress/testing/model_dump.h"
#include "services/progress/testing/plan_stub.h"

namespace anju::progress {
namespace {

constexpr uint64_t kItems = 60;
constexpr uint64_t kItemsInMessage = 3;

// One life of the service on a medium, without the wire.
class Life {
 public:
  static absl::StatusOr<std::unique_ptr<Life>> Boot(storage::SimulatedMedium& medium, Clock& clock) {
    auto life = std::make_unique<Life>();
    life->disk_ = medium.Boot();
    // Rows are flushed after every few events, so that crashes also fall into the middle of that.
    auto pipeline = journal::Pipeline::Open(*life->disk_, "progress", kSchemaVersion, life->desk_.model, clock,
                                            {.state_flush_events = 7, .on_fatal = [](const absl::Status&) {}});
    if (!pipeline.ok()) return pipeline.status();
    life->pipeline_ = *std::move(pipeline);
    return life;
  }

  // What the plan feed does: brings in what is missing.
  bool FollowPlan() {
    return Run([this](journal::Recorder& recorder) {
      // No event about soft checks: the built-in ones hold, so what is reported late is flagged.
      PlanBlock block;
      block.after.position.sequence = 2;
      if (desk_.model.plan().position.sequence < 2) {
        AddPlanEvent(1, testing::RegionsEvent().SerializeAsString(), testing::RegionsEvent(), &block);
        AddPlanEvent(2, testing::CatalogueEvent().SerializeAsString(), testing::CatalogueEvent(), &block);
      }
      EXPECT_TRUE(desk_.model.ApplyPlan(block, recorder.rows()).ok());
      pipeline_->SetPlanPosition({}, 2);
    });
  }

  // True when the message was acknowledged.
  bool Send(const v1::Items& items, Taken* taken) {
    if (intake_ == nullptr) intake_ = std::make_unique<Intake>("s", "", Local(), IntakeMode::kStream);
    return Run([&](journal::Recorder& recorder) { EXPECT_TRUE(intake_->Take(desk_.model, recorder, items, taken).ok()); });
  }

  // Returns every figure in force with remarks. Empty when it was not answered.
  std::string Return() {
    v1::ReviewFiguresRequest request;
    request.set_region("533400");
    request.set_office("53");
    request.set_state(types::v1::REVIEW_STATE_RETURNED);
    request.set_remark("缺附件");
    request.set_request_id("r1");
    std::promise<std::string> done;
    std::future<std::string> answer = done.get_future();
    auto review = std::make_unique<ReviewRequest>(desk_, Local(), request, std::nullopt, [&done](absl::StatusOr<v1::ReviewFiguresResponse> response) {
      if (response.ok()) response->clear_basis();
      done.set_value(response.ok() ? response->ShortDebugString() : "");
    });
    return pipeline_->Submit(std::move(review)).ok() ? answer.get() : "";
  }
  // States of everything reviewed, from the model.
  std::string States() {
    std::string states;
    Run([&](journal::Recorder& recorder) {
      for (uint64_t update = 1; update <= recorder.last_sequence(); ++update) states += std::to_string(static_cast<int>(desk_.model.reviews().StateOf(update)));
    });
    return states;
  }

  // What rows and the rest of the journal gave, beside what the journal gives alone.
  bool IsFoldOfJournal() {
    bool alike = false;
    Run([&](journal::Recorder&) { alike = testing::FiguresOf(desk_.model) == testing::FiguresOfReplay(journal()); });
    return alike;
  }

  journal::Journal& journal() { return pipeline_->journal(); }

 private:
  static rpc::Caller Local() { return {.identity = "local", .role = rpc::Role::kOperator, .everywhere = true}; }

  class FunctionRequest final : public journal::Request {
   public:
    FunctionRequest(std::function<void(journal::Recorder&)> decide, std::promise<bool> done) : decide_(std::move(decide)), done_(std::move(done)) {}
    void Decide(journal::Recorder& recorder) override { decide_(recorder); }
    void Done(const absl::Status& status, const journal::Position&) override { done_.set_value(status.ok()); }

   private:
    std::function<void(journal::Recorder&)> decide_;
    std::promise<bool> done_;
  };

  bool Run(std::function<void(journal::Recorder&)> decide) {
    std::promise<bool> done;
    std::future<bool> outcome = done.get_future();
    return pipeline_->Submit(std::make_unique<FunctionRequest>(std::move(decide), std::move(done))).ok() && outcome.get();
  }

  std::unique_ptr<storage::Disk> disk_;
  Desk desk_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<journal::Pipeline> pipeline_;
};

// Accepted, unchanged and refused ones, of several series.
v1::Items MessageFrom(uint64_t first) {
  v1::Items items;
  items.set_first_sequence(first);
  for (const char* region : {"533401", "533423", "德钦县"}) {
    v1::SeriesDefinition* definition = items.add_definitions();
    definition->set_index(static_cast<uint32_t>(items.definitions_size() - 1));
    definition->set_region(region);
    definition->set_programme("shantytown");
    definition->set_indicator("starts");
    definition->set_plan_year("2017");
  }
  for (uint64_t number = first; number < first + kItemsInMessage && number <= kItems; ++number) {
    v1::Item* item = items.add_items();
    item->set_series(number % 5 == 0 ? 2 : number % 2);
    item->set_as_of_days(MakeDate(2017, 3, 1).days + static_cast<int>(number / 4));
    item->set_amount(static_cast<int64_t>(number / 3));
  }
  return items;
}

using Answers = std::map<uint64_t, std::string>;  // by number; verdict and error, without the mark of a repeat

// Sends everything from the first message on until the disk fails; notes what was acknowledged.
void SendAll(Life& life, Answers* answers) {
  for (uint64_t first = 1; first <= kItems; first += kItemsInMessage) {
    Taken taken;
    const v1::Items items = MessageFrom(first);
    if (!life.Send(items, &taken)) return;
    for (int i = 0; i < items.items_size(); ++i) (*answers)[first + static_cast<uint64_t>(i)] = "";
    for (v1::Verdict verdict : taken.verdicts) {
      verdict.set_repeated(false);
      const bool plain = verdict.verdict() == v1::ITEM_VERDICT_UNSPECIFIED && verdict.flags_size() == 0;
      (*answers)[verdict.source_sequence()] = plain ? "" : verdict.SerializeAsString();
    }
  }
}

// How often each number stands in the journal.
std::map<uint64_t, int> NumbersIn(const journal::Journal& journal) {
  std::map<uint64_t, int> numbers;
  const auto blocks = journal.ReadBlocks({}, SIZE_MAX);
  if (!blocks.ok()) return numbers;
  for (const std::string& bytes : *blocks) {
    const auto block = journal::DecodeBlock(bytes);
    EXPECT_TRUE(block.ok());
    for (const std::string_view event : block->events) {
      UpdateEvent update;
      v1::Event other;
      if (DecodeUpdate(event, &update) == Decoded::kUpdate) ++numbers[update.source_sequence];
      else if (other.ParseFromArray(event.data(), static_cast<int>(event.size())) && other.has_refusal()) ++numbers[other.refusal().source_sequence()];
    }
  }
  return numbers;
}

struct CrashOutcome {
  bool crashed = false;
  std::string violation;
};

CrashOutcome CrashAt(uint64_t operation, bool lying_syncs) {
  CrashOutcome outcome;
  storage::SimulatedMedium medium(operation);
  medium.set_ignore_syncs(lying_syncs);
  FakeClock clock;
  Answers acked;
  std::string returned;
  medium.CrashAfter(operation);
  {
    auto life = Life::Boot(medium, clock);
    if (life.ok() && (*life)->FollowPlan()) SendAll(**life, &acked);
    if (acked.size() == kItems) returned = (*life)->Return();
  }
  outcome.crashed = acked.size() < kItems || medium.operations() >= operation;
  const auto flagged = [](const auto& answer) { return answer.second.find("late") != std::string::npos; };
  if (std::none_of(acked.begin(), acked.end(), flagged) && acked.size() > 9) outcome.violation = "nothing was flagged";
  medium.CrashAfter(0);
  medium.Crash();
  auto life = Life::Boot(medium, clock);
  if (!life.ok()) {
    outcome.violation = "does not start: " + std::string(life.status().message());
    return outcome;
  }
  (*life)->FollowPlan();
  if (!(*life)->IsFoldOfJournal()) outcome.violation = "the state is not what the journal says";
  const std::map<uint64_t, int> before = NumbersIn((*life)->journal());
  for (const auto& [number, answer] : acked) {
    if (before.find(number) == before.end()) outcome.violation = "acknowledged number " + std::to_string(number) + " is gone";
  }
  Answers again;
  SendAll(**life, &again);
  if (again.size() != kItems) outcome.violation = "the resend was not answered";
  for (const auto& [number, answer] : acked) {
    if (again[number] != answer) outcome.violation = "number " + std::to_string(number) + " got another answer";
  }
  // Whether or not the first answer came through, the review stands once: the second request finds all of it, or nothing.
  const std::string states = returned.empty() ? "" : (*life)->States();
  if (const std::string repeated = (*life)->Return(); repeated.empty() || (!returned.empty() && repeated != returned)) {
    outcome.violation = "the review was answered \"" + returned + "\" and then \"" + repeated + "\"";
  }
  if (!returned.empty() && (states.find('1') == std::string::npos || (*life)->States() != states)) outcome.violation = "the review is gone";
  for (const auto& [number, times] : NumbersIn((*life)->journal())) {
    if (times != 1) outcome.violation = "number " + std::to_string(number) + " stands " + std::to_string(times) + " times";
  }
  return outcome;
}

TEST(ProgressCrashTest, AckedIsPresentOnceAndResendsGetTheOriginalVerdict) {
  uint64_t operation = 1;
  for (; operation < 2'000; ++operation) {
    const CrashOutcome outcome = CrashAt(operation, false);
    ASSERT_EQ(outcome.violation, "") << "crash after operation " << operation;
    if (!outcome.crashed) break;
  }
  RecordProperty("operations", static_cast<int>(operation));
  EXPECT_GT(operation, 20u) << "the load must give the disk something to crash in";
  EXPECT_LT(operation, 2'000u);
}

TEST(ProgressCrashTest, NoticesSyncsThatDoNotSync) {
  for (uint64_t operation = 1; operation < 200; ++operation) {
    if (CrashAt(operation, true).violation.find("is gone") != std::string::npos) return;
  }
  FAIL() << "a disk that forgets acknowledged figures went unnoticed";
}

}  // namespace
}  // namespace anju::progress
