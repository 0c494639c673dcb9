// Fragments first, whatever their checksums say; then the records they make; then the rows in these.
#include "common/storage/log_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "common/checksum/crc32c.h"

namespace anju::storage {
namespace {

constexpr size_t kHeaderBytes = 7, kRecycledHeaderBytes = 11;
constexpr size_t kChecksumBytes = 4, kTypeAt = 6;
constexpr size_t kBatchHeaderBytes = 12;
constexpr int kTypeMax = 8;
constexpr uint64_t kSearchedForEachByte = 300;  // bytes to be hashed at most, for each of the file, while looking for what was changed and where fragments begin again

enum Kind { kUnknown = 0, kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
enum Tag : uint8_t { kDelete = 0, kPut = 1, kLogData = 3, kSingleDelete = 7, kNothing = 13 };

// The entry of kCrc32cTable with this highest byte: there is exactly one, which is what lets a checksum be followed backwards.
constexpr std::array<uint8_t, 256> MakeBackwards() {
  std::array<uint8_t, 256> backwards{};
  for (uint32_t i = 0; i < 256; ++i) backwards[kCrc32cTable[i] >> 24] = static_cast<uint8_t>(i);
  return backwards;
}
constexpr std::array<uint8_t, 256> kBackwards = MakeBackwards();

// RocksDB stores checksums so, because logs may hold logs.
uint32_t Masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }
uint32_t Unmasked(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8u;
  return (rotated >> 17) | (rotated << 15);
}

uint32_t Integer(std::string_view bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return value;
}

struct Entry {
  std::string_view key;
  bool deletes = false;
  size_t value_at = 0, value_size = 0;
};

std::optional<uint64_t> TakeVarint(std::string_view bytes, size_t* at) {
  uint64_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (*at >= bytes.size()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(bytes[(*at)++]);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> TakeBytes(std::string_view bytes, size_t* at) {
  const auto length = TakeVarint(bytes, at);
  if (!length || *length > bytes.size() - *at) return std::nullopt;
  const std::string_view taken = bytes.substr(*at, static_cast<size_t>(*length));
  *at += taken.size();
  return taken;
}

// nullopt when entries do not fill the record exactly.
std::optional<std::vector<Entry>> EntriesOf(std::string_view record) {
  if (record.size() < kBatchHeaderBytes) return std::nullopt;
  std::vector<Entry> entries;
  for (size_t at = kBatchHeaderBytes; at < record.size();) {
    const auto tag = static_cast<uint8_t>(record[at++]);
    if (tag == kNothing) continue;
    const auto key = TakeBytes(record, &at);
    if (!key) return std::nullopt;
    if (tag == kLogData) continue;
    if (tag != kPut && tag != kDelete && tag != kSingleDelete) return std::nullopt;
    Entry entry{.key = *key, .deletes = tag != kPut};
    if (!entry.deletes) {
      const auto value = TakeBytes(record, &at);
      if (!value) return std::nullopt;
      entry.value_at = at - value->size();
      entry.value_size = value->size();
    }
    entries.push_back(entry);
  }
  return entries;
}

struct Fragment {
  size_t at = 0, header = kHeaderBytes, length = 0;
  Kind kind = kUnknown;
  bool sound = false;  // its checksum holds, or one changed byte explains why not
  bool damaged = false;
  std::optional<LogChange> change;
  size_t end() const { return at + header + length; }
};

size_t HeaderOf(int type) { return type > kLast ? kRecycledHeaderBytes : kHeaderBytes; }
Kind KindOf(int type) { return type < 1 || type > kTypeMax ? kUnknown : static_cast<Kind>(type > kLast ? type - kLast : type); }

class Splitter {
 public:
  explicit Splitter(std::string_view bytes) : bytes_(bytes), affordable_(kSearchedForEachByte * bytes.size()) {}

  // Sets `cut_at` where the file ends inside a fragment.
  std::vector<Fragment> Split(std::optional<uint64_t>* cut_at) {
    std::vector<Fragment> fragments;
    for (size_t begin = 0; begin < bytes_.size(); begin += kLogBlockBytes) {
      block_end_ = begin + kLogBlockBytes;
      end_ = std::min(block_end_, bytes_.size());
      next_whole_ = begin;
      size_t at = begin;
      while (at < end_ && block_end_ - at >= kHeaderBytes) {
        if (IsRoom(at)) break;
        std::optional<Fragment> fragment = WholeAt(at);
        if (!fragment) fragment = DamagedAt(at);
        if (!fragment) {
          *cut_at = at;
          return fragments;
        }
        at = fragment->end();
        fragments.push_back(*fragment);
      }
    }
    return fragments;
  }

 private:
  uint8_t TypeAt(size_t at) const { return static_cast<uint8_t>(bytes_[at + kTypeAt]); }
  bool IsRoom(size_t at) const { return bytes_.substr(at, end_ - at).find_first_not_of('\0') == std::string_view::npos; }
  // What the checksum of a fragment covers.
  std::string_view Covered(size_t at, size_t end) const { return bytes_.substr(at + kTypeAt, end - at - kTypeAt); }
  bool Holds(size_t at, size_t end) const { return Masked(Crc32c(Covered(at, end))) == Integer(bytes_, at, kChecksumBytes); }

  // The end that the header claims; nullopt when there is no header, or it ends outside the block's bytes.
  std::optional<size_t> ClaimedEnd(size_t at, size_t header) const {
    if (end_ - at < header) return std::nullopt;
    const size_t end = at + header + Integer(bytes_, at + kChecksumBytes, 2);
    return end <= end_ ? std::optional(end) : std::nullopt;
  }

  std::optional<Fragment> WholeAt(size_t at) const {
    if (end_ - at < kHeaderBytes) return std::nullopt;
    const int type = TypeAt(at);
    if (KindOf(type) == kUnknown) return std::nullopt;
    const auto end = ClaimedEnd(at, HeaderOf(type));
    if (!end || !Holds(at, *end)) return std::nullopt;
    return Fragment{.at = at, .header = HeaderOf(type), .length = *end - at - HeaderOf(type), .kind = KindOf(type), .sound = true, .change = {}};
  }

  // Where the next fragment of this block begins whose checksum holds; end_ when there is none.
  size_t NextWhole(size_t from) {
    for (next_whole_ = std::max(next_whole_, from); next_whole_ + kHeaderBytes <= end_; ++next_whole_) {
      const int type = TypeAt(next_whole_);
      if (KindOf(type) == kUnknown) continue;
      const auto end = ClaimedEnd(next_whole_, HeaderOf(type));
      if (!end || !Afford(*end - next_whole_)) continue;
      if (Holds(next_whole_, *end)) return next_whole_;
    }
    return end_;
  }
  bool Afford(size_t bytes) {
    if (bytes > affordable_) return false;
    affordable_ -= bytes;
    return true;
  }

  // A length that was changed: with the right one the checksum holds.
  std::optional<Fragment> WithLength(size_t at, size_t end) {
    const int type = TypeAt(at);
    const size_t header = HeaderOf(type);
    if (KindOf(type) == kUnknown || end < at + header || !Afford(end - at) || !Holds(at, end)) return std::nullopt;
    Fragment fragment{.at = at, .header = header, .length = end - at - header, .kind = KindOf(type), .sound = true, .damaged = true, .change = {}};
    const auto is = Integer(bytes_, at + kChecksumBytes, 2), was = static_cast<uint32_t>(fragment.length);
    for (const size_t byte : {size_t{0}, size_t{1}}) {
      if (((is ^ was) & ~(0xFFu << 8 * byte)) != 0) continue;
      fragment.change = LogChange{at + kChecksumBytes + byte, static_cast<uint8_t>(was >> 8 * byte), static_cast<uint8_t>(is >> 8 * byte)};
      break;
    }
    return fragment;
  }

  // One byte of the checksum or of what it covers: a checksum that is off by S is followed backwards, byte by byte, to where S was a single byte.
  std::optional<Fragment> WithByte(size_t at, size_t header) {
    const auto end = ClaimedEnd(at, header);
    if (!end || !Afford(2 * (*end - at))) return std::nullopt;
    Fragment fragment{.at = at, .header = header, .length = *end - at - header, .kind = KindOf(TypeAt(at)), .sound = true, .damaged = true, .change = {}};
    const std::string_view covered = Covered(at, *end);
    const uint32_t stored = Integer(bytes_, at, kChecksumBytes), worked_out = Crc32c(covered);
    std::optional<LogChange> change;
    if (fragment.kind != kUnknown && HeaderOf(TypeAt(at)) == header) {
      const uint32_t differs = stored ^ Masked(worked_out);
      for (size_t i = 0; i < kChecksumBytes; ++i) {
        if ((differs & ~(0xFFu << 8 * i)) != 0) continue;
        fragment.change = LogChange{at + i, static_cast<uint8_t>(Masked(worked_out) >> 8 * i), static_cast<uint8_t>(stored >> 8 * i)};
        return fragment;
      }
    }
    uint32_t off = Unmasked(stored) ^ worked_out;
    for (size_t i = covered.size(); i-- > 0;) {
      const uint8_t entry = kBackwards[off >> 24];
      off = (off ^ kCrc32cTable[entry]) << 8 | entry;
      if (off > 0xFF) continue;
      const auto is = static_cast<uint8_t>(covered[i]), was = static_cast<uint8_t>(is ^ off);
      const int type = i == 0 ? was : TypeAt(at);
      if (KindOf(type) == kUnknown || HeaderOf(type) != header) continue;
      if (change) return std::nullopt;  // more than one byte would do: it tells nothing
      change = LogChange{at + kTypeAt + i, was, is};
      fragment.kind = KindOf(type);
    }
    if (!change) return std::nullopt;
    fragment.change = change;
    return fragment;
  }

  // nullopt: the file ends inside it.
  std::optional<Fragment> DamagedAt(size_t at) {
    const bool has_header = end_ - at >= kHeaderBytes;
    const size_t next = NextWhole(at + 1);
    if (has_header) {
      // Behind the last one of a block may be up to six bytes of nothing.
      for (size_t spare = 0; spare < (next == block_end_ ? kHeaderBytes : 1); ++spare) {
        if (const auto found = WithLength(at, next - spare)) return found;
      }
      for (const size_t header : {kHeaderBytes, kRecycledHeaderBytes}) {
        if (const auto found = WithByte(at, header)) return found;
      }
    }
    if (end_ == bytes_.size() && next == end_) {
      const bool claims_more = !has_header || at + kHeaderBytes + Integer(bytes_, at + kChecksumBytes, 2) > end_;
      if (claims_more) return std::nullopt;
    }
    Fragment fragment{.at = at, .damaged = true, .change = {}};
    const auto claimed = ClaimedEnd(at, kHeaderBytes);
    // The claim is to be believed where something begins or ends there, or where it makes a record: then the next one is damaged too.
    const bool fits = claimed && (*claimed == end_ || block_end_ - *claimed < kHeaderBytes || WholeAt(*claimed) ||
                                  (*claimed < next && EntriesOf(bytes_.substr(at + kHeaderBytes, *claimed - at - kHeaderBytes))));
    const size_t end = fits ? *claimed : next;
    fragment.header = std::min(kHeaderBytes, end - at);
    fragment.length = end - at - fragment.header;
    return fragment;
  }

  const std::string_view bytes_;
  size_t block_end_ = 0, end_ = 0;  // of the block, and of what there is of it
  size_t next_whole_ = 0;           // in this block, none begins before
  uint64_t affordable_;
};

class Assembler {
 public:
  Assembler(std::string_view bytes, LogContents* contents) : bytes_(bytes), contents_(*contents) {}

  void Take(const Fragment& fragment, const Fragment* next) {
    Kind kind = fragment.kind;
    if (!fragment.sound) {
      // Its own type is not to be believed; those beside it say which it was.
      const bool more = next != nullptr && next->sound && (next->kind == kMiddle || next->kind == kLast);
      kind = pending_.empty() ? (more ? kFirst : kWhole) : (more ? kMiddle : kLast);
    }
    const bool begins = kind == kWhole || kind == kFirst;
    if (begins && !pending_.empty()) Lose();
    // A middle without its beginning: that is lost, wherever it was.
    if (!begins && pending_.empty()) headless_ = true;
    pending_.push_back(fragment);
    if (kind == kWhole || kind == kLast) Finish();
  }

  // After the last fragment. What is unfinished then was cut off.
  void End() {
    if (pending_.empty()) return;
    contents_.cut_at = pending_.front().at;
    pending_.clear();
  }

 private:
  void Lose() {
    contents_.damages.push_back({.begin = pending_.front().at, .end = pending_.back().end(), .record = record_++, .read = false, .change = {}});
    pending_.clear();
    headless_ = false;
  }

  void Finish() {
    if (headless_) return Lose();
    std::string raw;
    std::vector<LogRow::Piece> pieces;
    for (const Fragment& fragment : pending_) {
      pieces.push_back({raw.size(), fragment.at + fragment.header});
      raw.append(bytes_.substr(fragment.at + fragment.header, fragment.length));
    }
    // Where one byte was changed, what was written tells keys and lengths; values are given as they stand.
    std::string written;
    std::string_view record = raw;
    for (size_t i = 0; i < pending_.size(); ++i) {
      const auto& change = pending_[i].change;
      if (!change || change->offset < pieces[i].offset) continue;
      if (written.empty()) written = raw;
      written[pieces[i].begin + (change->offset - pieces[i].offset)] = static_cast<char>(change->was);
      record = written;
    }
    const auto entries = EntriesOf(record);
    bool damaged = false;
    for (const Fragment& fragment : pending_) {
      if (!fragment.damaged) continue;
      damaged = true;
      contents_.damages.push_back({.begin = fragment.at, .end = fragment.end(), .record = record_, .read = entries.has_value(), .change = fragment.change});
    }
    if (!entries) {
      if (!damaged) contents_.damages.push_back({.begin = pending_.front().at, .end = pending_.back().end(), .record = record_, .read = false, .change = {}});
    } else {
      for (const Entry& entry : *entries) Add(entry, raw, pieces);
    }
    pending_.clear();
    ++record_;
  }

  void Add(const Entry& entry, const std::string& raw, const std::vector<LogRow::Piece>& pieces) {
    LogRow& row = contents_.rows.emplace_back();
    row.key = std::string(entry.key);
    row.record = record_;
    if (entry.deletes) return;
    row.value = raw.substr(entry.value_at, entry.value_size);
    for (size_t i = 0; i < pieces.size(); ++i) {
      const size_t end = i + 1 < pieces.size() ? pieces[i + 1].begin : raw.size();
      if (end <= entry.value_at || pieces[i].begin >= entry.value_at + entry.value_size) continue;
      const size_t skipped = entry.value_at > pieces[i].begin ? entry.value_at - pieces[i].begin : 0;
      row.pieces.push_back({pieces[i].begin + skipped - entry.value_at, pieces[i].offset + skipped});
    }
  }

  const std::string_view bytes_;
  LogContents& contents_;
  std::vector<Fragment> pending_;
  bool headless_ = false;
  size_t record_ = 0;
};

}  // namespace

uint64_t LogRow::OffsetOf(size_t at) const {
  const auto after = std::upper_bound(pieces.begin(), pieces.end(), at, [](size_t asked, const Piece& piece) { return asked < piece.begin; });
  const Piece& piece = *std::prev(after);
  return piece.offset + (at - piece.begin);
}

LogContents ReadLog(std::string_view bytes) {
  LogContents contents;
  const std::vector<Fragment> fragments = Splitter(bytes).Split(&contents.cut_at);
  Assembler assembler(bytes, &contents);
  for (size_t i = 0; i < fragments.size(); ++i) assembler.Take(fragments[i], i + 1 < fragments.size() ? &fragments[i + 1] : nullptr);
  assembler.End();
  return contents;
}

}  // namespace anju::storage
