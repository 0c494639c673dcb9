// What `anju demo --national` makes up for a year: targets that add up from the counties to the country, the documents that print them, and
// how each figure grows. The same seed and region tree always give the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anju/plan/v1/plan.pb.h"
#include "common/region/region_tree.h"
#include "common/time/date.h"

namespace anju::cli {

// The year of the codes that deploy/national fetches; past, so that every date in it can be reported.
inline constexpr int kNationalYear = 2024;

// One programme and indicator with its target for the country, in `unit`.
struct Measure {
  const char* programme;
  const char* indicator;
  const char* unit;
  int64_t national;
  int reach_permille;  // how many of a thousand reporting regions have the programme at all
  int lag_days;        // behind starts
};
const std::vector<Measure>& NationalMeasures();

// Parts of `total` in proportion to `weights`, in integers that sum to it: largest remainders first, ties to the earlier part. A part without
// weight gets nothing. REQUIRES: total ≥ 0, weights ≥ 0, below 2^40 each, at most 2^20 of them, and one above 0 unless the total is 0.
std::vector<int64_t> Apportion(int64_t total, const std::vector<int64_t>& weights);

// One figure that one region reports again and again.
struct NationalSeries {
  uint32_t province = 0;  // index among the country's children: who sends it
  uint32_t measure = 0;   // index into NationalMeasures()
  std::string region;     // code
  int64_t target = 0;
  int32_t start_day = 0;  // days from 1 January to the beginning of work
  int32_t days = 0;       // and from there to its end
  int32_t reach = 0;      // what is reached in the end, in 1/10,000 of the target
};

class NationalPlan {
 public:
  // BAD_VALUE for a tree that has not one country with regions below it.
  static absl::StatusOr<NationalPlan> Make(const RegionTree& tree, uint64_t seed);

  struct Place {
    std::string code, name;
  };
  const Place& country() const { return country_; }
  const std::vector<Place>& provinces() const { return provinces_; }
  const std::vector<NationalSeries>& series() const { return series_; }
  // First the country's document with a target for each province, then each province's with all regions below it.
  std::vector<plan::v1::ImportDocumentRequest> Documents() const;

 private:
  // A region, its place in the tree, and its targets by measure; −1 where it has no such programme.
  struct Node {
    const Region* region = nullptr;
    size_t parent = 0;
    uint32_t province = 0;
    bool leaf = true;
    std::vector<int64_t> targets;
  };

  void Walk(const RegionTree& tree, const Region& region, size_t parent, uint32_t province, int depth);
  void Decompose(uint64_t seed);
  void MakeSeries(uint64_t seed);
  void AddRows(const Node& node, bool whole, plan::v1::ImportDocumentRequest* request) const;

  Place country_;
  std::vector<Place> provinces_;
  std::vector<Node> nodes_;  // parents first: the country, then province after province; names are those of `tree`, which outlives Documents()
  std::vector<NationalSeries> series_;
};

// The cumulative figure of a series on a day of the year: an S-curve that never falls.
int64_t FigureOn(const NationalSeries& series, Date day);

// Well mixed bits of a number, the same on every machine.
uint64_t Mix(uint64_t value);

}  // namespace anju::cli
