// How fast the auditor is: journal and model, without services. Not run by itself: --gtest_also_run_disabled_tests --gtest_filter='*Speed*', ANJU_VERIFY_EVENTS.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/audit/audit_testing.h"

namespace anju::audit {
namespace {

TEST(DISABLED_SpeedTest, UpdatesASecond) {
  const char* asked = std::getenv("ANJU_VERIFY_EVENTS");
  const uint64_t events = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 10'000'000;
  const char* kept = std::getenv("ANJU_VERIFY_STORE");  // leaves the store there, for `anju verify`
  anju::testing::TempDir temporary;
  const std::string directory = kept != nullptr ? kept : temporary.path();
  constexpr uint64_t kBlock = 4096, kCounties = 3000;
  testing::Writer writer(directory);
  plan::v1::Event regions;
  for (uint32_t number = 1; number <= kCounties + 1; ++number) {
    auto* region = regions.mutable_regions()->add_regions();
    region->set_number(number), region->set_code("R" + std::to_string(number)), region->set_name("地区" + std::to_string(number)), region->set_level(number == 1 ? "province" : "county");
    region->set_parent(number == 1 ? 0 : 1), region->set_kind("administrative");
  }
  writer.Append("plan", std::vector{testing::CatalogueEvent(), regions});
  std::vector<progress::v1::Event> opened = {testing::SourceEvent(1)};
  for (uint32_t number = 1; number <= kCounties; ++number) opened.push_back(testing::SeriesEvent(number, number + 1));
  writer.Append("progress", opened, 2);
  for (uint64_t number = 0; number < events;) {
    std::vector<std::vector<std::string>> blocks;
    for (; blocks.size() < 200 && number < events;) {
      auto& block = blocks.emplace_back();
      for (; block.size() < kBlock && number < events;) {
        ++number;
        block.push_back(testing::UpdateEvent(static_cast<uint32_t>(1 + number % kCounties), number, static_cast<int64_t>(number), static_cast<int32_t>(number / kCounties % 360)).SerializeAsString());
      }
    }
    writer.AppendBlocks("progress", blocks, 2);
  }
  const auto begun = std::chrono::steady_clock::now();
  const SuiteAudit audit = testing::Audit(directory);
  ASSERT_TRUE(audit.has_figures());
  EXPECT_EQ(audit.Find("progress")->findings->total(), 0u);
  const auto read = std::chrono::steady_clock::now();
  const auto figures = audit.Current();
  const MarginReport margins = CheckMargins(*figures, figures->Reach(), [&](const Key& key) { return figures->At(key).actual; });
  EXPECT_EQ(margins.wrong_total, 0u);
  const auto done = std::chrono::steady_clock::now();
  const auto ms = [](auto from, auto to) { return static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count()); };
  std::printf("events=%llu journal_ms=%lld figures_ms=%lld updates_per_second=%lld\n", static_cast<unsigned long long>(events), ms(begun, read), ms(read, done),
              static_cast<long long>(events) * 1000 / std::max(1LL, ms(begun, done)));
}

}  // namespace
}  // namespace anju::audit
