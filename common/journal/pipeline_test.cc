// The pipeline: what is answered when, how blocks are cut, what survives a restart.
#include "common/journal/pipeline.h"

#include "common/journal/pipeline_testing.h"
#include "common/storage/simulated_disk.h"

namespace anju::journal {
namespace {

using storage::SimulatedMedium;
using testing::HasReason;
using testing::IsOk;
using testing::WaitUntil;
using ::testing::AnyOf;
using ::testing::ElementsAre;

class PipelineTest : public ::testing::Test {
 protected:
  void Open(uint32_t schema_version = kMarkSchema, PipelineOptions options = {}) {
    Close();
    model_ = std::make_unique<MarkModel>();
    disk_ = std::make_unique<GatedDisk>(medium_.Boot(), gate_);
    if (!options.on_fatal) options.on_fatal = [this](const absl::Status& status) { fatal_ = status.code(); };
    auto opened = Pipeline::Open(*disk_, "test", schema_version, *model_, clock_, options);
    ASSERT_THAT(opened, IsOk());
    pipeline_ = *std::move(opened);
  }
  void Close() {
    pipeline_ = nullptr;
    disk_ = nullptr;
  }
  absl::Status Do(const std::string& name, TestRequest::DecideFn decide) {
    return pipeline_->Submit(std::make_unique<TestRequest>(answers_, name, std::move(decide)));
  }
  // Records one event of the name; decided twice it would not apply.
  absl::Status Mark(const std::string& name) {
    return Do(name, [name](Recorder& recorder) { recorder.Record(name); });
  }
  absl::Status MarkMany(const std::string& name, int events) {
    return Do(name, [=](Recorder& recorder) {
      for (int i = 0; i < events; ++i) recorder.Record(name + "." + std::to_string(i));
    });
  }
  bool AllAnswered(size_t count) {
    return WaitUntil([&] { return answers_.count() >= count; });
  }
  // Closes the gate behind one request that the writer holds at the disk.
  void HoldTheWriter() {
    gate_.Close();
    ASSERT_THAT(Mark("held"), IsOk());
    ASSERT_TRUE(WaitUntil([&] { return gate_.waiting() == 1; }));
  }
  std::vector<size_t> BlockSizes() {
    MarkModel fold;
    std::vector<size_t> sizes;
    EXPECT_THAT(FoldAll(pipeline_->journal(), fold, &sizes), IsOk());
    return sizes;
  }

  SimulatedMedium medium_{1};
  FakeClock clock_;
  Gate gate_;
  Answers answers_;
  std::atomic<absl::StatusCode> fatal_{absl::StatusCode::kOk};
  std::unique_ptr<MarkModel> model_;
  std::unique_ptr<storage::Disk> disk_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, EachRequestIsAnsweredOnceAndInOrder) {
  Open();
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) {
    names.push_back("n" + std::to_string(1000 + i));
    ASSERT_THAT(Mark(names.back()), IsOk());
  }
  ASSERT_TRUE(AllAnswered(500));
  EXPECT_EQ(answers_.order(), names);
  EXPECT_EQ(answers_.last_durable(), 500u);
}

TEST_F(PipelineTest, WhatQueuesUpDuringASyncBecomesOneBlock) {
  Open();
  HoldTheWriter();
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(Mark(name), IsOk());
  // The next block is decided meanwhile, and nothing of either is answered before it is durable.
  ASSERT_TRUE(WaitUntil([&] { return model_->applied_count() == 4; }));
  EXPECT_EQ(answers_.count(), 0u);
  EXPECT_EQ(pipeline_->journal().durable().sequence, 0u);
  gate_.Open();
  ASSERT_TRUE(AllAnswered(4));
  EXPECT_THAT(BlockSizes(), ElementsAre(1, 3));
}

TEST_F(PipelineTest, AReadWaitsForTheEventsDecidedBeforeItAndForNoOther) {
  Open();
  HoldTheWriter();
  uint64_t seen = 0;
  ASSERT_THAT(Do("read", [&](Recorder& recorder) { seen = recorder.last_sequence(); }), IsOk());
  ASSERT_THAT(Mark("later"), IsOk());
  ASSERT_TRUE(WaitUntil([&] { return model_->applied_count() == 2; }));
  EXPECT_EQ(answers_.count(), 0u) << "the read has seen an event that is not durable";
  gate_.Open();
  ASSERT_TRUE(AllAnswered(3));
  EXPECT_THAT(answers_.order(), ElementsAre("held", "read", "later"));
  EXPECT_EQ(seen, 1u);
}

TEST_F(PipelineTest, ReadsAloneNeverTouchTheJournal) {
  Open();
  gate_.Close();  // any journal write would wait for ever
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Do("read" + std::to_string(i), [](Recorder&) {}), IsOk());
  EXPECT_TRUE(AllAnswered(20));
  gate_.Open();
  EXPECT_EQ(pipeline_->journal().durable().sequence, 0u);
}

