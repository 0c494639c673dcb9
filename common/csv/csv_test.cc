// Tests of CSV files as clerks write them, good and bad. GB18030 bytes are spelled out so that no editor can change them.
#include "common/csv/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/status/status.h"

namespace anju::csv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::vector<Column>& Schema() {
  static const auto* schema = new std::vector<Column>{{"region", {"地区"}}, {"value", {"数值", "数量"}}, {"note", {"备注"}, false}};
  return *schema;
}

// Lines and fields in one text: "2: 香格里拉市|1241|". Errors: "4 BAD_CSV".
std::string Read(std::string_view bytes) {
  const absl::StatusOr<Table> table = Parse(bytes, Schema());
  std::string out;
  if (!table.ok()) {
    for (const ErrorDetail& error : ErrorsOf(table.status())) {
      out += (out.empty() ? "" : "; ") + std::to_string(error.line) + " " + std::string(ReasonName(error.reason));
    }
    return out;
  }
  for (const Row& row : table->rows) {
    out += (out.empty() ? "" : "; ") + std::to_string(row.line) + ": ";
    for (size_t i = 0; i < row.fields.size(); ++i) out += (i > 0 ? "|" : "") + row.fields[i];
  }
  return out;
}

ErrorDetail FirstError(std::string_view bytes) {
  const absl::StatusOr<Table> table = Parse(bytes, Schema());
  EXPECT_FALSE(table.ok());
  const std::vector<ErrorDetail> errors = ErrorsOf(table.status());
  return errors.empty() ? ErrorDetail{} : errors.front();
}

TEST(ParseTest, ReadsRowsWithTheirLines) {
  EXPECT_EQ(Read("region,value\n533401,1241\n533422,306\n"), "2: 533401|1241|; 3: 533422|306|");
}

TEST(ParseTest, TheLastLineNeedsNoNewline) { EXPECT_EQ(Read("region,value\n533401,1241"), "2: 533401|1241|"); }

TEST(ParseTest, ColumnsComeInAnyOrderAndLanguage) {
  EXPECT_EQ(Read("备注,数值,地区\n补报,5,德钦县\n"), "2: 德钦县|5|补报");
  EXPECT_EQ(Read("数量,region\n5,德钦县\n"), "2: 德钦县|5|");
}

TEST(ParseTest, SaysWhichColumnsArePresent) {
  EXPECT_THAT(Parse("value,region\n", Schema())->present, ElementsAre(true, true, false));
  EXPECT_THAT(Parse("value,region,note\n", Schema())->present, ElementsAre(true, true, true));
}

TEST(ParseTest, AHeaderAloneIsAnEmptyTable) { EXPECT_EQ(Read("region,value\n"), ""); }

TEST(ParseTest, EveryKindOfLineEndCounts) {
  EXPECT_EQ(Read("region,value\r\na,1\r\nb,2\r\n"), "2: a|1|; 3: b|2|");
  EXPECT_EQ(Read("region,value\ra,1\rb,2\r"), "2: a|1|; 3: b|2|");
  EXPECT_EQ(Read("region,value\r\na,1\nb,2\r\nc,3"), "2: a|1|; 3: b|2|; 4: c|3|");
}

TEST(ParseTest, NewlinesInsideQuotesBelongToTheField) {
  EXPECT_EQ(Read("region,value,note\na,1,\"first\nsecond\"\nb,2,\n"), "2: a|1|first\nsecond; 4: b|2|");
  EXPECT_EQ(Read("region,value,note\r\na,1,\"first\r\nsecond\r\n\r\nfifth\"\r\nb,2,\r\n"), "2: a|1|first\r\nsecond\r\n\r\nfifth; 6: b|2|");
  EXPECT_EQ(Read("\"re\ngion\",value\na,1\n"), "1 BAD_HEADER; 1 BAD_HEADER") << "a header with a newline is unknown, and region is missing";
}

TEST(ParseTest, QuotesFollowRfc4180) {
  EXPECT_EQ(Read("region,value,note\n\"a,b\",\"1\",\"say \"\"yes\"\"\"\n"), "2: a,b|1|say \"yes\"");
  EXPECT_EQ(Read("region,value\n\"\",\"1\"\n"), "2: |1|");
}

