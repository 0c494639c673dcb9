// Backups: sources in the right order, what came of each, and what a backup holds.
#include "services/cli/backup.h"

#include <filesystem>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/archive/archive.h"
#include "common/archive/backup.h"
#include "common/client/journal_source.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;
using Sources = std::vector<std::unique_ptr<archive::Source>>;

// Each source is fixed to what is durable at the moment it is opened. Bulletins (ranking) name positions of progress and plan, and blocks of progress
// name positions of plan, always ones that were durable before. So whoever is opened later contains everything that those opened earlier name: ranking
// first, plan last makes the backup a basis that existed, although nobody stands still meanwhile.
absl::Status OpenRunning(const Context& context, Sources* sources) {
  std::vector<std::pair<std::string, std::string>> order = {{"ranking", context.endpoints.ranking}};
  for (const absl::string_view address : absl::StrSplit(context.endpoints.progress, ',', absl::SkipEmpty())) order.emplace_back("progress", std::string(address));
  order.emplace_back("plan", context.endpoints.plan);
  for (const auto& [service, address] : order) {
    ASSIGN_OR_RETURN(std::unique_ptr<archive::Source> source, client::OpenRunningService(address, service, context.deadline_ms));
    sources->push_back(std::move(source));
  }
  return absl::OkStatus();
}

// The same from the directories of a stopped suite: ranking, progress, progress-2 …, plan. Their locks are held until the backup is made.
absl::Status OpenStopped(const std::string& data, Sources* sources) {
  std::vector<std::pair<std::string, std::string>> order = {{"ranking", "ranking"}, {"progress", "progress"}};
  for (int n = 2; fs::is_directory(absl::StrCat(data, "/progress-", n)); ++n) order.emplace_back("progress", absl::StrCat("progress-", n));
  order.emplace_back("plan", "plan");
  for (const auto& [service, name] : order) {
    ASSIGN_OR_RETURN(std::unique_ptr<archive::Source> source, archive::OpenStoppedService(data + "/" + name, service));
    sources->push_back(std::move(source));
  }
  return absl::OkStatus();
}

// Bars for one journal after the other.
class Bars {
 public:
  void Set(const std::string& name, uint64_t sequence, uint64_t total) {
    if (name != name_) bar_ = std::make_unique<Progress>(name, total);
    name_ = name;
    bar_->Set(sequence);
  }

 private:
  std::string name_;
  std::unique_ptr<Progress> bar_;
};

std::string PositionOf(const journal::Position& position) { return archive::Words(position); }

// Of an archive as it is read through.
struct Held {
  journal::Position end;
  uint64_t blocks = 0;
  int64_t last_time_us = 0;
  size_t ancestors = 0;
};

absl::StatusOr<Held> ReadThrough(const std::string& directory, const archive::Entry& entry, Bars& bars) {
  ASSIGN_OR_RETURN(const std::unique_ptr<archive::Reader> reader, archive::Reader::Open(directory, entry));
  Held held;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next());
    if (!more) break;
    held.last_time_us = reader->block().header.time_us;
    bars.Set(entry.name, reader->position().sequence, entry.sequence);
  }
  held.end = reader->position();
  held.blocks = reader->blocks();
  held.ancestors = reader->lineage().identities().size() - 1;
  return held;
}

Json EntryJson(const archive::Entry& entry) {
  return {{"name", entry.name},         {"service", entry.service},         {"file", entry.file}, {"journal", journal::ToHex(entry.journal)},
          {"sequence", entry.sequence}, {"hash", journal::ToHex(entry.hash)}, {"bytes", entry.bytes}};
}

}  // namespace

int Backup(const Context& context, const BackupOptions& options) {
  if (options.to.empty()) return Fail(context, MakeError(Reason::USAGE, "to", "backup --to DIR", "a backup needs a directory"));
  Sources sources;
  const absl::Status opened = options.data.empty() ? OpenRunning(context, &sources) : OpenStopped(options.data, &sources);
  if (!opened.ok()) return Fail(context, opened);
  absl::StatusOr<std::vector<archive::BackedUp>> done = [&] {
    Bars bars;
    return archive::BackUp(options.to, sources, RealClock(), [&](const std::string& name, uint64_t sequence, uint64_t total) { bars.Set(name, sequence, total); });
  }();
  if (!done.ok()) return Fail(context, done.status());
  if (context.output == Output::kJson) {
    Json services = Json::array();
    for (const archive::BackedUp& one : *done) {
      Json json = EntryJson(one.entry);
      json["added_events"] = one.added_events;
      json["added_bytes"] = one.added_bytes;
      json["from"] = one.from;
      services.push_back(std::move(json));
    }
    PrintJson({{"backup", options.to}, {"services", std::move(services)}});
    return kOk;
  }
  Sheet sheet{{"service", "file", "journal", "sequence", "added_events", "bytes", "added_bytes"}, {false, false, false, true, true, true, true}, {}};
  for (const archive::BackedUp& one : *done) {
    sheet.rows.push_back({one.entry.name, options.to + "/" + one.entry.file, journal::ToHex(one.entry.journal), std::to_string(one.entry.sequence),
                          std::to_string(one.added_events), std::to_string(one.entry.bytes), std::to_string(one.added_bytes)});
  }
  PrintSheet(context, sheet);
  return kOk;
}

int ListBackup(const Context& context, const std::string& directory) {
  const absl::StatusOr<archive::Manifest> manifest = archive::ReadFinishedManifest(directory);
  if (!manifest.ok()) return Fail(context, manifest.status());
  Sheet sheet{{"service", "file", "position", "blocks", "bytes", "ancestors", "recorded"}, {false, false, false, true, true, true, false}, {}};
  Json services = Json::array();
  Bars bars;
  for (const archive::Entry& entry : manifest->entries) {
    const absl::StatusOr<Held> held = ReadThrough(directory, entry, bars);
    if (!held.ok()) return Fail(context, held.status());
    Json json = EntryJson(entry);
    json["blocks"] = held->blocks;
    json["position"] = PositionOf(held->end);
    json["ancestors"] = held->ancestors;
    json["last_time_us"] = held->last_time_us;
    services.push_back(std::move(json));
    sheet.rows.push_back({entry.name, directory + "/" + entry.file, PositionOf(held->end), std::to_string(held->blocks), std::to_string(entry.bytes),
                          std::to_string(held->ancestors), FormatMoment(held->last_time_us)});
  }
  if (context.output == Output::kJson) {
    PrintJson({{"backup", directory}, {"made_time_us", manifest->made_us}, {"services", std::move(services)}});
    return kOk;
  }
  PrintSheet(context, sheet);
  Talk(context, std::string(context.Say("备份完成于 ", "made ")) + FormatMoment(manifest->made_us) +
                    std::string(context.Say("；每个文件的每条记录都已核对", "; every record of every file was verified")));
  return kOk;
}

}  // namespace anju::cli
