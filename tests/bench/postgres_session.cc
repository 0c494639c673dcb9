// libpq behind postgres_session.h.
#include "tests/bench/postgres_session.h"

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::bench {
namespace {

using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Result Own(PGresult* result) { return Result(result, PQclear); }

std::vector<const char*> Pointers(const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  return pointers;
}

absl::Status Broken(PGconn* connection) { return MakeError(Reason::INTERNAL, "postgresql", "", PQerrorMessage(connection)); }

}  // namespace

absl::StatusOr<Session> Session::Connect(const std::string& connection) {
  Session session(PQconnectdb(connection.c_str()));
  if (PQstatus(session.connection_.get()) != CONNECTION_OK) return Broken(session.connection_.get());
  return session;
}

absl::Status Session::Check(PGresult* result, ExecStatusType expected) {
  if (result != nullptr && PQresultStatus(result) == expected) return absl::OkStatus();
  const char* code = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  last_code_ = code == nullptr ? "" : code;
  return Broken(connection_.get());
}

absl::Status Session::Run(const std::string& statements) { return Check(Own(PQexec(connection_.get(), statements.c_str())).get(), PGRES_COMMAND_OK); }

absl::StatusOr<std::vector<std::vector<int64_t>>> Session::Query(const std::string& question) {
  const Result result = Own(PQexec(connection_.get(), question.c_str()));
  RETURN_IF_ERROR(Check(result.get(), PGRES_TUPLES_OK));
  std::vector<std::vector<int64_t>> rows(PQntuples(result.get()));
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) rows[row].push_back(std::stoll(PQgetvalue(result.get(), static_cast<int>(row), column)));
  }
  return rows;
}

absl::Status Session::Prepare(const std::string& name, const std::string& statement) {
  return Check(Own(PQprepare(connection_.get(), name.c_str(), statement.c_str(), 0, nullptr)).get(), PGRES_COMMAND_OK);
}

absl::StatusOr<int> Session::Ask(const std::string& name, const std::vector<std::string>& values) {
  const auto pointers = Pointers(values);
  const Result result = Own(PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()), pointers.data(), nullptr, nullptr, 1));
  RETURN_IF_ERROR(Check(result.get(), PGRES_TUPLES_OK));
  return PQntuples(result.get());
}

absl::Status Session::Copy(const std::string& statement, const std::string& data) {
  RETURN_IF_ERROR(Check(Own(PQexec(connection_.get(), statement.c_str())).get(), PGRES_COPY_IN));
  if (PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) != 1 || PQputCopyEnd(connection_.get(), nullptr) != 1) return Broken(connection_.get());
  absl::Status status = Check(Own(PQgetResult(connection_.get())).get(), PGRES_COMMAND_OK);
  while (Own(PQgetResult(connection_.get())) != nullptr) {
  }
  return status;
}

absl::Status Session::RunPipeline(const std::string& name, uint64_t count, const std::function<void(uint64_t i, std::vector<std::string>& values)>& fill) {
  PGconn* const connection = connection_.get();
  if (PQenterPipelineMode(connection) != 1) return Broken(connection);
  std::vector<std::string> values;
  for (uint64_t i = 0; i < count; ++i) {
    fill(i, values);
    const auto pointers = Pointers(values);
    if (PQsendQueryPrepared(connection, name.c_str(), static_cast<int>(values.size()), pointers.data(), nullptr, nullptr, 0) != 1) return Broken(connection);
  }
  if (PQpipelineSync(connection) != 1) return Broken(connection);
  absl::Status status;
  for (uint64_t i = 0; i < count; ++i) {
    const absl::Status one = Check(Own(PQgetResult(connection)).get(), PGRES_COMMAND_OK);
    if (status.ok()) status = one;
    Own(PQgetResult(connection));  // what separates the answers of a pipeline
  }
  const absl::Status synced = Check(Own(PQgetResult(connection)).get(), PGRES_PIPELINE_SYNC);
  if (status.ok()) status = synced;
  if (PQexitPipelineMode(connection) != 1) return Broken(connection);
  return status;
}

std::string Session::server_version() const { return PQparameterStatus(connection_.get(), "server_version"); }

}  // namespace anju::bench
