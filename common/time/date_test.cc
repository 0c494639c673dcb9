// Tests of civil dates, plan periods and clocks.
#include "common/time/date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/status/status.h"

namespace anju {
namespace {

constexpr int64_t kHourMicros = 3'600'000'000;

TEST(DateTest, CountsDaysFromTheEpoch) {
  EXPECT_EQ(MakeDate(1970, 1, 1).days, 0);
  EXPECT_EQ(MakeDate(1969, 12, 31).days, -1);
  EXPECT_EQ(MakeDate(2000, 3, 1).days, 11'017);
  EXPECT_EQ(MakeDate(2017, 6, 30).days, 17'347);
}

// Every day of the accepted years, against the standard library's calendar.
TEST(DateTest, EveryDayAgreesWithChronoAndFollowsTheOneBefore) {
  Date expected = MakeDate(kYearMin, 1, 1);
  const Date last = MakeDate(kYearMax, 12, 31);
  for (; expected <= last; ++expected.days) {
    const std::chrono::year_month_day civil{std::chrono::sys_days{std::chrono::days{expected.days}}};
    const int year = static_cast<int>(civil.year());
    const int month = static_cast<int>(static_cast<unsigned>(civil.month()));
    const int day = static_cast<int>(static_cast<unsigned>(civil.day()));
    ASSERT_EQ(MakeDate(year, month, day), expected);
    ASSERT_EQ(YearOf(expected), year);
    ASSERT_EQ(MonthOf(expected), month);
    const absl::StatusOr<Date> parsed = ParseDate(FormatDate(expected));
    ASSERT_TRUE(parsed.ok()) << FormatDate(expected);
    ASSERT_EQ(*parsed, expected);
  }
  EXPECT_EQ(FormatDate(last), "2199-12-31");
}

TEST(ParseDateTest, AcceptsLeapDaysOnlyInLeapYears) {
  for (const char* text : {"2016-02-29", "2000-02-29", "1904-02-29"}) EXPECT_TRUE(ParseDate(text).ok()) << text;
  for (const char* text : {"2017-02-29", "1900-02-29", "2100-02-29", "2016-02-30"}) {
    EXPECT_TRUE(HasReason(ParseDate(text).status(), Reason::BAD_DATE)) << text;
  }
}

TEST(ParseDateTest, RefusesWhatIsNotExactlyADate) {
  for (const char* text : {"", "2017", "2017-6-30", "2017-06-31", "2017-00-10", "2017-13-01", "2017-01-00", "2017/06/30", "2017-06-30 ", " 2017-06-30",
                           "20170630", "2017-06-3a", "-017-06-30", "+017-06-30", "1899-12-31", "2200-01-01", "２０１７-06-30", "2017-06-300"}) {
    const absl::StatusOr<Date> date = ParseDate(text);
    ASSERT_FALSE(date.ok()) << text;
    EXPECT_TRUE(HasReason(date.status(), Reason::BAD_DATE)) << text;
    EXPECT_EQ(ErrorsOf(date.status()).at(0).value, text);
  }
}

TEST(ParseDateOrYearTest, AYearIsItsFirstOfJanuary) {
  EXPECT_EQ(*ParseDateOrYear("2016"), MakeDate(2016, 1, 1));
  EXPECT_EQ(*ParseDateOrYear("2016-09-30"), MakeDate(2016, 9, 30));
  for (const char* text : {"", "16", "1899", "2200", "20166", "2016-", "2016-09"}) {
    EXPECT_TRUE(HasReason(ParseDateOrYear(text).status(), Reason::BAD_DATE)) << text;
  }
}

TEST(FormatDateTest, BoundsOfIntervalsAreEmpty) {
  EXPECT_EQ(FormatDate(kDistantPast), "");
  EXPECT_EQ(FormatDate(kDistantFuture), "");
  EXPECT_EQ(FormatDate(MakeDate(2017, 4, 2)), "2017-04-02");
}

TEST(DateTest, BoundsOfIntervalsHaveAYearToo) {
  EXPECT_GT(YearOf(Date{kDistantFuture.days - 1}), 5'000'000);
  EXPECT_LT(YearOf(kDistantPast), -5'000'000);
  EXPECT_LT(LastDayOfPreviousYear(kDistantFuture), kDistantFuture);
  EXPECT_EQ(LastDayOfPreviousYear(kDistantPast), kDistantPast);
}

TEST(LastDayOfPreviousYearTest, IsTheThirtyFirstOfDecember) {
  for (const Date date : {MakeDate(2017, 1, 1), MakeDate(2017, 6, 30), MakeDate(2017, 12, 31)}) {
    EXPECT_EQ(LastDayOfPreviousYear(date), MakeDate(2016, 12, 31));
  }
}

TEST(DateDeathTest, ADateThatDoesNotExistIsABug) { EXPECT_DEATH(MakeDate(2017, 2, 29), "CHECK failed"); }

TEST(PeriodTest, ParsesYearsSpansAndStocks) {
  EXPECT_EQ(*ParsePeriod("2017"), (Period{2017, 2017}));
  EXPECT_EQ(*ParsePeriod("2011-2015"), (Period{2011, 2015}));
  EXPECT_EQ(*ParsePeriod("2011-2011"), (Period{2011, 2011}));
  EXPECT_EQ(*ParsePeriod("1900-2199"), (Period{1900, 2199}));
  EXPECT_TRUE(ParsePeriod("")->is_stock());
}

TEST(PeriodTest, RefusesWhatIsNotAPlanYear) {
  for (const char* text : {"17", "2015-2011", "2011-15", "2011—2015", "2011-2015 ", "2017-06", "1899", "2200", "2011-2200", "2011-2015-2016", "2017年"}) {
    const absl::StatusOr<Period> period = ParsePeriod(text);
    ASSERT_FALSE(period.ok()) << text;
    EXPECT_TRUE(HasReason(period.status(), Reason::BAD_PERIOD)) << text;
  }
}

TEST(PeriodTest, FormatsBackWhatItParsed) {
  for (const char* text : {"", "2017", "2011-2015"}) EXPECT_EQ(FormatPeriod(*ParsePeriod(text)), text);
}

TEST(PeriodTest, ContainsNestedPeriodsButNeverAStock) {
  const Period five{2011, 2015};
  EXPECT_TRUE(five.Contains({2011, 2015}));
  EXPECT_TRUE(five.Contains({2012, 2015}));
  EXPECT_FALSE(five.Contains({2015, 2016}));
  EXPECT_FALSE((Period{2012, 2015}).Contains(five));
  EXPECT_FALSE(five.Contains({}));
  EXPECT_FALSE((Period{}).Contains(five));
  EXPECT_FALSE((Period{}).Contains({}));
}

TEST(PeriodTest, BeginsInJanuaryAndEndsInDecember) {
  EXPECT_EQ(FirstDay({2011, 2015}), MakeDate(2011, 1, 1));
  EXPECT_EQ(LastDay({2011, 2015}), MakeDate(2015, 12, 31));
}

TEST(ClockTest, TheDayChangesAtMidnightInShanghai) {
  // 2017-06-30T16:00:00Z is 2017-07-01T00:00 in Shanghai.
  const int64_t midnight = int64_t{MakeDate(2017, 6, 30).days} * 24 * kHourMicros + 16 * kHourMicros;
  EXPECT_EQ(Clock::DateOfMicros(midnight - 1), MakeDate(2017, 6, 30));
  EXPECT_EQ(Clock::DateOfMicros(midnight), MakeDate(2017, 7, 1));
  EXPECT_EQ(Clock::DateOfMicros(midnight + 24 * kHourMicros - 1), MakeDate(2017, 7, 1));
  EXPECT_EQ(Clock::DateOfMicros(midnight + 24 * kHourMicros), MakeDate(2017, 7, 2));
}

TEST(ClockTest, DaysBeforeTheEpochRoundTowardsThePast) {
  EXPECT_EQ(Clock::DateOfMicros(0), MakeDate(1970, 1, 1));
  EXPECT_EQ(Clock::DateOfMicros(-8 * kHourMicros), MakeDate(1970, 1, 1));
  EXPECT_EQ(Clock::DateOfMicros(-8 * kHourMicros - 1), MakeDate(1969, 12, 31));
}

TEST(FakeClockTest, SetsAndAdvances) {
  FakeClock clock(MakeDate(2017, 6, 30));
  EXPECT_EQ(clock.Today(), MakeDate(2017, 6, 30));
  clock.AdvanceMicros(24 * kHourMicros - 1);
  EXPECT_EQ(clock.Today(), MakeDate(2017, 6, 30));
  clock.AdvanceMicros(1);
  EXPECT_EQ(clock.Today(), MakeDate(2017, 7, 1));
  clock.Set(MakeDate(2016, 2, 29));
  EXPECT_EQ(clock.Today(), MakeDate(2016, 2, 29));
}

TEST(RealClockTest, AgreesWithTheSystem) {
  const auto now = [] { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); };
  const int64_t before = now();
  const int64_t told = RealClock().NowMicros();
  EXPECT_LE(before, told);
  EXPECT_LE(told, now());
}

}  // namespace
}  // namespace anju
