// The intake of one writer: takes messages of items on the decider thread, decides each item once, and fills in the answers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "anju/progress/v1/progress.pb.h"
#include "common/journal/pipeline.h"
#include "common/rpc/rpc.h"
#include "services/progress/desk.h"
#include "services/progress/limits.h"

namespace anju::progress {

// What an intake is for.
enum class IntakeMode {
  kStream,
  kBatch,      // the one message is a whole request, in which a cell may have one figure only
  kRehearsal,  // a batch that is judged and not recorded; numbers beyond the next one are judged like the next one
};

// The answer to one message. Reused: the verdicts keep their memory.
struct Taken {
  uint64_t acked = 0;  // every number of the source up to here has a verdict, durable once the request is done
  google::protobuf::RepeatedPtrField<v1::Verdict> verdicts;
  Ground ground;
};

// The series a stream has defined, by the client's index, each resolved once per version of the registry.
class Dictionary {
 public:
  // What every item looks at stands first, in one line of the processor's cache.
  struct alignas(64) Series {
    Meaning meaning;
    uint64_t registry_version = 0;  // that `meaning` was resolved in; 0: never
    bool defined = false;
    std::string unit, region, programme, indicator, plan_year;
    SeriesText text() const { return {region, programme, indicator, plan_year, unit}; }
  };
  // REQUIRES: the index below kSeriesIndexMax.
  Series& Define(const v1::SeriesDefinition& definition);
  // nullptr if never defined.
  Series* Find(uint32_t index) {
    const size_t page = index / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    Series& series = (*pages_[page])[index % kPage];
    return series.defined ? &series : nullptr;
  }
  // Asks memory for what every item of the series looks at, without waiting for it.
  void Prefetch(uint32_t index) const {
    const size_t page = index / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return;
    __builtin_prefetch(&(*pages_[page])[index % kPage]);
  }

 private:
  static constexpr size_t kPage = 64;  // a lone high index costs its page and a table of pointers, not a million entries
  std::vector<std::unique_ptr<std::array<Series, kPage>>> pages_;
};

// Decider thread only, except the constructor and the constant accessors.
class Intake {
 public:
  Intake(std::string source, std::string request_id, rpc::Caller caller, IntakeMode mode);

  const std::string& source() const { return source_name_; }
  // Called (on the writer thread) when another stream took over. Set before the intake is shared.
  std::function<void(const absl::Status&)> on_replaced;

  // Whether this caller may report at all, now: NOT_READY, NOT_ALLOWED. Regions are checked item by item.
  absl::Status Admit(const Model& model, Date today) const;
  // The first number without a verdict is this plus one.
  uint64_t LastNumber(const Model& model);
  // From here on nothing is taken any more: what a replaced stream still sends must not get numbers behind its successor's back.
  void Fence(absl::Status end) {
    if (end_.ok()) end_ = std::move(end);
  }
  // Decides the items in order. An error ends the stream: the items before it stand, and nothing is taken afterwards.
  absl::Status Take(Model& model, journal::Recorder& recorder, const v1::Items& items, Taken* taken);
  // Asks memory for what deciding these items will look at, without waiting for it, step by step from 0: each reads what the one before asked for.
  // Series come in any order out of more memory than the processor caches. Take does it by itself; for messages of a few items it pays to be told of
  // several messages beforehand.
  static constexpr int kForeseeSteps = 4;
  static constexpr int kForeseenItems = 32;  // at a time: what they ask for has to stay in the processor's cache
  static constexpr int kFewItems = 4;
  void Foresee(const Model& model, const v1::Items& items, int first, int end, int step);

 private:
  struct Round;  // what one call of Take works with
  void Name(Round& round, const v1::SeriesDefinition& definition);
  absl::Status TakeItem(Round& round, uint64_t number, const v1::Item& item);
  void TakeNew(Round& round, uint64_t number, const v1::Item& item, Dictionary::Series& series);
  void TakeRepeat(Round& round, uint64_t number, const v1::Item& item, Dictionary::Series& series);
  bool TripsUnexplained(Round& round, const Figure& figure, Dictionary::Series& series);
  bool ExplainsAtLast(const Round& round, const Figure& figure, const Meaning& meaning) const;
  bool Understand(Round& round, const ItemText& text, Dictionary::Series& series, Figure* figure);
  bool SaysTheSame(Round& round, const Window::Entry& before, const ItemText& text, Dictionary::Series& series);
  bool IsFigure(Round& round, uint64_t digest, const Meaning& meaning, const SeriesText& words, const ItemText& text, Figure* figure);
  bool IsSecondFigure(const SeriesKey& key, const Figure& figure);
  void OpenSource(Round& round);

  const std::string source_name_;
  const std::string request_id_;
  const rpc::Caller caller_;
  const IntakeMode mode_;
  Dictionary dictionary_;
  SourceNumber source_ = 0;
  std::string actor_;  // empty when the caller is the one that opened the source
  absl::Status end_;
  Refused refused_;           // reused
  std::vector<Flag> flags_;   // reused: of the item at hand
  std::string event_;         // reused
  absl::flat_hash_map<std::tuple<SeriesKey, int32_t, uint8_t>, int64_t> batch_figures_;
};

}  // namespace anju::progress
