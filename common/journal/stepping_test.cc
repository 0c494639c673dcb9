// The pipeline without threads: the same deciding and writing, in the order its owner chooses, also through failures.
#include <set>

#include "common/journal/pipeline_testing.h"
#include "common/storage/simulated_disk.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::HasReason;
using testing::IsOk;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class SteppingTest : public ::testing::Test {
 protected:
  void Open() {
    pipeline_ = nullptr;
    model_ = std::make_unique<MarkModel>();
    disk_ = medium_.Boot();
    PipelineOptions options;
    options.threads = false;
    options.queue_max = 8;
    options.on_fatal = [this](const absl::Status& status) { fatal_.push_back(status); };
    auto opened = Pipeline::Open(*disk_, "test", kMarkSchema, *model_, clock_, options);
    ASSERT_THAT(opened, IsOk());
    pipeline_ = *std::move(opened);
  }
  absl::Status Mark(const std::string& name) {
    return pipeline_->Submit(std::make_unique<TestRequest>(answers_, name, [name](Recorder& recorder) { recorder.Record(name); }));
  }
  bool Decide() { return pipeline_->Step(PipelineStep::kDecide); }
  bool Write() { return pipeline_->Step(PipelineStep::kWrite); }
  bool Flush() { return pipeline_->Step(PipelineStep::kFlush); }

  SimulatedMedium medium_{7};
  FakeClock clock_;
  Answers answers_;
  std::vector<absl::Status> fatal_;
  std::unique_ptr<MarkModel> model_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(SteppingTest, NothingHappensBetweenSteps) {
  Open();
  EXPECT_FALSE(Decide());
  EXPECT_FALSE(Write());
  ASSERT_THAT(Mark("a"), IsOk());
  EXPECT_EQ(model_->events, 0u);
  EXPECT_TRUE(Decide());
  EXPECT_EQ(model_->events, 1u);
  EXPECT_EQ(pipeline_->journal().durable().sequence, 0u) << "decided, and handed to the writer";
  EXPECT_EQ(answers_.count(), 0u);
  EXPECT_TRUE(Write());
  EXPECT_EQ(pipeline_->journal().durable().sequence, 1u);
  EXPECT_THAT(answers_.order(), ElementsAre("a"));
  EXPECT_TRUE(Flush());
  EXPECT_FALSE(Flush());
}

TEST_F(SteppingTest, WhatIsDecidedWhileABlockWaitsForTheWriterIsTheNextBlock) {
  Open();
  ASSERT_THAT(Mark("a"), IsOk());
  EXPECT_TRUE(Decide());
  for (const char* name : {"b", "c"}) ASSERT_THAT(Mark(name), IsOk());
  EXPECT_TRUE(Decide());
  EXPECT_FALSE(Decide()) << "the writer is not free, and nothing is queued";
  EXPECT_TRUE(Write());
  EXPECT_FALSE(Write()) << "the next block is still open";
  EXPECT_TRUE(Decide()) << "and handed over";
  EXPECT_TRUE(Write());
  MarkModel fold;
  std::vector<size_t> sizes;
  ASSERT_THAT(FoldAll(pipeline_->journal(), fold, &sizes), IsOk());
  EXPECT_THAT(sizes, ElementsAre(1, 2));
  EXPECT_THAT(answers_.order(), ElementsAre("a", "b", "c"));
}

TEST_F(SteppingTest, ADeciderThatHasToWaitLetsTheWriterWrite) {
  Open();
  ASSERT_THAT(Mark("first"), IsOk());
  EXPECT_TRUE(Decide());
  for (int i = 0; i < 8; ++i) ASSERT_THAT(Mark(std::to_string(i)), IsOk());
  EXPECT_THAT(Mark("more"), HasReason(Reason::OVERLOADED));
  EXPECT_TRUE(Decide()) << "as many as may wait in a block: it is full and handed over";
  EXPECT_EQ(pipeline_->journal().durable().sequence, 1u);
  EXPECT_TRUE(Write());
  EXPECT_EQ(pipeline_->journal().durable().sequence, 9u);
}

TEST_F(SteppingTest, AFailureTellsEverybodyAndReturns) {
  Open();
  ASSERT_THAT(Mark("written"), IsOk());
  EXPECT_TRUE(Decide());
  ASSERT_THAT(Mark("open"), IsOk());
  EXPECT_TRUE(Decide());
  ASSERT_THAT(Mark("queued"), IsOk());
  medium_.Crash();
  EXPECT_TRUE(Write());
  EXPECT_EQ(fatal_.size(), 1u);
  EXPECT_THAT(answers_.failed(), UnorderedElementsAre(std::pair("written", 1), std::pair("open", 1), std::pair("queued", 1)));
  EXPECT_FALSE(Decide());
  EXPECT_FALSE(Write());
  EXPECT_THAT(Mark("later"), HasReason(Reason::UNAVAILABLE));
  Open();
  EXPECT_EQ(fatal_.size(), 1u);
}

TEST_F(SteppingTest, TheEndDrainsAndFlushes) {
  Open();
  for (const char* name : {"a", "b"}) ASSERT_THAT(Mark(name), IsOk());
  Open();
  EXPECT_THAT(answers_.order(), ElementsAre("a", "b"));
  EXPECT_EQ(model_->events, 2u);
  EXPECT_EQ(model_->applied_count(), 0u) << "read from the flushed state, not replayed";
}

TEST_F(SteppingTest, InAnyOrderOfStepsWithCrashesWhatWasAcknowledgedIsThereOnce) {
  std::mt19937_64 random(11);
  std::set<std::string> sent;
  int crashes = 0;
  Open();
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 8) {
      case 0: case 1: {
        const std::string name = std::to_string(step);
        if (Mark(name).ok()) sent.insert(name);
        break;
      }
      case 2: case 3: Decide(); break;
      case 4: case 5: Write(); break;
      case 6: if (random() % 16 == 0) Flush(); break;
      case 7:
        if (random() % 64 == 0) medium_.CrashAfter(1 + random() % 9);
        break;
    }
    if (fatal_.empty()) continue;
    ++crashes;
    fatal_.clear();
    Open();
    for (const auto& [name, times] : answers_.ok()) {
      ASSERT_EQ(times, 1);
      ASSERT_TRUE(model_->marks.contains(name)) << name << " was acknowledged and is lost";
    }
    MarkModel fold;
    ASSERT_THAT(FoldAll(pipeline_->journal(), fold), IsOk());
    ASSERT_EQ(fold.marks, model_->marks);
  }
  EXPECT_GT(crashes, 10);
  EXPECT_GT(answers_.order().size(), 1000u);
  pipeline_ = nullptr;
  for (const std::string& name : sent) {
    const bool failed = answers_.failed().contains(name);
    EXPECT_NE(failed, answers_.ok().contains(name)) << name << ": answered once, whatever happens";
  }
}

}  // namespace
}  // namespace anju::journal
