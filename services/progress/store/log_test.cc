// The log of the state store: what is appended is read again, few rows hold it, damage is noticed, and loaded at once it gives the same
// windows and histories as one verdict after the other.
#include "services/progress/store/log.h"

#include <gtest/gtest.h>

#include <random>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/simulated_disk.h"
#include "common/testing/testing.h"
#include "services/progress/core/content.h"
#include "services/progress/store/log_loader.h"
#include "services/progress/store/row_bytes.h"

namespace anju::progress {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;

constexpr SourceNumber kSources = 5;
constexpr SeriesNumber kSeries = 40;

// Verdicts of all kinds. Source 1 is the busiest: it has more than a window; source 5 falls silent after the first tenth.
std::vector<LogRecord> RandomRecords(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<LogRecord> records;
  uint64_t sequence = 3;
  for (size_t i = 0; i < count; ++i) {
    LogRecord& record = records.emplace_back();
    record.sequence = sequence += 1 + random() % 3;
    record.source = random() % 4 != 0 ? 1 : 2 + random() % (i < count / 10 ? 4 : 3);
    if (random() % 8 == 0) {
      record.outcome = random() % 2 == 0 ? Outcome::kUnchanged : Outcome::kRefused;
      record.digest = random();
      if (record.outcome == Outcome::kUnchanged) continue;
      record.refused = {.reason = Reason::BELOW_ZERO, .field = "value", .value = std::to_string(i), .candidates = {"a", "b"}};
      if (random() % 2 == 0) record.flags = {{"falling", SoftCheck::kFalling, static_cast<int64_t>(i)}};
      continue;
    }
    record.series = 1 + random() % kSeries;
    record.as_of = Date{17'000 + static_cast<int32_t>(random() % 60)};
    record.amount = static_cast<int64_t>(random() % 100'000) - 50'000;
    record.kind = static_cast<UpdateKind>(random() % 4);
    record.digest_stored = random() % 5 == 0;
    record.digest = record.digest_stored ? random() : AcceptedDigest(record.series, {.as_of = record.as_of, .amount = record.amount, .kind = record.kind});
    record.explained = random() % 5 == 0;
    for (size_t flag = random() % 6; flag > 4; --flag) record.flags.push_back({"jump", SoftCheck::kJump, static_cast<int64_t>(random())});
  }
  return records;
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto state = disk_->OpenStore("state", storage::StoreKind::kState);
    ASSERT_THAT(state, IsOk());
    state_ = *std::move(state);
    for (SourceNumber source = 1; source <= kSources; ++source) sources_.Open(source, "s" + std::to_string(source), "local");
    for (SeriesNumber series = 1; series <= kSeries; ++series) ASSERT_TRUE(series_.Open(series, {series, 1, 1, {2017, 2017}}));
  }
  // Appends in batches of 1 … `batch_max` verdicts.
  void Append(const std::vector<LogRecord>& records, size_t batch_max) {
    std::mt19937 random(5);
    LogWriter writer;
    for (size_t i = 0; i < records.size();) {
      storage::Batch rows;
      for (size_t end = std::min(records.size(), i + 1 + random() % batch_max); i < end; ++i) writer.Append(records[i], rows);
      ASSERT_THAT(state_->Write(rows), IsOk());
    }
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const auto cursor = state_->NewCursor();
    for (cursor->Seek(""); cursor->Valid(); cursor->Next()) keys.emplace_back(cursor->key());
    return keys;
  }
  absl::Status Load() { return LoadLog(*state_, &series_, &sources_, &unexplained_); }

  storage::SimulatedMedium medium_{1};
  std::unique_ptr<storage::Disk> disk_ = medium_.Boot();
  std::unique_ptr<storage::Store> state_;
  SourceTable sources_;
  SeriesTable series_;
  std::vector<uint64_t> unexplained_;
};

TEST_F(LogTest, WhatIsAppendedIsReadAgainFromAnyRowOn) {
  const std::vector<LogRecord> records = RandomRecords(3'000, 1);
  Append(records, 150);
  const uint64_t middle = MiddleOfLog(*state_);
  EXPECT_NEAR(static_cast<double>(middle), static_cast<double>(records[1'500].sequence), 300);
  size_t read = 0;
  for (const auto& [from, until] : {std::pair<uint64_t, uint64_t>{0, middle}, {middle, UINT64_MAX}}) {
    LogReader reader(*state_, from, until);
    for (LogRecord record; reader.Next(&record); ++read) {
      const LogRecord& expected = records[read];
      ASSERT_EQ(record.sequence, expected.sequence);
      EXPECT_EQ(record.outcome, expected.outcome);
      EXPECT_EQ(record.source, expected.source);
      EXPECT_EQ(record.flags, expected.flags);
      EXPECT_EQ(record.explained, expected.explained);
      if (record.outcome != Outcome::kAccepted || record.digest_stored) {
        EXPECT_EQ(record.digest, expected.digest);
      }
      if (record.outcome == Outcome::kRefused) {
        EXPECT_EQ(record.refused.reason, expected.refused.reason);
        EXPECT_EQ(record.refused.value, expected.refused.value);
        EXPECT_EQ(record.refused.candidates, expected.refused.candidates);
      }
      if (record.outcome != Outcome::kAccepted) continue;
      EXPECT_EQ(record.series, expected.series);
      EXPECT_EQ(record.as_of, expected.as_of);
      EXPECT_EQ(record.amount, expected.amount);
      EXPECT_EQ(record.kind, expected.kind);
    }
    EXPECT_THAT(reader.status(), IsOk());
  }
  EXPECT_EQ(read, records.size());
}

TEST_F(LogTest, VerdictsThatComeOneByOneShareRows) {
  Append(RandomRecords(3'000, 2), 1);
  EXPECT_LE(Keys().size(), 3'000 / kRunRecordsShort + 1);
}

class LoadTest : public LogTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(LoadTest, GivesWhatOneVerdictAfterTheOtherGives) {
  const std::vector<LogRecord> records = RandomRecords(GetParam(), 3);
  Append(records, 200);
  ASSERT_THAT(Load(), IsOk());
  std::vector<SeriesHistory> histories(kSeries);
  std::vector<Window> windows(kSources);
  std::vector<uint64_t> unexplained;
  for (const LogRecord& record : records) {
    windows[record.source - 1].Push(record.digest, record.outcome, &record.refused, record.flags);
    if (record.outcome != Outcome::kAccepted) continue;
    histories[record.series - 1].Insert({record.as_of, record.sequence, record.amount, record.kind});
    if (!record.flags.empty() && !record.explained) unexplained.push_back(record.sequence);
  }
  EXPECT_EQ(unexplained_, unexplained);
  for (SeriesNumber series = 1; series <= kSeries; ++series) {
    EXPECT_EQ(series_.HistoryOf(series).entries(), histories[series - 1].entries());
    EXPECT_EQ(series_.HistoryOf(series).Latest(), histories[series - 1].Latest());
  }
  for (int later = 0; later < 2; ++later) {
    for (SourceNumber source = 1; source <= kSources; ++source) {
      Window& loaded = sources_.at(source).window;
      Window& expected = windows[source - 1];
      ASSERT_EQ(loaded.last(), expected.last());
      for (uint64_t number = 1; number <= expected.last(); ++number) {
        ASSERT_EQ(loaded.StandingOf(number), expected.StandingOf(number));
        if (expected.StandingOf(number) != Standing::kRepeat) continue;
        ASSERT_EQ(loaded.At(number).digest, expected.At(number).digest) << source << " " << number;
        ASSERT_EQ(loaded.At(number).outcome, expected.At(number).outcome);
        ASSERT_EQ(loaded.FlagsAt(number), expected.FlagsAt(number));
        if (expected.At(number).outcome == Outcome::kRefused) {
          ASSERT_EQ(loaded.RefusedAt(number).value, expected.RefusedAt(number).value);
        }
      }
      // And they go on alike.
      for (int more = 0; more < 300; ++more) {
        const Refused refused{.reason = Reason::BELOW_ZERO, .value = std::to_string(more)};
        for (Window* window : {&loaded, &expected}) window->Push(7, more % 3 == 0 ? Outcome::kRefused : Outcome::kAccepted, &refused);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, LoadTest, ::testing::Values(0, 1, 2, 700, 9'000));

TEST_F(LogTest, AnyRowThatIsNotWhatWasWrittenIsDataLoss) {
  Append(RandomRecords(600, 4), 100);
  const std::vector<std::string> keys = Keys();
  ASSERT_GT(keys.size(), 4u);
  const auto replaced = [&](const std::string& key, const std::string& value) {
    const std::string before = **state_->Get(key);
    storage::Batch rows;
    rows.Put(key, value);
    EXPECT_THAT(state_->Write(rows), IsOk());
    SourceTable sources = sources_;
    SeriesTable series;
    for (SeriesNumber number = 1; series_.Has(number); ++number) {
      CHECK(series.Open(number, series_.KeyOf(number)));
      for (const SeriesEntry& entry : series_.HistoryOf(number).entries()) series.HistoryOf(number).Insert(entry);
    }
    const absl::Status loaded = LoadLog(*state_, &series, &sources, &unexplained_);
    rows.Clear();
    rows.Put(key, before);
    EXPECT_THAT(state_->Write(rows), IsOk());
    return loaded;
  };
  for (size_t i = 0; i + 1 < keys.size(); ++i) {
    const std::string value = **state_->Get(keys[i]);
    EXPECT_THAT(replaced(keys[i], ""), HasReason(Reason::DATA_LOSS));
    EXPECT_THAT(replaced(keys[i], value.substr(0, value.size() - 1)), HasReason(Reason::DATA_LOSS));
    EXPECT_THAT(replaced(keys[i], value + value), HasReason(Reason::DATA_LOSS)) << "sequences go back";
  }
  std::string unopened;
  storage::Batch rows;
  LogWriter().Append({.sequence = 1, .source = kSources + 1}, rows);
  unopened = *rows.operations()[0].value;
  EXPECT_THAT(replaced(keys[0], unopened), HasReason(Reason::DATA_LOSS));
  rows.Clear();
  LogWriter().Append({.sequence = 1, .source = 1, .series = kSeries + 1}, rows);
  EXPECT_THAT(replaced(keys[0], *rows.operations()[0].value), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(Load(), IsOk());
}

// One verdict of each form, cut at every byte, and with every byte replaced by every other.
TEST_F(LogTest, ARowIsReadWholeOrNotAtAll) {
  std::vector<LogRecord> forms(6);
  forms[0] = {.outcome = Outcome::kAccepted, .series = 300, .as_of = Date{17'000}, .amount = -70'000};
  forms[1] = {.outcome = Outcome::kAccepted, .digest = 7, .digest_stored = true, .series = 1, .explained = true};
  forms[2] = {.outcome = Outcome::kUnchanged, .digest = 7};
  forms[3] = {.outcome = Outcome::kRefused, .digest = 7, .refused = {.reason = Reason::BELOW_ZERO, .field = "value", .value = "-5", .candidates = {"a", "b"}}};
  forms[4] = {.outcome = Outcome::kAccepted, .series = 1, .flags = {{"falling", SoftCheck::kFalling, 300}, {"late", SoftCheck::kLate, -1}}};
  forms[5] = {.outcome = Outcome::kRefused, .refused = {.reason = Reason::EXPLANATION_REQUIRED}, .flags = {{"jump", SoftCheck::kJump, 1}}};
  uint64_t refused = 0, read = 0;
  for (LogRecord& form : forms) {
    form.sequence = 5;
    form.source = 200;
    storage::Batch written;
    LogWriter().Append(form, written);
    const std::string key = written.operations()[0].key;
    const std::optional<std::string> value = written.operations()[0].value;
    const auto reads = [&](const std::string& bytes) {
      storage::Batch rows;
      rows.Put(key, bytes);
      EXPECT_THAT(state_->Write(rows), IsOk());
      LogReader reader(*state_, 0, UINT64_MAX);
      LogRecord record;
      bool whole = true;
      while (reader.Next(&record)) {
        whole = whole && record.outcome <= Outcome::kRefused && record.kind <= UpdateKind::kReduction && record.refused.candidates.size() <= kErrorCandidatesMax;
        for (const Flag& flag : record.flags) whole = whole && flag.check <= SoftCheck::kLate;
      }
      EXPECT_TRUE(whole) << "a verdict that cannot be";
      EXPECT_TRUE(reader.status().ok() || anju::HasReason(reader.status(), Reason::DATA_LOSS));
      ++(reader.status().ok() ? read : refused);
      return reader.status().ok();
    };
    EXPECT_TRUE(reads(*value));
    for (size_t size = 0; size < value->size(); ++size) EXPECT_FALSE(reads(value->substr(0, size))) << size;
    for (size_t at = 0; at < value->size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = *value;
        changed[at] = static_cast<char>(byte);
        reads(changed);
      }
    }
    // Numbers that are no 32 bits, and longer ones than there are.
    std::string wide = *value;
    wide.replace(2, 2, "\xff\xff\xff\xff\xff\x01");
    EXPECT_FALSE(reads(wide));
    wide.replace(2, 6, std::string(11, '\xff'));
    EXPECT_FALSE(reads(wide));
  }
  EXPECT_GT(refused, 5'000u);
  EXPECT_GT(read, 5'000u);
}

TEST_F(LogTest, VerdictsOfWhatWasNeverOpenedAreDataLoss) {
  for (const LogRecord& record : {LogRecord{.sequence = 1, .source = 0, .series = 1}, LogRecord{.sequence = 1, .source = 1, .series = 0},
                                  LogRecord{.sequence = 1, .source = kSources + 1, .series = 1}, LogRecord{.sequence = 1, .source = 1, .series = kSeries + 1}}) {
    storage::Batch rows;
    LogWriter().Append(record, rows);
    ASSERT_THAT(state_->Write(rows), IsOk());
    EXPECT_THAT(Load(), HasReason(Reason::DATA_LOSS)) << record.source << " " << record.series;
  }
}

}  // namespace
}  // namespace anju::progress
