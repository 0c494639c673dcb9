// Messages of clients as they get below gRPC, one target for each service: the first byte of an input chooses the call, in this order.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

namespace anju::fuzz {

enum class PlanCall : uint8_t {
  kImportDocument, kImportRegions, kImportMilestones, kImportBoundaries, kImportChecks, kImportCatalogue, kListRegions, kListDocuments, kListMilestones,
  kListBoundaries, kListTargetRevisions, kListChecks, kGetCatalogue, kGetDocument
};
inline constexpr uint8_t kPlanCalls = 14;
void PlanCalls(std::string_view bytes);

enum class ProgressCall : uint8_t { kReport, kReportBatch, kReviewFigures, kListUpdates, kGetUpdates };
inline constexpr uint8_t kProgressCalls = 5;
// Of kReport, messages of the stream: each a u16 length, little-endian, and so many bytes.
void ProgressCalls(std::string_view bytes);

enum class AggregatorCall : uint8_t {
  kGetRollup, kGetColumn, kGetColumns, kExplainCell, kListGaps, kGetMilestoneStatus, kGetHeads, kFollowFrames, kFollowColumn, kDump
};
inline constexpr uint8_t kAggregatorCalls = 10;
void AggregatorCalls(std::string_view bytes);

enum class RankingCall : uint8_t { kGetLeagueTable, kGetStanding, kWatch };
inline constexpr uint8_t kRankingCalls = 3;
void RankingCalls(std::string_view bytes);

enum class BulletinCall : uint8_t {
  kDefineTemplate, kComposeBulletin, kDraftBulletin, kIssueBulletin, kDraftCorrection, kDiffBulletin, kGetBulletin, kListBulletins, kGetTemplate, kListTemplates
};
inline constexpr uint8_t kBulletinCalls = 10;
void BulletinCalls(std::string_view bytes);

// What the aggregator tells the ranking service: one frame after another, each with its length as above.
void Frames(std::string_view bytes);
// Rows of a cache as it is found at a start: the first byte chooses it (of aggregator, ranking's cells, plan, progress, bulletins); then keys and values,
// each with its length.
void Rows(std::string_view bytes);

// Events under the auditor: several strings, the first byte of each says of which journal (plan, progress, ranking).
void Audits(std::string_view bytes);

// Runs what takes a message with the one that these bytes are, if they are one.
template <typename Request>
void With(std::string_view bytes, void (*run)(Request)) {
  std::remove_cvref_t<Request> request;
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) run(request);
}

// A world in which something was recorded is not used again: a finding hangs on its own bytes alone.
template <typename World>
World& Untouched() {
  static std::unique_ptr<World> kept;
  if (kept == nullptr || !kept->untouched()) kept = std::make_unique<World>();
  return *kept;
}

// The next of several strings, each behind its length; false at the end.
inline bool TakeString(std::string_view* bytes, std::string_view* string) {
  if (bytes->size() < 2) return false;
  const size_t length = static_cast<uint8_t>((*bytes)[0]) | static_cast<size_t>(static_cast<uint8_t>((*bytes)[1])) << 8;
  *string = bytes->substr(2, length);
  bytes->remove_prefix(string->size() + 2);
  return true;
}

}  // namespace anju::fuzz
