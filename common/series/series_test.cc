// Tests of one series' history against a brute-force reading of the rule.
#include "common/series/series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace anju {
namespace {

using enum UpdateKind;

SeriesEntry Entry(int day, uint64_t sequence, int64_t amount, UpdateKind kind = kCumulative) { return {Date{day}, sequence, amount, kind}; }

SeriesHistory History(const std::vector<SeriesEntry>& entries) {
  SeriesHistory history;
  for (const SeriesEntry& entry : entries) history.Insert(entry);
  return history;
}

// The rule word by word: sort what is known, start over at each figure that stands by itself, add and take off what follows.
std::optional<SeriesValue> BruteValue(std::vector<SeriesEntry> entries, Date date, uint64_t position) {
  std::sort(entries.begin(), entries.end(), [](const SeriesEntry& a, const SeriesEntry& b) {
    return std::pair(a.as_of, a.sequence) < std::pair(b.as_of, b.sequence);
  });
  std::optional<SeriesValue> value;
  for (const SeriesEntry& entry : entries) {
    if (entry.as_of > date || entry.sequence > position) continue;
    int64_t amount = value ? value->amount : 0;
    switch (entry.kind) {
      case kCumulative:
      case kCorrection: amount = entry.amount; break;
      case kIncrement: amount += entry.amount; break;
      case kReduction: amount -= entry.amount; break;
    }
    value = SeriesValue{amount, entry.as_of, entry.sequence};
  }
  return value;
}

TEST(Series, NothingReportedHasNoValue) {
  EXPECT_FALSE(SeriesHistory().Latest().has_value());
  EXPECT_FALSE(History({Entry(10, 1, 5)}).ValueAt(Date{9}, 100).has_value());
  EXPECT_FALSE(History({Entry(10, 5, 5)}).ValueAt(Date{10}, 4).has_value());
}

TEST(Series, LaterSequenceHoldsAtTheSameDate) {
  const SeriesHistory history = History({Entry(10, 1, 5), Entry(10, 2, 7)});
  EXPECT_EQ(history.Latest()->amount, 7);
  EXPECT_EQ(history.ValueAt(Date{10}, 1)->amount, 5);
}

TEST(Series, CorrectionRestatesItsDateOnly) {
  const SeriesHistory history = History({Entry(10, 1, 100), Entry(20, 2, 150), Entry(10, 3, 90, kCorrection)});
  EXPECT_EQ(history.ValueAt(Date{10}, 3)->amount, 90);
  EXPECT_EQ(history.ValueAt(Date{19}, 3)->amount, 90);
  EXPECT_EQ(history.ValueAt(Date{20}, 3)->amount, 150);
}

TEST(Series, LateIncrementCarriesIntoEveryLaterDateUpToTheNextFigure) {
  const SeriesHistory history = History({Entry(10, 1, 100), Entry(30, 2, 5, kIncrement), Entry(40, 3, 200), Entry(20, 4, 7, kIncrement)});
  EXPECT_EQ(history.ValueAt(Date{20}, 4)->amount, 107);
  EXPECT_EQ(history.ValueAt(Date{30}, 4)->amount, 112);
  EXPECT_EQ(history.ValueAt(Date{30}, 3)->amount, 105);
  EXPECT_EQ(history.Latest()->amount, 200);
}

TEST(Series, ReductionsComeOffAndNameTheNewestUpdate) {
  const SeriesValue value = *History({Entry(10, 1, 100), Entry(12, 2, 30, kReduction)}).Latest();
  EXPECT_EQ(value.amount, 70);
  EXPECT_EQ(value.as_of, Date{12});
  EXPECT_EQ(value.sequence, 2u);
}

TEST(Series, LowestLooksAtEveryDateFromTheNewEntryOn) {
  const SeriesHistory history = History({Entry(10, 1, 100), Entry(20, 2, 60, kReduction), Entry(30, 3, 500)});
  EXPECT_EQ(history.LowestWith(Entry(10, 4, 50, kReduction)), -10);
  EXPECT_EQ(history.LowestWith(Entry(30, 4, 50, kReduction)), 450);
  EXPECT_EQ(history.LowestWith(Entry(15, 4, 70, kCorrection)), 10);
  EXPECT_EQ(history.HighestWith(Entry(15, 4, 900, kCorrection)), 900);
  EXPECT_EQ(SeriesHistory().LowestWith(Entry(1, 1, 5, kReduction)), -5);
}

TEST(Series, SumsBeyondInt64DoNotWrap) {
  SeriesHistory history;
  const int64_t huge = INT64_MAX / 2;
  for (uint64_t n = 1; n <= 5; ++n) history.Insert(Entry(1, n, huge, kIncrement));
  EXPECT_EQ(history.Latest()->amount, INT64_MAX);
  EXPECT_EQ(history.HighestWith(Entry(1, 6, 1, kIncrement)), INT64_MAX);
}

TEST(Series, FindsAnUpdateByItsSequence) {
  const SeriesHistory history = History({Entry(10, 1, 100), Entry(5, 2, 60)});
  ASSERT_NE(history.Find(2), nullptr);
  EXPECT_EQ(history.Find(2)->amount, 60);
  EXPECT_EQ(history.Find(3), nullptr);
}

TEST(Series, KeepsEntriesInOrderOfDateThenSequence) {
  const SeriesHistory history = History({Entry(10, 1, 1), Entry(5, 2, 2), Entry(10, 3, 3), Entry(5, 4, 4)});
  std::vector<uint64_t> sequences;
  for (const SeriesEntry& entry : history.entries()) sequences.push_back(entry.sequence);
  EXPECT_EQ(sequences, (std::vector<uint64_t>{2, 4, 1, 3}));
}

// 30,000 random worlds of all four kinds, with late and repeated dates, inserted in any order of sequence.
TEST(Series, AgreesWithBruteForceInRandomWorlds) {
  for (uint32_t seed = 1; seed <= 30'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const int count = 1 + random() % 9;
    const int days = 1 + random() % 6;
    std::vector<SeriesEntry> entries;
    uint64_t sequence = 0;
    for (int i = 0; i < count; ++i) {
      sequence += 1 + random() % 3;
      entries.push_back(Entry(random() % days, sequence, random() % 100, static_cast<UpdateKind>(random() % 4)));
    }
    const SeriesEntry extra = entries.back();
    entries.pop_back();
    if (random() % 4 == 0) std::shuffle(entries.begin(), entries.end(), random);
    SeriesHistory history = History(entries);

    std::vector<SeriesEntry> with = entries;
    with.push_back(extra);
    int64_t lowest = INT64_MAX;
    int64_t highest = INT64_MIN;
    for (int day = extra.as_of.days; day < days; ++day) {
      lowest = std::min(lowest, BruteValue(with, Date{day}, UINT64_MAX)->amount);
      highest = std::max(highest, BruteValue(with, Date{day}, UINT64_MAX)->amount);
    }
    ASSERT_EQ(history.LowestWith(extra), lowest);
    ASSERT_EQ(history.HighestWith(extra), highest);

    history.Insert(extra);
    for (int day = -1; day <= days; ++day) {
      for (uint64_t position = 0; position <= sequence + 1; ++position) {
        const auto expected = BruteValue(with, Date{day}, position);
        const auto found = history.ValueAt(Date{day}, position);
        ASSERT_EQ(found.has_value(), expected.has_value()) << "day " << day << " position " << position;
        if (!found) continue;
        ASSERT_EQ(found->amount, expected->amount) << "day " << day << " position " << position;
        ASSERT_EQ(found->as_of, expected->as_of);
        ASSERT_EQ(found->sequence, expected->sequence);
      }
    }
  }
}

TEST(Series, ValueAfterOneEntry) {
  EXPECT_EQ(ValueAfter(10, Entry(1, 1, 5)), 5);
  EXPECT_EQ(ValueAfter(10, Entry(1, 1, 5, kCorrection)), 5);
  EXPECT_EQ(ValueAfter(10, Entry(1, 1, 5, kIncrement)), 15);
  EXPECT_EQ(ValueAfter(10, Entry(1, 1, 15, kReduction)), -5);
  EXPECT_EQ(ValueAfter(INT64_MAX, Entry(1, 1, 1, kIncrement)), INT64_MAX);
  EXPECT_EQ(ValueAfter(INT64_MIN, Entry(1, 1, 1, kReduction)), INT64_MIN);
}

TEST(Series, BaseIsTheFigureThatStandsByItself) {
  const SeriesHistory history = History({Entry(5, 1, 7, kIncrement), Entry(10, 2, 100), Entry(12, 3, 5, kIncrement), Entry(20, 4, 90, kCorrection)});
  EXPECT_EQ(history.BaseAt(Date{9}, 9), kDistantPast);  // only increments
  EXPECT_EQ(history.BaseAt(Date{15}, 9), Date{10});
  EXPECT_EQ(history.BaseAt(Date{20}, 9), Date{20});
  EXPECT_EQ(history.BaseAt(Date{20}, 3), Date{10});
}

TEST(Series, EntriesThatDoNotCountAreAsIfNeverReported) {
  const SeriesHistory history = History({Entry(10, 1, 100), Entry(12, 2, 5, kIncrement), Entry(20, 3, 150), Entry(25, 4, 1, kIncrement)});
  const auto without = [](uint64_t sequence) { return [=](const SeriesEntry& entry) { return entry.sequence != sequence; }; };
  const auto value = history.ValueWhere(kDistantFuture, without(3));
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, (SeriesValue{106, Date{25}, 4, Date{10}}));
  EXPECT_EQ(history.InForceWhere(kDistantFuture, without(3)).size(), 3u);
  EXPECT_FALSE(history.ValueWhere(kDistantFuture, [](const SeriesEntry&) { return false; }).has_value());
}