TEST(ParseTest, BlankLinesAndRowsOfCommasAreSkippedButCounted) {
  EXPECT_EQ(Read("\n\nregion,value\n\n   \na,1\n,,\n ,　\n\r\nb,2\n\n"), "6: a|1|; 10: b|2|");
}

TEST(ParseTest, SurroundingBlanksAreCut) {
  EXPECT_EQ(Read(" region\t,　value　\n　香格里拉 市　, 1241 \n"), "2: 香格里拉 市|1241|");
  EXPECT_EQ(Read("region,value\n\" a \",\"\xC2\xA0" "5\"\n"), "2: a|5|");
}

TEST(ParseTest, OnlyWhollyEmptyFieldsMayFollowTheLastColumn) {
  EXPECT_EQ(Read("region,value,,,\na,1,,,\nb,2\nc,3,,,,,,\n"), "2: a|1|; 3: b|2|; 4: c|3|");
  EXPECT_EQ(Read("region,value\na,1,,x\n"), "2 BAD_CSV");
  EXPECT_EQ(Read("region,,value\na,,1\n"), "1 BAD_HEADER") << "an empty name between columns is not a column";
}

TEST(ParseTest, RowsOfAnotherWidthAreRefusedEach) {
  EXPECT_EQ(Read("region,value,note\na,1\nb,2,ok\nc\nd,4,5,6\n"), "2 BAD_CSV; 4 BAD_CSV; 5 BAD_CSV");
  EXPECT_THAT(FirstError("region,value,note\na,1\n").message, HasSubstr("2 fields where the header has 3"));
}

TEST(ParseTest, AStrayQuoteSpoilsOnlyItsRow) {
  EXPECT_EQ(Read("region,value\na\"b,1\nc,2\nd,\"3\"x\ne\n"), "2 BAD_CSV; 4 BAD_CSV; 5 BAD_CSV");
}

TEST(ParseTest, AQuoteThatNeverClosesIsReportedWhereItsRowStarts) {
  EXPECT_EQ(Read("region,value\na,1\nb,\"2\nc,3\nd,4\n"), "3 BAD_CSV");
  EXPECT_THAT(FirstError("region,value\nb,\"2\nc,3\n").message, HasSubstr("never closes"));
  EXPECT_EQ(Read("region,value\nb,\"2\nc,\"3\"\n"), "2 BAD_CSV") << "the quote of the next row closes it, with text behind";
}

TEST(ParseTest, NulBytesAreRefusedWithTheirLine) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Read("region,value\na,1\nb,\0\nc,3\nd,\0\n"s), "3 BAD_CSV; 5 BAD_CSV");
}

TEST(ParseTest, AFieldHasALimit) {
  const std::string longest(kFieldBytesMax, 'x');
  EXPECT_EQ(Read("region,value\n" + longest + ",1\n"), "2: " + longest + "|1|");
  EXPECT_EQ(Read("region,value\n" + longest + "x,1\nb,2\n"), "2 BAD_CSV");
}

TEST(ParseTest, AFileHasALimit) {
  EXPECT_TRUE(HasReason(Parse(std::string(kFileBytesMax + 1, '\n'), Schema()).status(), Reason::TOO_MANY_ROWS));
}

TEST(ParseTest, RowsHaveALimit) {
  std::string bytes = "region,value\n";
  for (size_t i = 0; i < kRowsMax; ++i) bytes += "a,1\n";
  EXPECT_THAT(Parse(bytes, Schema())->rows, SizeIs(kRowsMax));
  bytes += "a,1\nb\n";
  EXPECT_EQ(Read(bytes), std::to_string(kRowsMax + 2) + " TOO_MANY_ROWS");
}

TEST(ParseTest, ListsAllErrorsUpToTheLimitAndCountsTheRest) {
  std::string bytes = "region,value,note\n";
  for (size_t i = 0; i < kErrorsMax + 20; ++i) bytes += "a,1\n";
  const absl::Status status = Parse(bytes, Schema()).status();
  EXPECT_THAT(ErrorsOf(status), SizeIs(kErrorsMax));
  EXPECT_EQ(ErrorTotal(status), kErrorsMax + 20);
}

