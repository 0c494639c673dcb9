// The cursor's side hashes; a bounded handoff lets the fold keep step without waiting for it.
#include "common/audit/walk.h"

#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/thread/mutex.h"

namespace anju::audit {
namespace {

constexpr size_t kBytesAhead = 32 << 20;        // of blocks that were proved and not folded yet
constexpr uint64_t kProgressEvents = 100'000;  // between two calls of on_progress
constexpr size_t kAncestorKeyBytes = 12;       // 8 zero bytes and an index: format.h

// A proved block on its way to the fold. The views point into its bytes.
struct Proved {
  std::string bytes;
  journal::BlockHeader header;
  std::vector<std::string_view> events;
};

class Handoff {
 public:
  explicit Handoff(const WalkOptions& options) : options_(options) {
    if (options_.on_block) thread_ = std::thread([this] { Run(); });
  }
  ~Handoff() {
    {
      const MutexLock lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void Give(std::unique_ptr<Proved> block) {
    if (!options_.on_block) return;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return bytes_ < kBytesAhead; });
      bytes_ += block->bytes.size();
      queue_.push_back(std::move(block));
    }
    changed_.notify_all();
  }

 private:
  void Run() {
    while (true) {
      std::unique_ptr<Proved> block;
      {
        MutexLock lock(mutex_);
        changed_.wait(lock, [this]() REQUIRES(mutex_) { return over_ || !queue_.empty(); });
        if (queue_.empty()) return;
        block = std::move(queue_.front());
        queue_.pop_front();
        bytes_ -= block->bytes.size();
      }
      changed_.notify_all();
      options_.on_block(block->header, block->events);
    }
  }

  const WalkOptions& options_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::unique_ptr<Proved>> queue_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Wrong Nothing(std::string_view what) {
  Wrong wrong;
  wrong.what = std::string(what);
  return wrong;
}

// The identities at the beginning of the store, the oldest first. Leaves the cursor at the first block.
std::optional<Wrong> ReadLineage(storage::Cursor& cursor, const std::string& service, journal::Lineage* lineage) {
  std::vector<std::string> ancestors;
  std::optional<std::string> own;
  for (cursor.Seek(""); cursor.Valid(); cursor.Next()) {
    const bool identity = cursor.key() == journal::IdentityKey();
    if (!identity && !(cursor.key().size() == kAncestorKeyBytes && cursor.key().substr(0, 8) == journal::IdentityKey())) break;
    if (identity) own = std::string(cursor.value());
    else ancestors.emplace_back(cursor.value());
  }
  if (!cursor.status().ok()) return Nothing(ErrorsOf(cursor.status()).front().message);
  if (!own) return Nothing("the journal has no identity");
  ancestors.push_back(*std::move(own));
  auto read = journal::Lineage::FromIdentities(std::move(ancestors));
  if (!read.ok()) return Nothing(ErrorsOf(read.status()).front().message);
  if (read->current().service != service) return Nothing(absl::StrCat("this is the journal of the service ", read->current().service, ", not of ", service));
  *lineage = *std::move(read);
  return std::nullopt;
}

// Says what the witness remembers; damage of one slot is told, the other one holds.
std::optional<Wrong> ReadWitness(const std::optional<std::string>& file, bool has_blocks, Walked* walked) {
  if (!file) return has_blocks ? std::optional(Nothing("the witness file is missing")) : std::nullopt;
  const auto witness = journal::DecodeWitness(*file);
  if (!witness.ok()) return has_blocks || file->size() > journal::kWitnessSlotBytes ? std::optional(Nothing("the witness file is damaged")) : std::nullopt;
  walked->remembered = witness->position;
  for (size_t slot = 0; slot * journal::kWitnessSlotBytes < file->size(); ++slot) {
    const std::string bytes = file->substr(slot * journal::kWitnessSlotBytes, journal::kWitnessSlotBytes);
    if (bytes.find_first_not_of('\0') == std::string::npos || journal::DecodeWitness(bytes).ok()) continue;
    walked->witness_note = absl::StrCat("slot ", slot + 1, " of the witness is damaged, the other one holds");
  }
  if (file->size() > journal::kWitnessSlots * journal::kWitnessSlotBytes) walked->witness_note = "the witness file is longer than it should be";
  return std::nullopt;
}

}  // namespace

Walked Walk(storage::Store& store, const std::optional<std::string>& witness, const WalkOptions& options) {
  Walked walked;
  const std::unique_ptr<storage::Cursor> cursor = store.NewCursor();
  if ((walked.wrong = ReadLineage(*cursor, options.service, &walked.lineage))) return walked;
  if ((walked.wrong = ReadWitness(witness, cursor->Valid(), &walked))) return walked;
  Chain chain(walked.lineage, options.heads);
  chain.set_suspect(options.suspect);
  {
    Handoff handoff(options);
    uint64_t told = 0;
    while (cursor->Valid() && !chain.wrong()) {
      const auto key = journal::ParseBlockKey(cursor->key());
      auto block = std::make_unique<Proved>();
      block->bytes = std::string(cursor->value());
      cursor->Next();
      const auto next_key = cursor->Valid() ? journal::ParseBlockKey(cursor->key()) : 0;
      if (!key.ok()) {
        chain.Fail(next_key.ok() ? *next_key : 0, "a record under a key that is none");
        break;
      }
      journal::BlockView view;
      if (!chain.Take(*key, block->bytes, next_key.ok() ? *next_key : 0, &view)) continue;
      walked.bytes += block->bytes.size();
      block->header = view.header;
      block->events = std::move(view.events);
      handoff.Give(std::move(block));
      if (options.on_progress && chain.last().sequence - told >= kProgressEvents) options.on_progress(told = chain.last().sequence);
    }
    if (!cursor->status().ok()) chain.Fail(0, ErrorsOf(cursor->status()).front().message);
    chain.Finish(walked.remembered);
  }
  walked.last = chain.last();
  walked.blocks = chain.blocks();
  walked.heads = chain.heads();
  walked.wrong = chain.wrong();
  return walked;
}

}  // namespace anju::audit
