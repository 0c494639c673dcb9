// Typed access to the keys of a template's maps.
#include "services/ranking/core/bulletin/fields.h"

#include <utility>

#include "services/ranking/core/bulletin/text.h"

namespace anju::ranking {

MapFields::MapFields(const YamlNode& node, std::string field, ErrorCollector& errors)
    : node_(node), field_(std::move(field)), line_(node.line), errors_(errors) {
  if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNull) {
    errors_.Add({.reason = Reason::BAD_TEMPLATE, .field = field_, .value = node.text, .message = (field_.empty() ? "a template" : field_) + " is a map of keys", .line = line_});
  }
}

MapFields::~MapFields() {
  for (const YamlNode::Entry& entry : node_.entries) {
    if (known_.contains(entry.key)) continue;
    ErrorDetail detail{.reason = Reason::BAD_TEMPLATE, .field = Path(entry.key), .value = entry.key, .message = "there is no key " + entry.key + " here",
                       .line = entry.line};
    for (const std::string& known : known_) {
      if (detail.candidates.size() < kErrorCandidatesMax && !node_.Find(known)) detail.candidates.push_back(known);
    }
    errors_.Add(std::move(detail));
  }
}

void MapFields::Refuse(Reason reason, const std::string& key, std::string value, std::string message, std::vector<std::string> candidates) {
  const YamlNode* found = node_.Find(key);
  errors_.Add({.reason = reason, .field = Path(key), .value = std::move(value), .message = std::move(message), .line = found ? found->line : line_,
               .candidates = std::move(candidates)});
}

const YamlNode* MapFields::Get(const char* key) {
  known_.insert(key);
  return node_.Find(key);
}

std::string MapFields::Word(const char* key, bool required) {
  const YamlNode* found = Get(key);
  if (found && found->kind != YamlNode::Kind::kScalar && found->kind != YamlNode::Kind::kNull) {
    Refuse(Reason::BAD_TEMPLATE, key, "", std::string(key) + " is one word");
    return "";
  }
  if (required && (!found || found->text.empty())) Refuse(Reason::BAD_TEMPLATE, key, "", std::string(key) + " is required");
  return found ? found->text : "";
}

TemplateText MapFields::Text(const char* key, bool required) {
  const YamlNode* found = Get(key);
  if (required && (!found || (found->text.empty() && found->items.empty() && found->entries.empty()))) {
    Refuse(Reason::BAD_TEMPLATE, key, "", std::string(key) + " is required");
  }
  return found ? ReadText(*found, Path(key), errors_) : TemplateText{};
}

std::string MapFields::Literal(const char* key, bool required) {
  const YamlNode* found = Get(key);
  if (required && (!found || (found->text.empty() && found->items.empty() && found->entries.empty()))) {
    Refuse(Reason::BAD_TEMPLATE, key, "", std::string(key) + " is required");
  }
  return found ? ReadLiteral(*found, Path(key), errors_) : "";
}

bool MapFields::YesNo(const char* key, bool otherwise) {
  const std::string word = Word(key);
  if (word.empty() || word == "yes" || word == "true") return word.empty() ? otherwise : true;
  if (word != "no" && word != "false") Refuse(Reason::BAD_TEMPLATE, key, word, std::string(key) + " is yes or no", {"yes", "no"});
  return false;
}

std::optional<uint32_t> MapFields::Count(const char* key, uint32_t max) {
  const std::string word = Word(key);
  if (word.empty()) return std::nullopt;
  uint32_t number = 0;
  bool good = word.size() <= 6;
  for (const char c : word) {
    good = good && c >= '0' && c <= '9';
    if (good) number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  if (good && number <= max) return number;
  Refuse(Reason::BAD_TEMPLATE, key, word, std::string(key) + " is a number from 0 to " + std::to_string(max));
  return std::nullopt;
}

std::vector<const YamlNode*> MapFields::List(const char* key, size_t max) {
  std::vector<const YamlNode*> items;
  const YamlNode* found = Get(key);
  if (!found || found->kind == YamlNode::Kind::kNull) return items;
  if (found->kind != YamlNode::Kind::kList) Refuse(Reason::BAD_TEMPLATE, key, found->text, std::string(key) + " is a list");
  if (found->items.size() > max) Refuse(Reason::TOO_MANY_ROWS, key, std::to_string(found->items.size()), "at most " + std::to_string(max) + " in " + key);
  for (const YamlNode& item : found->items) {
    if (items.size() < max) items.push_back(&item);
  }
  return items;
}

std::vector<const YamlNode::Entry*> MapFields::Map(const char* key, size_t max) {
  std::vector<const YamlNode::Entry*> entries;
  const YamlNode* found = Get(key);
  if (!found || found->kind == YamlNode::Kind::kNull) return entries;
  if (found->kind != YamlNode::Kind::kMap) Refuse(Reason::BAD_TEMPLATE, key, found->text, std::string(key) + " is a map of names");
  if (found->entries.size() > max) Refuse(Reason::TOO_MANY_ROWS, key, std::to_string(found->entries.size()), "at most " + std::to_string(max) + " " + key);
  for (const YamlNode::Entry& entry : found->entries) {
    if (entries.size() < max) entries.push_back(&entry);
  }
  return entries;
}

}  // namespace anju::ranking
