// Tries single bytes: a changed event by the path from its leaf to the root, a changed length by framing the events again.
#include "common/audit/pinpoint.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "common/journal/format.h"
#include "common/journal/hash.h"

namespace anju::audit {
namespace {

using journal::Hash;
using journal::kPrefixBytes;

constexpr size_t kStepBytes = 64;   // of SHA-256
constexpr uint64_t kNodeSteps = 2;  // to hash two hashes

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }
Hash LeafOf(std::string_view event) { return journal::Sha256({std::string_view("\0", 1), event}); }
Hash NodeOf(const Hash& left, const Hash& right) { return journal::Sha256({std::string_view("\x01", 1), View(left), View(right)}); }

uint32_t LengthAt(std::string_view bytes, size_t at) {
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + at, sizeof(length));
  return length;
}

// The events as their lengths frame them; offsets of the bytes of each. False where they do not fill the block exactly.
bool Frame(std::string_view bytes, std::vector<std::pair<size_t, size_t>>* events) {
  events->clear();
  size_t at = kPrefixBytes;
  while (at < bytes.size()) {
    if (bytes.size() - at < 4) return false;
    const uint32_t length = LengthAt(bytes, at);
    if (length > bytes.size() - at - 4) return false;
    events->emplace_back(at + 4, length);
    at += 4 + length;
  }
  return true;
}

// The levels of an RFC 6962 tree with a lone last node carried up as it is, which is the same tree.
std::vector<std::vector<Hash>> Levels(std::string_view bytes, const std::vector<std::pair<size_t, size_t>>& events) {
  std::vector<std::vector<Hash>> levels(1);
  for (const auto& [offset, length] : events) levels[0].push_back(LeafOf(bytes.substr(offset, length)));
  while (levels.back().size() > 1) {
    const std::vector<Hash>& below = levels.back();
    std::vector<Hash> level;
    for (size_t i = 0; i + 1 < below.size(); i += 2) level.push_back(NodeOf(below[i], below[i + 1]));
    if (below.size() % 2 == 1) level.push_back(below.back());
    levels.push_back(std::move(level));
  }
  return levels;
}

class Search {
 public:
  Search(std::string_view bytes, uint64_t steps_max) : bytes_(bytes), left_(steps_max) {
    std::memcpy(root_.data(), bytes.data() + journal::kHeaderBytes + 32, root_.size());
  }

  // A byte of an event: bits first, which is how bytes go wrong by themselves, then every other value.
  std::optional<Pinpointed> InEvents(const std::vector<std::pair<size_t, size_t>>& events) {
    levels_ = Levels(bytes_, events);
    for (const bool bits : {true, false}) {
      for (uint32_t index = 0; index < events.size(); ++index) {
        const auto& [offset, length] = events[index];
        event_.assign(bytes_.substr(offset, length));
        for (size_t i = 0; i < length; ++i) {
          const auto is = static_cast<uint8_t>(event_[i]);
          for (int flip = 1; flip < 256; ++flip) {
            if ((std::popcount(static_cast<unsigned>(flip)) == 1) != bits) continue;
            if (!Afford(length / kStepBytes + kNodeSteps * levels_.size())) return std::nullopt;
            event_[i] = static_cast<char>(is ^ flip);
            if (RootWith(index) == root_) return Pinpointed{Pinpointed::Part::kEvent, index, offset + i, static_cast<uint8_t>(is ^ flip)};
          }
          event_[i] = static_cast<char>(is);
        }
      }
    }
    return std::nullopt;
  }

