// What must be true, said by a simple sequential model: what clerks sent and were told, what the journals hold, what it adds up to. It shares no code with
// the services: events are read as protos, figures are kept as plain lists, sums are made by walking them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/progress/v1/event.pb.h"
#include "anju/ranking/v1/event.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "anju/types/v1/basis.pb.h"

namespace anju::simulation {

// One item as a clerk wrote it.
struct Content {
  std::string region, programme, indicator;
  int as_of_days = 0;
  int64_t amount = 0;
  int kind = 0;  // as on the wire
  friend bool operator==(const Content&, const Content&) = default;
};

// What a clerk was told of an item.
struct Told {
  enum class Verdict { kAccepted, kUnchanged, kRefused, kConflict, kAlready } verdict = Verdict::kAccepted;
  std::string reason;
  friend bool operator==(const Told&, const Told&) = default;
};

inline constexpr size_t kPlan = 0, kRanking = 100;  // journals: plan, progress from 1, ranking

class Oracle {
 public:
  // Every broken promise is handed over as a sentence.
  explicit Oracle(std::function<void(const std::string&)> violated) : violated_(std::move(violated)) {}

  // ---- What clerks do and hear ----
  void Sent(size_t journal, const std::string& source, uint64_t number, const Content& content);
  // Was told of an item that was sent so. Items of the same source and number that were sent otherwise may be in the journal instead of it.
  void Heard(size_t journal, const std::string& source, uint64_t number, const Content& content, const Told& told);
  // Every number up to `acked` has a verdict.
  void HeardAcked(size_t journal, const std::string& source, uint64_t acked);
  // A person's request was answered; `recorded`: it changed something. `answer` is what a repetition must say again.
  void HeardRequest(size_t journal, const std::string& request_id, bool recorded, const std::string& answer);
  // An answer named this basis: it must be durable, now and for ever.
  void HeardBasis(const std::string& who, const types::v1::Basis& basis);
  // A reading of figures. Judged at the end, when everything up to its basis is known for certain.
  void HeardRollup(const aggregator::v1::GetRollupResponse& response);
  void HeardTable(const std::string& programme, const ranking::v1::GetLeagueTableResponse& response);
  // A bulletin was issued or shown.
  void HeardBulletin(const std::string& number, const std::string& sha256, const std::string& content);

  // ---- What journals hold ----
  // A journal's events as they became durable, each once and in order.
  void Recorded(size_t journal, const std::string& journal_id, uint64_t sequence, const std::string& event, uint64_t plan_sequence);
  uint64_t recorded(size_t journal) const;
  // A backup that ended at `sequence` took the place of the journal: what came after it is lost, and everybody may know.
  void Restored(size_t journal, uint64_t sequence);

  // ---- Judging ----
  // What was heard is there, once and as it was said; every reading is what the model says at its basis.
  void JudgeAll();
  // The figures of one response against the model, at its own basis.
  void JudgeRollup(const aggregator::v1::GetRollupResponse& response);

  uint64_t updates() const { return updates_; }
  uint64_t readings() const { return readings_; }
  size_t bulletins() const { return bulletins_.size(); }

 private:
  struct Entry {
    int as_of_days = 0;
    uint64_t sequence = 0;
    int64_t amount = 0;
    int kind = 0;
  };
  struct Series {
    uint64_t opened = 0;
    std::string region, programme, indicator;
    std::vector<Entry> entries;  // as they were recorded
  };
  struct Verdict {
    uint64_t sequence = 0;
    bool accepted = false;
    std::string reason;  // of a refusal; UNCHANGED is one
    Content content;     // of an accepted one
  };
  struct Source {
    uint64_t opened = 0;
    std::string name;
    std::vector<Verdict> verdicts;  // by number, from 1
  };
  struct RegionRow {
    uint64_t recorded = 0;
    std::string code;
    uint32_t parent = 0;
    int from_days = 0;
  };
  // Sequences that were recorded under one id.
  struct Stretch {
    std::string id;
    uint64_t first = 0, last = 0;
  };
  struct Journal {
    std::vector<Stretch> stretches, lost;
    uint64_t recorded = 0;
    std::map<uint32_t, Source> sources;
    std::map<uint32_t, Series> series;
    std::map<std::string, uint64_t> requests;  // the event that each became
    uint64_t plan_needed = 0;
  };
  struct Position {
    uint64_t plan = 0;
    std::map<size_t, uint64_t> progress;
  };

  void RecordPlan(uint64_t sequence, const plan::v1::Event& event);
  void RecordProgress(size_t journal, uint64_t sequence, const progress::v1::Event& event);
  void RecordRanking(const ranking::v1::Event& event);
  void RecordVerdict(size_t journal, uint32_t source, uint64_t number, Verdict verdict);
  void RecordRegions(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& regions);
  std::optional<int64_t> ValueOf(const Series& series, uint64_t position, int as_of_days) const;
  std::optional<int64_t> SumOf(uint32_t region, const std::string& programme, const std::string& indicator, const Position& at) const;
  // The newest row known at a position of plan's journal.
  const RegionRow* RowOf(uint32_t region, uint64_t plan) const;
  bool IsUnder(const std::string& code, uint32_t region, uint64_t plan) const;
  bool IsPartOf(const std::string& programme, const std::string& whole) const;
  // Nothing when a position was lost since.
  std::optional<Position> At(const types::v1::Basis& basis) const;
  // The journal of a position; nullptr when nobody has it. Whether it is lost, and whether it was ever durable.
  const Journal* JournalOf(const types::v1::Position& position, size_t* number, bool* lost) const;
  void Requested(size_t journal, const std::string& request_id, uint64_t sequence);
  const Verdict* Find(size_t journal, const std::string& source, uint64_t number) const;
  void JudgeTable(const std::string& programme, const ranking::v1::GetLeagueTableResponse& response);
  std::string Print(const Content& content) const;

  const std::function<void(const std::string&)> violated_;
  using Key = std::tuple<size_t, std::string, uint64_t>;
  std::map<Key, std::vector<Content>> sent_;
  struct HeardItem {
    Key key;
    Content content;
    Told told;
  };
  std::vector<HeardItem> heard_;
  std::map<std::pair<size_t, std::string>, uint64_t> acked_;
  std::map<std::pair<size_t, std::string>, std::pair<bool, std::string>> answers_;
  std::vector<aggregator::v1::GetRollupResponse> rollups_;
  std::vector<std::pair<std::string, ranking::v1::GetLeagueTableResponse>> tables_;
  std::map<std::string, std::pair<std::string, std::string>> bulletins_;  // number → sha256 and content, as heard
  std::map<std::string, std::string> issued_;                             // number → sha256, as recorded
  std::map<size_t, Journal> journals_;
  std::map<uint32_t, std::vector<RegionRow>> regions_;
  std::map<uint32_t, std::string> programme_codes_, indicator_codes_;
  std::map<std::string, std::string> programme_parents_;
  uint64_t updates_ = 0, readings_ = 0;
};

}  // namespace anju::simulation
