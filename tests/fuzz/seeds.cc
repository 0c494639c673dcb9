// Writes the corpora's seeds of binary forms anew: `anju-fuzz-seeds tests/fuzz/corpus`. Those of texts are small files that people wrote.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "anju/client/v1/outbox.pb.h"
#include "anju/progress/v1/progress.pb.h"
#include "common/archive/archive.h"
#include "common/archive/manifest.h"
#include "common/bulletin/content.h"
#include "common/bulletin/render.h"
#include "common/checksum/crc32c.h"
#include "common/client/outbox_files.h"
#include "common/journal/format.h"
#include "common/journal/hash.h"
#include "common/proof/proof_file.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/progress/store/event_codec.h"
#include "tests/fuzz/seeds.h"

namespace anju {
namespace {

std::string directory;

std::string PathOf(const std::string& target, const std::string& name) {
  std::filesystem::create_directories(directory + "/" + target);
  return directory + "/" + target + "/" + name;
}
void Write(const std::string& target, const std::string& name, const std::string& bytes) { fuzz::WriteSeed(target, name, bytes); }
using fuzz::WithLength;

struct Sample {
  std::string identity, block, second;
  journal::Hash first_hash{}, second_hash{};
  journal::Identity parsed;
};

Sample MakeSample() {
  Sample sample;
  sample.parsed = {.service = "progress", .id = {1, 2, 3}, .created_us = 1'497'312'000'000'000, .continues = {}};
  sample.identity = journal::EncodeIdentity(sample.parsed);
  const journal::BlockHeader first{.first_sequence = 1, .time_us = sample.parsed.created_us + 1, .plan_journal_id = {7}, .plan_sequence = 3};
  sample.block = journal::EncodeBlock(first, journal::GenesisHash(sample.identity), {"one", "two", std::string(40, 'x')}, &sample.first_hash);
  const journal::BlockHeader second{.first_sequence = 4, .time_us = sample.parsed.created_us + 2, .plan_journal_id = {7}, .plan_sequence = 4};
  sample.second = journal::EncodeBlock(second, sample.first_hash, {"four"}, &sample.second_hash);
  return sample;
}

void WriteJournals(const Sample& sample) {
  Write("block", "first", sample.block);
  Write("block", "second", sample.second);
  Write("identity", "one", sample.identity);
  journal::Identity restored = sample.parsed;
  restored.id = {9};
  restored.continues = {sample.parsed.id, 4, sample.second_hash};
  Write("identity", "lineage", WithLength(sample.identity) + WithLength(journal::EncodeIdentity(restored)));
  const std::string slot = journal::EncodeWitnessSlot({sample.parsed.id, 3, sample.first_hash});
  Write("witness", "one", slot);
  Write("witness", "two", slot + journal::EncodeWitnessSlot({sample.parsed.id, 4, sample.second_hash}));

  const std::string path = PathOf("archive", "small");
  std::filesystem::remove(path);
  auto writer = archive::Writer::Open(path, nullptr);
  CHECK_OK(writer.status());
  const auto lineage = journal::Lineage::FromIdentities({sample.identity});
  CHECK_OK((*writer)->SetLineage(*lineage));
  CHECK_OK((*writer)->Append(sample.block));
  CHECK_OK((*writer)->Append(sample.second));
  CHECK_OK((*writer)->Sync());
  archive::Entry entry;
  entry.name = entry.service = "progress";
  entry.journal = sample.parsed.id;
  entry.sequence = 4;
  entry.hash = sample.second_hash;
  entry.bytes = (*writer)->bytes();
  Write("manifest", "one", archive::EncodeManifest({.made_us = 5, .entries = {entry}}));
}

// Logs of RocksDB: see common/storage/log_file.h.
std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> 8 * i));
  return text;
}

std::string LogFragment(uint8_t type, const std::string& payload) {
  const std::string covered = std::string(1, static_cast<char>(type)) + (type > 4 ? Little(6, 4) : "") + payload;
  const uint32_t crc = Crc32c(covered);
  return Little((crc >> 15 | crc << 17) + 0xA282EAD8u, 4) + Little(payload.size(), 2) + covered;
}

