// Column tables of the contract's files, and the reading of files.
#include "services/cli/formats.h"

#include <cstdio>
#include <map>

#include "common/status/status.h"

namespace anju::cli {

const std::vector<csv::Column>& RegionColumns() {
  static const std::vector<csv::Column> columns = {
      {"code", {"代码"}},          {"name", {"名称"}},           {"parent", {"上级"}},        {"level", {"级别"}},
      {"kind", {"性质"}},          {"valid_from", {"启用"}},     {"valid_to", {"停用"}},      {"aliases", {"别名"}, false},
      {"gb_code", {"国标代码"}, false}, {"order", {"次序"}, false}, {"members", {"成员"}, false}, {"note", {"备注"}, false}};
  return columns;
}

const std::vector<csv::Column>& CatalogueColumns() {
  static const std::vector<csv::Column> columns = {
      {"type", {"类型"}},         {"code", {"代码"}},           {"name", {"名称"}},       {"parent", {"上级"}},
      {"unit", {"单位"}},         {"scale", {"小数位"}},        {"units_accepted", {"可用单位"}}, {"over_regions", {"地区汇总"}},
      {"over_time", {"时间汇总"}}, {"part_of", {"所属"}},       {"part_kind", {"其中关系"}}, {"entries", {"增加指标"}},
      {"exits", {"减少指标"}},    {"negative", {"可为负"}}};
  return columns;
}

const std::vector<csv::Column>& PlanColumns() {
  static const std::vector<csv::Column> columns = {
      {"region", {"地区"}},      {"programme", {"保障类别"}}, {"indicator", {"指标"}},    {"plan_year", {"计划年度"}},
      {"value", {"数值"}},       {"unit", {"单位"}},          {"note", {"备注"}, false},  {"role", {"性质"}, false},
      {"layer", {"层级"}, false}, {"place", {"出处"}, false},  {"total_of", {"合计范围"}, false}};
  return columns;
}

const std::vector<csv::Column>& MilestoneColumns() {
  static const std::vector<csv::Column> columns = {
      {"region", {"地区"}},        {"programme", {"保障类别"}},   {"indicator", {"指标"}},        {"plan_year", {"计划年度"}},
      {"by", {"期限"}},            {"share", {"比例"}},           {"of", {"基数"}, false},        {"cohort", {"开工年份"}, false},
      {"strength", {"要求"}, false}, {"layer", {"层级"}, false},  {"place", {"出处"}, false}};
  return columns;
}

const std::vector<csv::Column>& ReportColumns() {
  static const std::vector<csv::Column> columns = {
      {"region", {"地区"}},        {"programme", {"保障类别"}},    {"indicator", {"指标"}},        {"plan_year", {"计划年度"}},
      {"as_of", {"数据日期"}},     {"value", {"数值"}},            {"unit", {"单位"}},             {"kind", {"报送类型"}, false},
      {"explanation", {"说明"}, false}, {"corrects", {"更正"}, false}, {"published", {"发布日期"}, false}, {"sequence", {"序号"}, false}};
  return columns;
}

const std::vector<csv::Column>& BoundaryColumns() {
  static const std::vector<csv::Column> columns = {
      {"date", {"日期"}},           {"event", {"事项"}},          {"region", {"地区"}},          {"into", {"去向"}, false},
      {"share", {"份额", "比例"}, false}, {"units", {"单位名单"}, false}, {"name", {"名称"}, false},    {"level", {"级别"}, false},
      {"kind", {"性质"}, false},    {"parent", {"上级"}, false},  {"document", {"文号"}, false}, {"note", {"备注"}, false}};
  return columns;
}

const std::vector<csv::Column>& CheckColumns() {
  static const std::vector<csv::Column> columns = {
      {"name", {"名称"}},            {"check", {"核对"}},          {"programme", {"保障类别"}, false}, {"indicator", {"指标"}, false},
      {"other", {"对比指标"}, false}, {"limit", {"限值"}, false},  {"at_least", {"起点"}, false},     {"action", {"处理"}}};
  return columns;
}

std::string Record::Get(std::string_view name) const {
  // Words of closed lists only; names of regions and programmes are left to the services.
  static const std::map<std::string_view, std::map<std::string_view, std::string_view>> kWords = {
      {"level", {{"国家", "country"}, {"省", "province"}, {"市", "city"}, {"县", "county"}, {"单位", "unit"}}},
      {"kind",
       {{"行政区", "administrative"}, {"开发区", "zone"}, {"本级", "own_level"}, {"企业", "company"}, {"片区", "area"},
        {"累计", "cumulative"}, {"增量", "increment"}, {"更正", "correction"}, {"核减", "reduction"}}},
      {"role", {{"任务", "target"}, {"合计", "declared_total"}, {"追加", "addition"}, {"预留", "reserve"}, {"撤销", "withdrawn"}}},
      {"layer", {{"国家", "national"}, {"省", "provincial"}, {"市", "city"}, {"县", "county"}}},
      {"value", {{"无任务", "no_task"}, {"暂未公布", "not_published"}}},
      {"strength", {{"必须", "must"}, {"力争", "strive"}}},
      {"negative", {{"是", "yes"}, {"否", "no"}}},
      {"event",
       {{"更名", "rename"}, {"改代码", "recode"}, {"撤县设区", "recode"}, {"划归", "move"}, {"撤销", "abolish"}, {"并入", "merge"}, {"拆分", "split"},
        {"升格", "convert"}}},
      {"check",
       {{"其中项大于总数", "part_above_whole"}, {"大于对比指标", "above_other"}, {"累计下降", "falling"}, {"增幅过大", "jump"}, {"远超任务", "over_target"},
        {"计划外", "not_in_plan"}, {"迟报", "late"}}},
      {"action", {{"标记", "flag"}, {"须说明", "explain"}, {"停用", "off"}}},
      {"type", {{"保障类别", "programme"}, {"类组", "group"}, {"指标", "indicator"}}},
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name != name) continue;
    const std::string& field = row_.fields[i];
    auto words = kWords.find(name);
    if (words != kWords.end()) {
      auto word = words->second.find(field);
      if (word != words->second.end()) return std::string(word->second);
    }
    return field;
  }
  return "";
}

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return MakeError(Reason::FILE_NOT_FOUND, "file", path, "cannot be opened");
  std::string bytes;
  char buffer[1 << 16];
  size_t count = 0;
  bool too_large = false;
  while (!too_large && (count = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    bytes.append(buffer, count);
    too_large = bytes.size() > csv::kFileBytesMax;
  }
  const bool failed = std::ferror(file) != 0;  // a directory opens but does not read
  if (file != stdin) std::fclose(file);
  if (failed) return MakeError(Reason::FILE_NOT_FOUND, "file", path, "cannot be read");
  if (too_large) return MakeError(Reason::TOO_MANY_ROWS, "file", path, "files larger than 64 MiB are sent in parts");
  return bytes;
}

absl::Status WriteFile(const std::string& path, std::string_view bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if ((file != nullptr && std::fclose(file) != 0) || !written) return MakeError(Reason::FILE_NOT_FOUND, "out", path, "cannot be written");
  return absl::OkStatus();
}

}  // namespace anju::cli
