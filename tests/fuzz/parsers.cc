// The targets that need no service: small enough that CI builds them with clang and searches a while.
#include "tests/fuzz/targets.h"

namespace anju::fuzz {

std::vector<Target> Targets() {
  std::vector<Target> all = TextTargets();
  for (const Target& more : ByteTargets()) all.push_back(more);
  return all;
}

}  // namespace anju::fuzz
