// The canonical bytes of a content, both ways: one list of fields per structure serves the writer and the reader.
#include "common/bulletin/content.h"

#include <array>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::bulletin {
namespace {

// nlohmann's object is sorted by bytes, which for our ASCII keys is the order of RFC 8785; dump() escapes what the RFC escapes and nothing else.
using Json = nlohmann::json;

constexpr uint64_t kIntegerMax = (uint64_t{1} << 53) - 1;  // RFC 8785: beyond it two programs could read two numbers
constexpr int kDepthMax = 16;                              // of brackets; a content has 9

constexpr std::array<std::string_view, 3> kBlockKinds = {"heading", "subheading", "paragraph"};

// The fields of every structure. `archive(name, field)` writes or reads one.
template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Figure>
void Fields(Archive& archive, T& figure) {
  archive("id", figure.id);
  archive("printed", figure.printed);
  archive("unit", figure.unit);
  archive("label", figure.label);
  archive("rule", figure.rule);
  archive("exact", figure.exact);
  archive("region", figure.region);
  archive("programme", figure.programme);
  archive("indicator", figure.indicator);
  archive("plan_year", figure.plan_year);
  archive("cell", figure.cell);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Run>
void Fields(Archive& archive, T& run) {
  archive("text", run.text);
  archive("figure", run.figure);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Block>
void Fields(Archive& archive, T& block) {
  archive("kind", block.kind);
  archive("runs", block.runs);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Column>
void Fields(Archive& archive, T& column) {
  archive("group", column.group);
  archive("heading", column.heading);
  archive("numeric", column.numeric);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Row>
void Fields(Archive& archive, T& row) {
  archive("region", row.region);
  archive("name", row.name);
  archive("reason", row.reason);
  archive("cells", row.cells);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Annex>
void Fields(Archive& archive, T& annex) {
  archive("name", annex.name);
  archive("title", annex.title);
  archive("subtitle", annex.subtitle);
  archive("unit_note", annex.unit_note);
  archive("columns", annex.columns);
  archive("rows", annex.rows);
  archive("total", annex.total);
  archive("notes", annex.notes);
  archive("definition", annex.definition);
  archive("as_of", annex.as_of);
  archive("reported", annex.reported);
  archive("expected", annex.expected);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, JournalHead>
void Fields(Archive& archive, T& head) {
  archive("service", head.service);
  archive("journal", head.journal);
  archive("sequence", head.sequence);
  archive("hash", head.hash);
  archive.WhereAny("tree_size", head.tree_size);
  archive.WhereAny("tree_root", head.tree_root);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Change>
void Fields(Archive& archive, T& change) {
  archive("id", change.id);
  archive("place", change.place);
  archive("before", change.before);
  archive("after", change.after);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Correction>
void Fields(Archive& archive, T& correction) {
  archive("number", correction.number);
  archive("date", correction.date);
  archive("sha256", correction.sha256);
  archive("changes", correction.changes);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, Content>
void Fields(Archive& archive, T& content) {
  archive("template_code", content.template_code);
  archive("template_version", content.template_version);
  archive("template_sha256", content.template_sha256);
  archive("number", content.number);
  archive("date", content.date);
  archive("region", content.region);
  archive("region_name", content.region_name);
  archive("as_of", content.as_of);
  archive("tree", content.tree);
  archive("review", content.review);
  archive("basis", content.basis);
  archive("basis_token", content.basis_token);
  archive("letterhead", content.letterhead);
  archive("issuer", content.issuer);
  archive("signature", content.signature);
  archive("title", content.title);
  archive("addressees", content.addressees);
  archive("copies", content.copies);
  archive("body", content.body);
  archive("annexes", content.annexes);
  archive("operands", content.operands);
  archive("corrects", content.corrects);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, std::pair<std::string, std::string>>
void Fields(Archive& archive, T& word) {
  archive("name", word.first);
  archive("value", word.second);
}

template <typename Archive, typename T>
  requires std::is_same_v<std::remove_const_t<T>, std::pair<std::string, Figure>>
void Fields(Archive& archive, T& operand) {
  archive("place", operand.first);
  archive("figure", operand.second);
}

class Writer {
 public:
  template <typename T>
  static Json ToJson(const T& structure) {
    Writer writer;
    Fields(writer, structure);
    return std::move(writer.object_);
  }
  static Json ToJson(const std::string& text) { return text; }
  static Json ToJson(const bool& flag) { return flag; }
  static Json ToJson(const uint32_t& number) { return number; }
  static Json ToJson(const uint64_t& number) {
    CHECK(number <= kIntegerMax);
    return number;
  }
  static Json ToJson(const BlockKind& kind) { return kBlockKinds[static_cast<size_t>(kind)]; }
  template <typename T>
  static Json ToJson(const std::optional<T>& value) {
    return value ? ToJson(*value) : Json(nullptr);
  }
  template <typename T>
  static Json ToJson(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) array.push_back(ToJson(value));
    return array;
  }

  template <typename T>
  void operator()(const char* name, const T& field) {
    object_[name] = ToJson(field);
  }
  // A field that came later: contents from before it keep their bytes.
  template <typename T>
  void WhereAny(const char* name, const T& field) {
    if (field != T{}) (*this)(name, field);
  }

 private:
  Json object_ = Json::object();
};

// Leaves a field as it is where the JSON has none or one of another kind: the bytes then written differ from those read, which is noticed at the end.
class Reader {
 public:
  template <typename T>
  static void FromJson(const Json& json, T& structure) {
    if (!json.is_object()) return;
    Reader reader(json);
    Fields(reader, structure);
  }
  static void FromJson(const Json& json, std::string& text) {
    if (json.is_string()) text = json.get_ref<const std::string&>();
  }
  static void FromJson(const Json& json, bool& flag) {
    if (json.is_boolean()) flag = json.get<bool>();
  }
  static void FromJson(const Json& json, uint32_t& number) {
    if (json.is_number_unsigned() && json.get<uint64_t>() <= UINT32_MAX) number = json.get<uint32_t>();
  }
  static void FromJson(const Json& json, uint64_t& number) {
    if (json.is_number_unsigned() && json.get<uint64_t>() <= kIntegerMax) number = json.get<uint64_t>();
  }
  static void FromJson(const Json& json, BlockKind& kind) {
    for (size_t i = 0; json.is_string() && i < kBlockKinds.size(); ++i) {
      if (json.get_ref<const std::string&>() == kBlockKinds[i]) kind = static_cast<BlockKind>(i);
    }
  }
  template <typename T>
  static void FromJson(const Json& json, std::optional<T>& value) {
    if (!json.is_null()) FromJson(json, value.emplace());
  }
  template <typename T>
  static void FromJson(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return;
    values.resize(json.size());
    for (size_t i = 0; i < values.size(); ++i) FromJson(json[i], values[i]);
  }

  template <typename T>
  void operator()(const char* name, T& field) {
    auto found = object_.find(name);
    if (found != object_.end()) FromJson(*found, field);
  }
  template <typename T>
  void WhereAny(const char* name, T& field) {
    (*this)(name, field);
  }

 private:
  explicit Reader(const Json& object) : object_(object) {}
  const Json& object_;
};

// False when brackets nest deeper than any content's, so that a hostile file cannot make the parser's tree arbitrarily deep.
bool IsShallow(std::string_view bytes) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if ((c == '{' || c == '[') && ++depth > kDepthMax) return false;
    if (c == '}' || c == ']') --depth;
  }
  return true;
}

absl::Status NotCanonical(std::string_view why) {
  return MakeError(Reason::TAMPERED, "content", "", "these bytes are not a bulletin's canonical content: " + std::string(why));
}

}  // namespace

std::string PlainText(const Runs& runs) {
  std::string text;
  for (const Run& run : runs) text += run.text;
  return text;
}

std::string Canonical(const Content& content) {
  Json json = Writer::ToJson(content);
  json["format"] = kFormat;
  return json.dump();
}

absl::StatusOr<Content> ParseCanonical(std::string_view bytes) {
  if (bytes.size() > kContentBytesMax) return NotCanonical("they are longer than 4 MiB");
  if (!IsShallow(bytes)) return NotCanonical("they nest too deep");
  const Json json = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return NotCanonical("they are no JSON object");
  Content content;
  Reader::FromJson(json, content);
  // A content has exactly one form: whatever was missing, additional, of another type, out of order or written otherwise shows here.
  if (Canonical(content) != bytes) return NotCanonical("a field is missing, additional, of another kind or written in another way");
  return content;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 0xF];
  }
  return hex;
}

}  // namespace anju::bulletin
