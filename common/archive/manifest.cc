// JSON that is read strictly: what is not exactly what we would write is damaged.
#include "common/archive/manifest.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/files/files.h"
#include "common/journal/hash.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::archive {
namespace {

using Json = nlohmann::ordered_json;

std::string Encode(const Manifest& manifest, const std::string& sum) {
  Json services = Json::array();
  for (const Entry& entry : manifest.entries) {
    services.push_back({{"name", entry.name},
                        {"service", entry.service},
                        {"file", entry.file},
                        {"journal", journal::ToHex(entry.journal)},
                        {"sequence", entry.sequence},
                        {"hash", journal::ToHex(entry.hash)},
                        {"bytes", entry.bytes}});
  }
  const Json json = {{"format", kManifestFormat}, {"made_time_us", manifest.made_us}, {"services", std::move(services)}, {"sha256", sum}};
  return json.dump(2) + "\n";
}

// A name becomes a file and a directory: nothing that leads elsewhere.
bool IsName(const std::string& name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 64 && name[0] != '-' && std::all_of(name.begin(), name.end(), plain);
}

bool ParseHash(const std::string& hex, journal::Hash* hash) {
  if (hex.size() != 64) return false;
  for (size_t half = 0; half < 2; ++half) {
    const auto id = journal::ParseJournalId(std::string_view(hex).substr(32 * half, 32));
    if (!id.ok()) return false;
    std::copy(id->begin(), id->end(), hash->begin() + 16 * static_cast<ptrdiff_t>(half));
  }
  return true;
}

std::string Text(const Json& json, const char* key) { return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : ""; }
uint64_t Number(const Json& json, const char* key) { return json.contains(key) && json[key].is_number_unsigned() ? json[key].get<uint64_t>() : 0; }

}  // namespace

const Entry* Manifest::Find(std::string_view name) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::string ManifestPath(const std::string& directory) { return directory + "/manifest.json"; }

std::string EncodeManifest(const Manifest& manifest) {
  return Encode(manifest, journal::ToHex(journal::Sha256({Encode(manifest, "")})));
}

absl::StatusOr<Manifest> DecodeManifest(std::string_view text, const std::string& path) {
  const auto damaged = [&](std::string_view what) { return MakeError(Reason::DATA_LOSS, "backup", path, what); };
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return damaged("the manifest is not JSON");
  if (json.contains("format") && json["format"].is_number_unsigned() && json["format"].get<uint64_t>() > kManifestFormat) {
    return MakeError(Reason::SCHEMA_TOO_NEW, "backup", path, "the manifest was written by a newer version");
  }
  Manifest manifest;
  manifest.made_us = static_cast<int64_t>(Number(json, "made_time_us"));
  if (!json.contains("services") || !json["services"].is_array() || json["services"].size() > kEntriesMax) return damaged("the manifest lists no services");
  for (const Json& service : json["services"]) {
    Entry entry;
    entry.name = Text(service, "name");
    entry.service = Text(service, "service");
    entry.file = Text(service, "file");
    const auto id = journal::ParseJournalId(Text(service, "journal"));
    if (!id.ok() || !ParseHash(Text(service, "hash"), &entry.hash)) return damaged("the manifest has a broken id or hash");
    entry.journal = *id;
    entry.sequence = Number(service, "sequence");
    entry.bytes = Number(service, "bytes");
    if (!IsName(entry.name) || entry.file != entry.name + ".journal" || manifest.Find(entry.name) != nullptr) return damaged("the manifest has a broken name");
    manifest.entries.push_back(std::move(entry));
  }
  if (EncodeManifest(manifest) != text) return damaged("the manifest is not what was written");
  return manifest;
}

absl::StatusOr<Manifest> ReadManifest(const std::string& directory) {
  const std::string path = ManifestPath(directory);
  ASSIGN_OR_RETURN(const std::optional<std::string> text, files::ReadWhole(path, kManifestBytesMax));
  if (!text) return MakeError(Reason::FILE_NOT_FOUND, "backup", path, "there is no manifest: this is not a backup, or it has lost the file that vouches for it");
  return DecodeManifest(*text, path);
}

absl::StatusOr<Manifest> ReadFinishedManifest(const std::string& directory) {
  ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(directory));
  if (manifest.entries.empty()) return MakeError(Reason::FILE_NOT_FOUND, "backup", ManifestPath(directory), "the first backup into this directory has not finished: run it again");
  return manifest;
}

absl::Status WriteManifest(const std::string& directory, const Manifest& manifest) { return files::ReplaceFile(ManifestPath(directory), EncodeManifest(manifest)); }

}  // namespace anju::archive
