// Reads a template: the document, its milestones and body. Tables and lists are read in bulletin_tables.cc, names resolved in bulletin_names.cc.
#include "services/ranking/core/bulletin/template.h"

#include <utility>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/ranking/core/bulletin/fields.h"
#include "services/ranking/core/bulletin/text.h"
#include "services/ranking/core/bulletin/yaml.h"

namespace anju::ranking {
namespace {

constexpr std::string_view kYear = "{year}", kOrdinal = "{n}";
constexpr size_t kNumberBytesMax = 80;  // of the pattern; a number of its own is at most 100 bytes
constexpr size_t kCodeBytesMax = 40, kNameBytesMax = 32;
constexpr int kYearOfChecking = 2000;

std::string Replace(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    out += text.substr(0, at);
    out += with;
    text.remove_prefix(at + what.size());
  }
  out += text;
  return out;
}

bool IsWordOf(std::string_view text, char joint, size_t bytes_min, size_t bytes_max) {
  if (text.size() < bytes_min || text.size() > bytes_max || text[0] < 'a' || text[0] > 'z') return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == joint)) return false;
  }
  return true;
}

void CheckNumberPattern(MapFields& fields, const std::string& pattern) {
  if (pattern.empty()) return;
  const std::string rest = Replace(Replace(pattern, kYear, ""), kOrdinal, "");
  if (pattern.find(kYear) == std::string::npos || pattern.find(kOrdinal) == std::string::npos || rest.find_first_of("{}") != std::string::npos ||
      pattern.size() > kNumberBytesMax) {
    fields.Refuse(Reason::BAD_TEMPLATE, "number", pattern, "number is a pattern with {year} and {n} of at most 80 bytes, as in 迪安居通〔{year}〕{n}号");
  }
}

TemplateMilestone ReadMilestone(const YamlNode::Entry& entry, ErrorCollector& errors) {
  MapFields fields(entry.value, "milestones." + entry.key, errors);
  TemplateMilestone milestone;
  milestone.name = entry.key;
  milestone.line = entry.line;
  milestone.programme = fields.Word("programme", true);
  milestone.indicator = fields.Word("indicator", true);
  milestone.year = fields.Word("year");
  milestone.by = fields.Word("by", true);
  if (const absl::Status status = ParsePeriod(PutYear(milestone.year, kYearOfChecking)).status(); !status.ok()) {
    fields.Refuse(Reason::BAD_PERIOD, "year", milestone.year, std::string(status.message()));
  }
  // Years differ in nothing but 29 February; {year} stands for a leap year here.
  if (const absl::Status status = ParseDate(PutYear(milestone.by, kYearOfChecking)).status(); !milestone.by.empty() && !status.ok()) {
    fields.Refuse(Reason::BAD_DATE, "by", milestone.by, "by is a date YYYY-MM-DD, in which {year} may stand for the year");
  }
  return milestone;
}

TemplateBlock ReadBlock(const YamlNode& node, const std::string& field, ErrorCollector& errors) {
  static constexpr std::pair<const char*, bulletin::BlockKind> kKinds[] = {
      {"heading", bulletin::BlockKind::kHeading}, {"subheading", bulletin::BlockKind::kSubheading}, {"text", bulletin::BlockKind::kParagraph}};
  MapFields fields(node, field, errors);
  TemplateBlock block;
  int kinds = 0;
  for (const auto& [key, kind] : kKinds) {
    if (!fields.Get(key)) continue;
    ++kinds;
    block.kind = kind;
    block.text = fields.Text(key, true);
  }
  if (kinds != 1) errors.Add({.reason = Reason::BAD_TEMPLATE, .field = field, .message = "a block is one of heading, subheading, text", .line = node.line});
  return block;
}

Template ReadDocument(const YamlNode& root, ErrorCollector& errors) {
  MapFields fields(root, "", errors);
  Template source;
  source.code = fields.Word("template", true);
  if (!source.code.empty() && !IsWordOf(source.code, '-', 2, kCodeBytesMax)) {
    fields.Refuse(Reason::BAD_TEMPLATE, "template", source.code, "a template's code is 2 to 40 of a-z, 0-9 and -, a letter first");
  }
  source.region = fields.Word("region", true);
  if (const YamlNode* region = root.Find("region")) source.region_line = region->line;
  source.issuer = fields.Literal("issuer", true);
  source.letterhead = fields.Get("letterhead") ? fields.Literal("letterhead") : source.issuer + "文件";
  source.signature = fields.Get("signature") ? fields.Literal("signature") : source.issuer;
  source.number = fields.Word("number", true);
  CheckNumberPattern(fields, source.number);
  source.title = fields.Text("title", true);
  source.addressees = fields.Text("addressees");
  source.copies = fields.Text("copies");
  source.words = ReadWords(fields.Get("words"), "words", errors);
  for (const YamlNode::Entry* entry : fields.Map("names", kTemplateNamesMax)) {
    std::string name = ReadLiteral(entry->value, "names." + entry->key, errors);
    if (name.empty()) errors.Add({.reason = Reason::BAD_TEMPLATE, .field = "names", .value = entry->key, .message = "a name is printed, so it cannot be empty", .line = entry->line});
    source.names[entry->key] = std::move(name);
    source.name_lines[entry->key] = entry->line;
  }
  const auto named = [&](const char* section, const YamlNode::Entry& entry) {
    if (IsWordOf(entry.key, '_', 1, kNameBytesMax)) return;
    errors.Add({.reason = Reason::BAD_TEMPLATE, .field = section, .value = entry.key, .message = "a name here is at most 32 of a-z, 0-9 and _, a letter first",
                .line = entry.line});
  };
  for (const YamlNode::Entry* entry : fields.Map("milestones", kTemplateMilestonesMax)) {
    named("milestones", *entry);
    source.milestones.push_back(ReadMilestone(*entry, errors));
  }
  for (const YamlNode::Entry* entry : fields.Map("tables", kTemplateTablesMax)) {
    named("tables", *entry);
    source.tables.push_back(ReadTable(*entry, errors));
  }
  if (source.tables.empty()) fields.Refuse(Reason::BAD_TEMPLATE, "tables", "", "a template has at least one table");
  for (const YamlNode::Entry* entry : fields.Map("lists", kTemplateListsMax)) {
    named("lists", *entry);
    source.lists.push_back(ReadList(*entry, errors));
  }
  int index = 0;
  for (const YamlNode* block : fields.List("body", kTemplateBlocksMax)) {
    source.body.push_back(ReadBlock(*block, "body[" + std::to_string(index++) + "]", errors));
  }
  return source;
}

}  // namespace

absl::StatusOr<Template> ParseTemplate(std::string_view yaml) {
  if (yaml.size() > kTemplateBytesMax) {
    return MakeError(Reason::BAD_TEMPLATE, "", std::to_string(yaml.size()), "a template is at most 65,536 bytes");
  }
  ASSIGN_OR_RETURN(const YamlNode root, ReadYaml(yaml));
  ErrorCollector errors;
  Template source = ReadDocument(root, errors);
  ResolveNames(source, errors);
  if (!errors.empty()) return errors.ToStatus();
  return source;
}

std::string PutYear(std::string_view text, int year) { return Replace(text, kYear, std::to_string(year)); }

std::string MakeNumber(std::string_view pattern, Date date, uint32_t n) { return Replace(PutYear(pattern, YearOf(date)), kOrdinal, std::to_string(n)); }

}  // namespace anju::ranking
