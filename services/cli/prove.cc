// `anju bulletin prove`: asks the owners of the journals for proofs, checks them itself, and writes one file.
#include "services/cli/prove.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/client/client.h"
#include "common/client/journal_audit.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/bulletin.h"
#include "services/cli/formats.h"
#include "services/cli/printable.h"
#include "services/cli/read_rows.h"

namespace anju::cli {
namespace {

using bulletin::JournalHead;
using client::FeedClient;

std::vector<std::string> AddressesOf(const Context& context, const std::string& service) {
  if (service == "plan") return {context.endpoints.plan};
  if (service == "ranking") return {context.endpoints.ranking};
  return absl::StrSplit(context.endpoints.progress, ',', absl::SkipEmpty());
}

absl::StatusOr<std::vector<proof::Hash>> PathOf(const google::protobuf::RepeatedPtrField<std::string>& nodes) {
  std::vector<proof::Hash> path;
  for (const std::string& node : nodes) {
    proof::Hash hash{};
    if (node.size() != hash.size()) return MakeError(Reason::DATA_LOSS, "journal", absl::BytesToHexString(node), "the service gave a node that is no hash");
    std::copy(node.begin(), node.end(), reinterpret_cast<char*>(hash.data()));
    path.push_back(hash);
  }
  return path;
}

// A bulletin as the service has it.
struct Subject {
  proof::Printed printed;
  types::v1::Position position;  // of the event that issued it
};

class Proving {
 public:
  explicit Proving(const Context& context) : context_(context) {}

  absl::StatusOr<Subject> Fetch(const std::string& number) {
    ASSIGN_OR_RETURN(const ranking::v1::BulletinRecord record, FetchBulletin(context_, number));
    if (record.number().empty()) return MakeError(Reason::UNKNOWN_BULLETIN, "number", number, "a draft, which nobody has issued");
    if (bulletin::Sha256Hex(record.content()) != record.sha256()) return MakeError(Reason::TAMPERED, "sha256", record.sha256(), "the stored content was issued otherwise");
    ASSIGN_OR_RETURN(const bulletin::Content content, bulletin::ParseCanonical(record.content()));
    return Subject{PrintedOf(content.number, record.sha256(), content.basis), record.position()};
  }

  absl::StatusOr<proof::Proof> ProveEvent(const ProveOptions& options) {
    ASSIGN_OR_RETURN(const Subject subject, Fetch(options.number));
    ASSIGN_OR_RETURN(const proof::Head* head, HeadFor(subject.printed, options));
    if (options.update > head->sequence) {
      return MakeError(Reason::BAD_VALUE, "update", std::to_string(options.update), absl::StrCat("the bulletin was computed from events 1 to ", head->sequence, " of this journal"));
    }
    proof::Proof proof{subject.printed, std::nullopt, std::nullopt, {}, {}};
    ASSIGN_OR_RETURN(proof::ProvedEvent event, Include("event", options.update, *head));
    proof.events.push_back(std::move(event));
    if (!options.bare) RETURN_IF_ERROR(AddNames(proof, *head));
    return proof;
  }

  // The journal of bulletins as it is now: its head stands in the file only.
  absl::StatusOr<proof::Proof> ProveIssue(const ProveOptions& options) {
    ASSIGN_OR_RETURN(const Subject subject, Fetch(options.number));
    const FeedClient feed(context_.endpoints.ranking);
    ASSIGN_OR_RETURN(const auto journal, feed.GetJournal({}, CallOptionsOf(context_)));
    feed::v1::GetPositionRequest request;
    request.set_sequence(journal.position().sequence());
    ASSIGN_OR_RETURN(const auto now, feed.GetPosition(request, CallOptionsOf(context_)));
    const types::v1::Position& at = now.position();
    proof::Proof proof{subject.printed, std::nullopt, proof::Head{"ranking", at.journal_id(), at.sequence(), absl::BytesToHexString(at.block_hash()), at.tree_size(), absl::BytesToHexString(at.tree_root())}, {}, {}};
    ASSIGN_OR_RETURN(proof::ProvedEvent event, Include("event", subject.position.sequence(), *proof.record));
    proof.events.push_back(std::move(event));
    return proof;
  }

