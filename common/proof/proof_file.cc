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

Json ToJson(const BulletinName& name) { return {{"number", name.number}, {"sha256", name.sha256}}; }

// The journal stands beside an event's head, and in each of the two heads of an extension.
Json ToJson(const Head& head, bool with_journal) {
  Json json = {{"sequence", head.sequence}, {"hash", ToJson(head.hash)}, {"tree_size", head.tree_size}, {"tree_root", ToJson(head.tree_root)}};
  if (with_journal) json["journal"] = head.journal;
  return json;
}

Json ToJson(const ProvedEvent& event) {
  std::string base64;
  absl::Base64Escape(event.event, &base64);
  return {{"role", event.role},
          {"service", event.head.service},
          {"journal", event.head.journal},
          {"sequence", event.sequence},
          {"event", base64},
          {"index", event.index},
          {"count", event.count},
          {"event_path", ToJson(event.event_path)},
          {"block_header", Hex(event.block_header)},
          {"previous_hash", ToJson(event.previous_hash)},
          {"block_index", event.block_index},
          {"block_path", ToJson(event.block_path)},
          {"head", ToJson(event.head, false)}};
}

Json ToJson(const Extension& extension) {
  return {{"service", extension.to.service}, {"from", ToJson(extension.from, true)}, {"to", ToJson(extension.to, true)}, {"path", ToJson(extension.path)}};
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

  BulletinName Name() const { return {(*this)["number"].Text(), (*this)["sha256"].Text()}; }
  Head HeadOf(std::string service, std::string journal) const {
    return {std::move(service), std::move(journal), (*this)["sequence"].Integer(), (*this)["hash"].HashOf(), (*this)["tree_size"].Integer(), (*this)["tree_root"].HashOf()};
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
    event.head = (*this)["head"].HeadOf((*this)["service"].Text(), (*this)["journal"].Text());
    return event;
  }
  Extension ExtensionOf() const {
    const std::string service = (*this)["service"].Text();
    const auto head = [&](const char* key) { return (*this)[key].HeadOf(service, (*this)[key]["journal"].Text()); };
    return {head("from"), head("to"), (*this)["path"].Path()};
  }

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

bool IsHead(const Head& head) {
  const auto id = journal::ParseJournalId(head.journal);
  return (head.service == "plan" || head.service == "progress") && id.ok() && head.sequence > 0 && head.tree_size > 0 && head.tree_size <= head.sequence;
}

}  // namespace

absl::Status Fails(std::string_view where, std::string_view value, std::string_view why) {
  return MakeError(Reason::PROOF_FAILED, where, value.empty() ? where : value, why);
}

std::string NameOf(const Head& head) { return absl::StrCat(head.service, " ", head.journal, "/", head.sequence, " (", head.tree_size, ")"); }

std::string FormatProof(const Proof& proof) {
  Json events = Json::array(), extensions = Json::array();
  for (const ProvedEvent& event : proof.events) events.push_back(ToJson(event));
  for (const Extension& extension : proof.extensions) extensions.push_back(ToJson(extension));
  const Json json = {{"anju_proof", kProofFormat},
                     {"hash", std::string(kHash)},
                     {"bulletin", ToJson(proof.bulletin)},
                     {"older", proof.older ? ToJson(*proof.older) : Json(nullptr)},
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
  proof.bulletin = reader["bulletin"].Name();
  if (!reader["older"].is_null()) proof.older = reader["older"].Name();
  reader["events"].ForEach([&](const Reader& event) { proof.events.push_back(event.Event()); });
  reader["extensions"].ForEach([&](const Reader& extension) { proof.extensions.push_back(extension.ExtensionOf()); });
  if (proof.events.size() > kProvedEventsMax || proof.extensions.size() > kExtensionsMax || proof.events.empty() == proof.extensions.empty() ||
      proof.older.has_value() == proof.extensions.empty()) {
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

absl::StatusOr<ProvedBlock> CheckEvent(const ProvedEvent& event, std::string_view where) {
  const auto at = [&](const char* key) { return absl::StrCat(Abseil(where), ".", key); };
  if (!IsHead(event.head)) return Fails(at("head"), NameOf(event.head), "not a head of a journal");
  if (event.event_path.size() > kPathMax) return Fails(at("event_path"), "", "longer than any path");
  if (event.block_path.size() > kPathMax) return Fails(at("block_path"), "", "longer than any path");
  const auto root = RootOfAuditPath(LeafHash(event.event), event.index, event.count, event.event_path);
  if (!root) return Fails(at("event_path"), "", "no block of that many events has a path of this length there");
  const auto block = journal::DecodeBlockHeader(event.block_header, event.previous_hash, *root);
  if (!block.ok()) return HasReason(block.status(), Reason::SCHEMA_TOO_NEW) ? block.status() : Fails(at("block_header"), "", "not the header of a block");
  if (block->header.count != event.count) return Fails(at("count"), absl::StrCat(event.count), "the header names another count of events");
  if (block->header.first_sequence + event.index != event.sequence) return Fails(at("sequence"), absl::StrCat(event.sequence), "the header names another sequence");
  if (block->header.last_sequence() > event.head.sequence) return Fails(at("sequence"), absl::StrCat(event.sequence), "beyond the head it is proved against");
  const auto tree = RootOfAuditPath(LeafHash(View(block->hash)), event.block_index, event.head.tree_size, event.block_path);
  if (!tree || *tree != event.head.tree_root) {
    return Fails(at("head.tree_root"), journal::ToHex(event.head.tree_root), absl::StrCat("event, header and paths lead to ", tree ? journal::ToHex(*tree) : "no root of a tree of that size"));
  }
  return block->header;
}

absl::Status CheckExtension(const Extension& extension, std::string_view where) {
  const auto at = [&](const char* key) { return absl::StrCat(Abseil(where), ".", key); };
  if (!IsHead(extension.from) || extension.from.service != extension.to.service) return Fails(at("from"), NameOf(extension.from), "not a head of a journal");
  if (!IsHead(extension.to)) return Fails(at("to"), NameOf(extension.to), "not a head of a journal");
  if (extension.path.size() > kPathMax) return Fails(at("path"), "", "longer than any path");
  const bool same = extension.from.sequence == extension.to.sequence;
  const bool ordered = extension.from.sequence <= extension.to.sequence && extension.from.tree_size <= extension.to.tree_size &&
                       same == (extension.from.tree_size == extension.to.tree_size);
  if (!ordered || (same && extension.from != extension.to)) return Fails(at("from"), NameOf(extension.from), "the older head does not come before the newer one");
  if (!IsConsistent(extension.from.tree_size, extension.from.tree_root, extension.to.tree_size, extension.to.tree_root, extension.path)) {
    return Fails(at("path"), NameOf(extension.to), "the newer journal does not begin with the older one");
  }
  return absl::OkStatus();
}

}  // namespace anju::proof