TEST_F(PipelineTest, AFullQueueIsOverloadedAndWhatWasTakenIsAnswered) {
  Open(kMarkSchema, {.queue_max = 4});
  HoldTheWriter();
  absl::Status status;
  size_t taken = 1;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = Mark("n" + std::to_string(i));
    if (status.ok()) ++taken;
  }
  EXPECT_THAT(status, HasReason(Reason::OVERLOADED));
  EXPECT_LE(taken, 1u + 3 * 4u) << "a block, the decider's hands, and the queue are each bounded";
  gate_.Open();
  ASSERT_TRUE(AllAnswered(taken));
  EXPECT_EQ(answers_.ok().size(), taken);
}

TEST_F(PipelineTest, BlocksCloseAtTheirLimitsAndNeverCutARequest) {
  Open();
  HoldTheWriter();
  constexpr int kMany = 40'000;
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(MarkMany(name, kMany), IsOk());
  // The writer is held, so the decider stops behind the block that the second request filled.
  ASSERT_TRUE(WaitUntil([&] { return model_->applied_count() == 1 + 2 * kMany; }));
  gate_.Open();
  ASSERT_TRUE(AllAnswered(4));
  EXPECT_THAT(BlockSizes(), ElementsAre(1, 2 * kMany, kMany));
}

TEST_F(PipelineTest, BlocksCloseBeforeTheyGrowBeyondTheirBytes) {
  Open();
  HoldTheWriter();
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(Do(name, [=](Recorder& recorder) { recorder.Record(name + std::string(5 << 20, ' ').substr(1)); }), IsOk());
  }
  gate_.Open();
  ASSERT_TRUE(AllAnswered(4));
  EXPECT_THAT(BlockSizes(), ElementsAre(1, 1, 1, 1));
}

TEST_F(PipelineTest, TimeIsTheBlocksAndNeverGoesBack) {
  Open();
  int64_t decided_at = 0;
  ASSERT_THAT(Do("a", [&](Recorder& recorder) { recorder.Record("a"), decided_at = recorder.time_us(); }), IsOk());
  ASSERT_TRUE(AllAnswered(1));
  EXPECT_EQ(decided_at, clock_.NowMicros());
  clock_.AdvanceMicros(-1'000'000);
  ASSERT_THAT(Mark("b"), IsOk());
  ASSERT_TRUE(AllAnswered(2));
  EXPECT_EQ(pipeline_->journal().last_time_us(), decided_at);
}

TEST_F(PipelineTest, ReplayTellsApplyWhatItWasToldWhenDeciding) {
  Open();
  const JournalId plan{9, 9, 9};
  HoldTheWriter();  // so that all of this would fit one block
  ASSERT_THAT(Mark("a"), IsOk());
  ASSERT_THAT(Do("plan moves", [&](Recorder&) { pipeline_->SetPlanPosition(plan, 5); }), IsOk());
  ASSERT_THAT(Mark("b"), IsOk());
  ASSERT_THAT(Mark("c"), IsOk());
  ASSERT_THAT(Do("moves and records", [&](Recorder& recorder) { pipeline_->SetPlanPosition(plan, 7), recorder.Record("d"); }), IsOk());
  clock_.AdvanceMicros(1000);
  gate_.Open();
  ASSERT_TRUE(AllAnswered(6));
  // "b" and "c" share a block unless the writer was free between them; no block holds two plan positions.
  EXPECT_THAT(BlockSizes(), AnyOf(ElementsAre(1, 1, 2, 1), ElementsAre(1, 1, 1, 1, 1)));
  const std::vector<EventContext> live = model_->applied();
  Open(kMarkSchema + 1);  // another schema: all is replayed
  const std::vector<EventContext> replayed = model_->applied();
  ASSERT_EQ(replayed.size(), live.size());
  for (size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(replayed[i].sequence, live[i].sequence);
    EXPECT_EQ(replayed[i].time_us, live[i].time_us);
    EXPECT_EQ(replayed[i].plan_id, live[i].plan_id);
    EXPECT_EQ(replayed[i].plan_sequence, live[i].plan_sequence);
  }
  EXPECT_EQ(live.back().plan_sequence, 7u);
}

