// PostgreSQL and Redis where this was built without their client libraries: the benchmark goes on without them and says so.
#include "common/status/status.h"
#include "tests/bench/postgres.h"
#include "tests/bench/redis.h"

namespace anju::bench {
namespace {

absl::Status Absent() { return MakeError(Reason::UNAVAILABLE, "peers", "", "built without libpq and hiredis (deploy/packages-bench.txt)"); }

}  // namespace

struct Postgres::Impl {};
absl::StatusOr<std::unique_ptr<Postgres>> Postgres::Start(const std::string&) { return Absent(); }
Postgres::~Postgres() = default;
std::string Postgres::version() const { return ""; }
absl::StatusOr<LoadResult> Postgres::Load(const Turn&, int) { return Absent(); }
absl::StatusOr<LoadResult> Postgres::LoadSingle(const Turn&) { return Absent(); }
absl::Status Postgres::FoldSingle() { return Absent(); }
absl::Status Postgres::CheckRepeats(const Turn&) { return Absent(); }
absl::StatusOr<Published> Postgres::Publish() { return Absent(); }
absl::StatusOr<double> Postgres::Read(PeerRead, int, double) { return Absent(); }

struct Redis::Impl {};
absl::StatusOr<std::unique_ptr<Redis>> Redis::Start(const std::string&) { return Absent(); }
Redis::~Redis() = default;
std::string Redis::version() const { return ""; }
absl::StatusOr<LoadResult> Redis::Load(const Turn&) { return Absent(); }
absl::Status Redis::CheckRepeats(const Turn&) { return Absent(); }
absl::StatusOr<Published> Redis::Publish() { return Absent(); }
absl::StatusOr<double> Redis::Read(PeerRead, int, int, double) { return Absent(); }

}  // namespace anju::bench
