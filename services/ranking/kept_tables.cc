// Kept tables: whether one still holds, what it weighs, who has to go.
#include "services/ranking/kept_tables.h"

#include <algorithm>
#include <utility>

namespace anju::ranking {
namespace {

// What a table holds in memory, roughly: its strings and vectors are small.
size_t SizeOf(const JudgedTable& table) {
  constexpr size_t kStringsOfAPlace = 96;
  return sizeof(JudgedTable) + table.board.seats.size() * (sizeof(Place) + sizeof(Seat) + kStringsOfAPlace + table.plan.needs.keys.size() * sizeof(Figures));
}

// Where the cells of the region and its children stand.
std::vector<uint32_t> PagesOf(const Input& input) {
  std::vector<uint32_t> pages = {Cells::PageOf(input.region.number)};
  for (const Place& child : input.children) pages.push_back(Cells::PageOf(child.number));
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  return pages;
}

}  // namespace

KeptTables::Entry* KeptTables::Look(const Question& question) {
  const auto found = entries_.find(Key{question.region, question.definition});
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  const Contents& contents = *question.contents;
  const uint64_t edition = contents.cells.edition();
  if (entry.registry != contents.registry || edition < entry.made) return nullptr;  // a call that waited may have an older state
  if (edition > entry.seen) {
    const bool touched = std::any_of(entry.columns.begin(), entry.columns.end(), [&](const ColumnKey& column) {
      return contents.cells.WereTouchedSince(entry.seen, column, entry.pages);
    });
    if (touched) {
      Drop(found);
      return nullptr;
    }
    entry.seen = edition;
  }
  entry.used = ++clock_;
  return &entry;
}

void KeptTables::Drop(std::map<Key, Entry>::iterator entry) {
  size_ -= entry->second.size;
  entries_.erase(entry);
}

void KeptTables::Weigh(Entry& entry, size_t size) {
  size_ += size;
  entry.size += size;
  while (entries_.size() > kTablesMax || size_ > kBytesMax) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    Drop(oldest);  // perhaps the one just weighed, when it is larger than everything may be
  }
}

Kept KeptTables::Find(const Question& question) {
  const MutexLock lock(mutex_);
  const Entry* entry = Look(question);
  if (entry == nullptr) return {};
  Kept kept{.table = entry->table, .bytes = entry->bytes, .past = {}, .standing = {}};
  if (entry->past == nullptr || entry->past->token != question.contents->stamp.token()) return kept;
  kept.past = entry->past;
  if (const auto standing = entry->standings.find(question.child); standing != entry->standings.end()) kept.standing = standing->second;
  return kept;
}

void KeptTables::Keep(const Question& question, std::shared_ptr<const JudgedTable> table, std::shared_ptr<const TableBytes> bytes) {
  Entry fresh;
  fresh.registry = question.contents->registry;
  fresh.made = fresh.seen = question.contents->cells.edition();
  for (const FigureKey& key : table->plan.needs.keys) fresh.columns.push_back({question.definition.programme, key});
  fresh.pages = PagesOf(table->input);
  fresh.table = std::move(table);
  const MutexLock lock(mutex_);
  if (Entry* entry = Look(question)) {
    // Made by somebody else meanwhile, of the same cells.
    if (bytes == nullptr) return;
    size_ -= entry->bytes == nullptr ? 0 : entry->bytes->size();
    entry->size -= entry->bytes == nullptr ? 0 : entry->bytes->size();
    entry->bytes = std::move(bytes);
    return Weigh(*entry, entry->bytes->size());
  }
  const Key key{question.region, question.definition};
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    // Ours is older than what is kept for calls of now.
    if (found->second.registry == fresh.registry && fresh.made < found->second.made) return;
    Drop(found);
  }
  const size_t size = SizeOf(*fresh.table) + (bytes == nullptr ? 0 : bytes->size());
  fresh.bytes = std::move(bytes);
  fresh.used = ++clock_;
  Weigh(entries_.emplace(key, std::move(fresh)).first->second, size);
}

void KeptTables::Keep(const Question& question, const std::shared_ptr<const JudgedTable>& table, std::shared_ptr<const StandingPast> past) {
  const MutexLock lock(mutex_);
  Entry* entry = Look(question);
  if (entry == nullptr || entry->table != table) return;
  size_t before = entry->past == nullptr ? 0 : entry->past->size();
  for (const auto& [child, standing] : entry->standings) before += standing->size();
  size_ -= before;
  entry->size -= before;
  entry->standings.clear();
  entry->past = std::move(past);
  Weigh(*entry, entry->past->size());
}

void KeptTables::Keep(const Question& question, const std::shared_ptr<const StandingPast>& past, std::shared_ptr<const StandingBytes> standing) {
  const MutexLock lock(mutex_);
  Entry* entry = Look(question);
  if (entry == nullptr || entry->past != past) return;
  const auto [kept, is_new] = entry->standings.try_emplace(question.child, std::move(standing));
  if (is_new) Weigh(*entry, kept->second->size());
}

}  // namespace anju::ranking
