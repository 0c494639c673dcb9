// Typed rows of the state tables: written into the batch of a block, read back once at start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "anju/plan/v1/event.pb.h"
#include "anju/types/v1/registry.pb.h"
#include "common/storage/storage.h"
#include "services/plan/store/schema.h"

namespace anju::plan {

// What kind of request an event answered.
enum class RequestKind : uint8_t { kRegions = 1, kCatalogue = 2, kDocument = 3, kMilestones = 4, kBoundaries = 5, kChecks = 6 };

// A request that became durable: enough to know it again and to give its answer again.
struct RememberedRequest {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  RequestKind kind = RequestKind::kRegions;
  uint32_t changed = 0;
  uint32_t unchanged = 0;
  std::string actor;
  std::string request_id;
  std::string digest;
  std::string document;
};

// Puts rows into a batch.
class RowWriter {
 public:
  explicit RowWriter(storage::Batch& batch) : batch_(batch) {}
  void PutRegion(uint32_t number, const v1::RegionsImported& rows);
  void PutProgramme(const types::v1::ProgrammeRecord& record);
  void PutIndicator(const types::v1::IndicatorRecord& record);
  void PutDocument(uint64_t sequence, std::string_view event);
  void PutMilestones(uint64_t sequence, std::string_view event);
  void PutBoundaries(uint64_t sequence, std::string_view event);
  void PutCheck(const v1::CheckRule& rule);
  void PutRequest(const RememberedRequest& request);
  void DeleteRequest(uint64_t sequence);
  void PutTime(int64_t time_us);

 private:
  storage::Batch& batch_;
};

// Takes rows as they are read, each table in the order of its keys.
class RowVisitor {
 public:
  virtual ~RowVisitor() = default;
  virtual void OnRegion(const v1::RegionsImported& rows) = 0;
  virtual void OnProgramme(const types::v1::ProgrammeRecord& record) = 0;
  virtual void OnIndicator(const types::v1::IndicatorRecord& record) = 0;
  virtual void OnDocument(uint64_t sequence, const v1::Event& event, std::string bytes) = 0;
  virtual void OnMilestones(uint64_t sequence, v1::MilestonesImported milestones, std::string event) = 0;
  virtual void OnBoundaries(uint64_t sequence, const v1::Event& event) = 0;
  virtual void OnCheck(const v1::CheckRule& rule) = 0;
  virtual void OnRequest(RememberedRequest request) = 0;
  virtual void OnTime(int64_t time_us) = 0;
};

// DATA_LOSS with table and key when a row is not what was written.
absl::Status ReadRows(storage::Store& state, RowVisitor& visitor);

}  // namespace anju::plan
