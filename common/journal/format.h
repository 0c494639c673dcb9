// The journal on disk: blocks, hashes, witness. FROZEN: changing anything here changes every stored byte and every hash.
//
//   store journal/ (StoreKind::kJournal)
//     key 8 bytes big-endian 0        → Identity
//     key 8 bytes of 0 | u32 big-endian index → Identity of the index-th journal this one continues (from 0, the oldest)
//     key 8 bytes big-endian first    → Block whose first event has that sequence (≥ 1)
//   file witness                      → two slots of 64 bytes written in turn; the valid one with the higher sequence counts
//
//   Identity  "ANJUJRNL" | u8 format=1 | u8 hash algorithm | u16 0 | u32 length of service name | name
//             | 16 bytes journal id | i64 created, µs since the epoch
//             | 16 bytes continued journal id (zero if none) | u64 continued sequence | 32 bytes continued block hash
//   Block     header (64 bytes) | 32 bytes previous block hash | 32 bytes RFC 6962 root of the events | events
//   header    "ANJB" | u8 format=1 | u8 hash algorithm (1 = SHA-256; SM3 will be 2) | u16 0 | u64 first sequence
//             | u32 count of events (≥ 1) | u32 length of events in bytes | i64 time, µs since the epoch
//             | 16 bytes plan journal id (zero if it depends on none) | u64 plan sequence | u64 0
//   events    count × (u32 length | bytes); the header's length counts both
//   witness slot  "ANJW" | u32 CRC-32C of the rest | u64 sequence | 32 bytes block hash | 16 bytes journal id
//                 of the last durable block; before the first block of its own: the journal's id, the sequence it continues (0 if none), H(0x03 ‖ Identity)
//
// Integers are little-endian. Block hash = H(0x02 ‖ previous hash ‖ header ‖ root); the previous hash of the first block that a journal records
// is H(0x03 ‖ Identity), and the Identity names position and hash of the block it continues: see lineage.h. Root per RFC 6962: leaf H(0x00 ‖ event), node H(0x01 ‖ left ‖ right).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace anju::journal {

using Hash = std::array<uint8_t, 32>;
using JournalId = std::array<uint8_t, 16>;

inline constexpr uint8_t kFormat = 1;
inline constexpr uint8_t kSha256 = 1;
inline constexpr size_t kHeaderBytes = 64;
inline constexpr size_t kPrefixBytes = kHeaderBytes + 64;  // header, previous hash, root
inline constexpr size_t kLengthBytes = 4;                   // before each event
inline constexpr size_t kEventBytesMax = 16 << 20;
inline constexpr size_t kBlockEventsMax = 65'536;
inline constexpr size_t kBlockBytesMax = 8 << 20;  // of events; one larger event may stand alone

std::string ToHex(const JournalId& id);
std::string ToHex(const Hash& hash);
absl::StatusOr<JournalId> ParseJournalId(std::string_view hex);

// A place in a journal. Sequence 0 with any id is "before the first event".
struct Position {
  JournalId journal_id{};
  uint64_t sequence = 0;
  Hash block_hash{};  // of the block that ends at `sequence`
  friend bool operator==(const Position&, const Position&) = default;
};

struct Identity {
  std::string service;
  JournalId id{};
  int64_t created_us = 0;
  Position continues;  // lineage of a restored journal; sequence 0 if none
};
std::string EncodeIdentity(const Identity& identity);
absl::StatusOr<Identity> DecodeIdentity(std::string_view bytes);  // DATA_LOSS, SCHEMA_TOO_NEW
Hash GenesisHash(std::string_view encoded_identity);

struct BlockHeader {
  uint64_t first_sequence = 0;
  uint32_t count = 0;
  uint32_t event_bytes = 0;
  int64_t time_us = 0;
  JournalId plan_journal_id{};
  uint64_t plan_sequence = 0;
  uint64_t last_sequence() const { return first_sequence + count - 1; }
};

// A decoded block. Views point into the bytes it was decoded from.
struct BlockView {
  BlockHeader header;
  Hash previous_hash{};
  Hash root{};
  Hash hash{};
  std::vector<std::string_view> events;
};

// Events on their way into a block, packed as a block holds them: each behind its length. One piece of memory goes from the thread that decides to the
// one that writes, whatever the number of events. Not thread-safe.
class EventList {
 public:
  EventList() = default;
  EventList(std::initializer_list<std::string_view> events) { for (std::string_view event : events) Add(event); }
  EventList(const std::vector<std::string>& events) { for (const std::string& event : events) Add(event); }
  // REQUIRES: at most kEventBytesMax.
  void Add(std::string_view event);
  void Reserve(size_t packed_bytes) { packed_.reserve(packed_bytes); }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  size_t event_bytes() const { return packed_.size() - kLengthBytes * count_; }  // without the lengths
  const std::string& packed() const { return packed_; }

 private:
  std::string packed_;
  size_t count_ = 0;
};

// Encodes and hashes. REQUIRES: at least one event.
std::string EncodeBlock(const BlockHeader& header, const Hash& previous_hash, const EventList& events, Hash* hash);
// Checks form, root and hash; `verify_root` false skips hashing the events (followers on loopback that trust the chain check it anyway).
absl::StatusOr<BlockView> DecodeBlock(std::string_view bytes, bool verify_root = true);

Hash MerkleRoot(const std::vector<std::string_view>& leaves);  // RFC 6962 section 2.1; empty list: H("")

// Header, previous hash, root and block hash of an encoded block, without looking at its events: O(1) whatever its size.
absl::StatusOr<BlockView> DecodeBlockPrefix(std::string_view bytes);
// The same from its three parts, as a proof carries them; `header` is kHeaderBytes long.
absl::StatusOr<BlockView> DecodeBlockHeader(std::string_view header, const Hash& previous_hash, const Hash& root);

std::string BlockKey(uint64_t first_sequence);
std::string IdentityKey();
std::string AncestorKey(uint32_t index);
absl::StatusOr<uint64_t> ParseBlockKey(std::string_view key);  // first sequence, 0 for an identity; DATA_LOSS

// The witness: what was durable last. `kWitnessSlots` slots, written in turn, so that a torn write never costs the older one.
inline constexpr size_t kWitnessSlotBytes = 64;
inline constexpr size_t kWitnessSlots = 2;
struct Witness {
  Position position;
  size_t slot = 0;  // where it stands
};
std::string EncodeWitnessSlot(const Position& position);
// The valid slot with the highest sequence; DATA_LOSS when none is.
absl::StatusOr<Witness> DecodeWitness(std::string_view file);

}  // namespace anju::journal
