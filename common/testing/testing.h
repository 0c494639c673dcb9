// What tests share: directories that vanish, matchers for errors, waiting without sleeping, servers on port 0.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/status.h"

namespace grpc {
class Service;
}
namespace anju::rpc {
class Server;
}

namespace anju::testing {

// A fresh directory under $TMPDIR (else /tmp), removed with all it holds at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// The source tree ($ANJU_SOURCE_DIR, else where this was compiled) and the programs ($ANJU_BIN_DIR, else build's bin).
std::string SourceDir();
std::string BinDir();
// The whole file; fails the test and gives "" when it cannot be read.
std::string ReadFile(const std::string& path);
// Fails the test when it cannot be written.
void WriteFile(const std::string& path, std::string_view bytes);

// Looks every few milliseconds until `reached` is true; false when `timeout` passes first.
bool WaitUntil(const std::function<bool()>& reached, std::chrono::milliseconds timeout = std::chrono::seconds(10));

// ---- Matchers, for absl::Status and absl::StatusOr alike: EXPECT_THAT(call, IsOk()) ----
inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}
// The first detail has this reason.
MATCHER_P(HasReason, reason, std::string(negation ? "has not" : "has") + " the reason " + std::string(ReasonName(reason))) {
  *result_listener << StatusOf(arg).ToString();
  return ::anju::HasReason(StatusOf(arg), reason);
}
// The first detail has this reason and field.
MATCHER_P2(HasReasonAt, reason, field, std::string("has the reason ") + std::string(ReasonName(reason)) + " at field " + std::string(field)) {
  *result_listener << StatusOf(arg).ToString();
  return ::anju::HasReason(StatusOf(arg), reason) && ErrorsOf(StatusOf(arg)).front().field == field;
}
// An OK StatusOr whose value matches.
MATCHER_P(IsOkAndHolds, matcher, "is OK and holds a value that matches") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

#define ANJU_TESTING_CONCAT_INNER(a, b) a##b
#define ANJU_TESTING_CONCAT(a, b) ANJU_TESTING_CONCAT_INNER(a, b)
// ASSERT_OK_AND_ASSIGN(auto value, Call()): ends the test when the call failed.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) ANJU_ASSERT_OK_AND_ASSIGN(ANJU_TESTING_CONCAT(anju_result_, __LINE__), lhs, expr)
#define ANJU_ASSERT_OK_AND_ASSIGN(result, lhs, expr) \
  auto result = (expr);                              \
  ASSERT_THAT(result, ::anju::testing::IsOk());      \
  lhs = std::move(result).value()

// A real server with these services on 127.0.0.1, port 0, already SERVING. The services must outlive it.
class ServerFixture {
 public:
  explicit ServerFixture(const std::vector<grpc::Service*>& services, std::string name = "test", std::string listen = "127.0.0.1:0");
  ~ServerFixture();
  const std::string& address() const;
  rpc::Server& server() { return *server_; }
  // Drains and closes; the port is free afterwards.
  void Stop();

 private:
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
};

}  // namespace anju::testing

namespace absl {
// What a failed expectation prints.
inline void PrintTo(const Status& status, std::ostream* out) { *out << status.ToString(); }
}  // namespace absl
