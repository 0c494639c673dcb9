// Tests of errors with reasons: what travels in a status, what is cut, and that the README documents the whole list.
#include "common/status/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "common/status/macros.h"

namespace anju {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const Reason kAllReasons[] = {
#define ANJU_REASON(name, code) Reason::name,
#include "common/status/reasons.inc"
#undef ANJU_REASON
};

ErrorDetail FullDetail() {
  ErrorDetail detail;
  detail.reason = Reason::AMBIGUOUS_REGION;
  detail.field = "region";
  detail.value = "鼓楼区";
  detail.message = "鼓楼区 names 4 regions.";
  detail.line = 70'000;
  detail.candidates = {"320106", "320302", "", "410204"};
  return detail;
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message().data(), status.message().size()); }

TEST(ReasonTest, EveryReasonHasAnErrorCodeAndANameThatParsesBack) {
  std::set<std::string_view> names;
  for (const Reason reason : kAllReasons) {
    EXPECT_NE(ReasonCode(reason), absl::StatusCode::kOk) << ReasonName(reason);
    EXPECT_TRUE(names.insert(ReasonName(reason)).second) << ReasonName(reason) << " is listed twice";
    Reason parsed = Reason::INTERNAL;
    ASSERT_TRUE(ParseReason(ReasonName(reason), &parsed)) << ReasonName(reason);
    EXPECT_EQ(parsed, reason);
  }
}

TEST(ReasonTest, UnknownNamesDoNotParseAndLeaveTheReasonAlone) {
  Reason reason = Reason::UNBALANCED;
  for (const std::string_view name : {"", "unbalanced", "UNBALANCED ", "NO_SUCH_REASON"}) {
    EXPECT_FALSE(ParseReason(name, &reason)) << name;
    EXPECT_EQ(reason, Reason::UNBALANCED);
  }
}

// README "Errors" documents each reason in a table row that begins with its name: | `UNKNOWN_REGION` | … |.
TEST(ReasonTest, ReadmeDocumentsExactlyTheClosedList) {
  const char* root = std::getenv("ANJU_SOURCE_DIR");
  if (root == nullptr) GTEST_SKIP() << "ANJU_SOURCE_DIR is not set";
  std::ifstream readme(std::string(root) + "/README.md");
  if (!readme) GTEST_SKIP() << "there is no README.md yet";
  std::set<std::string> documented;
  bool in_errors = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("#")) in_errors = line.find("Errors") != std::string::npos;
    if (!in_errors || !line.starts_with("| `")) continue;
    documented.insert(line.substr(3, line.find('`', 3) - 3));
  }
  std::set<std::string> listed;
  for (const Reason reason : kAllReasons) listed.insert(std::string(ReasonName(reason)));
  EXPECT_EQ(documented, listed);
}

TEST(MakeErrorTest, CarriesEveryFieldOfTheDetail) {
  const absl::Status status = MakeError(FullDetail());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(status), "鼓楼区 names 4 regions.");
  EXPECT_THAT(ErrorsOf(status), ElementsAre(FullDetail()));
  EXPECT_EQ(ErrorTotal(status), 1u);
  EXPECT_TRUE(HasReason(status, Reason::AMBIGUOUS_REGION));
  EXPECT_FALSE(HasReason(status, Reason::UNKNOWN_REGION));
}

