// Fuzzing what our own programs wrote, as if somebody else had.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "anju/client/v1/outbox.pb.h"
#include "common/archive/archive.h"
#include "common/archive/manifest.h"
#include "common/client/outbox_files.h"
#include "common/journal/format.h"
#include "common/journal/lineage.h"
#include "common/proof/proof_file.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/storage/log_file.h"
#include "tests/fuzz/targets.h"

namespace anju::fuzz {
namespace {

// A block that is accepted is the one that encoding its events gives.
void Blocks(std::string_view bytes) {
  (void)journal::DecodeBlockPrefix(bytes);
  (void)journal::DecodeBlock(bytes, /*verify_root=*/false);
  const absl::StatusOr<journal::BlockView> block = journal::DecodeBlock(bytes);
  if (!block.ok()) return;
  const std::vector<std::string> events(block->events.begin(), block->events.end());
  journal::Hash hash{};
  CHECK(journal::EncodeBlock(block->header, block->previous_hash, events, &hash) == bytes);
  CHECK(hash == block->hash);
}

void Identities(std::string_view bytes) {
  const absl::StatusOr<journal::Identity> identity = journal::DecodeIdentity(bytes);
  if (identity.ok()) CHECK(journal::EncodeIdentity(*identity) == bytes);
  // Several, each with a length of two bytes.
  std::vector<std::string> several;
  for (std::string_view rest = bytes; rest.size() >= 2;) {
    const size_t length = static_cast<uint8_t>(rest[0]) | static_cast<size_t>(static_cast<uint8_t>(rest[1])) << 8;
    several.emplace_back(rest.substr(2, length));
    rest.remove_prefix(std::min(rest.size(), length + 2));
  }
  const absl::StatusOr<journal::Lineage> lineage = journal::Lineage::FromIdentities(several);
  if (!lineage.ok()) return;
  for (uint64_t sequence = 1; sequence < 20; ++sequence) CHECK(lineage->Contains(lineage->OwnerOf(sequence), sequence));
}

void Witnesses(std::string_view bytes) {
  const absl::StatusOr<journal::Witness> witness = journal::DecodeWitness(bytes);
  if (!witness.ok()) return;
  CHECK(witness->slot < journal::kWitnessSlots);
  CHECK(bytes.substr(witness->slot * journal::kWitnessSlotBytes, journal::kWitnessSlotBytes) == journal::EncodeWitnessSlot(witness->position));
}

// A proof file has one spelling.
void Proofs(std::string_view bytes) {
  const absl::StatusOr<proof::Proof> proof = proof::ParseProof(bytes);
  if (!proof.ok()) return;
  CHECK(proof::FormatProof(*proof) == bytes);
  (void)proof::CheckProof(*proof, proof->bulletin, proof->older ? &*proof->older : nullptr);
}

// Where programs read files, they get one.
std::string AsFile(std::string_view bytes) {
  static const std::string path = [] {
    const char* temporary = std::getenv("TMPDIR");
    return std::string(temporary == nullptr ? "/tmp" : temporary) + "/anju-fuzz-" + std::to_string(::getpid());
  }();
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  return path;
}

void Archives(std::string_view bytes) {
  const std::string path = AsFile(bytes);
  if (auto reader = archive::Reader::Open(path); reader.ok()) {
    uint64_t last = 0;
    while (true) {
      const absl::StatusOr<bool> more = (*reader)->Next();
      if (!more.ok() || !*more) break;
      CHECK((*reader)->block().header.first_sequence == last + 1);
      last = (*reader)->block().header.last_sequence();
      CHECK((*reader)->position().sequence == last);
    }
  }
  std::filesystem::remove(path);
}

void Manifests(std::string_view bytes) {
  const absl::StatusOr<archive::Manifest> manifest = archive::DecodeManifest(bytes, "manifest.json");
  if (manifest.ok()) CHECK(archive::EncodeManifest(*manifest) == bytes);
}

void Outboxes(std::string_view bytes) {
  const std::string path = AsFile(bytes);
  client::v1::OutboxBatch batch;
  (void)client::ReadChecked(path, &batch);
  std::filesystem::remove(path);
}

// A token that is accepted names a basis that makes a token which names the same basis.
void Tokens(std::string_view bytes) {
  const absl::StatusOr<types::v1::Basis> basis = rpc::ParseToken(bytes);
  if (!basis.ok()) return;
  const absl::StatusOr<types::v1::Basis> again = rpc::ParseToken(rpc::MakeStamp(*basis, 0).token());
  CHECK(again.ok());
  CHECK(rpc::Includes(*again, *basis) && rpc::Includes(*basis, *again));
}

// Why a call was refused, as a server may say it: every refusal has a reason, and goes on to the next caller as it came.
void Refusals(std::string_view bytes) {
  const absl::Status status = rpc::FromGrpc(grpc::Status(grpc::StatusCode::INTERNAL, "", std::string(bytes)));
  CHECK(!status.ok() && !ErrorsOf(status).empty());
  const absl::Status again = rpc::FromGrpc(rpc::ToGrpc(status));
  CHECK(ErrorsOf(again).size() <= ErrorsOf(status).size());
  CHECK(ErrorsOf(again).front().reason == ErrorsOf(status).front().reason);
}

// Keys of a journal's blocks, and ids as people and programs write them.
void Keys(std::string_view bytes) {
  if (const absl::StatusOr<uint64_t> first = journal::ParseBlockKey(bytes); first.ok() && *first > 0) CHECK(journal::BlockKey(*first) == bytes);
  if (const absl::StatusOr<journal::JournalId> id = journal::ParseJournalId(bytes); id.ok()) CHECK(journal::ToHex(*id) == bytes);
}

// What an auditor finds in a damaged log stands in the file where it says.
void Logs(std::string_view bytes) {
  const storage::LogContents contents = storage::ReadLog(bytes);
  size_t found = 0;
  for (const storage::LogRow& row : contents.rows) {
    for (size_t i = 0; row.value && i < row.value->size(); ++i) CHECK((*row.value)[i] == bytes[row.OffsetOf(i)]);
    found += row.value ? row.value->size() : 0;
  }
  CHECK(found <= bytes.size());
  for (const storage::LogDamage& damage : contents.damages) {
    CHECK(damage.begin < damage.end && damage.end <= bytes.size());
    if (damage.change) CHECK(static_cast<uint8_t>(bytes[damage.change->offset]) == damage.change->is && damage.change->was != damage.change->is);
  }
  CHECK(!contents.cut_at || *contents.cut_at < bytes.size());
}

}  // namespace

std::vector<Target> ByteTargets() {
  return {{"block", Blocks}, {"identity", Identities}, {"witness", Witnesses}, {"proof", Proofs}, {"archive", Archives},
          {"manifest", Manifests}, {"outbox", Outboxes}, {"token", Tokens}, {"refusal", Refusals}, {"key", Keys}, {"log", Logs}};
}

}  // namespace anju::fuzz
