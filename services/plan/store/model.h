// The fold of the plan journal: registry, documents, milestones, targets in force and remembered requests.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "anju/plan/v1/event.pb.h"
#include "common/journal/pipeline.h"
#include "common/registry/registry.h"
#include "common/checks/default_rules.h"
#include "services/plan/core/revisions.h"
#include "services/plan/core/standing.h"
#include "services/plan/store/store.h"

namespace anju::plan {

// A document in memory: what lists and checks ask for, and the journal's event itself.
struct StoredDocument {
  uint64_t sequence = 0;
  DocumentHeader header;
  uint32_t rows = 0;
  uint32_t errors = 0;  // differences of verdict ERROR or NOT_ADDITIVE
  uint32_t roundings = 0;
  uint32_t notes = 0;
  int64_t time_us = 0;   // when it was decided
  std::string actor;
  std::string digest;
  std::string event;

  v1::DocumentImported Event() const;
};

// How boundary changes came in.
struct BoundaryRecord {
  int64_t time_us = 0;
  std::string actor;
};

struct StoredMilestones {
  uint64_t sequence = 0;
  std::string document;
  int count = 0;
  std::string digest;
  std::string event;

  v1::MilestonesImported Event() const;
};

// Decider thread only, like every model.
class PlanModel final : public journal::Model, private RowVisitor {
 public:
  absl::Status Load(storage::Store& state) override;
  absl::Status Apply(const journal::EventContext& context, std::string_view event, storage::Batch& rows) override;

  const Registry& registry() const { return registry_; }
  const TargetsInForce& targets() const { return targets_; }
  const RegionUse& region_use() const { return use_; }
  // In the order they were imported.
  const std::vector<StoredDocument>& documents() const { return documents_; }
  const StoredDocument* FindDocument(std::string_view number) const;
  // Documents by their place in documents(): the first one of that number, then its amendments. REQUIRES: a first document.
  const std::vector<size_t>& LineOf(const std::string& first_document) const { return lines_.at(first_document); }
  // In the order they were recorded.
  const std::vector<Revision>& RevisionsOf(const CellKey& key) const;
  // Of the journal event with this sequence. REQUIRES: there is one with boundary changes.
  const BoundaryRecord& FindBoundaryRecord(uint64_t sequence) const { return boundary_records_.at(sequence); }
  // The rules of soft checks that were imported, by name.
  const std::map<std::string, CheckRule>& checks() const { return checks_; }
  // By document, in the order the milestones were imported.
  const std::vector<StoredMilestones>& milestones() const { return milestones_; }
  const StoredMilestones* FindMilestones(std::string_view document) const;
  // One of the last kRequestsRemembered durable requests of this caller.
  const RememberedRequest* FindRequest(const std::string& actor, const std::string& request_id) const;
  // When the newest block was written; 0 when there is none.
  int64_t newest_time_us() const { return newest_time_us_; }

 private:
  void OnRegion(const v1::RegionsImported& rows) override;
  void OnProgramme(const types::v1::ProgrammeRecord& record) override;
  void OnIndicator(const types::v1::IndicatorRecord& record) override;
  void OnDocument(uint64_t sequence, const v1::Event& event, std::string bytes) override;
  void OnMilestones(uint64_t sequence, v1::MilestonesImported milestones, std::string event) override;
  void OnBoundaries(uint64_t sequence, const v1::Event& event) override;
  void OnCheck(const v1::CheckRule& rule) override;
  void OnRequest(RememberedRequest request) override;
  void OnTime(int64_t time_us) override { newest_time_us_ = time_us; }
  void Remember(RememberedRequest request, RowWriter& writer);

  Registry registry_;
  TargetsInForce targets_;
  Revisions revisions_;
  std::map<uint64_t, BoundaryRecord> boundary_records_;
  std::map<std::string, CheckRule> checks_;
  RegionUse use_;
  std::vector<StoredDocument> documents_;
  std::unordered_map<std::string, size_t> document_numbers_;
  std::unordered_map<std::string, std::vector<size_t>> lines_;
  std::vector<StoredMilestones> milestones_;
  std::unordered_map<std::string, size_t> milestone_documents_;
  std::deque<std::pair<std::string, std::string>> request_order_;  // oldest first
  std::map<std::pair<std::string, std::string>, RememberedRequest> requests_;
  int64_t newest_time_us_ = 0;
};

}  // namespace anju::plan
