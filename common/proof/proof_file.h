// Proof files: what a third party checks with nothing but a bulletin. JSON in one spelling, so that a changed byte is always a changed proof.
//
//   {"anju_proof":1,"hash":"sha256","bulletin":{"number","sha256","heads":[{"service","journal","sequence","hash","tree_size","tree_root"}, …]},
//    "older":null|{as bulletin}, "record":null|{a head},
//    "events":[{"role","journal","sequence","event" (base64),"index","count","event_path":[…],"block_header","previous_hash","block_index","block_path":[…]}, …],
//    "extensions":[{"older_journal","journal","path":[…]}, …]}
//
// Keys sorted, indented by one blank, one newline at the end; hashes and headers in lower-case hex. Exactly one of "events" (that an event stands in
// what the bulletin was computed from) and "extensions" (that the bulletin's journals continue those of an older one) is not empty. `heads` are all
// that the bulletin prints, in its order; events and extensions name theirs by the journal.
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
inline constexpr size_t kHeadsMax = 1'000;

// As a bulletin prints it: the end of a journal that it was computed from.
struct Head {
  std::string service, journal;  // plan or progress; 32 hex digits
  uint64_t sequence = 0;
  std::string hash;              // of the block that ends there, hex; "" when it is inside one
  uint64_t tree_size = 0;        // blocks up to there; 0 where nothing can be proved
  std::string tree_root;         // hex
  friend bool operator==(const Head&, const Head&) = default;
};

// "progress 0f…/120", for messages.
std::string NameOf(const Head& head);

// What a bulletin says of itself.
struct Printed {
  std::string number, sha256;
  std::vector<Head> heads;
  friend bool operator==(const Printed&, const Printed&) = default;
};

struct ProvedEvent {
  std::string role;            // "event" for the one proved, "name" for those that say what its numbers stand for
  uint64_t sequence = 0;
  std::string event;           // its bytes
  uint32_t index = 0, count = 0;
  std::vector<Hash> event_path;
  std::string block_header;    // journal::kHeaderBytes
  Hash previous_hash{};
  uint64_t block_index = 0;
  std::vector<Hash> block_path;
  std::string journal;         // of the head it is proved against
  friend bool operator==(const ProvedEvent&, const ProvedEvent&) = default;
};

struct Extension {
  std::string older_journal, journal;  // of the two heads; they differ where a journal was continued by another in between
  std::vector<Hash> path;
  friend bool operator==(const Extension&, const Extension&) = default;
};

struct Proof {
  Printed bulletin;
  std::optional<Printed> older;     // of extensions
  // Head of the journal of bulletins that the event of issue is proved against. No bulletin can print it: it says nothing to who does not know it.
  std::optional<Head> record;
  std::vector<ProvedEvent> events;  // the one proved first
  std::vector<Extension> extensions;
  friend bool operator==(const Proof&, const Proof&) = default;
};

std::string FormatProof(const Proof& proof);
// PROOF_FAILED for anything that FormatProof would not have written; SCHEMA_TOO_NEW for a newer format or another hash.
absl::StatusOr<Proof> ParseProof(std::string_view bytes);

// An event that was proved: what the header of its block says (time, plan position), and the head that it was proved against.
struct Proved {
  journal::BlockHeader header;
  const Head* head = nullptr;  // of the printed bulletin, or the record
};
// Checks everything in the file against what the two bulletins print (`older` only for extensions). PROOF_FAILED naming the first thing that does not
// fit: "events[0].block_path". The answer has an element for every event.
absl::StatusOr<std::vector<Proved>> CheckProof(const Proof& proof, const Printed& bulletin, const Printed* older);
// One event against one head.
absl::StatusOr<Proved> CheckEvent(const ProvedEvent& event, const Head& head, std::string_view where);

// PROOF_FAILED with `where` and what does not fit.
absl::Status Fails(std::string_view where, std::string_view value, std::string_view why);

}  // namespace anju::proof
