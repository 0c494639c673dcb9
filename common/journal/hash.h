// SHA-256 for the journal, and roots of hash trees by RFC 6962.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "common/journal/format.h"

namespace anju::journal {

// H of the pieces, one after the other.
Hash Sha256(std::initializer_list<std::string_view> pieces);

// Takes leaves one at a time and keeps one hash a level, so a block of any size costs a few hundred bytes.
class MerkleBuilder {
 public:
  void Add(std::string_view leaf);
  Hash Root() const;  // of the leaves so far; H("") when there are none

 private:
  std::vector<Hash> peaks_;  // roots of the full subtrees, largest first: one for each set bit of `leaves_`
  uint64_t leaves_ = 0;
};

}  // namespace anju::journal
