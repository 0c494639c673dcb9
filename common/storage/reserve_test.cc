// When a disk counts as full, and how soon that is noticed.
#include "common/storage/reserve.h"

#include <memory>

#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"

namespace anju::storage {
namespace {

using testing::HasReason;
using testing::IsOk;

class ReserveTest : public ::testing::Test {
 protected:
  SimulatedMedium medium_{1};
  std::unique_ptr<Disk> disk_ = medium_.Boot();
  FakeClock clock_;
  Reserve reserve_{*disk_, clock_, 100 << 20};
};

TEST_F(ReserveTest, ADiskIsFullBelowTheReserveAndSaysWhere) {
  medium_.set_free_bytes(100 << 20);
  EXPECT_THAT(reserve_.Check(), IsOk());
  medium_.set_free_bytes((100 << 20) - 1);
  clock_.AdvanceMicros(kReserveLookUs);
  const absl::Status full = reserve_.Check();
  EXPECT_THAT(full, HasReason(Reason::DISK_FULL));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(full.message(), "the disk of (simulated) has 99 MiB left, less than the reserve of 100 MiB: nothing is recorded until there is more room");
}

TEST_F(ReserveTest, LooksAgainAfterAWhileInBothDirections) {
  EXPECT_FALSE(reserve_.IsLow());
  medium_.set_free_bytes(1);
  clock_.AdvanceMicros(kReserveLookUs - 1);
  EXPECT_FALSE(reserve_.IsLow());
  clock_.AdvanceMicros(1);
  EXPECT_TRUE(reserve_.IsLow());
  medium_.set_free_bytes(1 << 30);
  clock_.AdvanceMicros(kReserveLookUs - 1);
  EXPECT_TRUE(reserve_.IsLow());
  clock_.AdvanceMicros(1);
  EXPECT_FALSE(reserve_.IsLow());
}

TEST_F(ReserveTest, LooksAgainAfterSoManyBytes) {
  EXPECT_FALSE(reserve_.IsLow());
  medium_.set_free_bytes(1);
  reserve_.NoteWritten(kReserveLookBytes - 1);
  EXPECT_FALSE(reserve_.IsLow());
  reserve_.NoteWritten(1);
  EXPECT_TRUE(reserve_.IsLow());
}

TEST_F(ReserveTest, AClockSetBackDoesNotStopItFromLooking) {
  EXPECT_FALSE(reserve_.IsLow());
  medium_.set_free_bytes(1);
  clock_.AdvanceMicros(-3'600'000'000);
  EXPECT_TRUE(reserve_.IsLow());
}

TEST_F(ReserveTest, ADiskThatCannotTellCountsAsRoomy) {
  medium_.Crash();
  EXPECT_THAT(disk_->FreeBytes(), HasReason(Reason::STORAGE_FAILED));
  EXPECT_FALSE(reserve_.IsLow());
}

}  // namespace
}  // namespace anju::storage