  // A byte of a length: nothing after it stands where it should. Only a length that makes the events fill the block again can be the one.
  std::optional<Pinpointed> InLengths(uint32_t count) {
    std::string changed(bytes_);
    std::vector<std::pair<size_t, size_t>> events, again;
    Frame(bytes_, &events);  // as far as it goes: the wrong one is among these
    for (uint32_t index = 0; index < events.size(); ++index) {
      for (size_t i = 0; i < 4; ++i) {
        const size_t at = events[index].first - 4 + i;
        if (auto found = TryByte(changed, at, index, count)) return found;
      }
    }
    size_t next = events.empty() ? kPrefixBytes : events.back().first + events.back().second;
    for (size_t i = 0; i < 4 && next + i < bytes_.size(); ++i) {
      if (auto found = TryByte(changed, next + i, static_cast<uint32_t>(events.size()), count)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Pinpointed> TryByte(std::string& changed, size_t at, uint32_t index, uint32_t count) {
    std::vector<std::pair<size_t, size_t>> again;
    const char is = changed[at];
    for (int value = 0; value < 256; ++value) {
      changed[at] = static_cast<char>(value);
      if (changed[at] == is || !Frame(changed, &again) || again.size() != count) continue;
      if (!Afford(bytes_.size() / kStepBytes + 2 * kNodeSteps * again.size())) break;
      if (Levels(changed, again).back().front() == root_) return Pinpointed{Pinpointed::Part::kLength, index, at, static_cast<uint8_t>(value)};
    }
    changed[at] = is;
    return std::nullopt;
  }

  bool Afford(uint64_t steps) {
    if (left_ < steps) return false;
    left_ -= steps;
    return true;
  }

  Hash RootWith(size_t index) const {
    Hash hash = LeafOf(event_);
    for (size_t level = 0; level + 1 < levels_.size(); ++level, index /= 2) {
      const std::vector<Hash>& nodes = levels_[level];
      if (index % 2 == 1) hash = NodeOf(nodes[index - 1], hash);
      else if (index + 1 < nodes.size()) hash = NodeOf(hash, nodes[index + 1]);
    }
    return hash;
  }

  std::string_view bytes_;
  uint64_t left_;
  Hash root_{};
  std::vector<std::vector<Hash>> levels_;
  std::string event_;
};

}  // namespace

std::optional<Pinpointed> Pinpoint(std::string_view bytes, uint64_t first_sequence, uint64_t steps_max) {
  if (bytes.size() <= kPrefixBytes) return std::nullopt;
  std::vector<std::pair<size_t, size_t>> events;
  const bool framed = Frame(bytes, &events) && !events.empty();
  const auto prefix = journal::DecodeBlockPrefix(bytes);
  // A header that says something else about the same events: put right byte by byte.
  const bool header_fits = prefix.ok() && prefix->header.first_sequence == first_sequence && prefix->header.count == events.size();
  std::string changed(bytes);
  for (size_t at = 0; at < journal::kHeaderBytes && framed && !header_fits; ++at) {
    const char is = changed[at];
    for (int value = 0; value < 256; ++value) {
      changed[at] = static_cast<char>(value);
      const auto tried = journal::DecodeBlockPrefix(changed);
      if (changed[at] == is || !tried.ok() || tried->header.first_sequence != first_sequence || tried->header.count != events.size()) continue;
      if (journal::DecodeBlock(changed).ok()) return Pinpointed{Pinpointed::Part::kHeader, 0, at, static_cast<uint8_t>(value)};
    }
    changed[at] = is;
  }
  Search search(bytes, steps_max);
  if (framed) {
    // A root that differs in one byte from that of the events was changed itself.
    const Hash root = Levels(bytes, events).back().front();
    const size_t root_at = journal::kHeaderBytes + 32;
    std::optional<size_t> differs;
    size_t differing = 0;
    for (size_t i = 0; i < root.size(); ++i) {
      if (root[i] == static_cast<uint8_t>(bytes[root_at + i])) continue;
      differs = i;
      ++differing;
    }
    if (differing == 1) return Pinpointed{Pinpointed::Part::kRoot, 0, root_at + *differs, root[*differs]};
    if (const auto found = search.InEvents(events)) return found;
  }
  if (!prefix.ok()) return std::nullopt;
  return search.InLengths(prefix->header.count);
}

}  // namespace anju::audit
