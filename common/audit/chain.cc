// Links, roots, density and times of a journal, block by block; who is to blame where two blocks do not fit.
#include "common/audit/chain.h"

#include "absl/strings/str_cat.h"
#include "common/audit/pinpoint.h"
#include "common/status/status.h"

namespace anju::audit {
namespace {

std::string_view View(const journal::Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// The hash of a block with another link: H(0x02 ‖ previous hash ‖ header ‖ root).
journal::Hash Relinked(const journal::BlockView& block, std::string_view header, const journal::Hash& previous) {
  return journal::Sha256({std::string_view("\x02", 1), View(previous), header, View(block.root)});
}

}  // namespace

std::string Wrong::Range() const {
  if (first == 0) return "";
  return first == last ? absl::StrCat(first) : absl::StrCat(first, "..", last);
}

void Chain::Blame(uint64_t first, uint64_t last, std::string_view what) {
  if (wrong_) return;
  wrong_.emplace();
  wrong_->first = first;
  wrong_->last = last;
  wrong_->what = std::string(what);
}

// True when the byte under suspicion was changed: with the other value the block is one and holds.
bool Chain::BlameSuspect(uint64_t key, std::string_view bytes) {
  const auto suspected = suspect_ ? suspect_(key) : std::nullopt;
  if (!suspected || suspected->first >= bytes.size()) return false;
  const auto& [offset, was] = *suspected;
  std::string mended(bytes);
  mended[offset] = static_cast<char>(was);
  const auto block = journal::DecodeBlock(mended, /*verify_root=*/true);
  if (!block.ok() || block->header.first_sequence != key) return false;
  uint64_t first = key, last = block->header.last_sequence();
  for (size_t i = 0; i < block->events.size(); ++i) {
    const auto end = static_cast<size_t>(block->events[i].data() - mended.data()) + block->events[i].size();
    if (offset < journal::kPrefixBytes || offset >= end) continue;
    first = last = key + i;
    break;
  }
  Blame(first, last, "");
  wrong_->offset = offset;
  wrong_->was = was;
  wrong_->is = static_cast<uint8_t>(bytes[offset]);
  return true;
}

// A block that is not one: the byte that was changed where one was, else all of its sequences.
void Chain::BlameBlock(uint64_t key, uint64_t next_key, std::string_view bytes, std::string_view what) {
  const auto prefix = journal::DecodeBlockPrefix(bytes);
  uint64_t last = next_key > key ? next_key - 1 : key;
  if (next_key == 0 && prefix.ok() && prefix->header.first_sequence == key) last = std::max(key, prefix->header.last_sequence());
  // Lengths that fit the count say how many there were; what the next key leaves room for may be of a block that is not there either.
  const auto framed = journal::DecodeBlock(bytes, /*verify_root=*/false);
  if (framed.ok() && framed->header.first_sequence == key && (next_key == 0 || framed->header.last_sequence() < next_key)) last = framed->header.last_sequence();
  if (BlameSuspect(key, bytes)) {
    wrong_->what = std::string(what);
    return;
  }
  const std::optional<Pinpointed> found = Pinpoint(bytes, key);
  if (!found) return Blame(key, last, what);
  using Part = Pinpointed::Part;
  const bool in_event = found->part == Part::kEvent || found->part == Part::kLength;
  const uint64_t sequence = key + found->event;
  if (found->part == Part::kHeader) {
    // How many there are is told by the header as it was.
    std::string mended(bytes);
    mended[found->offset] = static_cast<char>(found->was);
    if (const auto was = journal::DecodeBlockPrefix(mended); was.ok()) last = std::max(key, was->header.last_sequence());
  }
  Blame(in_event ? sequence : key, in_event ? sequence : last, what);
  wrong_->offset = found->offset;
  wrong_->was = found->was;
  wrong_->is = static_cast<uint8_t>(bytes[found->offset]);
}

bool Chain::CheckHeader(const journal::BlockView& block) {
  const journal::BlockHeader& header = block.header;
  if (header.time_us < last_time_us_) return Blame(header.first_sequence, header.last_sequence(), "the block's time is before that of the block before it"), false;
  if (header.plan_sequence < last_plan_) return Blame(header.first_sequence, header.last_sequence(), "the block was decided at an earlier plan than the block before it"), false;
  return true;
}

bool Chain::Take(uint64_t key, std::string_view bytes, uint64_t next_key, journal::BlockView* block) {
  if (wrong_) return false;
  const uint64_t expected = last_.sequence + 1;
  if (key > expected) {
    Blame(expected, key - 1, "sequences are missing");
    wrong_->missing = true;
    return false;
  }
  if (key < expected) return Blame(key, key, "a block begins inside the one before it"), false;
  auto decoded = journal::DecodeBlock(bytes, /*verify_root=*/true);
  if (!decoded.ok()) return BlameBlock(key, next_key, bytes, ErrorsOf(decoded.status()).front().message), false;
  *block = std::move(*decoded);
  if (block->header.first_sequence != key) return BlameBlock(key, next_key, bytes, "a block stands under another sequence than its own"), false;
  if (doubt_) {
    Resolve(block->previous_hash);
    return false;
  }
  const journal::Hash expected_previous = ExpectedPrevious(key);
  if (block->previous_hash != expected_previous) {
    doubt_ = Doubt{*block, last_first_, last_.sequence};
    doubt_->block.events.clear();
    // What the hash of this block is if only its link is wrong, and what it is if the block before it is.
    before_last_ = last_;
    last_ = {block->header.last_sequence(), block->hash, last_.tree_size + 1, {}};
    doubt_->block.hash = Relinked(*block, bytes.substr(0, journal::kHeaderBytes), expected_previous);
    return false;
  }
  for (const journal::Identity& identity : lineage_.identities()) {
    if (identity.continues.sequence != 0 && identity.continues.sequence == last_.sequence && identity.continues.block_hash != last_.hash) {
      return Blame(last_first_, last_.sequence, "the journal that continues here names another hash"), false;
    }
  }
  if (!CheckHeader(*block)) return false;
  before_last_ = last_;
  last_ = {block->header.last_sequence(), block->hash, last_.tree_size + 1, {}};
  last_first_ = key;
  last_time_us_ = block->header.time_us;
  last_plan_ = block->header.plan_sequence;
  tree_.Add(View(block->hash));
  if (wanted_.contains(last_.sequence)) {
    heads_[last_.sequence] = last_;
    heads_[last_.sequence].tree_root = tree_.Root();
  }
  return true;
}

// `doubt_->block.hash` is the doubtful block's hash with the link it should have: whoever comes after it names that one if only the link was changed.
void Chain::Resolve(const journal::Hash& next_names) {
  const Doubt doubt = *doubt_;
  doubt_.reset();
  const journal::BlockHeader& header = doubt.block.header;
  if (doubt.block.hash == next_names) return Blame(header.first_sequence, header.last_sequence(), "the block names another block before it than there is");
  if (doubt.before_last == 0) return Blame(0, 0, "the journal's identity is not the one that its first block names");
  Blame(doubt.before_first, doubt.before_last, "the block is not the one that the block after it names");
}

void Chain::Fail(uint64_t next_key, std::string_view what) {
  if (wrong_) return;
  const uint64_t expected = last_.sequence + 1;
  Blame(expected, next_key > expected ? next_key - 1 : expected, what);
}

void Chain::Finish(const std::optional<journal::Position>& remembered) {
  if (wrong_) return;
  if (doubt_) {
    Resolve(remembered ? remembered->block_hash : journal::Hash{});
    return;
  }
  last_.tree_root = tree_.Root();
  if (!remembered) return;
  const uint64_t end = last_.sequence;
  if (remembered->sequence > end) {
    Blame(end + 1, remembered->sequence, kMissingAtEnd);
    wrong_->missing = true;
    return;
  }
  // A journal is one block ahead of its witness when its process died between the two syncs. A journal without blocks remembers the hash of its identity.
  const auto hash_of = [&](const Head& head) { return head.sequence == 0 || head.sequence == lineage_.fork() ? std::optional<journal::Hash>() : head.hash; };
  for (const Head* head : {&last_, &before_last_}) {
    if (head->sequence != remembered->sequence) continue;
    const auto hash = hash_of(*head);
    if (hash && remembered->block_hash != *hash) {
      Blame(head == &last_ ? last_first_ : head->sequence, head->sequence, "the last block is not the one that the witness remembers");
    }
    return;
  }
  Blame(remembered->sequence + 1, end, "the journal goes on beyond what its witness remembers");
}

}  // namespace anju::audit