TEST_F(PipelineTest, ARequestThatMovesThePlanBetweenItsEventsMakesABlockOfTheLaterPosition) {
  Open();
  const JournalId plan{9};
  ASSERT_THAT(Do("r",
                 [&](Recorder& recorder) {
                   pipeline_->SetPlanPosition(plan, 5);
                   recorder.Record("a");
                   pipeline_->SetPlanPosition(plan, 6);
                   recorder.Record("b");
                 }),
              IsOk());
  ASSERT_TRUE(AllAnswered(1));
  ASSERT_OK_AND_ASSIGN(auto blocks, pipeline_->journal().ReadBlocks({}, 1000));
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_OK_AND_ASSIGN(BlockView block, DecodeBlock(blocks[0]));
  EXPECT_EQ(block.header.plan_sequence, 6u);
}

TEST_F(PipelineTest, StoppingAnswersEverythingAndFlushesTheState) {
  Open();
  for (int i = 0; i < 300; ++i) ASSERT_THAT(Mark("n" + std::to_string(i)), IsOk());
  ASSERT_THAT(Do("cache", [](Recorder& recorder) { recorder.rows().Put("cached", "plan 12"); }), IsOk());
  pipeline_ = nullptr;
  EXPECT_EQ(answers_.ok().size(), 301u);
  medium_.Crash();  // after a clean stop a power failure takes nothing
  Open();
  EXPECT_EQ(model_->applied_count(), 0u) << "nothing was left to replay";
  EXPECT_EQ(model_->events, 300u);
  EXPECT_EQ(model_->cached, "plan 12");
}

TEST_F(PipelineTest, IdleStateIsFlushed) {
  Open(kMarkSchema, {.state_idle_flush = std::chrono::milliseconds(1)});
  ASSERT_THAT(Mark("a"), IsOk());
  ASSERT_TRUE(AllAnswered(1));
  // Creation (identity, witness), then block, witness, rows, and the flush.
  EXPECT_TRUE(WaitUntil([&] { return medium_.operations() >= 6; }));
  medium_.Crash();
  pipeline_ = nullptr;
  Open();
  EXPECT_EQ(model_->applied_count(), 0u);
  EXPECT_EQ(model_->events, 1u);
}

TEST_F(PipelineTest, AFailedWriteFailsEveryRequestAndThenTheProcess) {
  Open();
  HoldTheWriter();
  for (const char* name : {"a", "b", "c"}) ASSERT_THAT(Mark(name), IsOk());
  ASSERT_TRUE(WaitUntil([&] { return model_->applied_count() == 4; }));
  medium_.CrashAfter(1);
  gate_.Open();
  ASSERT_TRUE(WaitUntil([&] { return fatal_ == absl::StatusCode::kInternal; }));
  EXPECT_EQ(answers_.failed().size(), 4u) << "all were told before the end";
  EXPECT_TRUE(answers_.ok().empty());
  EXPECT_THAT(Mark("d"), HasReason(Reason::UNAVAILABLE));
}

TEST_F(PipelineTest, AnotherSchemaVersionRebuildsTheState) {
  Open();
  for (int i = 0; i < 10; ++i) ASSERT_THAT(Mark("n" + std::to_string(i)), IsOk());
  Open(kMarkSchema + 1);
  EXPECT_EQ(model_->applied_count(), 10u);
  EXPECT_EQ(model_->events, 10u);
  Open(kMarkSchema + 1);
  EXPECT_EQ(model_->applied_count(), 0u);
  EXPECT_EQ(model_->events, 10u);
}

}  // namespace
}  // namespace anju::journal