  absl::StatusOr<proof::Proof> ProveExtension(const ProveOptions& options) {
    ASSIGN_OR_RETURN(const Subject newer, Fetch(options.number));
    ASSIGN_OR_RETURN(const Subject older, Fetch(options.after));
    proof::Proof proof{newer.printed, older.printed, std::nullopt, {}, {}};
    for (const proof::Head& from : older.printed.heads) {
      for (const proof::Head& to : newer.printed.heads) {
        if (from.service != to.service) continue;
        ASSIGN_OR_RETURN(const std::optional<proof::Extension> extension, Extend(from, to));
        if (extension) proof.extensions.push_back(*extension);
      }
    }
    if (proof.extensions.empty()) {
      return MakeError(Reason::UNKNOWN_BASIS, "after", options.after, absl::StrCat("no journal that ", options.number, " was computed from continues one of these"));
    }
    return proof;
  }

 private:
  absl::StatusOr<const proof::Head*> HeadFor(const proof::Printed& printed, const ProveOptions& options) const {
    const proof::Head* found = nullptr;
    std::vector<std::string> journals;
    for (const proof::Head& head : printed.heads) {
      if (head.service != options.service || (!options.journal.empty() && head.journal != options.journal)) continue;
      found = &head;
      journals.push_back(head.journal);
    }
    if (journals.size() > 1) return MakeError({.reason = Reason::BAD_VALUE, .field = "journal", .value = options.service, .message = "the bulletin names several: choose one", .line = 0, .candidates = journals});
    if (found == nullptr) {
      return MakeError(Reason::UNKNOWN_BASIS, "journal", options.journal.empty() ? options.service : options.journal,
                       "the bulletin prints no such journal with a root of its tree: nothing can be proved against it");
    }
    return found;
  }

  // The service whose journal has this head, exactly. UNKNOWN_BASIS, DATA_LOSS.
  absl::StatusOr<std::string> OwnerOf(const proof::Head& head) {
    const auto known = owners_.find(head.journal);
    if (known != owners_.end() && head.service != "ranking") {
      ASSIGN_OR_RETURN(const bool same, Has(known->second, head));
      if (same) return known->second;
    }
    absl::Status problem = MakeError(Reason::UNKNOWN_BASIS, "journal", proof::NameOf(head), absl::StrCat("no ", head.service, " service has this journal"));
    for (const std::string& address : AddressesOf(context_, head.service)) {
      const absl::StatusOr<bool> has = Has(address, head);
      if (has.ok() && *has) return owners_[head.journal] = address;
      if (!has.ok() && !HasReason(has.status(), Reason::UNKNOWN_BASIS)) problem = has.status();
    }
    return problem;
  }

  absl::StatusOr<bool> Has(const std::string& address, const proof::Head& head) const {
    feed::v1::GetPositionRequest request;
    request.set_sequence(head.sequence);
    ASSIGN_OR_RETURN(const auto told, FeedClient(address).GetPosition(request, CallOptionsOf(context_)));
    if (told.position().journal_id() != head.journal) return false;
    if (absl::BytesToHexString(told.position().tree_root()) != head.tree_root) {
      return MakeError(Reason::DATA_LOSS, "journal", proof::NameOf(head), "the service's journal is not the one that the bulletin names");
    }
    return true;
  }

  absl::StatusOr<proof::ProvedEvent> Include(const std::string& role, uint64_t sequence, const proof::Head& head) {
    ASSIGN_OR_RETURN(const std::string address, OwnerOf(head));
    feed::v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_at_sequence(head.sequence);
    ASSIGN_OR_RETURN(auto told, FeedClient(address).GetInclusionProof(request, CallOptionsOf(context_)));
    proof::ProvedEvent event{.role = role, .sequence = sequence, .event = std::move(*told.mutable_event()), .index = told.index(), .count = told.count(), .event_path = {},
                             .block_header = std::move(*told.mutable_block_header()), .previous_hash = {}, .block_index = told.block_index(), .block_path = {}, .journal = head.journal};
    ASSIGN_OR_RETURN(event.event_path, PathOf(told.event_path()));
    ASSIGN_OR_RETURN(event.block_path, PathOf(told.block_path()));
    if (told.previous_hash().size() == event.previous_hash.size()) std::copy(told.previous_hash().begin(), told.previous_hash().end(), reinterpret_cast<char*>(event.previous_hash.data()));
    RETURN_IF_ERROR(proof::CheckEvent(event, head, absl::StrCat(head.service, " ", sequence)).status());
    return event;
  }

