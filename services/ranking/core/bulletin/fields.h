// Reads the keys of one map of a template and remembers which it knows: what is left over is an error.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/status/status.h"
#include "services/ranking/core/bulletin/template.h"
#include "services/ranking/core/bulletin/yaml.h"

namespace anju::ranking {

class MapFields {
 public:
  // `field` is the path of the map for errors, e.g. tables.starts. Anything but a map is BAD_TEMPLATE (an absent value is an empty map).
  MapFields(const YamlNode& node, std::string field, ErrorCollector& errors);
  // Unknown keys are said here, with the known ones as candidates.
  ~MapFields();
  MapFields(const MapFields&) = delete;
  MapFields& operator=(const MapFields&) = delete;

  // nullptr when the key is not there.
  const YamlNode* Get(const char* key);
  // Scalars as they are; "" when absent. With `required` an absent or empty one is BAD_TEMPLATE.
  std::string Word(const char* key, bool required = false);
  TemplateText Text(const char* key, bool required = false);
  // Printed text without bindings.
  std::string Literal(const char* key, bool required = false);
  // yes | no.
  bool YesNo(const char* key, bool otherwise);
  // 0..max, without sign.
  std::optional<uint32_t> Count(const char* key, uint32_t max);
  // Members of a list or a map; absent is none, another kind is BAD_TEMPLATE. TOO_MANY_ROWS beyond `max`.
  std::vector<const YamlNode*> List(const char* key, size_t max);
  std::vector<const YamlNode::Entry*> Map(const char* key, size_t max);

  void Refuse(Reason reason, const std::string& key, std::string value, std::string message, std::vector<std::string> candidates = {});
  std::string Path(const std::string& key) const { return field_.empty() ? key : field_ + "." + key; }
  uint32_t line() const { return line_; }
  ErrorCollector& errors() { return errors_; }

 private:
  const YamlNode& node_;
  const std::string field_;
  const uint32_t line_;
  ErrorCollector& errors_;
  std::set<std::string> known_;
};

// The tables and lists of a template; their names and cells are checked when all are read.
TemplateTable ReadTable(const YamlNode::Entry& entry, ErrorCollector& errors);
TemplateList ReadList(const YamlNode::Entry& entry, ErrorCollector& errors);
Words ReadWords(const YamlNode* node, const std::string& field, ErrorCollector& errors);

// Resolves every binding and cell word against the tables, lists and milestones: their paths are split, UNKNOWN_CELL for the rest.
void ResolveNames(Template& source, ErrorCollector& errors);

}  // namespace anju::ranking
