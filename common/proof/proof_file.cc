// Reading and writing proof files, and the walk from an event up to the root of a tree.
#include "common/proof/proof_file.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::proof {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kIntegerMax = (uint64_t{1} << 53) - 1;  // beyond it two programs could read two numbers
constexpr int kDepthMax = 5;                               // of brackets; a proof has 4
constexpr size_t kElementsMax = 200'000;                   // values of a file; a path has at most kPathMax
constexpr std::string_view kHash = "sha256";

absl::string_view Abseil(std::string_view text) { return absl::string_view(text.data(), text.size()); }
std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(Abseil(bytes)); }

std::optional<std::string> FromHex(std::string_view hex) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (hex.size() % 2 != 0 || !std::all_of(hex.begin(), hex.end(), digit)) return std::nullopt;
  return absl::HexStringToBytes(Abseil(hex));
}

absl::Status BadFile(std::string_view why) { return Fails("file", why, "this file is not a proof as this program writes it"); }

Json ToJson(const Hash& hash) { return Hex(View(hash)); }

Json ToJson(const std::vector<Hash>& path) {
  Json list = Json::array();
  for (const Hash& hash : path) list.push_back(ToJson(hash));
  return list;
}

Json ToJson(const Head& head) {
  return {{"service", head.service}, {"journal", head.journal}, {"sequence", head.sequence}, {"hash", head.hash}, {"tree_size", head.tree_size}, {"tree_root", head.tree_root}};
}

Json ToJson(const Printed& bulletin) {
  Json heads = Json::array();
  for (const Head& head : bulletin.heads) heads.push_back(ToJson(head));
  return {{"number", bulletin.number}, {"sha256", bulletin.sha256}, {"heads", std::move(heads)}};
}

Json ToJson(const ProvedEvent& event) {
  std::string base64;
  absl::Base64Escape(event.event, &base64);
  return {{"role", event.role},
          {"journal", event.journal},
          {"sequence", event.sequence},
          {"event", base64},
          {"index", event.index},
          {"count", event.count},
          {"event_path", ToJson(event.event_path)},
          {"block_header", Hex(event.block_header)},
          {"previous_hash", ToJson(event.previous_hash)},
          {"block_index", event.block_index},
          {"block_path", ToJson(event.block_path)}};
}

Json ToJson(const Extension& extension) {
  return {{"older_journal", extension.older_journal}, {"journal", extension.journal}, {"path", ToJson(extension.path)}};
}

