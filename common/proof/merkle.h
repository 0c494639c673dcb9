// Trees of hashes by RFC 6962 (section 2.1): roots, audit paths (2.1.1) and consistency proofs (2.1.2), made and checked. Pure.
//
// SHA-256 now. Whatever carries a proof names its algorithm (the header of a block, "hash" in a proof file), so SM3 can come beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/journal/format.h"

namespace anju::proof {

using journal::Hash;

// No path is longer: a tree of 2^53 leaves (the largest number a JSON file carries) has 53 levels, and a consistency proof one node more.
inline constexpr size_t kPathMax = 64;

Hash LeafHash(std::string_view leaf);                       // H(0x00 ‖ leaf)
Hash NodeHash(const Hash& left, const Hash& right);         // H(0x01 ‖ left ‖ right)

// Where the maker of a proof finds the roots of full subtrees: of the 2^level leaves from index·2^level on. Only asked for subtrees that
// the tree has.
class Nodes {
 public:
  virtual ~Nodes() = default;
  virtual absl::StatusOr<Hash> Node(unsigned level, uint64_t index) = 0;
};

// Nodes of a list of leaf hashes, computed when asked for.
class LeafNodes final : public Nodes {
 public:
  explicit LeafNodes(const std::vector<Hash>& leaf_hashes) : leaves_(leaf_hashes) {}
  absl::StatusOr<Hash> Node(unsigned level, uint64_t index) override;

 private:
  const std::vector<Hash>& leaves_;
};

// Root of the first `size` leaves; H("") of none.
absl::StatusOr<Hash> Root(Nodes& nodes, uint64_t size);
// Audit path of a leaf in the tree of `size` leaves, from the leaf up. REQUIRES: index < size.
absl::StatusOr<std::vector<Hash>> AuditPath(Nodes& nodes, uint64_t index, uint64_t size);
// Proof that the tree of `to` leaves begins with that of `from`; none when they are the same. REQUIRES: 0 < from ≤ to.
absl::StatusOr<std::vector<Hash>> ConsistencyPath(Nodes& nodes, uint64_t from, uint64_t to);

// The root that the path leads to; nullopt when no tree of that size has a path of that length for that leaf.
std::optional<Hash> RootOfAuditPath(const Hash& leaf_hash, uint64_t index, uint64_t size, const std::vector<Hash>& path);
// True when the path proves it. `from` must be at least 1: every tree begins with the empty one, and no path says so.
bool IsConsistent(uint64_t from, const Hash& from_root, uint64_t to, const Hash& to_root, const std::vector<Hash>& path);

}  // namespace anju::proof
