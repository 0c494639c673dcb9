// The frozen format: bytes and hashes computed by another program, RFC 6962 vectors, and damage.
#include "common/journal/format.h"

#include <algorithm>
#include <random>

#include "absl/strings/escaping.h"
#include "common/journal/hash.h"
#include "common/testing/testing.h"

namespace anju::journal {
namespace {

using testing::HasReason;
using testing::IsOk;

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size())); }
std::string FromHex(std::string_view hex) { return absl::HexStringToBytes(absl::string_view(hex.data(), hex.size())); }

JournalId IdFrom(uint8_t first) {
  JournalId id;
  for (size_t i = 0; i < id.size(); ++i) id[i] = static_cast<uint8_t>(first + i);
  return id;
}

constexpr std::string_view kIdentityHex =
    "414e4a554a524e4c010100000800000070726f6772657373000102030405060708090a0b0c0d0e0f006068822f530500000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view kGenesisHex = "c372be724d5461cd12b07af000a1d97328f5b316cabb861f8f8a929f8f472b5d";
constexpr std::string_view kBlockHex =
    "414e4a42010100000700000000000000030000001700000040426a822f530500101112131415161718191a1b1c1d1e1f2a00000000000000000000000000"
    "0000c372be724d5461cd12b07af000a1d97328f5b316cabb861f8f8a929f8f472b5d3bee72bfe04211ad75386413736fa083fc44e88e692faf18bce2f51a"
    "cb777e3905000000616c706861000000000600000067616d6d6121";
constexpr std::string_view kBlockHashHex = "c76236c58f890f4baa6fdc212db49388900839c18ad5635738171456f708f092";
constexpr std::string_view kWitnessHex =
    "414e4a570336812f0900000000000000c372be724d5461cd12b07af000a1d97328f5b316cabb861f8f8a929f8f472b5d000102030405060708090a0b0c0d"
    "0e0f";

Identity FixedIdentity() {
  Identity identity;
  identity.service = "progress";
  identity.id = IdFrom(0);
  identity.created_us = 1'498'838'400'000'000;
  return identity;
}

std::string FixedBlock(Hash* hash) {
  BlockHeader header;
  header.first_sequence = 7;
  header.time_us = 1'498'838'400'123'456;
  header.plan_journal_id = IdFrom(16);
  header.plan_sequence = 42;
  return EncodeBlock(header, GenesisHash(EncodeIdentity(FixedIdentity())), {"alpha", "", "gamma!"}, hash);
}

