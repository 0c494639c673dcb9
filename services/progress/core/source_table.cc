// Sources and their windows.
#include "services/progress/core/source_table.h"

#include <algorithm>
#include <utility>

#include "common/status/macros.h"

namespace anju::progress {
namespace {

constexpr size_t kRingMin = 16;
constexpr std::string_view kFileSourcePrefix = "sha256:";

}  // namespace

bool IsSourceName(std::string_view name) {
  if (name.empty() || name.size() > kSourceNameBytesMax) return false;
  for (const char c : name) {
    const bool allowed = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == ':' || c == '-';
    if (!allowed) return false;
  }
  return true;
}

bool IsFileSource(std::string_view name) { return name.substr(0, kFileSourcePrefix.size()) == kFileSourcePrefix; }

Standing Window::StandingOf(uint64_t number) const {
  if (number == last_ + 1) return Standing::kNext;
  if (number > last_) return Standing::kGap;
  return last_ - number < kWindow ? Standing::kRepeat : Standing::kTooOld;
}

std::vector<Flag> Window::FlagsAt(uint64_t number) const {
  std::vector<Flag> flags;
  if (!At(number).flagged) return flags;
  auto it = std::lower_bound(flags_.begin(), flags_.end(), number, [](const KeptFlag& kept, uint64_t wanted) { return kept.number < wanted; });
  for (; it != flags_.end() && it->number == number; ++it) flags.push_back({rule_names_[it->rule], it->check, it->compared});
  return flags;
}

void Window::Push(uint64_t digest, Outcome outcome, const Refused* refused, const std::vector<Flag>& flags) {
  if (last_ == ring_.size() && ring_.size() < kWindow) Grow();
  const uint64_t number = ++last_;
  Entry& entry = ring_[number & (ring_.size() - 1)];
  // The number that leaves the window takes its refusal along.
  if (number > kWindow && entry.outcome == Outcome::kRefused) refused_.erase(number - kWindow);
  entry = {digest, outcome, !flags.empty()};
  if (outcome == Outcome::kRefused) refused_.emplace(number, *refused);
  for (const Flag& flag : flags) Keep(number, flag);
}

void Window::StartAfter(uint64_t number) {
  CHECK(last_ == 0);
  last_ = number;
  if (number > 0) ring_.resize(kWindow);
}

void Window::Keep(uint64_t number, const Flag& flag) {
  auto name = std::find(rule_names_.begin(), rule_names_.end(), flag.rule);
  if (name == rule_names_.end()) name = rule_names_.insert(name, flag.rule);
  // Half of what is kept has left the window: then all of that goes at once, which costs each flag one move at most.
  if (flags_.size() == flags_.capacity() && !flags_.empty() && number > kWindow && flags_[flags_.size() / 2].number <= number - kWindow) {
    std::erase_if(flags_, [&](const KeptFlag& kept) { return kept.number <= number - kWindow; });
  }
  flags_.push_back({number, flag.compared, static_cast<uint16_t>(name - rule_names_.begin()), flag.check});
}

void Window::Grow() {
  std::vector<Entry> larger(ring_.empty() ? kRingMin : ring_.size() * 2);
  for (uint64_t number = 1; number <= last_; ++number) larger[number & (larger.size() - 1)] = At(number);
  ring_ = std::move(larger);
}

SourceNumber SourceTable::Find(std::string_view name) const {
  const auto it = numbers_.find(absl::string_view(name.data(), name.size()));
  return it == numbers_.end() ? 0 : it->second;
}

void SourceTable::Open(SourceNumber number, std::string name, std::string actor) {
  CHECK(number == next());
  CHECK(numbers_.emplace(name, number).second);
  sources_.push_back({std::move(name), std::move(actor), {}});
}

}  // namespace anju::progress