// Of what counts, a history without the rest gives the same value, base and entries in force.
TEST(Series, FilteredValuesAgreeWithBruteForceInRandomWorlds) {
  for (uint32_t seed = 1; seed <= 10'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const int count = 1 + random() % 9;
    const int days = 1 + random() % 6;
    std::vector<SeriesEntry> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back(Entry(random() % days, 1 + i, random() % 100, static_cast<UpdateKind>(random() % 4)));
    }
    const uint32_t mask = random();
    const uint64_t position = random() % (count + 2);
    const auto counts = [&](const SeriesEntry& entry) { return entry.sequence <= position && (mask >> entry.sequence & 1) != 0; };
    const SeriesHistory history = History(entries);
    std::vector<SeriesEntry> counting;
    for (const SeriesEntry& entry : entries) {
      if (counts(entry)) counting.push_back(entry);
    }
    for (int day = -1; day <= days; ++day) {
      const auto expected = BruteValue(counting, Date{day}, UINT64_MAX);
      const auto found = history.ValueWhere(Date{day}, counts);
      const auto in_force = history.InForceWhere(Date{day}, counts);
      ASSERT_EQ(found.has_value(), expected.has_value());
      ASSERT_EQ(in_force.empty(), !expected.has_value());
      if (!found) continue;
      // What is in force is the newest figure that stands by itself, and all that counts after it.
      std::optional<Date> base;
      std::vector<std::pair<Date, uint64_t>> places;
      for (const SeriesEntry& entry : history.entries()) {
        if (!counts(entry) || entry.as_of > Date{day}) continue;
        if (entry.kind == kCumulative || entry.kind == kCorrection) {
          base = entry.as_of;
          places.clear();
        }
        places.emplace_back(entry.as_of, entry.sequence);
      }
      ASSERT_EQ(*found, (SeriesValue{expected->amount, expected->as_of, expected->sequence, base.value_or(kDistantPast)}));
      std::vector<std::pair<Date, uint64_t>> found_places;
      for (const SeriesEntry* entry : in_force) found_places.emplace_back(entry->as_of, entry->sequence);
      ASSERT_EQ(found_places, places);

      // By position alone the plain answers are the same ones.
      const auto known = [&](const SeriesEntry& entry) { return entry.sequence <= position; };
      const auto by_position = history.ValueWhere(Date{day}, known);
      const auto plain = history.ValueAt(Date{day}, position);
      ASSERT_EQ(by_position.has_value(), plain.has_value());
      ASSERT_EQ(history.BaseAt(Date{day}, position), by_position ? by_position->base : kDistantPast);
      if (plain) {
        ASSERT_EQ(plain->amount, by_position->amount);
      }
    }
  }
}

}  // namespace
}  // namespace anju
