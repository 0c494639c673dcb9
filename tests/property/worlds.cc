// The full run: many worlds, one after the other, with the seed of the first, and the command that replays one that fails.
//
//   worlds --worlds N --seed S              seeds S, S+1, …, S+N−1
//   worlds --seed S --worlds 1 --drop 3,5   one world without these steps, e.g. one that was made smaller
//   worlds --seed S --print                 says what is in the world
//   worlds --mistake 1                      with a deliberate mistake in the model, which must be found
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/property/check.h"
#include "tests/property/world.h"

namespace anju::worlds {
namespace {

constexpr int kShrinkSeconds = 60;

struct Options {
  uint64_t seed = 1, worlds = 10'000;
  Recipe recipe;
  int mistake = 0;
  bool print = false, shrink = true, go_on = false;
};

bool Parse(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    uint64_t number = 0;
    const bool numeric = absl::SimpleAtoi(value, &number);
    if (word == "--print") {
      options->print = true;
    } else if (word == "--no-shrink") {
      options->shrink = false;
    } else if (word == "--go-on") {
      options->go_on = true;
    } else if (word == "--drop" && !value.empty()) {
      for (const auto& step : absl::StrSplit(value, ',')) {
        uint64_t dropped = 0;
        if (!absl::SimpleAtoi(step, &dropped)) return false;
        options->recipe.dropped.insert(dropped);
      }
      ++i;
    } else if (!numeric) {
      return false;
    } else if (word == "--seed") {
      options->seed = number;
      ++i;
    } else if (word == "--worlds") {
      options->worlds = number;
      ++i;
    } else if (word == "--steps") {
      options->recipe.steps = number;
      ++i;
    } else if (word == "--mistake" && number < static_cast<uint64_t>(Mistake::kCount)) {
      options->mistake = static_cast<int>(number);
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

int Run(const Options& options) {
  const auto mistake = static_cast<Mistake>(options.mistake);
  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count() / 1000.0; };
  std::printf("seed %llu, %llu worlds\n", static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(options.worlds));
  Outcome all;
  uint64_t done = 0, failed = 0;
  for (; done < options.worlds; ++done) {
    Recipe recipe = options.recipe;
    recipe.seed = options.seed + done;
    if (options.print) std::printf("%s\n", Describe(Generate(recipe)).c_str());
    const Outcome outcome = CheckWorld(recipe, mistake);
    all.events += outcome.events;
    all.questions += outcome.questions;
    all.cells += outcome.cells;
    all.tables += outcome.tables;
    all.steps += outcome.steps;
    all.conserved += outcome.conserved;
    if (!outcome.failure.empty()) {
      ++failed;
      std::printf("FAILED: world %llu\n%s", static_cast<unsigned long long>(recipe.seed), outcome.failure.c_str());
      if (options.go_on) continue;
      if (options.shrink) recipe = Shrink(recipe, mistake, kShrinkSeconds);
      std::printf("made smaller:\n%s\n%s", Describe(Generate(recipe)).c_str(), CheckWorld(recipe, mistake).failure.c_str());
      std::printf("replay: tests/property/run --seed %llu --worlds 1 --steps %zu", static_cast<unsigned long long>(recipe.seed), recipe.steps);
      if (!recipe.dropped.empty()) std::printf(" --drop %s", absl::StrJoin(recipe.dropped, ",").c_str());
      std::printf("%s\n", options.mistake == 0 ? "" : absl::StrCat(" --mistake ", options.mistake).c_str());
      return 1;
    }
    if ((done + 1) % 1'000 == 0) {
      std::printf("%llu worlds in %.1f s\n", static_cast<unsigned long long>(done + 1), seconds());
      std::fflush(stdout);
    }
  }
  std::printf("%llu worlds, %zu events, %zu questions, %zu cells, %zu tables and %zu steps compared, %zu conserved, %llu failed, %.1f s, %.1f worlds/s\n",
              static_cast<unsigned long long>(done), all.events, all.questions, all.cells, all.tables, all.steps, all.conserved,
              static_cast<unsigned long long>(failed), seconds(), static_cast<double>(done) / seconds());
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace anju::worlds

int main(int argc, char** argv) {
  anju::worlds::Options options;
  if (!anju::worlds::Parse(argc, argv, &options)) {
    std::fprintf(stderr, "usage: worlds [--worlds N] [--seed S] [--steps N] [--drop STEP,…] [--mistake N] [--print] [--no-shrink] [--go-on]\n");
    return 64;
  }
  return anju::worlds::Run(options);
}
