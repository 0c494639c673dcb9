// The cluster and the loads of postgres.h.
#include "tests/bench/postgres.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include <libpq-fe.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/testing/subprocess.h"
#include "common/testing/testing.h"
#include "common/time/date.h"
#include "tests/bench/postgres_schema.h"
#include "tests/bench/postgres_session.h"
#include "tests/bench/readers.h"

namespace anju::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
constexpr int kDaysTo2000 = 10'957;  // PostgreSQL counts days from 2000

std::string Format(const char* format, auto... values) {
  std::string text(16 << 10, '\0');
  text.resize(std::snprintf(text.data(), text.size(), format, values...));
  return text;
}

// PostgreSQL refuses to run as root: then it runs as the user that its package made. Either way it ends when this process ends.
std::vector<std::string> AsItsUser(std::vector<std::string> command) {
  std::vector<std::string> args = {"setpriv", "--pdeathsig", "QUIT"};
  if (geteuid() == 0) args.insert(args.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  args.insert(args.end(), command.begin(), command.end());
  return args;
}

absl::Status RunAsItsUser(std::vector<std::string> command) {
  const auto result = testing::RunCommand(AsItsUser(std::move(command)), {}, std::chrono::seconds(120));
  return result.exit_code == 0 ? absl::OkStatus() : MakeError(Reason::UNAVAILABLE, "postgresql", "", result.err);
}

std::string FoldOf(const std::string& rows) { return Format(kPostgresFold, rows.c_str(), kSeriesOfCounties); }

// One row for COPY in its binary form: lengths and values in network order.
class CopyRows {
 public:
  CopyRows() { bytes_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19); }
  void Add(int source, uint64_t sequence, const Figure& figure, int series) {
    Number<int16_t>(6);
    Field<int32_t>(source);
    Field<int64_t>(static_cast<int64_t>(sequence));
    Field<int32_t>(series);
    Field<int32_t>(figure.as_of_days - kDaysTo2000);
    Field<int8_t>(figure.increment);
    Field<int64_t>(figure.amount);
  }
  const std::string& Finish() {
    Number<int16_t>(-1);
    return bytes_;
  }

 private:
  template <typename T>
  void Number(T value) {
    for (int shift = 8 * (sizeof(T) - 1); shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
  template <typename T>
  void Field(T value) {
    Number<int32_t>(sizeof(T));
    Number<T>(value);
  }
  std::string bytes_;
};

absl::Status CopyBatch(Session& session, int stream, const Share& share, uint64_t first, uint64_t count) {
  CopyRows rows;
  for (uint64_t sequence = first; sequence < first + count; ++sequence) {
    const Figure figure = share.At(sequence);
    rows.Add(stream, sequence, figure, SeriesNumber(share.key(figure.index)));
  }
  return session.Copy("COPY updates FROM STDIN (FORMAT binary)", rows.Finish());
}

}  // namespace

struct Postgres::Impl {
  std::string directory;
  std::unique_ptr<testing::Subprocess> server;
  std::string connection;
  uint64_t single_folded = 0;

  // A thread for each stream of the turn, all connected before the clock starts.
  absl::StatusOr<LoadResult> RunStreams(const Turn& turn, const std::function<absl::Status(Session&)>& prepare,
                                        const std::function<absl::Status(Session&, int stream, const Share&)>& work) {
    const int streams = turn.fleet->streams;
    std::vector<Session> sessions;
    std::vector<Share> shares;
    for (int i = 0; i < streams; ++i) {
      ASSIGN_OR_RETURN(Session session, Session::Connect(connection));
      if (prepare != nullptr) RETURN_IF_ERROR(prepare(session));
      sessions.push_back(std::move(session));
      shares.emplace_back(*turn.fleet, i, turn.year);
    }
    std::vector<absl::Status> statuses(streams);
    std::vector<std::thread> threads;
    const auto started = Clock::now();
    for (int i = 0; i < streams; ++i) threads.emplace_back([&, i] { statuses[i] = work(sessions[i], i, shares[i]); });
    for (std::thread& thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
    for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
    return LoadResult{.items = turn.items(), .seconds = seconds};
  }

  absl::Status MakeTables() {
    ASSIGN_OR_RETURN(Session session, Session::Connect(connection));
    RETURN_IF_ERROR(session.Run(kPostgresTables));
    std::string current, standing, rollup;
    for (int series = 0; series < kSeries; ++series) {
      const SeriesKey key = KeyOfSeries(series);
      const int city = CityCell(key);
      absl::StrAppend(&current, series, "\t1900-01-01\t0\t0\t", city < 0 ? "\\N\t\\N" : absl::StrCat(city, "\t", ProvinceCell(key)), "\n");
      if (key.place >= kCounties) {
        absl::StrAppend(&standing, series, "\t", key.place - kCounties, "\t", key.indicator, "\t0\t", TargetOf(key.place), "\n");
      }
    }
    for (int cell = 0; cell < kCells; ++cell) {
      const int region = cell / kCellsOfRegion;
      const int province = cell < kProvinceCells ? region : ProvinceOfCity(region - kProvinces - 1);
      absl::StrAppend(&rollup, cell, "\t", province, "\t", cell % kCellsOfRegion / kIndicators, "\t", cell % kIndicators, "\t0\n");
    }
    RETURN_IF_ERROR(session.Copy("COPY current FROM STDIN", current));
    RETURN_IF_ERROR(session.Copy("COPY standing FROM STDIN", standing));
    RETURN_IF_ERROR(session.Copy("COPY rollup FROM STDIN", rollup));
    RETURN_IF_ERROR(session.Run(kPostgresIndexes));
    RETURN_IF_ERROR(session.Run(Format(kPostgresTrigger, FoldOf("arrived").c_str())));
    RETURN_IF_ERROR(session.Run("VACUUM ANALYZE"));
    return session.Run("CHECKPOINT");
  }
};

absl::StatusOr<std::unique_ptr<Postgres>> Postgres::Start(const std::string& directory) {
  if (access((std::string(kPrograms) + "postgres").c_str(), X_OK) != 0) return MakeError(Reason::UNAVAILABLE, "postgresql", kPrograms, "PostgreSQL 15 is not installed");
  std::unique_ptr<Postgres> postgres(new Postgres());
  postgres->impl_ = std::make_unique<Impl>();
  Impl& impl = *postgres->impl_;
  impl.directory = directory;
  std::filesystem::create_directories(directory);
  if (geteuid() == 0) {
    const auto result = testing::RunCommand({"chown", "postgres:postgres", directory});
    if (result.exit_code != 0) return MakeError(Reason::UNAVAILABLE, "postgresql", directory, result.err);
    // The user has to get there, and to nothing else.
    for (std::filesystem::path parent = std::filesystem::path(directory).parent_path(); std::filesystem::status(parent).permissions() == std::filesystem::perms::owner_all;
         parent = parent.parent_path()) {
      std::filesystem::permissions(parent, std::filesystem::perms::group_exec | std::filesystem::perms::others_exec, std::filesystem::perm_options::add);
    }
  }
  const std::string cluster = directory + "/cluster";
  RETURN_IF_ERROR(RunAsItsUser({std::string(kPrograms) + "initdb", "-D", cluster, "-U", "bench", "-A", "trust", "--locale=C", "-E", "UTF8"}));
  const int memory_mib = static_cast<int>(sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) >> 10) >> 10);
  testing::WriteFile(cluster + "/postgresql.conf", Format(kPostgresSettings, std::min(4096, memory_mib / 4), memory_mib / 2));
  ASSIGN_OR_RETURN(impl.server, testing::Subprocess::Start({.args = AsItsUser({std::string(kPrograms) + "postgres", "-D", cluster, "-k", directory, "-p", "5432"}),
                                                            .directory = "/",
                                                            .output_prefix = directory + "/postgres"}));
  impl.connection = "host=" + directory + " port=5432 user=bench dbname=postgres";
  const bool started = testing::WaitUntil([&] { return Session::Connect(impl.connection).ok() || !impl.server->IsRunning(); }, std::chrono::seconds(30));
  if (!started || !impl.server->IsRunning()) return MakeError(Reason::UNAVAILABLE, "postgresql", directory, impl.server->err());
  RETURN_IF_ERROR(impl.MakeTables());
  return postgres;
}

