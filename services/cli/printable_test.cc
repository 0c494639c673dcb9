#include "services/cli/printable.h"

#include <gtest/gtest.h>

namespace anju::cli {
namespace {

TEST(Printable, LeavesTextAndMakesWhatActsVisible) {
  EXPECT_EQ(Printable("迪安居通〔2017〕6号 61.58%"), "迪安居通〔2017〕6号 61.58%");
  EXPECT_EQ(Printable("a\x1b[31mb\x07\x7f"), "a\uFFFD[31mb\uFFFD\uFFFD");
  EXPECT_EQ(Printable("\u009b31m"), "\uFFFD31m") << "the eight-bit escape";
  EXPECT_EQ(Printable("1\u202e2\u2066"), "1\uFFFD2\uFFFD") << "figures that would read backwards";
  EXPECT_EQ(Printable("a\tb\r\nc"), "a b\uFFFD\uFFFDc");
  EXPECT_EQ(Printable("a\r\nc", true), "a\uFFFD\nc");
}

TEST(Printable, BytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("\xff\xc0\xaf"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(Printable("\xe8\xbf"), "\uFFFD\uFFFD") << "cut short";
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond Unicode";
}

}  // namespace
}  // namespace anju::cli
