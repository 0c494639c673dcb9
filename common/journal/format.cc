// Encoding and decoding of the journal's frozen format.
#include "common/journal/format.h"

#include <cstring>
#include <type_traits>

#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::journal {
namespace {

constexpr std::string_view kIdentityMagic = "ANJUJRNL";
constexpr std::string_view kBlockMagic = "ANJB";
constexpr std::string_view kWitnessMagic = "ANJW";
constexpr size_t kServiceNameBytesMax = 64;

absl::Status Damaged(std::string_view what) { return MakeError(Reason::DATA_LOSS, "", "", what); }

// Appends little-endian integers and raw bytes.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  template <typename T>
  void Integer(T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    char bytes[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(static_cast<uint64_t>(bits) >> (8 * i));
    out_.append(bytes, sizeof(T));
  }
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  template <size_t N>
  void Bytes(const std::array<uint8_t, N>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), N);
  }

 private:
  std::string& out_;
};

// Takes the same from the front of bytes. Running out makes it fail from there on; check ok() once at the end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Integer() {
    std::string_view raw = Bytes(sizeof(T));
    if (raw.size() != sizeof(T)) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(raw[i])) << (8 * i);
    return static_cast<T>(value);
  }
  std::string_view Bytes(size_t size) {
    if (!ok_ || bytes_.size() < size) {
      ok_ = false;
      return {};
    }
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  template <typename Array>
  Array Fixed() {
    Array array{};
    std::string_view raw = Bytes(array.size());
    if (!raw.empty()) std::memcpy(array.data(), raw.data(), raw.size());
    return array;
  }
  bool ok() const { return ok_; }
  size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// Magic, format and algorithm open an identity and a block alike. The format comes before anything it could change.
absl::Status CheckOpening(Decoder& decoder, std::string_view magic, std::string_view what) {
  if (decoder.Bytes(magic.size()) != magic) return Damaged(std::string(what) + " does not begin with " + std::string(magic));
  const uint8_t format = decoder.Integer<uint8_t>();
  const uint8_t algorithm = decoder.Integer<uint8_t>();
  const uint16_t reserved = decoder.Integer<uint16_t>();
  if (!decoder.ok()) return Damaged(std::string(what) + " is cut short");
  if (format > kFormat || (format == kFormat && algorithm > kSha256)) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "", std::to_string(format), std::string(what) + " was written by a newer version");
  }
  if (format != kFormat || algorithm != kSha256 || reserved != 0) return Damaged(std::string(what) + " has a damaged header");
  return absl::OkStatus();
}

void EncodeOpening(Encoder& encoder, std::string_view magic) {
  encoder.Bytes(magic);
  encoder.Integer<uint8_t>(kFormat);
  encoder.Integer<uint8_t>(kSha256);
  encoder.Integer<uint16_t>(0);
}

template <size_t N>
std::string Hex(const std::array<uint8_t, N>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * N);
  for (uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Hash BlockHash(const Hash& previous_hash, std::string_view header, const Hash& root) {
  return Sha256({std::string_view("\x02", 1), View(previous_hash), header, View(root)});
}

}  // namespace

std::string ToHex(const JournalId& id) { return Hex(id); }
std::string ToHex(const Hash& hash) { return Hex(hash); }

absl::StatusOr<JournalId> ParseJournalId(std::string_view hex) {
  const auto bad = [&] { return MakeError(Reason::BAD_TOKEN, "", hex, "a journal id is 32 lower-case hexadecimal digits"); };
  JournalId id{};
  if (hex.size() != 2 * id.size()) return bad();
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return bad();
    id[i / 2] = static_cast<uint8_t>(id[i / 2] << 4 | (digit ? c - '0' : c - 'a' + 10));
  }
  return id;
}

std::string EncodeIdentity(const Identity& identity) {
  CHECK(identity.service.size() <= kServiceNameBytesMax);
  std::string bytes;
  Encoder encoder(bytes);
  EncodeOpening(encoder, kIdentityMagic);
  encoder.Integer<uint32_t>(static_cast<uint32_t>(identity.service.size()));
  encoder.Bytes(identity.service);
  encoder.Bytes(identity.id);
  encoder.Integer<int64_t>(identity.created_us);
  encoder.Bytes(identity.continues.journal_id);
  encoder.Integer<uint64_t>(identity.continues.sequence);
  encoder.Bytes(identity.continues.block_hash);
  return bytes;
}