// Takes what is there and of the right kind; whatever was missing, additional or written otherwise shows when the file is written again.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  Reader operator[](const char* key) const {
    static const Json kNothing;
    if (!json_.is_object()) return Reader(kNothing);
    const auto found = json_.find(key);
    return Reader(found == json_.end() ? kNothing : *found);
  }
  bool is_object() const { return json_.is_object(); }
  bool is_null() const { return json_.is_null(); }
  std::string Text() const { return json_.is_string() ? json_.get<std::string>() : ""; }
  uint64_t Integer(uint64_t max = kIntegerMax) const {
    const uint64_t value = json_.is_number_unsigned() ? json_.get<uint64_t>() : 0;
    return value <= max ? value : 0;
  }
  std::string HexBytes() const { return FromHex(Text()).value_or(""); }
  Hash HashOf() const {
    Hash hash{};
    const std::string bytes = HexBytes();
    if (bytes.size() == hash.size()) std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(hash.data()));
    return hash;
  }
  std::vector<Hash> Path() const {
    std::vector<Hash> path;
    for (size_t i = 0; json_.is_array() && i < json_.size(); ++i) path.push_back(Reader(json_[i]).HashOf());
    return path;
  }
  std::string Base64() const {
    std::string bytes;
    return absl::Base64Unescape(Text(), &bytes) ? bytes : "";
  }
  template <typename Each>
  void ForEach(Each each) const {
    for (size_t i = 0; json_.is_array() && i < json_.size(); ++i) each(Reader(json_[i]));
  }

  Head HeadOf() const {
    const auto text = [&](const char* key) { return (*this)[key].Text(); };
    return {text("service"), text("journal"), (*this)["sequence"].Integer(), text("hash"), (*this)["tree_size"].Integer(), text("tree_root")};
  }
  Printed Bulletin() const {
    Printed bulletin{(*this)["number"].Text(), (*this)["sha256"].Text(), {}};
    (*this)["heads"].ForEach([&](const Reader& head) { bulletin.heads.push_back(head.HeadOf()); });
    return bulletin;
  }
  ProvedEvent Event() const {
    ProvedEvent event;
    event.role = (*this)["role"].Text();
    event.sequence = (*this)["sequence"].Integer();
    event.event = (*this)["event"].Base64();
    event.index = static_cast<uint32_t>((*this)["index"].Integer(UINT32_MAX));
    event.count = static_cast<uint32_t>((*this)["count"].Integer(UINT32_MAX));
    event.event_path = (*this)["event_path"].Path();
    event.block_header = (*this)["block_header"].HexBytes();
    event.previous_hash = (*this)["previous_hash"].HashOf();
    event.block_index = (*this)["block_index"].Integer();
    event.block_path = (*this)["block_path"].Path();
    event.journal = (*this)["journal"].Text();
    return event;
  }
  Extension ExtensionOf() const { return {(*this)["older_journal"].Text(), (*this)["journal"].Text(), (*this)["path"].Path()}; }

 private:
  const Json& json_;
};

// Bounds what a hostile file can make the JSON parser build, before it is asked.
absl::Status CheckShape(std::string_view bytes) {
  if (bytes.size() > kProofBytesMax) return BadFile(absl::StrCat("> ", kProofBytesMax >> 20, " MiB"));
  int depth = 0;
  size_t elements = 0;
  bool quoted = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if ((c == '{' || c == '[') && ++depth > kDepthMax) return BadFile("{{{…");
    if (c == '}' || c == ']') --depth;
    if (c == ',' && ++elements > kElementsMax) return BadFile(absl::StrCat("> ", kElementsMax));
  }
  return absl::OkStatus();
}

// The root of a head that proofs can be made against.
absl::StatusOr<Hash> RootOf(const Head& head, std::string_view where) {
  const auto root = FromHex(head.tree_root);
  Hash hash{};
  if (head.sequence == 0 || head.tree_size == 0 || head.tree_size > head.sequence || !root || root->size() != hash.size()) {
    return Fails(where, NameOf(head), "a head that proves nothing: it has no root of a tree");
  }
  std::copy(root->begin(), root->end(), reinterpret_cast<char*>(hash.data()));
  return hash;
}

const Head* FindHead(const Printed& bulletin, const std::string& journal) {
  const auto found = std::find_if(bulletin.heads.begin(), bulletin.heads.end(), [&](const Head& head) { return head.journal == journal; });
  return found == bulletin.heads.end() ? nullptr : &*found;
}

// What the file says of a bulletin, against the bulletin itself.
absl::Status CheckPrinted(const Printed& named, const Printed& printed, const std::string& where) {
  if (named.number != printed.number) return Fails(where + ".number", absl::StrCat(named.number, " ≠ ", printed.number), "the proof is of another bulletin");
  if (named.sha256 != printed.sha256) return Fails(where + ".sha256", absl::StrCat(named.sha256, " ≠ ", printed.sha256), "the proof is of another bulletin");
  for (size_t i = 0; i < std::max(named.heads.size(), printed.heads.size()); ++i) {
    const std::string at = absl::StrCat(where, ".heads[", i, "]");
    if (i >= named.heads.size() || i >= printed.heads.size()) return Fails(at, NameOf((i < named.heads.size() ? named : printed).heads[i]), "only one of proof and bulletin has it");
    if (named.heads[i] != printed.heads[i]) return Fails(at, absl::StrCat(NameOf(named.heads[i]), " ≠ ", NameOf(printed.heads[i])), "not as the bulletin prints it");
  }
  return absl::OkStatus();
}

