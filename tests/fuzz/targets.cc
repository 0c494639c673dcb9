// All targets together.
#include "tests/fuzz/targets.h"

namespace anju::fuzz {

std::vector<Target> Targets() {
  std::vector<Target> all = TextTargets();
  for (const std::vector<Target>& more : {ByteTargets(), FeedTargets(), ServiceTargets()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace anju::fuzz