  // nullopt where the newer head is of another journal than the older one.
  absl::StatusOr<std::optional<proof::Extension>> Extend(const proof::Head& from, const proof::Head& to) {
    ASSIGN_OR_RETURN(const std::string address, OwnerOf(to));
    if (from.journal == to.journal && from.sequence > to.sequence) {
      return MakeError(Reason::BAD_VALUE, "after", absl::StrCat(from.service, " ", from.sequence, " > ", to.sequence), "the bulletin named after --after is the older one");
    }
    feed::v1::GetPositionRequest position;
    position.set_sequence(from.sequence);
    const auto there = FeedClient(address).GetPosition(position, CallOptionsOf(context_));
    if (!there.ok() && !HasReason(there.status(), Reason::UNKNOWN_BASIS)) return there.status();
    if (!there.ok() || there->position().journal_id() != from.journal) {
      if (from.journal != to.journal) return std::optional<proof::Extension>();
      return MakeError(Reason::DATA_LOSS, "journal", proof::NameOf(from), "the service's journal is not the one that the older bulletin names");
    }
    if (from.sequence > to.sequence) return MakeError(Reason::BAD_VALUE, "after", absl::StrCat(from.service, " ", from.sequence, " > ", to.sequence), "the bulletin named after --after is the older one");
    feed::v1::GetConsistencyProofRequest request;
    request.set_from_sequence(from.sequence);
    request.set_to_sequence(to.sequence);
    ASSIGN_OR_RETURN(const auto told, FeedClient(address).GetConsistencyProof(request, CallOptionsOf(context_)));
    proof::Extension extension{from.journal, to.journal, {}};
    ASSIGN_OR_RETURN(extension.path, PathOf(told.path()));
    return std::optional(extension);
  }

  // Adds the events that say what the numbers of the first one stand for: the newest of each that the bulletin was computed from.
  absl::Status AddNames(proof::Proof& proof, const proof::Head& head) {
    ASSIGN_OR_RETURN(Named named, NamesIn(head.service, proof.events.front().event));
    if (named.source != 0 || named.series != 0) RETURN_IF_ERROR(AddOwnNames(proof, head, named));
    if (named.regions.empty() && named.programmes.empty() && named.indicators.empty()) return absl::OkStatus();
    const auto plan = std::find_if(proof.bulletin.heads.begin(), proof.bulletin.heads.end(), [](const proof::Head& one) { return one.service == "plan"; });
    if (plan == proof.bulletin.heads.end()) return absl::OkStatus();
    // Later events replace what earlier ones said, so what is needed shows only at the end: candidates are all that would resolve anything.
    std::vector<std::pair<uint64_t, std::string>> candidates;
    RETURN_IF_ERROR(Walk(*plan, plan->sequence, [&](uint64_t sequence, std::string_view event) {
      Named rest = named;
      if (Resolve("plan", event, rest)) candidates.emplace_back(sequence, event);
      return true;
    }));
    std::vector<uint64_t> needed;
    for (auto candidate = candidates.rbegin(); candidate != candidates.rend(); ++candidate) {
      if (Resolve("plan", candidate->second, named)) needed.push_back(candidate->first);
    }
    for (auto sequence = needed.rbegin(); sequence != needed.rend(); ++sequence) RETURN_IF_ERROR(Add(proof, *sequence, *plan));
    return absl::OkStatus();
  }

