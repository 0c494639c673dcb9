// Histories loaded at once are those that grow update by update.
#include "common/series/history_loader.h"

#include <gtest/gtest.h>

#include <random>

namespace anju {
namespace {

struct Update {
  uint32_t series;
  SeriesEntry entry;
};

std::vector<Update> RandomUpdates(uint32_t series, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Update> updates;
  for (size_t i = 0; i < count; ++i) {
    // One series has nothing, one only what stands by itself, the others all kinds; dates go back and forth.
    const uint32_t of = 2 + random() % (series - 1);
    const auto kind = of == 2 ? UpdateKind::kCumulative : static_cast<UpdateKind>(random() % 4);
    updates.push_back({of, {Date{static_cast<int32_t>(random() % 40)}, 10 + i * 2, static_cast<int64_t>(random() % 1'000), kind}});
  }
  return updates;
}

TEST(HistoryLoader, GivesTheHistoriesThatInsertingGives) {
  constexpr uint32_t kSeries = 7;
  for (const size_t parts : {1, 2, 3}) {
    const std::vector<Update> updates = RandomUpdates(kSeries, 500, static_cast<uint32_t>(parts));
    std::vector<SeriesHistory> grown(kSeries);
    for (const Update& update : updates) grown[update.series - 1].Insert(update.entry);

    HistoryLoader loader(kSeries, parts);
    const auto walk = [&](size_t part, auto visit) {
      for (size_t i = updates.size() * part / parts; i < updates.size() * (part + 1) / parts; ++i) visit(updates[i]);
    };
    InParts(parts, [&](size_t part) { walk(part, [&](const Update& update) { loader.Count(part, update.series); }); });
    loader.Allocate();
    InParts(parts, [&](size_t part) {
      walk(part, [&](const Update& update) { loader.Put(part, update.series, update.entry); });
      EXPECT_TRUE(loader.Finish(part));
    });
    for (uint32_t series = 1; series <= kSeries; ++series) {
      SeriesHistory loaded = loader.Take(series);
      SeriesHistory& expected = grown[series - 1];
      EXPECT_EQ(loaded.entries(), expected.entries());
      for (int round = 0; round < 2; ++round) {
        for (int32_t day = -1; day < 42; ++day) {
          for (const uint64_t position : {uint64_t{0}, uint64_t{300}, uint64_t{1'009}, UINT64_MAX}) {
            EXPECT_EQ(loaded.ValueAt(Date{day}, position), expected.ValueAt(Date{day}, position));
          }
          const SeriesEntry next{Date{day}, 5'000, 7, UpdateKind::kReduction};
          EXPECT_EQ(loaded.LowestWith(next), expected.LowestWith(next));
          EXPECT_EQ(loaded.HighestWith(next), expected.HighestWith(next));
        }
        // And they go on alike, also when the first increment comes only now.
        const SeriesEntry late{Date{20}, 4'000, 11, UpdateKind::kIncrement};
        loaded.Insert(round == 0 ? late : SeriesEntry{Date{5}, 4'001, 3, UpdateKind::kCumulative});
        expected.Insert(round == 0 ? late : SeriesEntry{Date{5}, 4'001, 3, UpdateKind::kCumulative});
      }
    }
  }
}

TEST(HistoryLoader, NoticesThatTheSecondWalkDiffersFromTheFirst) {
  for (const std::vector<uint32_t>& second : {std::vector<uint32_t>{1}, {1, 1, 2}, {1, 2, 2}, {}, {2, 1}}) {
    HistoryLoader loader(2, 1);
    loader.Count(0, 1);
    loader.Count(0, 2);
    loader.Allocate();
    for (const uint32_t series : second) loader.Put(0, series, {Date{1}, series, 5});
    EXPECT_EQ(loader.Finish(0), second.size() == 2);
  }
}

}  // namespace
}  // namespace anju
