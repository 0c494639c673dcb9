// What is refused before anything is sent.
#include "services/cli/report_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/cli/formats.h"

namespace anju::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kHeader[] = "地区,保障类别,指标,计划年度,数据日期,数值,单位,报送类型,说明,更正,发布日期,序号\n";

// Reasons and fields of a file's errors.
std::vector<std::pair<Reason, std::string>> ErrorsIn(const std::string& rows, bool named_source = false) {
  const auto table = csv::Parse(kHeader + rows, ReportColumns());
  EXPECT_TRUE(table.ok()) << table.status();
  std::vector<std::pair<Reason, std::string>> errors;
  const absl::Status status = CheckReport(*table, nullptr, named_source);
  if (status.ok()) return errors;
  for (const ErrorDetail& detail : ErrorsOf(status)) errors.emplace_back(detail.reason, detail.field);
  return errors;
}

TEST(CheckReport, AcceptsARowInChineseWords) {
  EXPECT_THAT(ErrorsIn("维西县,shantytown.urban,starts,2017,2017-06-30,900,套,更正,补报,,,\n"), ElementsAre());
}

TEST(CheckReport, NamesEveryFaultOfARow) {
  EXPECT_THAT(ErrorsIn(",p,i,17,2017-02-30,1 000,套,偶尔,,x,2017,\n"),
              ElementsAre(Pair(Reason::MISSING_FIELD, "region"), Pair(Reason::BAD_VALUE, "kind"), Pair(Reason::BAD_NUMBER, "corrects"),
                          Pair(Reason::BAD_DATE, "as_of"), Pair(Reason::BAD_DATE, "published"), Pair(Reason::BAD_PERIOD, "plan_year"),
                          Pair(Reason::BAD_NUMBER, "value")));
}

TEST(CheckReport, TwoFiguresForOneDateContradictEachOtherButARestatementDoesNot) {
  EXPECT_THAT(ErrorsIn("a,p,i,2017,2017-06-30,1,套,,,,,\na,p,i,2017,2017-06-30,1,套,,,,,\n"), ElementsAre());
  EXPECT_THAT(ErrorsIn("a,p,i,2017,2017-06-30,1,套,,,,,\na,p,i,2017,2017-06-30,2,套,,,,,\n"), ElementsAre(Pair(Reason::DUPLICATE_ROW, "value")));
}

TEST(CheckReport, ARowThatCannotBeReadContradictsNothing) {
  EXPECT_THAT(ErrorsIn("a,p,i,2017,2017-06-30,1,套,,,,,\na,p,i,2017,2017-06-30,约2,套,,,,,\na,p,i,2017,2017-06-30,1,套,,,,,\n"),
              ElementsAre(Pair(Reason::BAD_NUMBER, "value")));
}

TEST(CheckReport, IncrementsAndNumbersNeedANamedSource) {
  EXPECT_THAT(ErrorsIn("a,p,i,2017,2017-06-30,1,套,增量,,,,7\n"), ElementsAre(Pair(Reason::SOURCE_REQUIRED, "kind"), Pair(Reason::SOURCE_REQUIRED, "sequence")));
  EXPECT_THAT(ErrorsIn("a,p,i,2017,2017-06-30,1,套,增量,,,,7\n", true), ElementsAre());
}

}  // namespace
}  // namespace anju::cli