  absl::Status AddOwnNames(proof::Proof& proof, const proof::Head& head, Named& named) {
    const uint64_t before = proof.events.front().sequence - 1;
    std::vector<uint64_t> needed;
    if (before > 0) {
      RETURN_IF_ERROR(Walk(head, before, [&](uint64_t sequence, std::string_view event) {
        // Nearly all events are updates: their first byte tells.
        const bool opens = !event.empty() && (event.front() == '\x1a' || event.front() == '\x22');
        if (opens && sequence <= before && Resolve("progress", event, named)) needed.push_back(sequence);
        return named.source != 0 || named.series != 0;
      }));
    }
    for (const uint64_t sequence : needed) RETURN_IF_ERROR(Add(proof, sequence, head));
    return absl::OkStatus();
  }

  absl::Status Add(proof::Proof& proof, uint64_t sequence, const proof::Head& head) {
    ASSIGN_OR_RETURN(proof::ProvedEvent event, Include("name", sequence, head));
    proof.events.push_back(std::move(event));
    return absl::OkStatus();
  }

  // Reads a journal from its first event to `until`, as an auditor does, while `go_on` says so.
  absl::Status Walk(const proof::Head& head, uint64_t until, const std::function<bool(uint64_t, std::string_view)>& go_on) {
    ASSIGN_OR_RETURN(const std::string address, OwnerOf(head));
    Progress progress(head.service, until);
    bool enough = false;
    client::AuditOptions options{.journal_id = {}, .positions = {until}, .silence_ms_max = context_.deadline_ms, .on_event = {}, .on_progress = [&](uint64_t at) { progress.Set(std::min(at, until)); }};
    options.on_event = [&](uint64_t sequence, std::string_view event) -> absl::Status {
      if (go_on(sequence, event)) return absl::OkStatus();
      enough = true;
      return absl::CancelledError("enough");
    };
    client::JournalAudit audit;
    const absl::Status walked = client::AuditJournal(address, options, &audit);
    return enough ? absl::OkStatus() : walked;
  }

  const Context& context_;
  std::map<std::string, std::string> owners_;  // address by journal
};

absl::StatusOr<proof::Proof> Prove(const Context& context, const ProveOptions& options) {
  if ((options.update > 0) + !options.after.empty() + options.issued != 1) {
    return MakeError(Reason::USAGE, "update", "--update | --after | --issued", "one of them says what is to be proved");
  }
  Proving proving(context);
  ASSIGN_OR_RETURN(proof::Proof proof, options.issued ? proving.ProveIssue(options) : options.after.empty() ? proving.ProveEvent(options) : proving.ProveExtension(options));
  // What is handed out has been checked as its reader will check it.
  ASSIGN_OR_RETURN(const std::vector<proof::Proved> proved, proof::CheckProof(proof, proof.bulletin, proof.older ? &*proof.older : nullptr));
  if (!proof.events.empty()) RETURN_IF_ERROR(ReadProof(proof, proved).status());
  return proof;
}

}  // namespace

int ProveBulletin(const Context& context, const ProveOptions& options) {
  const absl::StatusOr<proof::Proof> proof = Prove(context, options);
  if (!proof.ok()) return Fail(context, proof.status());
  const std::string bytes = proof::FormatProof(*proof);
  if (bytes.size() > proof::kProofBytesMax) {
    return Fail(context, MakeError(Reason::BAD_VALUE, "update", absl::StrCat(bytes.size()), absl::StrCat("a proof has at most ", proof::kProofBytesMax, " bytes: leave the names out with --bare")));
  }
  if (options.out.empty()) {
    PutBytes(bytes);
    return kOk;
  }
  if (const absl::Status written = WriteFile(options.out, bytes); !written.ok()) return Fail(context, written);
  const std::string events = std::to_string(proof->events.size()), journals = std::to_string(proof->extensions.size());
  if (context.output == Output::kJson) {
    PrintJson({{"number", proof->bulletin.number}, {"file", options.out}, {"bytes", bytes.size()}, {"events", proof->events.size()}, {"extensions", proof->extensions.size()}});
  } else {
    PrintSheet(context, {{"number", "file", "bytes", "events", "extensions"}, {false, false, true, true, true}, {{Printable(proof->bulletin.number), options.out, std::to_string(bytes.size()), events, journals}}});
  }
  return kOk;
}

}  // namespace anju::cli
