// A connection to PostgreSQL: the few ways in which the benchmark talks to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::bench {

// Used by one thread at a time.
class Session {
 public:
  static absl::StatusOr<Session> Connect(const std::string& connection);
  // Statements without answers, separated by semicolons.
  absl::Status Run(const std::string& statements);
  // Numbers only, NULL not among them.
  absl::StatusOr<std::vector<std::vector<int64_t>>> Query(const std::string& question);
  absl::Status Prepare(const std::string& name, const std::string& statement);
  // Asks a prepared question, answered in binary form; how many rows came.
  absl::StatusOr<int> Ask(const std::string& name, const std::vector<std::string>& values);
  // A COPY … FROM STDIN with all its data: one transaction.
  absl::Status Copy(const std::string& statement, const std::string& data);
  // A prepared statement `count` times in one pipeline: sent at once, one transaction, one answer waited for.
  absl::Status RunPipeline(const std::string& name, uint64_t count, const std::function<void(uint64_t i, std::vector<std::string>& values)>& fill);
  // SQLSTATE of the last error.
  const std::string& last_code() const { return last_code_; }
  std::string server_version() const;

 private:
  explicit Session(PGconn* connection) : connection_(connection, PQfinish) {}
  // OK for a result of the kind expected.
  absl::Status Check(PGresult* result, ExecStatusType expected);
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  std::string last_code_;
};

}  // namespace anju::bench