TEST(HeaderTest, AMissingColumnIsNamedInBothLanguages) {
  const ErrorDetail error = FirstError("region,note\n");
  EXPECT_EQ(error.reason, Reason::BAD_HEADER);
  EXPECT_EQ(error.field, "value");
  EXPECT_EQ(error.line, 1u);
  EXPECT_THAT(error.message, HasSubstr("value (数值, 数量)"));
}

TEST(HeaderTest, AnUnknownColumnNamesTheAcceptedOnes) {
  const ErrorDetail error = FirstError("region,value,Note\n");
  EXPECT_EQ(error.reason, Reason::BAD_HEADER);
  EXPECT_EQ(error.value, "Note");
  EXPECT_THAT(error.candidates, ElementsAre("region", "value", "note"));
  EXPECT_THAT(error.message, HasSubstr("region (地区), value (数值, 数量), note (备注)"));
}

TEST(HeaderTest, AColumnTwiceIsRefusedAlsoUnderItsAlias) {
  EXPECT_EQ(Read("region,value,value\n"), "1 BAD_HEADER");
  const ErrorDetail error = FirstError("region,value,地区\n");
  EXPECT_EQ(error.field, "region");
  EXPECT_EQ(error.value, "地区");
}

TEST(HeaderTest, ErrorsOfHeaderAndRowsComeTogether) {
  EXPECT_EQ(Read("region,vaule\na,1\nb\n"), "1 BAD_HEADER; 1 BAD_HEADER; 3 BAD_CSV");
}

TEST(HeaderTest, AnEmptyFileHasNone) {
  EXPECT_EQ(Read(""), "1 BAD_HEADER");
  EXPECT_EQ(Read("\xEF\xBB\xBF"), "1 BAD_HEADER");
  EXPECT_EQ(Read("\n,,\n"), "1 BAD_HEADER");
}

// 地区,数值 / 迪庆州,5 in GB18030.
constexpr std::string_view kGbk = "\xB5\xD8\xC7\xF8,\xCA\xFD\xD6\xB5\r\n\xB5\xCF\xC7\xEC\xD6\xDD,5\r\n";

TEST(EncodingTest, ReadsUtf8WithAndWithoutBom) {
  EXPECT_EQ(Read("\xEF\xBB\xBF地区,数值\n迪庆州,5\n"), "2: 迪庆州|5|");
  EXPECT_EQ(Read("\xEF\xBB\xBF\"region\",value\na,5\n"), "2: a|5|");
  EXPECT_EQ(Read("地区,数值\n迪庆州,5\n"), "2: 迪庆州|5|");
}

TEST(EncodingTest, ReadsGb18030WithAndWithoutBom) {
  EXPECT_EQ(Read(kGbk), "2: 迪庆州|5|");
  EXPECT_EQ(Read("\x84\x31\x95\x33" + std::string(kGbk)), "2: 迪庆州|5|");
}

TEST(EncodingTest, ReadsFourByteGb18030) {
  // U+20000 (𠀀) is 95 32 82 36.
  EXPECT_EQ(*DecodeText("\xB5\xD8\x95\x32\x82\x36"), "地𠀀");
}

TEST(EncodingTest, ValidUtf8WinsOverGb18030) {
  // These bytes are also GB18030 (涓浗…); they must stay what they are in UTF-8.
  EXPECT_EQ(*DecodeText("中国"), "中国");
  EXPECT_EQ(*DecodeText(""), "");
}

TEST(EncodingTest, BytesThatAreNeitherAreRefusedWithTheirLine) {
  EXPECT_EQ(Read("region,value\na,1\nb,\xFF\n"), "3 BAD_ENCODING");
  EXPECT_EQ(Read("region,value\r\na,1\r\n\"x\ry\",\xFF\r\n"), "4 BAD_ENCODING");
  EXPECT_EQ(Read("\xFF\xFEr\0e\0"), "1 BAD_ENCODING") << "UTF-16";
  EXPECT_THAT(FirstError("\xFF").message, HasSubstr("0xff"));
}