absl::Status CheckExtension(const Extension& extension, const Printed& older, const Printed& newer, const std::string& where) {
  const Head* from = FindHead(older, extension.older_journal);
  const Head* to = FindHead(newer, extension.journal);
  if (from == nullptr) return Fails(where + ".older_journal", extension.older_journal, "the older bulletin names no such journal");
  if (to == nullptr || to->service != from->service) return Fails(where + ".journal", extension.journal, "the bulletin names no such journal of this service");
  ASSIGN_OR_RETURN(const Hash from_root, RootOf(*from, where + ".older_journal"));
  ASSIGN_OR_RETURN(const Hash to_root, RootOf(*to, where + ".journal"));
  if (extension.path.size() > kPathMax) return Fails(where + ".path", "", "longer than any path");
  const bool same = from->sequence == to->sequence;
  if (from->sequence > to->sequence || from->tree_size > to->tree_size || same != (from->tree_size == to->tree_size) || (same && *from != *to)) {
    return Fails(where + ".older_journal", absl::StrCat(NameOf(*from), " > ", NameOf(*to)), "the head of the older bulletin does not come before that of the newer one");
  }
  if (!IsConsistent(from->tree_size, from_root, to->tree_size, to_root, extension.path)) {
    return Fails(where + ".path", absl::StrCat(NameOf(*from), " → ", NameOf(*to)), "it does not show that the newer journal begins with the older one");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Fails(std::string_view where, std::string_view value, std::string_view why) {
  return MakeError(Reason::PROOF_FAILED, where, absl::StrCat(Abseil(where), value.empty() ? "" : ": ", Abseil(value)), why);
}

std::string NameOf(const Head& head) { return absl::StrCat(head.service, " ", head.journal.substr(0, 8), "…/", head.sequence, " ", head.tree_root.substr(0, 16), "…"); }

std::string FormatProof(const Proof& proof) {
  Json events = Json::array(), extensions = Json::array();
  for (const ProvedEvent& event : proof.events) events.push_back(ToJson(event));
  for (const Extension& extension : proof.extensions) extensions.push_back(ToJson(extension));
  const Json json = {{"anju_proof", kProofFormat},
                     {"hash", std::string(kHash)},
                     {"bulletin", ToJson(proof.bulletin)},
                     {"older", proof.older ? ToJson(*proof.older) : Json(nullptr)},
                     {"record", proof.record ? ToJson(*proof.record) : Json(nullptr)},
                     {"events", std::move(events)},
                     {"extensions", std::move(extensions)}};
  return json.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Proof> ParseProof(std::string_view bytes) {
  RETURN_IF_ERROR(CheckShape(bytes));
  const Json json = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  const Reader reader(json);
  if (json.is_discarded() || !reader.is_object() || reader["anju_proof"].Integer() == 0) return BadFile("JSON");
  if (reader["anju_proof"].Integer() > kProofFormat || (reader["hash"].Text() != kHash && !reader["hash"].Text().empty())) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "file", absl::StrCat(reader["anju_proof"].Integer(), " ", reader["hash"].Text()), "a proof of a newer format, or with another hash");
  }
  Proof proof;
  proof.bulletin = reader["bulletin"].Bulletin();
  if (!reader["older"].is_null()) proof.older = reader["older"].Bulletin();
  if (!reader["record"].is_null()) proof.record = reader["record"].HeadOf();
  reader["events"].ForEach([&](const Reader& event) { proof.events.push_back(event.Event()); });
  reader["extensions"].ForEach([&](const Reader& extension) { proof.extensions.push_back(extension.ExtensionOf()); });
  if (proof.events.size() > kProvedEventsMax || proof.extensions.size() > kHeadsMax || proof.events.empty() == proof.extensions.empty() ||
      proof.older.has_value() == proof.extensions.empty() || (proof.record && proof.events.size() != 1)) {
    return BadFile("events, extensions");
  }
  // A proof has one spelling: whatever was missing, additional, out of order or of another kind shows here.
  const std::string again = FormatProof(proof);
  if (again != bytes) {
    const size_t at = static_cast<size_t>(std::mismatch(bytes.begin(), bytes.end(), again.begin(), again.end()).first - bytes.begin());
    return BadFile(absl::StrCat("line ", 1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), '\n')));
  }
  return proof;
}

