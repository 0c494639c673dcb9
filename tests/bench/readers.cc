// The readers' threads and their clock.
#include "tests/bench/readers.h"

#include <thread>
#include <vector>

#include "common/status/macros.h"

namespace anju::bench {

using Clock = std::chrono::steady_clock;

absl::StatusOr<double> AnswersPerSecond(int readers, double seconds, const Reader& read) {
  std::vector<absl::Status> statuses(readers);
  std::vector<uint64_t> answers(readers);
  std::vector<std::thread> threads;
  const auto started = Clock::now();
  const auto end = started + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (int i = 0; i < readers; ++i) threads.emplace_back([&, i] { statuses[i] = read(i, end, &answers[i]); });
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - started).count();
  uint64_t all = 0;
  for (int i = 0; i < readers; ++i) {
    RETURN_IF_ERROR(statuses[i]);
    all += answers[i];
  }
  return static_cast<double>(all) / took;
}

}  // namespace anju::bench
