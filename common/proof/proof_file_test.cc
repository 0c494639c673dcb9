// Proof files: one spelling, every changed byte refused, whatever bulletin they are held against; hostile files cost nothing.
#include "common/proof/proof_file.h"

#include "common/journal/hash.h"
#include "common/testing/testing.h"

namespace anju::proof {
namespace {

using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

// A journal of blocks of three events, and its tree.
struct World {
  explicit World(size_t blocks, const std::string& word = "event") {
    Hash previous{};
    for (size_t i = 0; i < blocks; ++i) {
      journal::BlockHeader header{.first_sequence = 3 * i + 1, .count = 0, .event_bytes = 0, .time_us = 1'500'000'000'000'000, .plan_journal_id = {}, .plan_sequence = 0};
      events.push_back({word + " " + std::to_string(3 * i + 1), word + " " + std::to_string(3 * i + 2), word + " " + std::to_string(3 * i + 3)});
      Hash hash{};
      bytes.push_back(journal::EncodeBlock(header, previous, events.back(), &hash));
      leaves.push_back(LeafHash(View(hash)));
      hashes.push_back(hash);
      previous = hash;
    }
  }
  Head HeadAt(size_t blocks, const std::string& service = "progress") const {
    LeafNodes nodes(leaves);
    return {service, std::string(32, service == "plan" ? '1' : '2'), 3 * blocks, journal::ToHex(hashes[blocks - 1]), blocks, journal::ToHex(*Root(nodes, blocks))};
  }
  ProvedEvent Prove(uint64_t sequence, size_t blocks, const std::string& role = "event") const {
    const size_t block = (sequence - 1) / 3, index = (sequence - 1) % 3;
    std::vector<Hash> own;
    for (const std::string& event : events[block]) own.push_back(LeafHash(event));
    LeafNodes in_block(own), in_tree(leaves);
    ProvedEvent event{role, sequence, events[block][index], static_cast<uint32_t>(index), 3, *AuditPath(in_block, index, 3), bytes[block].substr(0, journal::kHeaderBytes), {}, block,
                      *AuditPath(in_tree, block, blocks), std::string(32, '2')};
    if (block > 0) event.previous_hash = hashes[block - 1];
    return event;
  }
  std::vector<Hash> Extend(size_t from, size_t to) const {
    LeafNodes nodes(leaves);
    return *ConsistencyPath(nodes, from, to);
  }
  std::vector<std::vector<std::string>> events;
  std::vector<std::string> bytes;
  std::vector<Hash> leaves, hashes;
};

Printed Bulletin(const std::string& number, std::vector<Head> heads) { return {number, std::string(64, number == "new" ? 'a' : 'b'), std::move(heads)}; }

struct ProofFileTest : ::testing::Test {
  World world{11};
  Printed newer = Bulletin("new", {World(2, "plan").HeadAt(2, "plan"), world.HeadAt(9)});
  Printed older = Bulletin("old", {world.HeadAt(4)});
  Proof inclusion{newer, std::nullopt, std::nullopt, {world.Prove(14, 9), world.Prove(2, 9, "name")}, {}};
  Proof extension{newer, older, std::nullopt, {}, {{std::string(32, '2'), std::string(32, '2'), world.Extend(4, 9)}}};
};

TEST_F(ProofFileTest, GoesRoundAndHolds) {
  for (const Proof& proof : {inclusion, extension}) {
    const std::string bytes = FormatProof(proof);
    const auto back = ParseProof(bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, proof);
    EXPECT_THAT(CheckProof(*back, newer, back->older ? &older : nullptr), IsOk());
  }
  const auto proved = CheckProof(inclusion, newer, nullptr);
  EXPECT_EQ((*proved)[0].header.time_us, 1'500'000'000'000'000);
  EXPECT_EQ((*proved)[0].head->service, "progress");
}

// Whatever bit of whatever byte: the file is refused, or what it says does not hold. Roles are the reader's to judge.
TEST_F(ProofFileTest, EveryChangedByteIsRefused) {
  for (const Proof& proof : {inclusion, extension}) {
    const std::string bytes = FormatProof(proof);
    const size_t role = bytes.find("\"role\": \""), second = bytes.find("\"role\": \"", role + 1);
    size_t passed = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
        const auto parsed = ParseProof(changed);
        if (!parsed.ok() || !CheckProof(*parsed, newer, parsed->older ? &older : nullptr).ok()) continue;
        const bool in_role = (i > role && i < role + 16) || (i > second && i < second + 16);
        EXPECT_TRUE(in_role) << "byte " << i << " bit " << bit << ": " << changed.substr(i < 20 ? 0 : i - 20, 40);
        ++passed;
      }
    }
    EXPECT_LT(passed, 100u);
  }
}

TEST_F(ProofFileTest, EveryChangedByteOfTheHeadsIsRefused) {
  for (size_t which = 0; which < 2; ++which) {
    for (size_t i = 0; i < 64; ++i) {
      Printed other = newer;
      other.heads[which].tree_root[i] ^= 1;
      EXPECT_THAT(CheckProof(inclusion, other, nullptr), HasReason(Reason::PROOF_FAILED));
      other = newer;
      other.heads[which].hash[i] ^= 1;
      EXPECT_THAT(CheckProof(extension, other, &older), HasReason(Reason::PROOF_FAILED));
    }
  }
  // A forger who changes the file as well does not get past the paths.
  Proof forged = inclusion;
  forged.bulletin.heads[1].tree_root[5] ^= 1;
  EXPECT_THAT(CheckProof(forged, forged.bulletin, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0]"));
  forged = inclusion;
  forged.events[0].event += "x";
  EXPECT_THAT(CheckProof(forged, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0]"));
  forged = inclusion;
  forged.events[0].sequence = 15;
  EXPECT_THAT(CheckProof(forged, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0].sequence"));
  forged = extension;
  forged.extensions[0].path[0][0] ^= 1;
  EXPECT_THAT(CheckProof(forged, newer, &older), HasReasonAt(Reason::PROOF_FAILED, "extensions[0].path"));
}

TEST_F(ProofFileTest, NamesTheBulletinItIsNotOf) {
  EXPECT_THAT(CheckProof(inclusion, older, nullptr), HasReasonAt(Reason::PROOF_FAILED, "bulletin.number"));
  Printed reissued = newer;
  reissued.sha256[0] = 'c';
  EXPECT_THAT(CheckProof(inclusion, reissued, nullptr), HasReasonAt(Reason::PROOF_FAILED, "bulletin.sha256"));
  EXPECT_THAT(CheckProof(inclusion, newer, &older), HasReasonAt(Reason::PROOF_FAILED, "older"));
  EXPECT_THAT(CheckProof(extension, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "older"));
  EXPECT_THAT(CheckProof(extension, newer, &newer), HasReasonAt(Reason::PROOF_FAILED, "older.number"));
  // The wrong way round, also when the file says so itself.
  EXPECT_THAT(CheckProof(extension, older, &newer), HasReasonAt(Reason::PROOF_FAILED, "bulletin.number"));
  Proof turned{older, newer, std::nullopt, {}, extension.extensions};
  EXPECT_THAT(CheckProof(turned, older, &newer), HasReasonAt(Reason::PROOF_FAILED, "extensions[0].older_journal"));
  Printed fewer = newer;
  fewer.heads.pop_back();
  EXPECT_THAT(CheckProof(inclusion, fewer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "bulletin.heads[1]"));
  // An event after the head, and another journal's tree.
  Proof late = inclusion;
  late.events[0] = world.Prove(28, 11);
  EXPECT_THAT(CheckProof(late, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0].sequence"));
  late.events[0] = World(11, "other").Prove(14, 9);
  EXPECT_THAT(CheckProof(late, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0]"));
  late.events[0].journal = std::string(32, '3');
  EXPECT_THAT(CheckProof(late, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0].journal"));
}

TEST_F(ProofFileTest, HostileFilesAreRefusedBeforeTheyAreBuilt) {
  EXPECT_THAT(ParseProof(""), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof("{}"), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof("null"), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof(std::string(1 << 20, '[')), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof("[" + std::string(kProofBytesMax / 2, ',')), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof(std::string(kProofBytesMax + 1, ' ')), HasReason(Reason::PROOF_FAILED));
  EXPECT_THAT(ParseProof("{\"anju_proof\": 2}"), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(ParseProof("{\"anju_proof\": 1, \"hash\": \"sm3\"}"), HasReason(Reason::SCHEMA_TOO_NEW));
  Proof many = inclusion;
  many.events.resize(kProvedEventsMax + 1, inclusion.events[0]);
  EXPECT_THAT(ParseProof(FormatProof(many)), HasReason(Reason::PROOF_FAILED));
  Proof both = inclusion;
  both.extensions = extension.extensions;
  EXPECT_THAT(ParseProof(FormatProof(both)), HasReason(Reason::PROOF_FAILED));
  Proof lengthy = inclusion;
  lengthy.events[0].block_path.resize(kPathMax + 1);
  EXPECT_THAT(CheckProof(lengthy, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0].block_path"));
  lengthy = inclusion;
  lengthy.events[0].block_header.clear();
  EXPECT_THAT(CheckProof(lengthy, newer, nullptr), HasReasonAt(Reason::PROOF_FAILED, "events[0].block_header"));
}

}  // namespace
}  // namespace anju::proof
