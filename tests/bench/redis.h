// Redis 7 doing the same work, every answer given after its log is synced: a server of its own on a Unix socket, and its clients.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/load.h"
#include "tests/bench/nation.h"
#include "tests/bench/postgres.h"

namespace anju::bench {

// Not thread-safe; uses threads itself. The server ends with this object, and with this process however that ends.
class Redis {
 public:
  // A new server under DIRECTORY. UNAVAILABLE when the program is not installed or this benchmark was built without hiredis.
  static absl::StatusOr<std::unique_ptr<Redis>> Start(const std::string& directory);
  ~Redis();

  std::string version() const;
  // A turn of any fleet: a connection a stream, a script call a message, pipelined as far as the window goes. The script counts a message once (the
  // source's number has to be the next), keeps figures and sums in hashes and what is ranked in sorted sets.
  absl::StatusOr<LoadResult> Load(const Turn& turn);
  // Sends the first message of a turn again. An error when it was counted twice.
  absl::Status CheckRepeats(const Turn& turn);
  absl::StatusOr<Published> Publish();
  // Questions by some connections, so many in a pipeline. Answers a second. The table is one answer.
  absl::StatusOr<double> Read(PeerRead read, int connections, int pipeline, double seconds);

 private:
  Redis() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anju::bench
