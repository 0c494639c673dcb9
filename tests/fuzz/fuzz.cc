// libFuzzer's side: ANJU_FUZZ_TARGET names the target of this process.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/targets.h"

namespace {
void (*run)(std::string_view) = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* name = std::getenv("ANJU_FUZZ_TARGET");
  for (const anju::fuzz::Target& target : anju::fuzz::Targets()) {
    if (name != nullptr && target.name == name) run = target.run;
    if (name == nullptr) std::printf("%s\n", std::string(target.name).c_str());
  }
  if (run == nullptr) std::exit(name == nullptr ? 0 : 64);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run({reinterpret_cast<const char*>(data), size});
  return 0;
}