TEST(Format, IdentityHasItsFrozenBytes) {
  const std::string bytes = EncodeIdentity(FixedIdentity());
  EXPECT_EQ(Hex(bytes), kIdentityHex);
  EXPECT_EQ(ToHex(GenesisHash(bytes)), kGenesisHex);
  ASSERT_OK_AND_ASSIGN(Identity identity, DecodeIdentity(bytes));
  EXPECT_EQ(identity.service, "progress");
  EXPECT_EQ(identity.id, IdFrom(0));
  EXPECT_EQ(identity.created_us, 1'498'838'400'000'000);
  EXPECT_EQ(identity.continues, Position{});
}

TEST(Format, BlockHasItsFrozenBytesAndHash) {
  Hash hash;
  const std::string bytes = FixedBlock(&hash);
  EXPECT_EQ(Hex(bytes), kBlockHex);
  EXPECT_EQ(ToHex(hash), kBlockHashHex);
  ASSERT_OK_AND_ASSIGN(BlockView block, DecodeBlock(bytes));
  EXPECT_EQ(block.header.first_sequence, 7u);
  EXPECT_EQ(block.header.last_sequence(), 9u);
  EXPECT_EQ(block.header.time_us, 1'498'838'400'123'456);
  EXPECT_EQ(block.header.plan_journal_id, IdFrom(16));
  EXPECT_EQ(block.header.plan_sequence, 42u);
  EXPECT_EQ(block.hash, hash);
  EXPECT_EQ(ToHex(block.previous_hash), kGenesisHex);
  EXPECT_THAT(block.events, ::testing::ElementsAre("alpha", "", "gamma!"));
}

TEST(Format, WitnessSlotHasItsFrozenBytes) {
  Position position{IdFrom(0), 9, GenesisHash(EncodeIdentity(FixedIdentity()))};
  EXPECT_EQ(Hex(EncodeWitnessSlot(position)), kWitnessHex);
  ASSERT_OK_AND_ASSIGN(Witness witness, DecodeWitness(FromHex(kWitnessHex)));
  EXPECT_EQ(witness.position, position);
  EXPECT_EQ(witness.slot, 0u);
}

TEST(Format, TheValidWitnessSlotWithTheHigherSequenceCounts) {
  const std::string older = EncodeWitnessSlot({IdFrom(0), 9, {}});
  const std::string newer = EncodeWitnessSlot({IdFrom(0), 12, {}});
  std::string torn = newer;
  torn[40] = static_cast<char>(torn[40] ^ 1);
  const struct {
    std::string file;
    uint64_t sequence;
    size_t slot;
  } cases[] = {{older + newer, 12, 1}, {newer + older, 12, 0}, {older + torn, 9, 0}, {torn + older, 9, 1}, {older + newer.substr(0, 63), 9, 0}};
  for (const auto& c : cases) {
    ASSERT_OK_AND_ASSIGN(Witness witness, DecodeWitness(c.file));
    EXPECT_EQ(witness.position.sequence, c.sequence);
    EXPECT_EQ(witness.slot, c.slot);
  }
  EXPECT_THAT(DecodeWitness(torn + torn), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(DecodeWitness(""), HasReason(Reason::DATA_LOSS));
}

// The vectors of the certificate-transparency reference implementation.
TEST(Format, MerkleRootsAreThoseOfRfc6962) {
  const std::vector<std::string> leaves = {FromHex(""),         FromHex("00"),       FromHex("10"),
                                           FromHex("2021"),     FromHex("3031"),     FromHex("40414243"),
                                           FromHex("5051525354555657"), FromHex("606162636465666768696a6b6c6d6e6f")};
  const std::string_view roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  for (size_t count = 0; count <= leaves.size(); ++count) {
    EXPECT_EQ(ToHex(MerkleRoot({leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count)})), roots[count]) << count << " leaves";
  }
}

// Section 2.1 as it is written: split at the largest power of two below n.
Hash RecursiveRoot(const std::vector<std::string_view>& leaves) {
  if (leaves.size() == 1) return Sha256({std::string_view("\0", 1), leaves[0]});
  size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
  const Hash left = RecursiveRoot({leaves.begin(), middle});
  const Hash right = RecursiveRoot({middle, leaves.end()});
  const auto view = [](const Hash& hash) { return std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()); };
  return Sha256({std::string_view("\x01", 1), view(left), view(right)});
}

TEST(Format, MerkleRootEqualsTheRecursiveDefinition) {
  std::vector<std::string> leaves;
  for (int i = 0; i < 130; ++i) leaves.push_back("leaf " + std::to_string(i));
  for (size_t count = 1; count <= leaves.size(); ++count) {
    const std::vector<std::string_view> views(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count));
    EXPECT_EQ(MerkleRoot(views), RecursiveRoot(views)) << count;
  }
}

TEST(Format, EveryFlippedBitOfABlockIsNoticed) {
  Hash hash;
  const std::string good = FixedBlock(&hash);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    absl::StatusOr<BlockView> block = DecodeBlock(bytes);
    // A changed header, previous hash or root makes another block with another hash, which the chain refuses.
    EXPECT_TRUE(!block.ok() || block->hash != hash) << "bit " << bit;
    if (bit >= kPrefixBytes * 8) {
      EXPECT_THAT(block, HasReason(Reason::DATA_LOSS)) << "bit " << bit;
    }
  }
}

TEST(Format, EveryCutOfABlockIsNoticed) {
  Hash hash;
  const std::string good = FixedBlock(&hash);
  for (size_t size = 0; size < good.size(); ++size) EXPECT_THAT(DecodeBlock(good.substr(0, size)), HasReason(Reason::DATA_LOSS)) << size;
  EXPECT_THAT(DecodeBlock(good + "x"), HasReason(Reason::DATA_LOSS));
}

TEST(Format, EveryCutOfAnIdentityIsNoticed) {
  const std::string good = EncodeIdentity(FixedIdentity());
  for (size_t size = 0; size < good.size(); ++size) EXPECT_THAT(DecodeIdentity(good.substr(0, size)), HasReason(Reason::DATA_LOSS)) << size;
}

