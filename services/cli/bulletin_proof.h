// Two of the three things `anju bulletin verify` proves: that the journals a bulletin rests on are what they were, and that they give the bulletin again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anju/types/v1/basis.pb.h"
#include "common/bulletin/content.h"
#include "common/client/journal_audit.h"
#include "services/cli/child.h"
#include "services/cli/context.h"
#include "services/cli/temporary_directory.h"

namespace anju::cli {

// What is wanted of the journals: positions to reach, and events of the ranking journal to keep.
struct ProofWanted {
  std::map<std::string, std::set<uint64_t>> positions;        // by journal id
  std::set<std::string> numbers;                              // issued bulletins
  std::set<std::pair<std::string, uint32_t>> templates;       // code, version
};

// A journal as far as it was proved, and why no further.
struct ProvedJournal {
  std::string service;
  client::JournalAudit audit;
  absl::Status problem;
};

// The journals of the running services, proved from their first block.
class Proof {
 public:
  // Follows each journal once. A service that does not answer, or damage, is in that journal's `problem`.
  static Proof Of(const Context& context, const ProofWanted& wanted);

  // OK when the journal is proved up to the head and its hash there is the head's ("" where the position is inside a block), and so is the root of its
  // tree (none in bulletins from before there were any). DATA_LOSS, UNKNOWN_BASIS, UNAVAILABLE, BEHIND otherwise. `where` gets what is known of the
  // journal.
  absl::Status Reaches(const bulletin::JournalHead& head, const ProvedJournal** where) const;
  // Canonical bytes of an issued bulletin as the journal has them; nullptr when it has none.
  const std::string* Issued(const std::string& number) const;
  const std::string* TemplateSource(const std::string& code, uint32_t version) const;

 private:
  std::map<std::string, ProvedJournal> journals_;                    // by journal id
  std::map<std::string, absl::Status> away_;                         // by service: why a service did not say which journal it has
  std::map<std::string, std::string> issued_;
  std::map<std::pair<std::string, uint32_t>, std::string> templates_;
};

// An aggregator and a ranking of our own, rebuilt from the journals' first event in a temporary directory. They end with this object, also when the
// command is interrupted: see Interruptible.
class Recomputer {
 public:
  // Returns when everything in `reach` is applied. BEHIND when nothing was applied for deadline_ms; progress is shown on a terminal.
  static absl::StatusOr<std::unique_ptr<Recomputer>> Start(const Context& context, const types::v1::Basis& reach);
  ~Recomputer();
  // Address of the ranking.
  const std::string& ranking() const { return ranking_->address(); }
  // Address of the aggregator.
  const std::string& aggregator() const { return aggregator_->address(); }

 private:
  Recomputer() = default;
  absl::Status Launch(Child& child, std::vector<std::string> command);
  absl::Status WaitUntilApplied(const Context& context, const types::v1::Basis& reach);

  std::optional<TemporaryDirectory> directory_;
  std::unique_ptr<Child> aggregator_, ranking_;
};

// While it lives, SIGINT and SIGTERM end this process only after what a Recomputer left behind is gone. Make it before other threads.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The bulletin's basis as a request carries it. TAMPERED for hex that is none.
absl::StatusOr<types::v1::Basis> BasisOf(const bulletin::Content& content);

}  // namespace anju::cli
