// The targets that need no service: small enough that CI builds them with clang and searches a while.
#include "tests/fuzz/targets.h"

namespace anju::fuzz {

std::vector<Target> Targets() {
  std::vector<Target> all = TextTargets();
  for (const std::vector<Target>& more : {ByteTargets(), FeedTargets()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace anju::fuzz