void WriteLogs(const Sample& sample) {
  const auto record = [](uint64_t sequence, const std::string& key, const std::string& value) {
    return Little(sequence, 8) + Little(1, 4) + "\1" + Little(key.size(), 1) + key + Little(value.size() % 128 | 128, 1) + Little(value.size() / 128, 1) + value;
  };
  const std::string first = record(1, journal::BlockKey(1), sample.block), second = record(2, journal::BlockKey(4), sample.second);
  const std::string whole = LogFragment(1, first) + LogFragment(1, second);
  Write("log", "whole", whole);
  Write("log", "pieces", LogFragment(2, first.substr(0, 50)) + LogFragment(3, first.substr(50, 60)) + LogFragment(4, first.substr(110)) + LogFragment(1, second));
  Write("log", "again", LogFragment(6, first.substr(0, 50)) + LogFragment(8, first.substr(50)) + LogFragment(5, Little(3, 8) + Little(1, 4) + Little(0, 1) + Little(1, 1) + "k"));
  Write("log", "room", whole + LogFragment(1, record(3, "room", std::string(16'000, '\0'))) + LogFragment(2, Little(4, 8)) + LogFragment(4, second.substr(8)) + std::string(100, '\0'));
  std::string flipped = whole;
  flipped[5] ^= 1, flipped[first.size() + 40] ^= 4;
  Write("log", "flipped", flipped);
}

void WriteProof() {
  proof::Proof proof;
  proof.bulletin = {.number = "迪安居通〔2017〕1号", .sha256 = std::string(64, 'a'),
                    .heads = {{.service = "progress", .journal = std::string(32, '1'), .sequence = 3, .hash = std::string(64, 'b'), .tree_size = 1, .tree_root = std::string(64, 'c')}}};
  proof::ProvedEvent event{.role = "event", .sequence = 1, .event = "one", .index = 0, .count = 3, .event_path = {journal::Hash{1}, journal::Hash{2}},
                           .block_header = std::string(journal::kHeaderBytes, 'h'), .previous_hash = {}, .block_index = 0, .block_path = {}, .journal = std::string(32, '1')};
  proof.events.push_back(event);
  Write("proof", "event", proof::FormatProof(proof));
  proof.events.clear();
  proof.older = proof.bulletin;
  proof.extensions.push_back({.older_journal = std::string(32, '1'), .journal = std::string(32, '1'), .path = {journal::Hash{3}}});
  Write("proof", "extension", proof::FormatProof(proof));
}

progress::v1::Items SomeItems() {
  progress::v1::Items items;
  items.set_first_sequence(1);
  for (const char* region : {"533401", "德钦县"}) {
    auto* series = items.add_definitions();
    series->set_index(static_cast<uint32_t>(items.definitions_size() - 1));
    series->set_region(region), series->set_programme("shantytown"), series->set_indicator("starts"), series->set_plan_year("2017");
  }
  for (int i = 0; i < 4; ++i) {
    auto* item = items.add_items();
    item->set_series(static_cast<uint32_t>(i % 2));
    item->set_as_of("2017-03-0" + std::to_string(i + 1));
    item->set_text(std::to_string(10 * i));
    item->set_kind_text(std::array{"cumulative", "increment", "correction", "reduction"}[static_cast<size_t>(i)]);
    item->set_explanation("说明");
  }
  return items;
}

// A short bulletin in every form: that of Diqing (tests/data, written canonically) with the head and the first words alone. A refusal with two reasons.
void WriteForms() {
  std::ifstream file(directory + "/bulletin/diqing", std::ios::binary);
  absl::StatusOr<bulletin::Content> content = bulletin::ParseCanonical(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  CHECK_OK(content.status());
  content->annexes.clear(), content->operands.clear();
  content->body.resize(std::min<size_t>(content->body.size(), 3));
  Write("bulletin", "short", bulletin::Canonical(*content));
  Write("marks", "text", bulletin::RenderText(*content));
  Write("marks", "html", bulletin::RenderHtml(*content));
  Write("marks", "csv", bulletin::RenderCsv(*content));
  Write("marks", "whole", bulletin::RenderJson(*content));
  ErrorCollector errors;
  errors.Add(MakeError(Reason::MISSING_FIELD, "region", "", "missing"));
  errors.Add(MakeError(Reason::BAD_NUMBER, "value", "1.2.3", "not a number"));
  Write("refusal", "two", rpc::ToGrpc(errors.ToStatus()).error_details());
  Write("key", "block", journal::BlockKey(7));
  Write("key", "id", std::string(32, 'a'));
}

void WriteMessages() {
  Write("items", "four", SomeItems().SerializeAsString());
  client::v1::OutboxBatch batch;
  batch.set_source("clerk"), batch.set_digest(std::string(64, '0')), batch.set_name("june.csv"), batch.set_count(4);
  *batch.mutable_items() = SomeItems();
  CHECK_OK(client::WriteChecked(PathOf("outbox", "batch"), batch));
  types::v1::Basis basis;
  basis.mutable_plan()->set_journal_id(std::string(32, 'a')), basis.mutable_plan()->set_sequence(7);
  auto* progress = basis.add_progress();
  progress->set_journal_id(std::string(32, 'b')), progress->set_sequence(100);
  Write("token", "one", rpc::MakeStamp(basis, 1).token());
  progress::UpdateEvent update;
  update.series = 3, update.source = 2, update.source_sequence = 70;
  update.figure.amount = 1241;
  update.actor = "local";
  Write("update", "one", progress::EncodeUpdate(update));
}

}  // namespace

void fuzz::WriteSeed(const std::string& target, const std::string& name, const std::string& bytes) {
  std::ofstream(PathOf(target, name), std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace anju

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: anju-fuzz-seeds DIRECTORY\n");
    return 64;
  }
  anju::directory = argv[1];
  anju::WriteJournals(anju::MakeSample());
  anju::WriteLogs(anju::MakeSample());
  anju::WriteProof();
  anju::WriteMessages();
  anju::WriteForms();
  anju::fuzz::WriteCallSeeds();
  return 0;
}
