// The steps of reviews and their history.
#include "services/progress/core/reviews.h"

#include <array>
#include <utility>

namespace anju::progress {

std::string_view WordOf(ReviewState state) {
  static constexpr std::array<std::string_view, 4> kWords = {"reported", "returned", "reviewed", "confirmed"};
  return kWords[static_cast<size_t>(state)];
}

ReviewStep StepOf(ReviewState from, ReviewState to, bool unexplained) {
  if (from == to) return ReviewStep::kUnchanged;
  const bool allowed = (to == ReviewState::kReturned && from != ReviewState::kConfirmed) ||
                       (to == ReviewState::kReviewed && from != ReviewState::kConfirmed) ||
                       (to == ReviewState::kConfirmed && from == ReviewState::kReviewed);
  if (!allowed) return ReviewStep::kNotAllowed;
  return unexplained && to != ReviewState::kReturned ? ReviewStep::kNeedsExplanation : ReviewStep::kChanges;
}

void ReviewBook::Add(Review review, const std::vector<uint64_t>& updates) {
  const auto index = static_cast<uint32_t>(reviews_.size());
  reviews_.push_back(std::move(review));
  for (const uint64_t update : updates) {
    const auto step = static_cast<uint32_t>(steps_.size());
    const auto [it, first] = newest_.try_emplace(update, step);
    steps_.push_back({index, first ? 0 : it->second + 1});
    it->second = step;
  }
}

const Review* ReviewBook::Of(uint64_t update, uint64_t known) const {
  const auto it = newest_.find(update);
  if (it == newest_.end()) return nullptr;
  for (uint32_t step = it->second + 1; step != 0; step = steps_[step - 1].before) {
    const Review& review = reviews_[steps_[step - 1].review];
    if (review.sequence <= known) return &review;
  }
  return nullptr;
}

}  // namespace anju::progress
