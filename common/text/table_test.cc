// Tests of display widths and table layout.
#include "common/text/table.h"

#include <gtest/gtest.h>

#include <string>

namespace anju {
namespace {

TEST(DisplayWidthTest, CountsTerminalColumns) {
  const struct {
    std::string_view text;
    int width;
  } cases[] = {
      {"", 0},
      {"62.05", 5},
      {"香格里拉市", 10},
      {"2017年6月", 9},
      {"套（户）", 8},          // full-width brackets
      {"１２", 4},              // full-width digits
      {"㎡", 2},
      {"𠀀", 2},                // beyond the basic plane
      {"e\xCC\x81", 1},         // a combining accent takes none
      {"é", 1},
      {"\xFF", 1},              // not UTF-8: shown as one replacement mark
      {"\xE8\xBF", 2},
  };
  for (const auto& c : cases) EXPECT_EQ(DisplayWidth(c.text), c.width) << c.text;
}

TEST(FormatTableTest, AlignsChineseTextAndNumbers) {
  EXPECT_EQ(FormatTable({"名次", "地区", "开工率"}, {{"1", "香格里拉市", "62.05"}, {"10", "德钦县", "9.5"}}, {Align::kRight, Align::kLeft, Align::kRight}),
            "名次  地区        开工率\n"
            "----  ----------  ------\n"
            "   1  香格里拉市   62.05\n"
            "  10  德钦县         9.5\n");
}

TEST(FormatTableTest, EveryLineOfRightAlignedColumnsIsEquallyWide) {
  const std::string table = FormatTable({"region", "值"}, {{"迪庆州", "3725"}, {"a", "-5"}, {"套(户)", "1"}}, {Align::kLeft, Align::kRight});
  size_t start = 0;
  int lines = 0;
  for (size_t end = table.find('\n'); end != std::string::npos; start = end + 1, end = table.find('\n', start), ++lines) {
    EXPECT_EQ(DisplayWidth(table.substr(start, end - start)), 12) << table;
  }
  EXPECT_EQ(lines, 5);
}

TEST(FormatTableTest, LinesEndWithoutBlanks) {
  EXPECT_EQ(FormatTable({"a", "note"}, {{"1", ""}, {"2"}}, {}), "a  note\n-  ----\n1\n2\n");
}

TEST(FormatTableTest, AHeaderAloneIsATable) { EXPECT_EQ(FormatTable({"a"}, {}, {}), "a\n-\n"); }

TEST(FormatTableTest, ControlCharactersCannotBreakALine) {
  EXPECT_EQ(FormatTable({"a", "b"}, {{"x\ny", "1"}, {"\x1B[31m", "\t2"}}, {}), "a      b\n-----  --\nx y    1\n [31m   2\n");
}

TEST(FormatTableDeathTest, ARowWiderThanTheHeaderIsABug) { EXPECT_DEATH(FormatTable({"a"}, {{"1", "2"}}, {}), "CHECK failed"); }

}  // namespace
}  // namespace anju
