// The recursions of RFC 6962 for who makes a proof; for who checks one, the loops of RFC 9162 (2.1.3.2, 2.1.4.2), which state the same.
#include "common/proof/merkle.h"

#include <algorithm>
#include <bit>

#include "common/journal/hash.h"
#include "common/status/macros.h"

namespace anju::proof {
namespace {

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// Root of `count` leaves from `begin` on, as a subtree of a tree whose leaves are split as the RFC splits them: `begin` is a multiple of the
// power of two that is not below `count`.
absl::StatusOr<Hash> Subtree(Nodes& nodes, uint64_t begin, uint64_t count) {
  if (std::has_single_bit(count)) return nodes.Node(static_cast<unsigned>(std::countr_zero(count)), begin / count);
  const uint64_t left = std::bit_floor(count);
  ASSIGN_OR_RETURN(const Hash first, Subtree(nodes, begin, left));
  ASSIGN_OR_RETURN(const Hash second, Subtree(nodes, begin + left, count - left));
  return NodeHash(first, second);
}

// The largest power of two below `count`. REQUIRES: count > 1.
uint64_t SplitOf(uint64_t count) { return std::bit_floor(count - 1); }

}  // namespace

Hash LeafHash(std::string_view leaf) { return journal::Sha256({std::string_view("\0", 1), leaf}); }
Hash NodeHash(const Hash& left, const Hash& right) { return journal::Sha256({std::string_view("\x01", 1), View(left), View(right)}); }

absl::StatusOr<Hash> LeafNodes::Node(unsigned level, uint64_t index) {
  if (level == 0) return leaves_[index];
  ASSIGN_OR_RETURN(const Hash left, Node(level - 1, 2 * index));
  ASSIGN_OR_RETURN(const Hash right, Node(level - 1, 2 * index + 1));
  return NodeHash(left, right);
}

absl::StatusOr<Hash> Root(Nodes& nodes, uint64_t size) {
  if (size == 0) return journal::Sha256({});
  return Subtree(nodes, 0, size);
}

absl::StatusOr<std::vector<Hash>> AuditPath(Nodes& nodes, uint64_t index, uint64_t size) {
  std::vector<Hash> path;
  uint64_t begin = 0;
  while (size > 1) {
    const uint64_t left = SplitOf(size);
    const bool in_left = index - begin < left;
    absl::StatusOr<Hash> other = in_left ? Subtree(nodes, begin + left, size - left) : Subtree(nodes, begin, left);
    if (!other.ok()) return other.status();
    path.push_back(*other);
    if (!in_left) begin += left;
    size = in_left ? left : size - left;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

absl::StatusOr<std::vector<Hash>> ConsistencyPath(Nodes& nodes, uint64_t from, uint64_t to) {
  std::vector<Hash> path;
  uint64_t begin = 0;
  bool known = true;  // the subtree looked at is the whole older tree, whose root the reader has
  while (from != to) {
    const uint64_t left = SplitOf(to);
    const bool in_left = from <= left;
    absl::StatusOr<Hash> other = in_left ? Subtree(nodes, begin + left, to - left) : Subtree(nodes, begin, left);
    if (!other.ok()) return other.status();
    path.push_back(*other);
    if (!in_left) {
      begin += left;
      from -= left;
      known = false;
    }
    to = in_left ? left : to - left;
  }
  if (!known) {
    ASSIGN_OR_RETURN(const Hash last, Subtree(nodes, begin, to));
    path.push_back(last);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::optional<Hash> RootOfAuditPath(const Hash& leaf_hash, uint64_t index, uint64_t size, const std::vector<Hash>& path) {
  if (index >= size) return std::nullopt;
  uint64_t node = index, last = size - 1;
  Hash root = leaf_hash;
  for (const Hash& other : path) {
    if (last == 0) return std::nullopt;
    if (node % 2 == 1 || node == last) {
      root = NodeHash(other, root);
      while (node % 2 == 0 && node != 0) node /= 2, last /= 2;  // levels at which the right edge has nobody beside it
    } else {
      root = NodeHash(root, other);
    }
    node /= 2;
    last /= 2;
  }
  return last == 0 ? std::optional(root) : std::nullopt;
}

bool IsConsistent(uint64_t from, const Hash& from_root, uint64_t to, const Hash& to_root, const std::vector<Hash>& path) {
  if (from == 0 || from > to) return false;
  if (from == to) return path.empty() && from_root == to_root;
  auto next = path.begin();
  uint64_t node = from - 1, last = to - 1;
  while (node % 2 == 1) node /= 2, last /= 2;
  // A full older tree is itself the subtree that the proof starts at, and is not written.
  Hash older = from_root;
  if (node != 0) {
    if (next == path.end()) return false;
    older = *next++;
  }
  Hash newer = older;
  for (; next != path.end(); ++next) {
    if (last == 0) return false;
    if (node % 2 == 1 || node == last) {
      older = NodeHash(*next, older);
      newer = NodeHash(*next, newer);
      while (node % 2 == 0 && node != 0) node /= 2, last /= 2;
    } else {
      newer = NodeHash(newer, *next);
    }
    node /= 2;
    last /= 2;
  }
  return last == 0 && older == from_root && newer == to_root;
}

}  // namespace anju::proof