absl::StatusOr<Identity> DecodeIdentity(std::string_view bytes) {
  Decoder decoder(bytes);
  RETURN_IF_ERROR(CheckOpening(decoder, kIdentityMagic, "the journal's identity"));
  Identity identity;
  const uint32_t name_bytes = decoder.Integer<uint32_t>();
  if (name_bytes > kServiceNameBytesMax) return Damaged("the journal's identity has a damaged service name");
  identity.service = std::string(decoder.Bytes(name_bytes));
  identity.id = decoder.Fixed<JournalId>();
  identity.created_us = decoder.Integer<int64_t>();
  identity.continues.journal_id = decoder.Fixed<JournalId>();
  identity.continues.sequence = decoder.Integer<uint64_t>();
  identity.continues.block_hash = decoder.Fixed<Hash>();
  if (!decoder.ok() || decoder.left() != 0) return Damaged("the journal's identity has a wrong length");
  return identity;
}

Hash GenesisHash(std::string_view encoded_identity) { return Sha256({std::string_view("\x03", 1), encoded_identity}); }

void EventList::Add(std::string_view event) {
  CHECK(event.size() <= kEventBytesMax);
  Encoder encoder(packed_);
  encoder.Integer<uint32_t>(static_cast<uint32_t>(event.size()));
  encoder.Bytes(event);
  ++count_;
}

std::string EncodeBlock(const BlockHeader& header, const Hash& previous_hash, const EventList& events, Hash* hash) {
  CHECK(!events.empty());
  const size_t event_bytes = events.packed().size();
  CHECK(event_bytes <= UINT32_MAX && events.size() <= UINT32_MAX);
  MerkleBuilder tree;
  Decoder packed(events.packed());
  while (packed.left() > 0) tree.Add(packed.Bytes(packed.Integer<uint32_t>()));
  CHECK(packed.ok());
  const Hash root = tree.Root();

  std::string bytes;
  bytes.reserve(kPrefixBytes + event_bytes);
  Encoder encoder(bytes);
  EncodeOpening(encoder, kBlockMagic);
  encoder.Integer<uint64_t>(header.first_sequence);
  encoder.Integer<uint32_t>(static_cast<uint32_t>(events.size()));
  encoder.Integer<uint32_t>(static_cast<uint32_t>(event_bytes));
  encoder.Integer<int64_t>(header.time_us);
  encoder.Bytes(header.plan_journal_id);
  encoder.Integer<uint64_t>(header.plan_sequence);
  encoder.Integer<uint64_t>(0);
  CHECK(bytes.size() == kHeaderBytes);
  *hash = BlockHash(previous_hash, bytes, root);
  encoder.Bytes(previous_hash);
  encoder.Bytes(root);
  encoder.Bytes(events.packed());
  return bytes;
}

absl::StatusOr<BlockView> DecodeBlockHeader(std::string_view header, const Hash& previous_hash, const Hash& root) {
  Decoder decoder(header);
  RETURN_IF_ERROR(CheckOpening(decoder, kBlockMagic, "a block"));
  BlockView block;
  block.header.first_sequence = decoder.Integer<uint64_t>();
  block.header.count = decoder.Integer<uint32_t>();
  block.header.event_bytes = decoder.Integer<uint32_t>();
  block.header.time_us = decoder.Integer<int64_t>();
  block.header.plan_journal_id = decoder.Fixed<JournalId>();
  block.header.plan_sequence = decoder.Integer<uint64_t>();
  const uint64_t reserved = decoder.Integer<uint64_t>();
  if (!decoder.ok() || decoder.left() != 0) return Damaged("a block has a wrong length");
  if (block.header.first_sequence == 0 || block.header.count == 0 || block.header.first_sequence + block.header.count < block.header.first_sequence ||
      block.header.count > block.header.event_bytes / kLengthBytes || reserved != 0) {
    return Damaged("a block has a damaged header");
  }
  block.previous_hash = previous_hash;
  block.root = root;
  block.hash = BlockHash(previous_hash, header, root);
  return block;
}