TEST(MakeErrorTest, TakesTheCodeFromTheReason) {
  EXPECT_EQ(MakeError(Reason::UNKNOWN_DOCUMENT, "document", "x", "m").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MakeError(Reason::TARGET_CONFLICT, "", "", "m").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(MakeError(Reason::DATA_LOSS, "", "", "m").code(), absl::StatusCode::kDataLoss);
}

TEST(MakeErrorTest, CutsALongValueBetweenCharacters) {
  std::string value(kErrorValueBytesMax - 1, 'x');
  value += "迪庆";  // its first byte would be the last that fits
  const ErrorDetail detail = ErrorsOf(MakeError(Reason::UNKNOWN_REGION, "region", value, "m")).at(0);
  EXPECT_EQ(detail.value, std::string(kErrorValueBytesMax - 1, 'x'));
}

TEST(MakeErrorTest, KeepsAValueThatFitsExactly) {
  std::string value(kErrorValueBytesMax - 3, 'x');
  value += "迪";
  EXPECT_EQ(ErrorsOf(MakeError(Reason::UNKNOWN_REGION, "region", value, "m")).at(0).value, value);
}

TEST(MakeErrorTest, ReplacesBytesThatAreNotUtf8) {
  const struct {
    std::string_view value;
    std::string_view wanted;
  } cases[] = {
      {"a\xFFz", "a\uFFFDz"},                                  // never a first byte
      {"\xC0\xAF", "\uFFFD\uFFFD"},                            // overlong '/'
      {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},                  // overlong in three bytes
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},                  // a surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},        // beyond U+10FFFF
      {"\xE8\xBF", "\uFFFD\uFFFD"},                            // cut in the middle
      {"\xF0\x9F\x8F\xA0 房", "\xF0\x9F\x8F\xA0 房"},          // four good bytes
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ErrorsOf(MakeError(Reason::BAD_VALUE, "", c.value, "m")).at(0).value, c.wanted);
  }
}

TEST(MakeErrorTest, KeepsAtMostTheNamedNumberOfCandidates) {
  ErrorDetail detail = FullDetail();
  detail.candidates.assign(kErrorCandidatesMax + 5, "533400");
  EXPECT_THAT(ErrorsOf(MakeError(detail)).at(0).candidates, SizeIs(kErrorCandidatesMax));
}

TEST(MakeErrorsTest, RestoresDetailsAndTotalAsTheyCameOverTheWire) {
  const absl::Status status = MakeErrors({FullDetail(), FullDetail()}, 250);
  EXPECT_THAT(ErrorsOf(status), ElementsAre(FullDetail(), FullDetail()));
  EXPECT_EQ(ErrorTotal(status), 250u);
  EXPECT_THAT(MessageOf(status), HasSubstr("249 more errors"));
  EXPECT_TRUE(MakeErrors({}, 0).ok());
}

TEST(WithFieldTest, FillsOnlyAnEmptyField) {
  EXPECT_EQ(ErrorsOf(WithField(MakeError(Reason::BAD_NUMBER, "", "x", "m"), "value")).at(0).field, "value");
  EXPECT_EQ(ErrorsOf(WithField(MakeError(Reason::BAD_NUMBER, "unit", "x", "m"), "value")).at(0).field, "unit");
  EXPECT_TRUE(WithField(absl::OkStatus(), "value").ok());
}

TEST(ErrorCollectorTest, IsOkWhenNothingWasAdded) {
  ErrorCollector errors;
  errors.Add(absl::OkStatus(), 3);
  EXPECT_TRUE(errors.empty());
  EXPECT_TRUE(errors.ToStatus().ok());
}

TEST(ErrorCollectorTest, KeepsTheFirstAndCountsTheRest) {
  ErrorCollector errors;
  for (uint32_t line = 1; line <= kErrorsMax + 7; ++line) {
    errors.Add(MakeError(line == 1 ? Reason::UNKNOWN_DOCUMENT : Reason::BAD_NUMBER, "value", "x", "m"), line);
  }
  const absl::Status status = errors.ToStatus();
  EXPECT_EQ(errors.total(), kErrorsMax + 7);
  EXPECT_EQ(ErrorTotal(status), kErrorsMax + 7);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << "the code is that of the first error";
  const std::vector<ErrorDetail> details = ErrorsOf(status);
  ASSERT_THAT(details, SizeIs(kErrorsMax));
  EXPECT_EQ(details.front().line, 1u);
  EXPECT_EQ(details.back().line, kErrorsMax);
}

