// Proofs for third parties: made with the services (`anju bulletin prove`), checked with nothing but the bulletin (`anju proof`).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bulletin/content.h"
#include "common/proof/proof_file.h"
#include "services/cli/context.h"

namespace anju::cli {

struct ProveOptions {
  std::string number;            // of the bulletin
  uint64_t update = 0;           // sequence of the event to prove; 0: none
  std::string service = "progress", journal;  // whose; journal "": the only one of that service
  std::string after;             // number of an older bulletin whose journals this one's continue
  bool issued = false;           // that the bulletin was issued
  bool bare = false;             // without the events that say what numbers stand for
  std::string out;               // file; "": standard output
};
int ProveBulletin(const Context& context, const ProveOptions& options);

struct CheckProofOptions {
  std::string proof, bulletin, older;  // files
};
int CheckProofFile(const Context& context, const CheckProofOptions& options);

// ---- what both share (prove_words.cc) ----

// Heads that proofs can be made against: those with a tree.
proof::Printed PrintedOf(const std::string& number, const std::string& sha256, const std::vector<bulletin::JournalHead>& basis);

// What an event of plan or progress names by number, and where the names are to be looked for.
struct Named {
  uint32_t source = 0, series = 0;  // in the event's own journal, before it
  std::set<uint32_t> regions, programmes, indicators;  // in the plan journal
};
// PROOF_FAILED for bytes that are no event of the service. `series` is not resolved: what it stands for is in its own event.
absl::StatusOr<Named> NamesIn(std::string_view service, std::string_view event);
// Takes out of `named` what this event gives a name to; true when it does. An opened series puts in the regions and indicators that it names.
bool Resolve(std::string_view service, std::string_view event, Named& named);

// What was proved, for people and for programs, in the order of reading: (key, value). `proved` is CheckProof's answer. PROOF_FAILED when an event
// stands in the file that says nothing about the one proved, or one is not of its service.
struct Fact {
  std::string key, value;
};
absl::StatusOr<std::vector<Fact>> ReadProof(const proof::Proof& proof, const std::vector<proof::Proved>& proved);

}  // namespace anju::cli