TEST(EncodingTest, TheBadLineIsThatOfTheEncodingWhichReadsOnForLonger) {
  EXPECT_EQ(Read(std::string(kGbk) + "\xB5\xCF,5\r\n\xFF,6\r\n"), "4 BAD_ENCODING") << "GB18030 with one bad byte";
  // 州 and a comma are E5 B7 9E 2C: no GB18030, so that only UTF-8 reaches line 3.
  EXPECT_EQ(Read("地区,数值\n州,5\n\xFF,6\n"), "3 BAD_ENCODING") << "UTF-8 with one bad byte";
}

TEST(EncodingTest, ACharacterCutAtTheEndIsRefused) { EXPECT_EQ(Read("region,value\na,\xB5"), "2 BAD_ENCODING"); }

TEST(EncodingTest, AFileWithABomIsNeverTakenForGb18030) {
  EXPECT_EQ(Read("\xEF\xBB\xBFregion,value\na,1\n\xB5\xD8,2\n"), "3 BAD_ENCODING");
  EXPECT_EQ(Read("region,value\na,1\n\xB5\xD8,2\n"), "2: a|1|; 3: 地|2|");
}

TEST(EncodingTest, OverlongAndSurrogateBytesAreNotUtf8) {
  for (const std::string_view bytes : {"\xEF\xBB\xBF\xC0\xAF", "\xEF\xBB\xBF\xED\xA0\x80", "\xEF\xBB\xBF\xF4\x90\x80\x80"}) {
    EXPECT_TRUE(HasReason(DecodeText(bytes).status(), Reason::BAD_ENCODING));
  }
}

TEST(FormatTest, QuotesOnlyWhatMustBe) {
  EXPECT_EQ(Quote("香格里拉市"), "香格里拉市");
  EXPECT_EQ(Quote(""), "");
  EXPECT_EQ(Quote("a,b"), "\"a,b\"");
  EXPECT_EQ(Quote("say \"yes\""), "\"say \"\"yes\"\"\"");
  EXPECT_EQ(Quote("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(Quote(" edge"), "\" edge\"");
  EXPECT_EQ(FormatRow({"a", "b,c", ""}), "a,\"b,c\",");
}

TEST(FormatTest, WhatIsWrittenIsReadBack) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"a", "1", "地", "𠀀", ",", "\"", "\n", "\r\n", "\r", " b", "'", ";", "\"\""};
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = "region,value,note\n";
    uint32_t line = 2;
    std::vector<Row> wanted;
    for (int r = 0; r < 5; ++r) {
      Row row;
      row.line = line;
      for (int f = 0; f < 3; ++f) {
        std::string field = "x";  // so that no blank at an edge is cut
        for (uint64_t n = random() % 4; n > 0; --n) field += pieces[random() % pieces.size()];
        row.fields.push_back(field + "y");
      }
      const std::string text = FormatRow(row.fields) + "\n";
      for (size_t c = 0; c < text.size(); ++c) line += text[c] == '\n' || (text[c] == '\r' && text[c + 1] != '\n');
      bytes += text;
      wanted.push_back(std::move(row));
    }
    const absl::StatusOr<Table> table = Parse(bytes, Schema());
    ASSERT_TRUE(table.ok()) << bytes;
    ASSERT_EQ(table->rows.size(), wanted.size()) << bytes;
    for (size_t r = 0; r < wanted.size(); ++r) {
      ASSERT_EQ(table->rows[r].fields, wanted[r].fields) << bytes;
      ASSERT_EQ(table->rows[r].line, wanted[r].line) << bytes;
    }
  }
}

TEST(ParseTest, AnyBytesGiveATableOrErrorsWithLines) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"region", "value", ",", ",", "\n", "\"", "\r\n", "\xB5\xD8", "地", "\xFF", std::string(1, '\0'), " ", "5"};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = random() % 2 == 0 ? "region,value\n" : "";
    for (uint64_t n = random() % 20; n > 0; --n) bytes += pieces[random() % pieces.size()];
    const absl::StatusOr<Table> table = Parse(bytes, Schema());
    if (table.ok()) {
      for (const Row& row : table->rows) ASSERT_EQ(row.fields.size(), Schema().size());
    } else {
      for (const ErrorDetail& error : ErrorsOf(table.status())) ASSERT_GT(error.line, 0u) << error.message;
    }
  }
}

}  // namespace
}  // namespace anju::csv
