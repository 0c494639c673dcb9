// Requests of people, remembered by the id that the caller gave: the same id again gets the same answer, and nothing happens twice.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace anju::progress {

inline constexpr size_t kRequestsRemembered = 4'096;
inline constexpr size_t kRequestIdBytesMax = 200;

struct RememberedRequest {
  std::string digest;  // of what was asked
  uint32_t changed = 0;
  uint32_t unchanged = 0;
  uint64_t sequence = 0;  // of its last event
  int64_t time_us = 0;
};

// The last kRequestsRemembered recorded requests, by (actor, request id). Not thread-safe.
class RequestMemory {
 public:
  const RememberedRequest* Find(const std::string& actor, const std::string& request_id) const {  // nullptr if not remembered
    const auto it = requests_.find(std::pair(actor, request_id));
    return it == requests_.end() ? nullptr : &it->second;
  }
  // One event of a request; the events of one request add up.
  void Add(const std::string& actor, const std::string& request_id, const RememberedRequest& event) {
    std::pair key(actor, request_id);
    const auto [it, first] = requests_.try_emplace(key, event);
    if (!first) {
      it->second.changed += event.changed;
      it->second.unchanged += event.unchanged;
      it->second.sequence = event.sequence;
      it->second.time_us = event.time_us;
      return;
    }
    order_.push_back(std::move(key));
    if (order_.size() <= kRequestsRemembered) return;
    requests_.erase(order_.front());
    order_.pop_front();
  }

 private:
  absl::flat_hash_map<std::pair<std::string, std::string>, RememberedRequest> requests_;
  std::deque<std::pair<std::string, std::string>> order_;  // oldest first
};

}  // namespace anju::progress
