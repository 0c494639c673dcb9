// Civil dates (Asia/Shanghai) and plan periods.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace anju {

// A calendar day, counted from 1970-01-01. Plain value, ordered.
struct Date {
  int32_t days = 0;
  friend auto operator<=>(const Date&, const Date&) = default;
};

// Bounds for half-open validity intervals; not printable as dates.
inline constexpr Date kDistantPast{std::numeric_limits<int32_t>::min()};
inline constexpr Date kDistantFuture{std::numeric_limits<int32_t>::max()};
inline constexpr int kYearMin = 1900;
inline constexpr int kYearMax = 2199;

// Proleptic Gregorian; `month` 1..12, `day` 1..31. REQUIRES: a date that exists.
Date MakeDate(int year, int month, int day);
int YearOf(Date date);
int MonthOf(Date date);
// 31 December of the year before `date`.
Date LastDayOfPreviousYear(Date date);
// YYYY-MM-DD, nothing else (BAD_DATE). Years kYearMin..kYearMax.
absl::StatusOr<Date> ParseDate(std::string_view text);
// YYYY-MM-DD, or YYYY for 1 January of that year.
absl::StatusOr<Date> ParseDateOrYear(std::string_view text);
// YYYY-MM-DD; kDistantPast and kDistantFuture give "".
std::string FormatDate(Date date);

// Plan years, both inclusive. {0, 0} is "no period": a stock (累计).
struct Period {
  int32_t first = 0;
  int32_t last = 0;
  bool is_stock() const { return first == 0; }
  bool Contains(const Period& other) const { return !is_stock() && !other.is_stock() && first <= other.first && other.last <= last; }
  friend auto operator<=>(const Period&, const Period&) = default;
};

// YYYY or YYYY-YYYY (BAD_PERIOD); empty gives the stock period.
absl::StatusOr<Period> ParsePeriod(std::string_view text);
// "2017", "2011-2015" or "".
std::string FormatPeriod(Period period);
inline Date FirstDay(Period period) { return MakeDate(period.first, 1, 1); }
inline Date LastDay(Period period) { return MakeDate(period.last, 12, 31); }

// Where the time comes from. Safe for concurrent use.
class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since the Unix epoch.
  virtual int64_t NowMicros() = 0;
  // Today in Asia/Shanghai (UTC+8, no summer time since 1992).
  Date Today() { return DateOfMicros(NowMicros()); }
  static Date DateOfMicros(int64_t micros);
};

// The machine's clock.
Clock& RealClock();

// A clock that tests set. Set(day) is the first moment of that day in Shanghai, while UTC still has the day before: code that mixes
// up the two shows. Safe for concurrent use.
class FakeClock : public Clock {
 public:
  explicit FakeClock(Date today = MakeDate(2017, 7, 1));
  int64_t NowMicros() override;
  void Set(Date today);
  void AdvanceMicros(int64_t micros);

 private:
  std::atomic<int64_t> micros_;
};

}  // namespace anju
