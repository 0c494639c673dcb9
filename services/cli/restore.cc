// Restoring: what was put back, what is lost, and who will notice.
#include "common/archive/restore.h"

#include <filesystem>

#include "common/archive/archive.h"
#include "common/status/status.h"
#include "services/cli/backup.h"

namespace anju::cli {
namespace {

std::string ContinuedOf(const archive::Restored& one) { return archive::Words({one.continued, one.entry.sequence, one.entry.hash}); }

// Said once, for all services: this is the moment at which somebody can still choose a newer backup.
void TellWhatIsLost(const Context& context, const std::vector<archive::Restored>& restored) {
  Talk(context, context.Say("这份备份之后记录的内容不在恢复后的服务中：", "What was recorded after this backup is not in the restored services:"));
  for (const archive::Restored& one : restored) {
    const std::string after = one.entry.name + " " + std::to_string(one.entry.sequence);
    Talk(context, context.lang == Lang::kChinese ? "  " + after + " 号以后" : "  after " + after);
  }
  Talk(context, context.Say("报送过这些内容的来源再报时会得知应从第几号补报（SEQUENCE_GAP），用原文件再运行 anju report 即可补齐，不会重复计数；",
                            "Sources that reported some of it are told which number is expected (SEQUENCE_GAP); running anju report with the same files sends what is missing and counts nothing twice."));
  Talk(context, context.Say("此前的标记和通报照旧有效，此后的标记和通报会被告知所指的记录已丢失；汇总和排序自行重算。",
                            "Tokens and bulletins from before stay valid, later ones are told that what they name was lost; rollups and rankings rebuild by themselves."));
}

}  // namespace

int Restore(const Context& context, const RestoreOptions& options) {
  absl::StatusOr<std::vector<archive::Restored>> restored = [&] {
    std::unique_ptr<Progress> bar;
    std::string shown;
    return archive::Restore(options.backup, options.data, options.services, RealClock(), [&](const std::string& name, uint64_t sequence, uint64_t total) {
      if (name != shown) bar = std::make_unique<Progress>(name, total);
      shown = name;
      bar->Set(sequence);
    });
  }();
  if (!restored.ok()) return Fail(context, restored.status());
  if (context.output == Output::kJson) {
    Json services = Json::array();
    for (const archive::Restored& one : *restored) {
      services.push_back({{"name", one.entry.name},
                          {"service", one.entry.service},
                          {"directory", one.directory},
                          {"journal", journal::ToHex(one.journal)},
                          {"continues", {{"journal", journal::ToHex(one.continued)}, {"sequence", one.entry.sequence}, {"hash", journal::ToHex(one.entry.hash)}}}});
    }
    PrintJson({{"backup", options.backup}, {"data", options.data}, {"services", std::move(services)}});
    return kOk;
  }
  Sheet sheet{{"service", "directory", "continues", "journal"}, {}, {}};
  for (const archive::Restored& one : *restored) sheet.rows.push_back({one.entry.name, one.directory, ContinuedOf(one), journal::ToHex(one.journal)});
  PrintSheet(context, sheet);
  TellWhatIsLost(context, *restored);
  return kOk;
}

}  // namespace anju::cli
