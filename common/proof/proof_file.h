// Proof files: what a third party checks with nothing but a bulletin. JSON in one spelling, so that a changed byte is always a changed proof.
//
//   {"anju_proof":1,"hash":"sha256","bulletin":{"number","sha256"},"older":null|{"number","sha256"},
//    "events":[{"role","service","journal","sequence","event" (base64),"index","count","event_path":[…],"block_header","previous_hash","block_index",
//               "block_path":[…],"head":{"sequence","hash","tree_size","tree_root"}}, …],
//    "extensions":[{"service","from":{"journal","sequence","hash","tree_size","tree_root"},"to":{…},"path":[…]}, …]}
//
// Keys sorted, indented by one blank, one newline at the end; hashes and headers in lower-case hex. Exactly one of "events" (that an event stands in
// what the bulletin was computed from) and "extensions" (that the bulletin's journals continue those of an older one) is not empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/journal/format.h"
#include "common/proof/merkle.h"

namespace anju::proof {

inline constexpr int kProofFormat = 1;
inline constexpr size_t kProofBytesMax = 32 << 20;
inline constexpr size_t kProvedEventsMax = 16;
inline constexpr size_t kExtensionsMax = 1'000;

// As a bulletin prints it: the end of a journal that it was computed from.
struct Head {
  std::string service, journal;  // plan or progress; 32 hex digits
  uint64_t sequence = 0;
  Hash hash{};                   // of the block that ends there
  uint64_t tree_size = 0;        // blocks up to there
  Hash tree_root{};
  friend bool operator==(const Head&, const Head&) = default;
};

// "progress 0f…/120 (12)", for messages.
std::string NameOf(const Head& head);

struct BulletinName {
  std::string number, sha256;
  friend bool operator==(const BulletinName&, const BulletinName&) = default;
};

struct ProvedEvent {
  std::string role;            // "event" for the one proved; "source", "series", "region", "programme", "indicator" for those that name what its numbers are
  uint64_t sequence = 0;
  std::string event;           // its bytes
  uint32_t index = 0, count = 0;
  std::vector<Hash> event_path;
  std::string block_header;    // journal::kHeaderBytes
  Hash previous_hash{};
  uint64_t block_index = 0;
  std::vector<Hash> block_path;
  Head head;
  friend bool operator==(const ProvedEvent&, const ProvedEvent&) = default;
};

struct Extension {
  Head from, to;
  std::vector<Hash> path;
  friend bool operator==(const Extension&, const Extension&) = default;
};

struct Proof {
  BulletinName bulletin;
  std::optional<BulletinName> older;  // of extensions
  std::vector<ProvedEvent> events;    // the one proved first
  std::vector<Extension> extensions;
  friend bool operator==(const Proof&, const Proof&) = default;
};

std::string FormatProof(const Proof& proof);
// PROOF_FAILED for anything that FormatProof would not have written; SCHEMA_TOO_NEW for a newer format or another hash.
absl::StatusOr<Proof> ParseProof(std::string_view bytes);

// A block as its proof has it: what its header says of the event's block.
using ProvedBlock = journal::BlockHeader;
// PROOF_FAILED naming the first thing that does not fit, as `where`.KEY. The head is the file's own: that a bulletin prints it is for the caller to see.
absl::StatusOr<ProvedBlock> CheckEvent(const ProvedEvent& event, std::string_view where);
absl::Status CheckExtension(const Extension& extension, std::string_view where);

// PROOF_FAILED with `where` and what does not fit.
absl::Status Fails(std::string_view where, std::string_view value, std::string_view why);

}  // namespace anju::proof
