// SHA-256 through OpenSSL with one context a thread; Merkle roots.
#include "common/journal/hash.h"

#include <openssl/evp.h>

#include "common/status/macros.h"

namespace anju::journal {
namespace {

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// Fetching the algorithm is what makes OpenSSL 3 slow: done once. A context is reset by copying nothing, only re-initialised.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    CHECK(algorithm != nullptr && context_ != nullptr);
    CHECK(EVP_DigestInit_ex2(context_, algorithm, nullptr) == 1);
  }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() { EVP_MD_CTX_free(context_); }

  Hash operator()(std::initializer_list<std::string_view> pieces) {
    CHECK(EVP_DigestInit_ex2(context_, nullptr, nullptr) == 1);
    for (std::string_view piece : pieces) CHECK(EVP_DigestUpdate(context_, piece.data(), piece.size()) == 1);
    Hash hash;
    CHECK(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  EVP_MD_CTX* context_;
};

Hash Node(const Hash& left, const Hash& right) { return Sha256({std::string_view("\x01", 1), View(left), View(right)}); }

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> pieces) {
  thread_local Digest digest;
  return digest(pieces);
}

void MerkleBuilder::Add(std::string_view leaf) {
  Hash hash = Sha256({std::string_view("\0", 1), leaf});
  for (uint64_t rest = leaves_; rest & 1; rest >>= 1) {  // a carry joins two subtrees of the same size
    hash = Node(peaks_.back(), hash);
    peaks_.pop_back();
  }
  peaks_.push_back(hash);
  ++leaves_;
}

Hash MerkleBuilder::Root() const {
  if (peaks_.empty()) return Sha256({});
  Hash root = peaks_.back();
  for (size_t i = peaks_.size() - 1; i > 0; --i) root = Node(peaks_[i - 1], root);
  return root;
}

}  // namespace anju::journal
