// Builds our nodes from yaml-cpp's events. Its exceptions end in ReadYaml.
#include "services/ranking/core/bulletin/yaml.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include <utf8proc.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "common/status/status.h"
#include "services/ranking/core/bulletin/text.h"

namespace anju::ranking {
namespace {

ErrorDetail Bad(uint32_t line, std::string value, std::string message) {
  return {.reason = Reason::BAD_TEMPLATE, .value = std::move(value), .message = std::move(message), .line = line};
}

uint32_t LineOf(const YAML::Mark& mark) { return static_cast<uint32_t>(std::max(mark.line, 0)) + 1; }

// Ends the parse: what follows would not be worth reading.
struct Refused : std::exception {
  explicit Refused(ErrorDetail detail) : detail(std::move(detail)) {}
  ErrorDetail detail;
};

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(ErrorCollector& errors) : errors_(errors) {}
  YamlNode& root() { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Place(mark, anchor, "", YamlNode::Kind::kNull, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    errors_.Add(Bad(LineOf(mark), "*", "aliases are not allowed in a template"));
    Place(mark, 0, "", YamlNode::Kind::kNull, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Place(mark, anchor, tag, YamlNode::Kind::kScalar, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(mark, anchor, tag, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(mark, anchor, tag, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YamlNode node;
    std::optional<std::pair<std::string, uint32_t>> key;  // of a map: read, its value not yet
    std::set<std::string> keys;
  };

  void Judge(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    if (++nodes_ > kYamlNodesMax) throw Refused(Bad(LineOf(mark), "", "more than 20,000 nodes"));
    if (anchor != 0) errors_.Add(Bad(LineOf(mark), "&", "anchors are not allowed in a template"));
    // "?" and "!" are what the parser gives to plain and quoted scalars.
    if (!tag.empty() && tag != "?" && tag != "!") errors_.Add(Bad(LineOf(mark), tag, "tags are not allowed in a template"));
  }

  void Place(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, YamlNode::Kind kind, const std::string& value) {
    Judge(mark, anchor, tag);
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    std::copy_if(value.begin(), value.end(), std::back_inserter(node.text), [](char c) { return c != '\n' && c != '\r'; });
    if (!IsReadable(node.text)) errors_.Add(Bad(node.line, value, "a text holds a control or format character"));
    Put(std::move(node));
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, YamlNode::Kind kind) {
    Judge(mark, anchor, tag);
    if (levels_.size() >= static_cast<size_t>(kYamlDepthMax)) throw Refused(Bad(LineOf(mark), "", "nested deeper than 8 levels"));
    Level level;
    level.node.kind = kind;
    level.node.line = LineOf(mark);
    levels_.push_back(std::move(level));
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Put(std::move(node));
  }

  void Put(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::kList) {
      level.node.items.push_back(std::move(node));
      return;
    }
    if (!level.key) {
      if (node.kind != YamlNode::Kind::kScalar) errors_.Add(Bad(node.line, "", "a key is one word"));
      level.key.emplace(std::move(node.text), node.line);
      return;
    }
    const uint32_t line = level.key->second;
    if (level.keys.insert(level.key->first).second) {
      level.node.entries.push_back({std::move(level.key->first), line, std::move(node)});
    } else {
      errors_.Add(Bad(line, level.key->first, "the key " + level.key->first + " stands twice"));
    }
    level.key.reset();
  }

  ErrorCollector& errors_;
  YamlNode root_;
  std::vector<Level> levels_;
  size_t nodes_ = 0;
};

// The line of the first byte that is not UTF-8, or of a character that no text file holds; 0 when there is none.
uint32_t FirstBadLine(std::string_view source) {
  uint32_t line = 1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(source.data());
  for (size_t at = 0; at < source.size();) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(source.size() - at), &character);
    if (length <= 0 || character == 0x7F || (character < 0x20 && character != '\n' && character != '\r' && character != '\t')) return line;
    line += character == '\n';
    at += static_cast<size_t>(length);
  }
  return 0;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

absl::StatusOr<YamlNode> ReadYaml(std::string_view source) {
  if (const uint32_t line = FirstBadLine(source)) return MakeError(Bad(line, "", "a template is UTF-8 text without control characters"));
  ErrorCollector errors;
  Builder builder(errors);
  try {
    std::istringstream stream{std::string(source)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (parser.HandleNextDocument(builder)) errors.Add(Bad(1, "---", "a template is one document"));
  } catch (const Refused& refused) {
    errors.Add(refused.detail);
  } catch (const YAML::Exception& exception) {
    errors.Add(Bad(LineOf(exception.mark), "", "not YAML: " + exception.msg));
  }
  if (!errors.empty()) return errors.ToStatus();
  return std::move(builder.root());
}

}  // namespace anju::ranking
