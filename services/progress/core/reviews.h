// Reviews (审核): how far each update has come, now and as known at any earlier sequence; and the steps that are allowed. Pure.
//
//   reported ─▶ returned | reviewed      returned ─▶ reviewed      reviewed ─▶ returned | confirmed      confirmed is final
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/region/region_tree.h"

namespace anju::progress {

inline constexpr size_t kRemarkBytesMax = 4'000;

enum class ReviewState : uint8_t { kReported = 0, kReturned = 1, kReviewed = 2, kConfirmed = 3 };  // as on the wire

std::string_view WordOf(ReviewState state);

enum class ReviewStep : uint8_t {
  kChanges,
  kUnchanged,          // it is so already
  kNotAllowed,
  kNeedsExplanation,   // a flagged figure that nobody explained can only be returned
};
ReviewStep StepOf(ReviewState from, ReviewState to, bool unexplained);

// One recorded verdict of an office, as of its journal sequence.
struct Review {
  uint64_t sequence = 0;
  int64_t time_us = 0;
  ReviewState state = ReviewState::kReported;
  RegionNumber office = 0;
  std::string remark, actor;
};

// All reviews. Keeps 8 bytes for each step of each update beside the reviews themselves. Not thread-safe.
class ReviewBook {
 public:
  // In journal order.
  void Add(Review review, const std::vector<uint64_t>& updates);
  // The newest review of an update with a sequence up to `known`; nullptr if there is none: the update is as reported.
  const Review* Of(uint64_t update, uint64_t known = UINT64_MAX) const;
  ReviewState StateOf(uint64_t update, uint64_t known = UINT64_MAX) const {
    const Review* review = Of(update, known);
    return review == nullptr ? ReviewState::kReported : review->state;
  }
  size_t size() const { return reviews_.size(); }

 private:
  struct Step {
    uint32_t review = 0;  // index into reviews_
    uint32_t before = 0;  // index + 1 of the update's step before it; 0: none
  };
  std::vector<Review> reviews_;
  std::vector<Step> steps_;
  absl::flat_hash_map<uint64_t, uint32_t> newest_;  // update → index of its newest step
};

}  // namespace anju::progress
