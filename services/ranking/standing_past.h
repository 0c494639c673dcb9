// What standings of one table tell beside the table itself: how everybody moved, the places of the year, milestones. One answer of the aggregator
// serves all children.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "services/ranking/core/judged_table.h"
#include "services/ranking/core/movement.h"
#include "services/ranking/question.h"

namespace anju::ranking {

using MilestonesByRegion = std::unordered_map<RegionNumber, std::vector<aggregator::v1::MilestoneStatus>>;

// A region's place on a day of the past.
struct PlaceThen {
  uint32_t rank = 0;
  std::optional<std::string> value;
};

// Everything is of the basis that the token names. Immutable once it is shared.
struct StandingPast {
  std::string token;
  std::optional<RegionNumber> parent;  // as the aggregator resolved it; nullopt: it knew nobody, or was not asked

  std::optional<Movement> movement;
  std::optional<Date> since;
  types::v1::BasisStamp since_basis;

  std::vector<Date> days;
  std::unordered_map<RegionNumber, std::vector<PlaceThen>> year;  // peers of any day, by day

  // Of all children that are children on the table's date too; nullopt: each is asked for by itself.
  std::optional<MilestonesByRegion> milestones;

  // Takes the places of a day from its column, of `only` this child or of all (0). `day` is an index into `days`. A month whose ties nothing breaks
  // has no places.
  void AddDay(const Question& question, Layer layer, const aggregator::v1::GetColumnResponse& column, size_t day, RegionNumber only);
  size_t size() const;  // in memory, roughly
};

// A standing as the bytes of its response; the basis comes between them.
class StandingBytes {
 public:
  // REQUIRES: `seat` is a peer of the table.
  StandingBytes(const Catalogue& catalogue, const JudgedTable& table, uint32_t seat, const StandingPast& past,
                const std::vector<aggregator::v1::MilestoneStatus>& milestones);
  std::string Response(const types::v1::BasisStamp& basis) const;
  size_t size() const { return sizeof(*this) + begin_.size() + end_.size(); }

 private:
  std::string begin_, end_;
};

}  // namespace anju::ranking