absl::StatusOr<BlockView> DecodeBlockPrefix(std::string_view bytes) {
  // The opening comes first: a newer format is called that, whatever its length.
  Decoder opening(bytes);
  RETURN_IF_ERROR(CheckOpening(opening, kBlockMagic, "a block"));
  if (bytes.size() < kPrefixBytes) return Damaged("a block has a wrong length");
  Decoder decoder(bytes.substr(kHeaderBytes));
  const Hash previous_hash = decoder.Fixed<Hash>();
  const Hash root = decoder.Fixed<Hash>();
  ASSIGN_OR_RETURN(BlockView block, DecodeBlockHeader(bytes.substr(0, kHeaderBytes), previous_hash, root));
  if (decoder.left() != block.header.event_bytes) return Damaged("a block has a wrong length");
  return block;
}

absl::StatusOr<BlockView> DecodeBlock(std::string_view bytes, bool verify_root) {
  ASSIGN_OR_RETURN(BlockView block, DecodeBlockPrefix(bytes));
  const std::string where = "the block at sequence " + std::to_string(block.header.first_sequence);
  Decoder decoder(bytes.substr(kPrefixBytes));
  block.events.reserve(block.header.count);
  MerkleBuilder tree;
  for (uint32_t i = 0; i < block.header.count; ++i) {
    const uint32_t size = decoder.Integer<uint32_t>();
    const std::string_view event = decoder.Bytes(size);
    if (!decoder.ok() || size > kEventBytesMax) return Damaged(where + " has events of a wrong length");
    if (verify_root) tree.Add(event);
    block.events.push_back(event);
  }
  if (decoder.left() != 0) return Damaged(where + " has bytes after its events");
  if (verify_root && tree.Root() != block.root) return Damaged(where + " does not have the root it was written with");
  return block;
}

Hash MerkleRoot(const std::vector<std::string_view>& leaves) {
  MerkleBuilder tree;
  for (std::string_view leaf : leaves) tree.Add(leaf);
  return tree.Root();
}

std::string BlockKey(uint64_t first_sequence) {
  std::string key(8, '\0');
  for (int i = 0; i < 8; ++i) key[i] = static_cast<char>(first_sequence >> (8 * (7 - i)));
  return key;
}

std::string IdentityKey() { return BlockKey(0); }

std::string AncestorKey(uint32_t index) {
  std::string key = IdentityKey();
  for (int i = 0; i < 4; ++i) key.push_back(static_cast<char>(index >> (8 * (3 - i))));
  return key;
}

absl::StatusOr<uint64_t> ParseBlockKey(std::string_view key) {
  if (key.size() == 12 && key.substr(0, 8) == IdentityKey()) return 0;
  if (key.size() != 8) return Damaged("the journal has a key that is not a sequence");
  uint64_t sequence = 0;
  for (char byte : key) sequence = sequence << 8 | static_cast<uint8_t>(byte);
  return sequence;
}

std::string EncodeWitnessSlot(const Position& position) {
  std::string body;
  Encoder encoder(body);
  encoder.Integer<uint64_t>(position.sequence);
  encoder.Bytes(position.block_hash);
  encoder.Bytes(position.journal_id);
  std::string slot;
  Encoder opening(slot);
  opening.Bytes(kWitnessMagic);
  opening.Integer<uint32_t>(Crc32c(body));
  slot += body;
  CHECK(slot.size() == kWitnessSlotBytes);
  return slot;
}

absl::StatusOr<Witness> DecodeWitness(std::string_view file) {
  bool found = false;
  Witness best;
  for (size_t slot = 0; slot < kWitnessSlots && file.size() >= (slot + 1) * kWitnessSlotBytes; ++slot) {
    Decoder decoder(file.substr(slot * kWitnessSlotBytes, kWitnessSlotBytes));
    if (decoder.Bytes(kWitnessMagic.size()) != kWitnessMagic) continue;
    if (decoder.Integer<uint32_t>() != Crc32c(file.substr(slot * kWitnessSlotBytes + 8, kWitnessSlotBytes - 8))) continue;
    Position position;
    position.sequence = decoder.Integer<uint64_t>();
    position.block_hash = decoder.Fixed<Hash>();
    position.journal_id = decoder.Fixed<JournalId>();
    if (found && position.sequence < best.position.sequence) continue;
    found = true;
    best = {position, slot};
  }
  if (!found) return Damaged("the witness file has no valid slot");
  return best;
}

}  // namespace anju::journal