TEST(Format, ANewerFormatIsRefusedAsSuch) {
  std::string identity = EncodeIdentity(FixedIdentity());
  identity[8] = 2;
  EXPECT_THAT(DecodeIdentity(identity), HasReason(Reason::SCHEMA_TOO_NEW));
  Hash hash;
  std::string block = FixedBlock(&hash);
  block[5] = 2;  // SM3, one day
  EXPECT_THAT(DecodeBlock(block), HasReason(Reason::SCHEMA_TOO_NEW));
}

TEST(Format, DecodingRandomBytesNeverReadsBeyondThem) {
  std::mt19937_64 random(20170701);
  Hash hash;
  const std::string good = FixedBlock(&hash);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good.substr(0, random() % (good.size() + 1));
    for (int flips = static_cast<int>(random() % 4); flips > 0 && !bytes.empty(); --flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)DecodeBlock(std::string(bytes));  // sanitizers watch
    (void)DecodeWitness(bytes);
    (void)DecodeIdentity(bytes);
  }
}

TEST(Format, JournalIdsParseTheirOwnHexOnly) {
  ASSERT_OK_AND_ASSIGN(JournalId id, ParseJournalId(ToHex(IdFrom(0xA0))));
  EXPECT_EQ(id, IdFrom(0xA0));
  for (std::string_view bad : {"", "00", "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF", "g0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "/0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
                               "a:a1a2a3a4a5a6a7a8a9aaabacadaeaf"}) {
    EXPECT_THAT(ParseJournalId(bad), HasReason(Reason::BAD_TOKEN)) << bad;
  }
}

TEST(Format, BlockKeysSortLikeTheirSequences) {
  EXPECT_LT(BlockKey(255), BlockKey(256));
  EXPECT_LT(IdentityKey(), BlockKey(1));
  ASSERT_OK_AND_ASSIGN(uint64_t sequence, ParseBlockKey(BlockKey(0x0102030405060708)));
  EXPECT_EQ(sequence, 0x0102030405060708u);
  EXPECT_THAT(ParseBlockKey("short"), HasReason(Reason::DATA_LOSS));
  ASSERT_OK_AND_ASSIGN(sequence, ParseBlockKey(AncestorKey(3)));
  EXPECT_EQ(sequence, 0u) << "an identity's";
  EXPECT_THAT(ParseBlockKey(BlockKey(1) + std::string(4, '\0')), HasReason(Reason::DATA_LOSS)) << "as long as an ancestor's";
}

// A proof carries a block's header, previous hash and root apart from each other.
TEST(Format, AHeaderAloneIsCheckedLikeABlocks) {
  const std::string header = FromHex(kBlockHex).substr(0, kHeaderBytes);
  const auto decode = [](std::string_view bytes) { return DecodeBlockHeader(bytes, {}, {}); };
  ASSERT_OK_AND_ASSIGN(const BlockView block, decode(header));
  EXPECT_EQ(block.header.first_sequence, 7u);
  EXPECT_EQ(block.header.last_sequence(), 9u);
  for (size_t size = 0; size < header.size(); ++size) EXPECT_THAT(decode(header.substr(0, size)), HasReason(Reason::DATA_LOSS)) << size;
  EXPECT_THAT(decode(header + "x"), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(decode("B" + header.substr(1)), HasReason(Reason::DATA_LOSS));
  std::string wraps = header;  // its last sequence would be beyond what can be counted
  std::fill_n(wraps.begin() + 8, 8, '\xff');
  EXPECT_THAT(decode(wraps), HasReason(Reason::DATA_LOSS));
}

TEST(Format, AnEventLargerThanAnyIsRefused) {
  Hash hash;
  const std::string block = EncodeBlock({.first_sequence = 1}, {}, {std::string(kEventBytesMax, 'x')}, &hash);
  EXPECT_THAT(DecodeBlock(block), IsOk());
  std::string larger = block + "x";
  const auto grow = [&](size_t at, uint32_t size) {
    for (int i = 0; i < 4; ++i) larger[at + i] = static_cast<char>(size >> (8 * i));
  };
  grow(20, kEventBytesMax + 1 + 4);
  grow(kPrefixBytes, kEventBytesMax + 1);
  EXPECT_THAT(DecodeBlock(larger, /*verify_root=*/false), HasReason(Reason::DATA_LOSS));
}

}  // namespace
}  // namespace anju::journal