TEST(ErrorCollectorTest, PutsTheLineOnlyWhereThereIsNone) {
  ErrorCollector errors;
  errors.Add(MakeError(FullDetail()), 9);
  errors.Add(MakeError(Reason::BAD_DATE, "", "", "m"), 9);
  const std::vector<ErrorDetail> details = ErrorsOf(errors.ToStatus());
  ASSERT_THAT(details, SizeIs(2));
  EXPECT_EQ(details[0].line, 70'000u);
  EXPECT_EQ(details[1].line, 9u);
}

TEST(ErrorCollectorTest, AddingACollectionThatWasCutKeepsItsTotal) {
  ErrorCollector inner;
  for (size_t i = 0; i < kErrorsMax + 50; ++i) inner.Add(FullDetail());
  ErrorCollector outer;
  outer.Add(FullDetail());
  outer.Add(inner.ToStatus());
  EXPECT_EQ(outer.total(), kErrorsMax + 51);
  EXPECT_THAT(ErrorsOf(outer.ToStatus()), SizeIs(kErrorsMax));
}

TEST(ErrorsOfTest, AForeignStatusGivesTheNearestReason) {
  const struct {
    absl::Status status;
    Reason reason;
  } cases[] = {
      {absl::InvalidArgumentError("m"), Reason::BAD_VALUE},       {absl::NotFoundError("m"), Reason::NO_FIGURES},
      {absl::UnavailableError("m"), Reason::UNAVAILABLE},         {absl::DeadlineExceededError("m"), Reason::UNAVAILABLE},
      {absl::PermissionDeniedError("m"), Reason::NOT_ALLOWED},    {absl::ResourceExhaustedError("m"), Reason::OVERLOADED},
      {absl::DataLossError("m"), Reason::DATA_LOSS},              {absl::InternalError("m"), Reason::INTERNAL},
      {absl::UnknownError("m"), Reason::INTERNAL},
  };
  for (const auto& c : cases) {
    const std::vector<ErrorDetail> details = ErrorsOf(c.status);
    ASSERT_THAT(details, SizeIs(1));
    EXPECT_EQ(ReasonName(details[0].reason), ReasonName(c.reason));
    EXPECT_EQ(details[0].message, "m");
    EXPECT_EQ(ErrorTotal(c.status), 1u);
    EXPECT_TRUE(HasReason(c.status, c.reason));
  }
}

TEST(ErrorsOfTest, OkHasNone) {
  EXPECT_TRUE(ErrorsOf(absl::OkStatus()).empty());
  EXPECT_EQ(ErrorTotal(absl::OkStatus()), 0u);
  EXPECT_FALSE(HasReason(absl::OkStatus(), Reason::INTERNAL));
}

absl::StatusOr<int> Doubled(absl::StatusOr<int> input) {
  ASSIGN_OR_RETURN(const int value, input);
  RETURN_IF_ERROR(value < 0 ? MakeError(Reason::NEGATIVE_NUMBER, "", "", "m") : absl::OkStatus());
  return value * 2;
}

TEST(MacrosTest, ReturnEarlyWithTheDetailsIntact) {
  EXPECT_EQ(*Doubled(21), 42);
  EXPECT_TRUE(HasReason(Doubled(-1).status(), Reason::NEGATIVE_NUMBER));
  EXPECT_THAT(ErrorsOf(Doubled(MakeError(FullDetail())).status()), ElementsAre(FullDetail()));
}

TEST(MacrosDeathTest, ABrokenInvariantEndsTheProcessAndNamesIt) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "status_test.cc:[0-9]+: CHECK failed: 1 \\+ 1 == 3");
  EXPECT_DEATH(CHECK_OK(MakeError(Reason::DATA_LOSS, "", "", "lost bytes")), "lost bytes");
}

}  // namespace
}  // namespace anju
