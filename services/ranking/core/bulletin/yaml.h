// YAML as data: scalars, lists and maps with the line of each. No anchors, aliases, tags or types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace anju::ranking {

inline constexpr int kYamlDepthMax = 8;
inline constexpr size_t kYamlNodesMax = 20'000;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  uint32_t line = 0;
  std::string text;             // of a scalar, without line breaks
  std::vector<YamlNode> items;  // of a list
  std::vector<Entry> entries;   // of a map, in the order written; keys are unique

  // nullptr when a map has no such key.
  const YamlNode* Find(std::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  uint32_t line = 0;
  YamlNode value;
};

// Reads one document. Errors are BAD_TEMPLATE with their line: not UTF-8, control characters, YAML that does not parse, anchors, aliases, tags,
// keys that are no plain words or stand twice, nesting or size beyond the limits, a second document.
absl::StatusOr<YamlNode> ReadYaml(std::string_view source);

}  // namespace anju::ranking
