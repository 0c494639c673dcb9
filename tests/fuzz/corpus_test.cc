// Every file of the corpora and some hundreds of simple changes of each, in every build: no target may end the process. The long search is libFuzzer's.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "common/testing/testing.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

constexpr int kChangesOfEachFile = 300;

std::string Changed(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  for (uint64_t i = 0, changes = 1 + below(4); i < changes; ++i) {
    const size_t at = below(bytes.size());
    switch (below(5)) {
      case 0: if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 1: bytes.insert(at, 1, static_cast<char>(below(256))); break;
      case 2: bytes.erase(at, 1 + below(8)); break;
      case 3: bytes.insert(at, bytes.substr(below(bytes.size()), below(64))); break;
      default: bytes.resize(at);
    }
  }
  return bytes;
}

class CorpusTest : public ::testing::TestWithParam<Target> {};

TEST_P(CorpusTest, NothingEndsTheProcess) {
  const std::filesystem::path directory = std::filesystem::path(anju::testing::SourceDir()) / "tests/fuzz/corpus" / GetParam().name;
  ASSERT_TRUE(std::filesystem::is_directory(directory)) << directory << ": every target has a corpus";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    GetParam().run(bytes);
    std::mt19937_64 random(++files);
    const int changes = bytes.size() > 20'000 ? kChangesOfEachFile / 10 : kChangesOfEachFile;
    for (int i = 0; i < changes; ++i) GetParam().run(Changed(bytes, random));
  }
  EXPECT_GT(files, 0u);
  GetParam().run("");
}

INSTANTIATE_TEST_SUITE_P(All, CorpusTest, ::testing::ValuesIn(Targets()), [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anju::fuzz
