// What an audit finds wrong with the contents of a journal whose bytes are as they were recorded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anju::audit {

struct Finding {
  std::string service;
  uint64_t sequence = 0;  // 0: about no single event
  std::string what;       // one English sentence
};

// The first of them in full, and how many there were. Not thread-safe.
class Findings {
 public:
  static constexpr size_t kKeptMax = 100;
  explicit Findings(std::string service) : service_(std::move(service)) {}
  void Add(uint64_t sequence, std::string_view what) {
    if (kept_.size() < kKeptMax) kept_.push_back({service_, sequence, std::string(what)});
    ++total_;
  }
  const std::vector<Finding>& kept() const { return kept_; }
  uint64_t total() const { return total_; }

 private:
  std::string service_;
  std::vector<Finding> kept_;
  uint64_t total_ = 0;
};

}  // namespace anju::audit