Postgres::~Postgres() {
  if (impl_ == nullptr || impl_->server == nullptr) return;
  impl_->server->Kill(SIGINT);  // its word for: now, but in order
  impl_->server->Wait(std::chrono::seconds(20));
}

std::string Postgres::version() const {
  auto session = Session::Connect(impl_->connection);
  return session.ok() ? "PostgreSQL " + session->server_version() : "PostgreSQL";
}

absl::StatusOr<LoadResult> Postgres::Load(const Turn& turn, int rows_per_transaction) {
  return impl_->RunStreams(turn, nullptr, [&](Session& session, int stream, const Share& share) -> absl::Status {
    const uint64_t end = turn.first + turn.items_of_stream();
    for (uint64_t next = turn.first; next < end; next += rows_per_transaction) {
      RETURN_IF_ERROR(CopyBatch(session, stream, share, next, std::min<uint64_t>(rows_per_transaction, end - next)));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<LoadResult> Postgres::LoadSingle(const Turn& turn) {
  const auto prepare = [](Session& session) {
    return session.Prepare("one", "INSERT INTO single_updates VALUES ($1, $2, $3, $4::date, $5, $6) ON CONFLICT DO NOTHING");
  };
  return impl_->RunStreams(turn, prepare, [&](Session& session, int stream, const Share& share) -> absl::Status {
    const uint64_t end = turn.first + turn.items_of_stream();
    for (uint64_t next = turn.first; next < end; next += turn.fleet->in_flight) {
      const uint64_t count = std::min<uint64_t>(turn.fleet->in_flight, end - next);
      RETURN_IF_ERROR(session.RunPipeline("one", count, [&](uint64_t i, std::vector<std::string>& values) {
        const Figure figure = share.At(next + i);
        values = {std::to_string(stream), std::to_string(next + i), std::to_string(SeriesNumber(share.key(figure.index))),
                  FormatDate(Date{figure.as_of_days}), figure.increment ? "t" : "f", std::to_string(figure.amount)};
      }));
    }
    return absl::OkStatus();
  });
}

absl::Status Postgres::FoldSingle() {
  ASSIGN_OR_RETURN(Session session, Session::Connect(impl_->connection));
  ASSIGN_OR_RETURN(const auto newest, session.Query("SELECT coalesce(max(sequence), 0) FROM single_updates"));
  RETURN_IF_ERROR(session.Run(FoldOf("(SELECT * FROM single_updates WHERE sequence > " + std::to_string(impl_->single_folded) + ") AS arrived")));
  impl_->single_folded = newest.at(0).at(0);
  return absl::OkStatus();
}

absl::Status Postgres::CheckRepeats(const Turn& turn) {
  ASSIGN_OR_RETURN(Session session, Session::Connect(impl_->connection));
  const Share share(*turn.fleet, 0, turn.year);
  const absl::Status repeated = CopyBatch(session, 0, share, turn.first, turn.fleet->items_per_message);
  if (repeated.ok() || session.last_code() != "23505") return MakeError(Reason::INTERNAL, "postgresql", session.last_code(), "rows that came again were not refused");
  return absl::OkStatus();
}

absl::StatusOr<Published> Postgres::Publish() {
  ASSIGN_OR_RETURN(Session session, Session::Connect(impl_->connection));
  Published published;
  ASSIGN_OR_RETURN(const auto cells, session.Query("SELECT cell, value FROM rollup"));
  for (const auto& row : cells) published.cells.at(row.at(0)) = row.at(1);
  ASSIGN_OR_RETURN(const auto direct, session.Query("SELECT league, sum(amount)::bigint FROM standing GROUP BY league"));
  for (const auto& row : direct) {
    published.cells.at(ProvinceCell({kCounties, kRankedProgramme, static_cast<int>(row.at(0))})) = row.at(1);
  }
  ASSIGN_OR_RETURN(const auto rows, session.Query(Format("SELECT place, amount, target, rank() OVER (ORDER BY amount::float8 / target DESC) FROM standing WHERE league = %d",
                                                         kRankedIndicator)));
  for (const auto& row : rows) {
    published.figures.at(row.at(0)) = row.at(1);
    published.ranks.at(row.at(0)) = row.at(3);
  }
  return published;
}

absl::StatusOr<double> Postgres::Read(PeerRead read, int connections, double seconds) {
  const char* kQuestions[] = {kPostgresRollup, kPostgresStanding, kPostgresTop, kPostgresTable};
  std::vector<Session> sessions;
  for (int i = 0; i < connections; ++i) {
    ASSIGN_OR_RETURN(Session session, Session::Connect(impl_->connection));
    RETURN_IF_ERROR(session.Prepare("question", kQuestions[static_cast<int>(read)]));
    sessions.push_back(std::move(session));
  }
  return AnswersPerSecond(connections, seconds, [&](int i, Clock::time_point end, uint64_t* answers) -> absl::Status {
    const std::string league = std::to_string(kRankedIndicator);
    for (uint64_t n = i; Clock::now() < end; n += connections, ++*answers) {
      std::vector<std::string> values = {league};
      if (read == PeerRead::kRollup) values = {std::to_string(n % kProvinces), std::to_string(kRankedProgramme), league};
      if (read == PeerRead::kStanding) values.push_back(std::to_string(n * 7 % kDirectUnits));
      ASSIGN_OR_RETURN(const auto rows, sessions[i].Ask("question", values));
      if (rows == 0) return MakeError(Reason::INTERNAL, "postgresql", "", "an answer without rows");
    }
    return absl::OkStatus();
  });
}

}  // namespace anju::bench
