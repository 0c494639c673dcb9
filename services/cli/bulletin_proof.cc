// Following every journal once, for all bulletins that are looked at.
#include "services/cli/bulletin_proof.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "anju/ranking/v1/event.pb.h"
#include "common/client/client.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::cli {
namespace {

struct Source {
  std::string service, address;
};

// One plan, one ranking; several progress services are listed with commas.
std::vector<Source> SourcesOf(const Endpoints& endpoints) {
  std::vector<Source> sources = {{"plan", endpoints.plan}};
  for (const absl::string_view address : absl::StrSplit(endpoints.progress, ',', absl::SkipEmpty())) sources.push_back({"progress", std::string(address)});
  sources.push_back({"ranking", endpoints.ranking});
  return sources;
}

}  // namespace

Proof Proof::Of(const Context& context, const ProofWanted& wanted) {
  Proof proof;
  for (const Source& source : SourcesOf(context.endpoints)) {
    // Which journals it has decides how far to read; that it says the truth is seen in the hashes. One that was restored from a backup has those it
    // continues too, and is read once for all of them.
    const auto told = client::FeedClient(source.address).GetJournal({}, {.deadline_ms = context.deadline_ms});
    const absl::StatusOr<journal::Lineage> lineage =
        told.ok() ? journal::Lineage::FromIdentities({told->identities().begin(), told->identities().end()}) : absl::StatusOr<journal::Lineage>(told.status());
    if (!lineage.ok()) {
      proof.away_[source.service] = lineage.status();
      continue;
    }
    std::set<uint64_t> positions;
    std::vector<std::string> ids;
    for (const journal::Identity& identity : lineage->identities()) {
      const auto found = wanted.positions.find(journal::ToHex(identity.id));
      if (found == wanted.positions.end()) continue;
      ids.push_back(found->first);
      for (const uint64_t sequence : found->second) {
        if (lineage->Contains(identity.id, sequence)) positions.insert(sequence);
      }
    }
    if (ids.empty()) continue;
    ProvedJournal journal;
    journal.service = source.service;
    const auto keep = [&] {
      for (const std::string& id : ids) proof.journals_[id] = journal;
    };
    if (positions.empty()) {  // all that is wanted was lost before the journal was continued
      journal.audit.lineage = *lineage;
      keep();
      continue;
    }
    const uint64_t until = *positions.rbegin();
    Progress progress(source.service, until);
    client::AuditOptions options{.journal_id = journal::ToHex(lineage->current().id), .positions = positions, .silence_ms_max = context.deadline_ms, .on_event = {}, .on_progress = [&](uint64_t at) { progress.Set(std::min(at, until)); }};
    if (source.service == "ranking") {
      options.on_event = [&](uint64_t, std::string_view bytes) {
        ranking::v1::Event event;
        if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();  // a kind that this program does not know
        if (event.has_issued() && wanted.numbers.contains(event.issued().number())) proof.issued_[event.issued().number()] = event.issued().content();
        if (event.has_template_() && wanted.templates.contains({event.template_().code(), event.template_().version()})) {
          proof.templates_[{event.template_().code(), event.template_().version()}] = event.template_().source();
        }
        return absl::OkStatus();
      };
    }
    journal.problem = client::AuditJournal(source.address, options, &journal.audit);
    keep();
  }
  return proof;
}

absl::Status Proof::Reaches(const bulletin::JournalHead& head, const ProvedJournal** where) const {
  const auto& [service, journal, sequence, hash, tree_size, tree_root] = head;
  *where = nullptr;
  const auto it = journals_.find(journal);
  if (it == journals_.end()) {
    if (const auto away = away_.find(service); away != away_.end()) return away->second;
    return MakeError(Reason::UNKNOWN_BASIS, "journal", absl::StrCat(service, " ", journal), absl::StrCat("the ", service, " service has another journal"));
  }
  *where = &it->second;
  const client::JournalAudit& audit = it->second.audit;
  const auto id = journal::ParseJournalId(journal);
  if (id.ok() && !audit.lineage.empty() && !audit.lineage.Contains(*id, sequence)) {
    return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(service, " ", sequence), absl::StrCat("the ", service, " journal was restored from a backup that ends before this position"));
  }
  if (audit.sequence < sequence) {
    // A journal that ends before the farthest position asked for may be long enough for this bulletin, or too short for it too.
    if (!it->second.problem.ok() && !HasReason(it->second.problem, Reason::UNKNOWN_BASIS)) return it->second.problem;
    return MakeError(Reason::UNKNOWN_BASIS, "journal", absl::StrCat(service, " ", sequence, " > ", audit.sequence), absl::StrCat("the ", service, " journal ends at sequence ", audit.sequence));
  }
  if (hash.empty()) return absl::OkStatus();
  const auto proved = audit.hashes.find(sequence);
  if (proved == audit.hashes.end() || journal::ToHex(proved->second) != hash) {
    return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(service, " ", sequence),
                     absl::StrCat("the hash of the ", service, " journal at sequence ", sequence, " is ", proved == audit.hashes.end() ? "not there" : journal::ToHex(proved->second), ", the bulletin names ", hash));
  }
  if (tree_size == 0) return absl::OkStatus();
  const client::JournalAudit::Tree& tree = audit.trees.at(sequence);
  if (tree.size != tree_size || journal::ToHex(tree.root) != tree_root) {
    return MakeError(Reason::DATA_LOSS, "journal", absl::StrCat(service, " ", sequence),
                     absl::StrCat("the tree of the ", service, " journal at sequence ", sequence, " has ", tree.size, " blocks and the root ", journal::ToHex(tree.root), ", the bulletin names ", tree_size, " and ", tree_root));
  }
  return absl::OkStatus();
}

const std::string* Proof::Issued(const std::string& number) const {
  const auto it = issued_.find(number);
  return it == issued_.end() ? nullptr : &it->second;
}

const std::string* Proof::TemplateSource(const std::string& code, uint32_t version) const {
  const auto it = templates_.find({code, version});
  return it == templates_.end() ? nullptr : &it->second;
}

absl::StatusOr<types::v1::Basis> BasisOf(const bulletin::Content& content) {
  types::v1::Basis basis;
  for (const bulletin::JournalHead& head : content.basis) {
    types::v1::Position* position = head.service == "plan" ? basis.mutable_plan() : basis.add_progress();
    position->set_journal_id(head.journal);
    position->set_sequence(head.sequence);
    if (head.hash.find_first_not_of("0123456789abcdef") != std::string::npos || head.hash.size() % 2 != 0) {
      return MakeError(Reason::TAMPERED, "basis", head.hash, "a hash that is not hexadecimal");
    }
    position->set_block_hash(absl::HexStringToBytes(head.hash));
    if (head.tree_root.find_first_not_of("0123456789abcdef") != std::string::npos || head.tree_root.size() % 2 != 0) {
      return MakeError(Reason::TAMPERED, "basis", head.tree_root, "a root that is not hexadecimal");
    }
    position->set_tree_size(head.tree_size);
    position->set_tree_root(absl::HexStringToBytes(head.tree_root));
  }
  return basis;
}

}  // namespace anju::cli
