// The plan journal as plain lists, and what must hold of them whatever the services say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "anju/plan/v1/event.pb.h"
#include "common/audit/findings.h"
#include "common/time/date.h"

namespace anju::audit {

using Number = uint32_t;

// One dated row of a region; holds on [from, to).
struct Row {
  Number region = 0;
  std::string code;
  Number parent = 0;
  bool area = false;
  Date from = kDistantPast, to = kDistantFuture;
  std::vector<Number> members;  // of an area
};

struct Programme {
  Number number = 0;
  std::string code;
  Number parent = 0;
  bool group = false;
  std::vector<Number> members;
};

struct Indicator {
  Number number = 0;
  std::string code;
  bool additive = true;
  bool stock = false;
  bool flow = false;
  bool negative = false;
  // Unit by name: one of it is numerator/denominator smallest units.
  std::map<std::string, std::pair<int64_t, int64_t>> units;
};

// One boundary change. It passes figures on when its share is above zero.
struct Change {
  bool recode = false;
  Date date;
  Number region = 0, into = 0;
  int64_t numerator = 0, denominator = 1;
  bool passes() const { return numerator > 0; }
};

struct Key {
  Number region = 0, programme = 0, indicator = 0;
  Period period;
  friend auto operator<=>(const Key&, const Key&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Key& key) {
    return H::combine(std::move(h), key.region, key.programme, key.indicator, key.period.first, key.period.last);
  }
};

// A target as a document prints it. Missing as on the wire: 1 absent, 2 blank, 3 no task, 4 not published.
struct PrintedCell {
  Key key;
  int layer = 1;  // 1 national … 4 county
  std::optional<int64_t> target, declared;
  int missing = 0;
};

struct Document {
  std::string number, amends;
  std::optional<Date> issued, effective;
  std::vector<PrintedCell> cells;
};

// One event of the plan journal; its sequence is its place in the list, from 1.
struct PlanEvent {
  std::vector<Row> rows;  // replace all earlier rows of their regions
  std::vector<Programme> programmes;
  std::vector<Indicator> indicators;
  std::optional<Document> document;
  std::vector<Change> changes;
};

// Takes events in order; what is wrong goes to the findings, named by its sequence.
class PlanFacts {
 public:
  explicit PlanFacts(Findings* findings) : findings_(*findings) {}

  void Take(uint64_t sequence, std::string_view event);
  // Where a block ends: progress may have been decided at any of these.
  void EndBlock(uint64_t sequence) { block_ends_.insert(sequence); }

  const std::vector<PlanEvent>& events() const { return events_; }
  bool IsBlockEnd(uint64_t sequence) const { return sequence == 0 || block_ends_.contains(sequence); }
  // The plan sequence that minted it; 0 when nobody did.
  uint64_t RegionBorn(Number number) const { return BornIn(regions_, number); }
  uint64_t ProgrammeBorn(Number number) const { return BornIn(programmes_, number); }
  uint64_t IndicatorBorn(Number number) const { return BornIn(indicators_, number); }
  // As last recorded; nullptr when unknown.
  const Indicator* FindIndicator(Number number) const;
  struct Counts {
    uint64_t documents = 0, cells = 0, relations = 0, regions = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static uint64_t BornIn(const std::vector<uint64_t>& born, Number number) { return number == 0 || number > born.size() ? 0 : born[number - 1]; }
  void TakeRegions(uint64_t sequence, const google::protobuf::RepeatedPtrField<types::v1::RegionRecord>& records, PlanEvent* to);
  void TakeCatalogue(uint64_t sequence, const plan::v1::CatalogueImported& catalogue, PlanEvent* to);
  void TakeDocument(uint64_t sequence, const plan::v1::DocumentImported& document, PlanEvent* to);
  void TakeBoundaries(uint64_t sequence, const plan::v1::BoundariesChanged& boundaries, PlanEvent* to);
  void Mint(uint64_t sequence, Number number, std::string_view what, std::vector<uint64_t>* born);
  void CheckTree(uint64_t sequence, const std::vector<Row>& rows);
  void CheckDeclared(uint64_t sequence, const plan::v1::DocumentImported& document);
  bool IsBelow(Number programme, Number above) const;
  std::vector<int64_t> SumsFor(const plan::v1::TargetCell& whole, const std::vector<const plan::v1::TargetCell*>& parts, int direction) const;
  bool Known(uint64_t sequence, Number region, Number programme, Number indicator);

  Findings& findings_;
  std::vector<PlanEvent> events_;
  std::set<uint64_t> block_ends_;
  std::vector<uint64_t> regions_, programmes_, indicators_;  // by number less one: who minted it
  absl::flat_hash_map<Number, std::vector<Row>> rows_;       // as last recorded
  absl::flat_hash_map<Number, Indicator> newest_indicators_;
  std::map<Number, Programme> newest_programmes_;
  absl::flat_hash_map<Number, Number> part_of_;  // of indicators that partition another
  std::set<std::string> documents_;
  Counts counts_;
};

}  // namespace anju::audit
