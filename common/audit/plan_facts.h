// The plan journal read into plain lists, and what must hold of them whatever the services say.
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
#include "common/model/plan.h"
#include "common/time/date.h"

namespace anju::audit {

using model::Change;
using model::ChangeKind;
using model::Document;
using model::Indicator;
using model::Key;
using model::Number;
using model::PlanEvent;
using model::PrintedCell;
using model::Programme;
using model::Row;

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
