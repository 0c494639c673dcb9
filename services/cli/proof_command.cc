// `anju proof`: a proof file against printed bulletins. Reads files and nothing else.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/bulletin/render.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/formats.h"
#include "services/cli/messages.h"
#include "services/cli/printable.h"
#include "services/cli/prove.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

struct Bulletin {
  proof::Printed printed;
  std::string form;
  bool hash_checked = false;
};

absl::StatusOr<Bulletin> ReadBulletin(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(path));
  ASSIGN_OR_RETURN(const bulletin::Printed read, bulletin::ReadPrinted(bytes));
  return Bulletin{PrintedOf(read.marks.number, read.marks.sha256, read.basis), read.marks.form, read.hash_checked};
}

struct Checked {
  proof::Proof proof;
  Bulletin bulletin;
  std::optional<Bulletin> older;
  std::vector<Fact> facts;  // of an event
};

absl::StatusOr<Checked> Check(const CheckProofOptions& options) {
  Checked checked;
  ASSIGN_OR_RETURN(const std::string bytes, ReadInput(options.proof));
  ASSIGN_OR_RETURN(checked.proof, proof::ParseProof(bytes));
  ASSIGN_OR_RETURN(checked.bulletin, ReadBulletin(options.bulletin));
  if (!options.older.empty()) {
    ASSIGN_OR_RETURN(checked.older, ReadBulletin(options.older));
  }
  if (checked.proof.older && !checked.older) return MakeError(Reason::USAGE, "older", checked.proof.older->number, "this proof is of two bulletins: name the file of the older one too");
  ASSIGN_OR_RETURN(const std::vector<proof::Proved> proved, proof::CheckProof(checked.proof, checked.bulletin.printed, checked.older ? &checked.older->printed : nullptr));
  if (!checked.proof.events.empty()) {
    ASSIGN_OR_RETURN(checked.facts, ReadProof(checked.proof, proved));
  }
  return checked;
}

Json BulletinJson(const Bulletin& bulletin) {
  return {{"number", bulletin.printed.number}, {"sha256", bulletin.printed.sha256}, {"form", bulletin.form}, {"hash_checked", bulletin.hash_checked}};
}

Json HeadJson(const proof::Head& head) {
  return {{"service", head.service}, {"journal", head.journal}, {"sequence", head.sequence}, {"hash", head.hash}, {"tree_size", head.tree_size}, {"tree_root", head.tree_root}};
}

const proof::Head& HeadOf(const proof::Printed& printed, const std::string& journal) {
  return *std::find_if(printed.heads.begin(), printed.heads.end(), [&](const proof::Head& head) { return head.journal == journal; });  // CheckProof has found it
}

// The older and the newer head of every journal.
std::vector<std::pair<proof::Head, proof::Head>> Extensions(const Checked& checked) {
  std::vector<std::pair<proof::Head, proof::Head>> heads;
  for (const proof::Extension& extension : checked.proof.extensions) heads.emplace_back(HeadOf(checked.older->printed, extension.older_journal), HeadOf(checked.bulletin.printed, extension.journal));
  return heads;
}

void PrintJsonOf(const Checked& checked) {
  Json json = {{"proved", true}, {"bulletin", BulletinJson(checked.bulletin)}};
  if (checked.older) json["older"] = BulletinJson(*checked.older);
  if (!checked.facts.empty()) {
    Json fact = Json::object();
    for (const Fact& one : checked.facts) fact[one.key] = one.value;
    json["fact"] = std::move(fact);
    json["head"] = HeadJson(checked.proof.record ? *checked.proof.record : HeadOf(checked.bulletin.printed, checked.proof.events.front().journal));
    json["head_printed"] = !checked.proof.record.has_value();
  } else {
    Json extensions = Json::array();
    for (const auto& [from, to] : Extensions(checked)) extensions.push_back({{"from", HeadJson(from)}, {"to", HeadJson(to)}});
    json["extensions"] = std::move(extensions);
  }
  PrintJson(json);
}

std::string LabelOf(const std::string& key, Lang lang) {
  static const std::map<std::string, std::string> kLabels = {{"region_name", "地区名称"}, {"programme_name", "保障类别名称"}, {"indicator_name", "指标名称"}, {"issuer_name", "下达单位名称"},
                                                             {"review_office_name", "审核单位名称"}, {"smallest_units", "数值（最小单位）"}, {"series", "序列"}, {"field", "所涉字段"}};
  const auto found = kLabels.find(key);
  return lang == Lang::kChinese && found != kLabels.end() ? found->second : FieldWords(key, lang);
}

