// The axes of a question as people write them.
#include "services/cli/view.h"

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "common/time/date.h"
#include "services/cli/formats.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

TEST(View, DurationsHaveAUnit) {
  const struct {
    const char* text;
    int64_t ms;
  } good[] = {{"500ms", 500}, {"5s", 5'000}, {"2m", 120'000}, {"24h", 86'400'000}};
  for (const auto& [text, ms] : good) EXPECT_EQ(ParseDuration("for", text).value_or(-1), ms) << text;
  for (const char* text : {"", "5", "s", "0s", "-1s", "1.5s", "5 s", "5S", "25h", "99999999999999999999ms", "5d"}) {
    EXPECT_TRUE(HasReason(ParseDuration("for", text).status(), Reason::BAD_VALUE)) << text;
  }
}

TEST(View, TodayIsADate) {
  EXPECT_EQ(DayOf("today"), FormatDate(RealClock().Today()));
  EXPECT_EQ(DayOf("2017-06-30"), "2017-06-30");
  EXPECT_EQ(MakeView({.tree = "today"})->tree(), DayOf("today"));
}

TEST(View, ReviewWordsAreAClosedList) {
  EXPECT_EQ(MakeView({.review = "confirmed"})->review(), types::v1::REVIEW_FILTER_CONFIRMED);
  EXPECT_EQ(MakeView({})->review(), types::v1::REVIEW_FILTER_UNSPECIFIED);
  EXPECT_TRUE(HasReason(MakeView({.review = "returned"}).status(), Reason::BAD_VALUE));
}

TEST(Words, EveryStoredValueHasAWordAndAReading) {
  for (int i = plan::v1::BoundaryKind_MIN + 1; i <= plan::v1::BoundaryKind_MAX; ++i) {
    const std::string_view word = BoundaryWord(static_cast<plan::v1::BoundaryKind>(i));
    EXPECT_FALSE(word.empty()) << i;
    EXPECT_NE(Reading(word, Lang::kChinese), word);
  }
  for (int i = plan::v1::SoftCheck_MIN + 1; i <= plan::v1::SoftCheck_MAX; ++i) {
    const std::string_view word = CheckWord(static_cast<plan::v1::SoftCheck>(i));
    EXPECT_FALSE(word.empty()) << i;
    EXPECT_NE(Reading(word, Lang::kChinese), word);
  }
  for (int i = types::v1::ReviewState_MIN; i <= types::v1::ReviewState_MAX; ++i) {
    EXPECT_FALSE(ReviewWord(static_cast<types::v1::ReviewState>(i)).empty()) << i;
  }
}

TEST(Words, ChineseWordsOfBoundaryAndCheckFilesAreTheContractsWords) {
  auto word = [](const std::vector<csv::Column>& columns, std::string_view column, const std::string& text) {
    csv::Row row{.line = 2, .fields = std::vector<std::string>(columns.size())};
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == column) row.fields[i] = text;
    }
    return Record(columns, row).Get(column);
  };
  for (int i = plan::v1::BoundaryKind_MIN + 1; i <= plan::v1::BoundaryKind_MAX; ++i) {
    const std::string_view event = BoundaryWord(static_cast<plan::v1::BoundaryKind>(i));
    EXPECT_EQ(word(BoundaryColumns(), "event", Reading(event, Lang::kChinese)), event);
  }
  EXPECT_EQ(word(CheckColumns(), "check", "迟报"), "late");
  EXPECT_EQ(word(CheckColumns(), "action", "须说明"), "explain");
}

TEST(Words, NotesSayWhatWasTrippedAndWhy) {
  Notes notes;
  auto* note = notes.Add();
  auto* flag = note->add_flags();
  flag->set_rule("falling");
  flag->set_check(plan::v1::SOFT_CHECK_FALLING);
  EXPECT_EQ(NotesText(notes, Lang::kChinese), "※ 累计下降（未说明）");
  note->set_explanation("系统补录");
  EXPECT_EQ(NotesText(notes, Lang::kChinese), "※ 累计下降：系统补录");
  EXPECT_EQ(NotesText({}, Lang::kChinese), "");
}

TEST(Words, MomentsAreShanghaiTime) {
  EXPECT_EQ(FormatMoment(0), "");
  EXPECT_EQ(FormatMoment(int64_t{1498838399} * 1'000'000), "2017-06-30 23:59:59");  // 15:59:59 UTC
  EXPECT_EQ(FormatMoment(int64_t{1498838400} * 1'000'000), "2017-07-01 00:00:00");
}

}  // namespace
}  // namespace anju::cli
