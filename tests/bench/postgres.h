// PostgreSQL 15 doing the same work with the same durability: a server of its own on a Unix socket, and its clients.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/load.h"
#include "tests/bench/nation.h"

namespace anju::bench {

enum class PeerRead { kRollup, kStanding, kTop, kTable };

// Not thread-safe; uses threads itself. The server ends with this object, and with this process however that ends.
class Postgres {
 public:
  // A new cluster under DIRECTORY with tables for the nation. UNAVAILABLE when the program is not installed or this benchmark was built without libpq.
  static absl::StatusOr<std::unique_ptr<Postgres>> Start(const std::string& directory);
  ~Postgres();

  std::string version() const;
  // A turn of kBatched: a connection a stream, COPY of this many rows a transaction, folded by the trigger before it commits.
  absl::StatusOr<LoadResult> Load(const Turn& turn, int rows_per_transaction);
  // A turn of kSingle: a connection a stream, prepared INSERTs in pipelines as long as the window, a commit each pipeline; without any trigger.
  absl::StatusOr<LoadResult> LoadSingle(const Turn& turn);
  // Folds what LoadSingle brought.
  absl::Status FoldSingle();
  // Sends the first rows of a turn again and finds that they are refused. An error when they were counted twice.
  absl::Status CheckRepeats(const Turn& turn);
  absl::StatusOr<Published> Publish();
  // Prepared questions by some connections, each asking again when it has its answer. Answers a second.
  absl::StatusOr<double> Read(PeerRead read, int connections, double seconds);

 private:
  Postgres() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::bench