std::string WordOf(const std::string& word, Lang lang) {
  static const std::map<std::string, std::string> kEvents = {{"update", "报送"}, {"refusal", "不予接收"}, {"review", "审核"}, {"source", "来源"}, {"series", "序列"}, {"document", "计划文件"}, {"milestones", "节点要求"},
                                                             {"regions", "区划"}, {"catalogue", "目录"}, {"boundaries", "区划调整"}, {"checks", "核对规则"}, {"issued", "印发"}};
  const auto found = kEvents.find(word);
  return lang == Lang::kChinese && found != kEvents.end() ? found->second : Reading(word, lang);
}

void PrintTextOf(const Context& context, const Checked& checked) {
  const auto bulletin = [&](std::string_view label, const Bulletin& one) {
    std::printf("%s  %s (%s)  SHA-256 %s%s\n", std::string(label).c_str(), Printable(one.printed.number).c_str(), one.form.c_str(), one.printed.sha256.c_str(),
                std::string(one.hash_checked ? context.Say("，与内容一致", ", that of the content") : context.Say("（此格式不载全文，散列未核）", " (not recomputed: this form does not carry the content)")).c_str());
  };
  bulletin(context.Say("通报", "bulletin"), checked.bulletin);
  if (checked.older) bulletin(context.Say("旧通报", "older"), *checked.older);
  for (const Fact& fact : checked.facts) {
    const bool is_word = fact.key == "event" || fact.key == "kind" || fact.key == "review";
    std::printf("  %s  %s\n", LabelOf(fact.key, context.lang).c_str(), Printable(is_word ? WordOf(fact.value, context.lang) : fact.value).c_str());
  }
  if (checked.proof.record) {
    std::printf("%s\n", Printable(absl::StrCat(std::string(context.Say("✓ 印发记录在通报日志中，日志头 ", "✓ its issue stands in the journal of bulletins, whose head is ")), checked.proof.record->journal, "/", checked.proof.record->sequence, " ", checked.proof.record->hash,
                                               std::string(context.Say("；该头未印在通报上，请与备份清单等另行核对", "; no bulletin prints this head: compare it with a backup's manifest or another witness")))).c_str());
  } else if (!checked.facts.empty()) {
    const proof::Head& head = HeadOf(checked.bulletin.printed, checked.proof.events.front().journal);
    std::printf("%s\n", absl::StrCat(std::string(context.Say("✓ 这条记录在通报所依据的日志中，树根 ", "✓ this record stands in the journal that the bulletin was computed from, root ")), head.tree_root.substr(0, 16), "…").c_str());
  }
  for (const auto& [from, to] : Extensions(checked)) {
    std::printf("%s\n", absl::StrCat("✓ ", to.service, " ", from.journal.substr(0, 8), "…/", from.sequence, " → ", to.journal.substr(0, 8), "…/", to.sequence,
                                     std::string(context.Say("：新日志以旧日志开头，旧记录一条未改", ": the newer journal begins with the older one, nothing of it was changed"))).c_str());
  }
}

}  // namespace

int CheckProofFile(const Context& context, const CheckProofOptions& options) {
  const absl::StatusOr<Checked> checked = Check(options);
  if (!checked.ok()) {
    const int code = Fail(context, checked.status(), options.proof);
    return HasReason(checked.status(), Reason::PROOF_FAILED) || HasReason(checked.status(), Reason::TAMPERED) ? kWouldChange : code;
  }
  if (context.output == Output::kJson) {
    PrintJsonOf(*checked);
  } else if (context.output == Output::kTable) {
    PrintTextOf(context, *checked);
  } else {
    Sheet sheet{{"field", "value"}, {}, {{"proved", "yes"}, {"bulletin", checked->bulletin.printed.number}}};
    for (const Fact& fact : checked->facts) sheet.rows.push_back({fact.key, fact.value});
    for (const auto& [from, to] : Extensions(*checked)) sheet.rows.push_back({"extension", proof::NameOf(from) + " → " + proof::NameOf(to)});
    PrintSheet(context, sheet);
  }
  return kOk;
}

}  // namespace anju::cli
