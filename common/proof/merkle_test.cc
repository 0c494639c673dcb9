// Roots and proofs against the tree of the Certificate Transparency test vectors, against a naive reading of RFC 6962, and against every flipped byte.
#include "common/proof/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "common/journal/hash.h"

namespace anju::proof {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Hash FromHex(const char* hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  Hash hash{};
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// The eight leaves of the reference tree of Certificate Transparency (certificate-transparency/python/ct/crypto/merkle_test.py).
std::vector<std::string> ReferenceLeaves() {
  return {"", std::string(1, '\0'), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
}

std::vector<Hash> HashesOf(const std::vector<std::string>& leaves) {
  std::vector<Hash> hashes;
  for (const std::string& leaf : leaves) hashes.push_back(LeafHash(leaf));
  return hashes;
}

// RFC 6962 section 2.1 word for word, over D[begin, end).
class Naive {
 public:
  explicit Naive(const std::vector<Hash>& leaves) : leaves_(leaves) {}

  Hash Mth(size_t begin, size_t end) const {
    if (begin == end) return journal::Sha256({});
    if (end - begin == 1) return leaves_[begin];
    const size_t k = Split(end - begin);
    return NodeHash(Mth(begin, begin + k), Mth(begin + k, end));
  }
  std::vector<Hash> Path(size_t m, size_t begin, size_t end) const {
    const size_t n = end - begin;
    if (n == 1) return {};
    const size_t k = Split(n);
    std::vector<Hash> path = m < k ? Path(m, begin, begin + k) : Path(m - k, begin + k, end);
    path.push_back(m < k ? Mth(begin + k, end) : Mth(begin, begin + k));
    return path;
  }
  std::vector<Hash> Proof(size_t m, size_t n) const { return m == n ? std::vector<Hash>() : SubProof(m, 0, n, true); }

 private:
  static size_t Split(size_t n) {
    size_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
  }
  std::vector<Hash> SubProof(size_t m, size_t begin, size_t end, bool b) const {
    const size_t n = end - begin;
    if (m == n) return b ? std::vector<Hash>() : std::vector<Hash>{Mth(begin, end)};
    const size_t k = Split(n);
    std::vector<Hash> proof = m <= k ? SubProof(m, begin, begin + k, b) : SubProof(m - k, begin + k, end, false);
    proof.push_back(m <= k ? Mth(begin + k, end) : Mth(begin, begin + k));
    return proof;
  }
  const std::vector<Hash>& leaves_;
};

TEST(MerkleTest, KnownRoots) {
  const std::vector<Hash> leaves = HashesOf(ReferenceLeaves());
  LeafNodes nodes(leaves);
  const char* const roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  for (size_t size = 0; size <= leaves.size(); ++size) EXPECT_EQ(*Root(nodes, size), FromHex(roots[size])) << size;
}

TEST(MerkleTest, KnownPaths) {
  const std::vector<Hash> leaves = HashesOf(ReferenceLeaves());
  LeafNodes nodes(leaves);
  EXPECT_THAT(*AuditPath(nodes, 0, 1), IsEmpty());
  EXPECT_THAT(*AuditPath(nodes, 0, 8), ElementsAre(FromHex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"), FromHex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                                                   FromHex("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")));
  EXPECT_THAT(*AuditPath(nodes, 5, 8), ElementsAre(FromHex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"), FromHex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                                                   FromHex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")));
  EXPECT_THAT(*AuditPath(nodes, 2, 3), ElementsAre(FromHex("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")));
  EXPECT_THAT(*ConsistencyPath(nodes, 1, 1), IsEmpty());
  EXPECT_THAT(*ConsistencyPath(nodes, 1, 8), ElementsAre(FromHex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"), FromHex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                                                         FromHex("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")));
  EXPECT_THAT(*ConsistencyPath(nodes, 6, 8), ElementsAre(FromHex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"), FromHex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                                                         FromHex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")));
  EXPECT_THAT(*ConsistencyPath(nodes, 2, 5), ElementsAre(FromHex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"), FromHex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")));
}

TEST(MerkleTest, EveryLeafOfEverySizeAsTheNaiveReadingHasIt) {
  std::vector<Hash> leaves;
  for (size_t size = 1; size <= 257; size += size < 140 ? 1 : 13) {
    while (leaves.size() < size) leaves.push_back(LeafHash("leaf " + std::to_string(leaves.size())));
    const Naive naive(leaves);
    LeafNodes nodes(leaves);
    const Hash root = naive.Mth(0, size);
    ASSERT_EQ(*Root(nodes, size), root);
    for (size_t index = 0; index < size; ++index) {
      const std::vector<Hash> path = *AuditPath(nodes, index, size);
      if (size <= 70 || index % 7 == 0) ASSERT_EQ(path, naive.Path(index, 0, size)) << index << " of " << size;
      ASSERT_EQ(RootOfAuditPath(leaves[index], index, size, path), root) << index << " of " << size;
    }
  }
}

TEST(MerkleTest, EveryTreeIsConsistentWithEveryLaterOne) {
  std::vector<Hash> leaves, roots;
  for (size_t i = 0; i < 140; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  const Naive naive(leaves);
  LeafNodes nodes(leaves);
  for (size_t size = 0; size <= leaves.size(); ++size) roots.push_back(*Root(nodes, size));
  for (size_t to = 1; to <= leaves.size(); ++to) {
    for (size_t from = 1; from <= to; ++from) {
      const std::vector<Hash> path = *ConsistencyPath(nodes, from, to);
      if (to <= 70 || from % 7 == 0) ASSERT_EQ(path, naive.Proof(from, to)) << from << " → " << to;
      ASSERT_TRUE(IsConsistent(from, roots[from], to, roots[to], path)) << from << " → " << to;
    }
  }
}

TEST(MerkleTest, NothingElsePasses) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < 21; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  LeafNodes nodes(leaves);
  const Hash root = *Root(nodes, 21);
  for (size_t index = 0; index < 21; ++index) {
    const std::vector<Hash> path = *AuditPath(nodes, index, 21);
    for (size_t node = 0; node < path.size(); ++node) {
      for (size_t byte = 0; byte < 32; ++byte) {
        std::vector<Hash> flipped = path;
        flipped[node][byte] ^= 0x40;
        ASSERT_NE(RootOfAuditPath(leaves[index], index, 21, flipped), root);
      }
    }
    // Another leaf, another place, another length. (Another size may have the very same path: that is why the size stands beside the root.)
    for (size_t other = 0; other < 21; ++other) {
      if (other == index) continue;
      ASSERT_NE(RootOfAuditPath(leaves[other], index, 21, path), root);
      ASSERT_NE(RootOfAuditPath(leaves[index], other, 21, path), root);
    }
    std::vector<Hash> longer = path, shorter = path;
    longer.push_back(root);
    shorter.pop_back();
    EXPECT_EQ(RootOfAuditPath(leaves[index], index, 21, longer), std::nullopt);
    EXPECT_EQ(RootOfAuditPath(leaves[index], index, 21, shorter), std::nullopt);
  }
  EXPECT_EQ(RootOfAuditPath(leaves[0], 21, 21, {}), std::nullopt);
  EXPECT_EQ(RootOfAuditPath(leaves[0], 0, 0, {}), std::nullopt);
}

TEST(MerkleTest, NoOtherTreeIsConsistent) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < 21; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  LeafNodes nodes(leaves);
  const Hash to_root = *Root(nodes, 21);
  for (size_t from = 1; from <= 21; ++from) {
    const Hash from_root = *Root(nodes, from);
    const std::vector<Hash> path = *ConsistencyPath(nodes, from, 21);
    for (size_t node = 0; node < path.size(); ++node) {
      for (size_t byte = 0; byte < 32; ++byte) {
        std::vector<Hash> flipped = path;
        flipped[node][byte] ^= 0x01;
        ASSERT_FALSE(IsConsistent(from, from_root, 21, to_root, flipped));
      }
    }
    Hash wrong = from_root;
    wrong[7] ^= 0x80;
    EXPECT_FALSE(IsConsistent(from, wrong, 21, to_root, path));
    EXPECT_FALSE(IsConsistent(from, from_root, 21, wrong, path));
    if (from < 21) {
      EXPECT_FALSE(IsConsistent(21, to_root, from, from_root, path)) << "the wrong way round";
    }
    std::vector<Hash> longer = path;
    longer.push_back(to_root);
    EXPECT_FALSE(IsConsistent(from, from_root, 21, to_root, longer));
    if (!path.empty()) {
      std::vector<Hash> shorter = path;
      shorter.pop_back();
      EXPECT_FALSE(IsConsistent(from, from_root, 21, to_root, shorter));
    }
  }
  EXPECT_FALSE(IsConsistent(0, *Root(nodes, 0), 21, to_root, {}));
}

}  // namespace
}  // namespace anju::proof