absl::StatusOr<Proved> CheckEvent(const ProvedEvent& event, const Head& head, std::string_view where) {
  const auto at = [&](const char* key) { return absl::StrCat(Abseil(where), ".", key); };
  ASSIGN_OR_RETURN(const Hash head_root, RootOf(head, at("journal")));
  if (event.event_path.size() > kPathMax) return Fails(at("event_path"), "", "longer than any path");
  if (event.block_path.size() > kPathMax) return Fails(at("block_path"), "", "longer than any path");
  const auto root = RootOfAuditPath(LeafHash(event.event), event.index, event.count, event.event_path);
  if (!root) return Fails(at("event_path"), "", "no block of that many events has a path of this length there");
  const auto block = journal::DecodeBlockHeader(event.block_header, event.previous_hash, *root);
  if (!block.ok()) return HasReason(block.status(), Reason::SCHEMA_TOO_NEW) ? block.status() : Fails(at("block_header"), "", "not the header of a block");
  if (block->header.count != event.count) return Fails(at("count"), absl::StrCat(event.count, " ≠ ", block->header.count), "the header names another count of events");
  if (block->header.first_sequence + event.index != event.sequence) return Fails(at("sequence"), absl::StrCat(event.sequence), "the header names another sequence");
  if (block->header.last_sequence() > head.sequence) return Fails(at("sequence"), absl::StrCat(event.sequence, " > ", head.sequence), "beyond the head it is proved against");
  const auto tree = RootOfAuditPath(LeafHash(View(block->hash)), event.block_index, head.tree_size, event.block_path);
  if (!tree) return Fails(at("block_path"), "", "no tree of that size has a path of this length there");
  if (*tree != head_root) {
    return Fails(where, absl::StrCat(journal::ToHex(*tree).substr(0, 16), "… ≠ ", NameOf(head)), "event, header and paths lead to another root than the bulletin prints");
  }
  return Proved{block->header, &head};
}

absl::StatusOr<std::vector<Proved>> CheckProof(const Proof& proof, const Printed& bulletin, const Printed* older) {
  RETURN_IF_ERROR(CheckPrinted(proof.bulletin, bulletin, "bulletin"));
  if (proof.older.has_value() != (older != nullptr)) return Fails("older", proof.older ? proof.older->number : "", proof.older ? "the proof is of two bulletins" : "the proof is of one bulletin");
  if (older != nullptr) RETURN_IF_ERROR(CheckPrinted(*proof.older, *older, "older"));
  std::vector<Proved> proved;
  for (size_t i = 0; i < proof.events.size(); ++i) {
    const std::string where = absl::StrCat("events[", i, "]");
    const Head* head = proof.record ? &*proof.record : FindHead(bulletin, proof.events[i].journal);
    if (head == nullptr || head->journal != proof.events[i].journal) return Fails(where + ".journal", proof.events[i].journal, "the bulletin names no such journal");
    ASSIGN_OR_RETURN(Proved one, CheckEvent(proof.events[i], *head, where));
    proved.push_back(one);
  }
  for (size_t i = 0; i < proof.extensions.size(); ++i) RETURN_IF_ERROR(CheckExtension(proof.extensions[i], *older, bulletin, absl::StrCat("extensions[", i, "]")));
  return proved;
}

}  // namespace anju::proof
