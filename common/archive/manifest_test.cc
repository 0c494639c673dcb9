// Manifests: strict reading, whole replacement.
#include "common/archive/manifest.h"

#include <filesystem>

#include "common/testing/testing.h"

namespace anju::archive {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::IsOkAndHolds;
using anju::testing::ReadFile;
using anju::testing::TempDir;
using anju::testing::WriteFile;

Manifest Two() {
  Manifest manifest;
  manifest.made_us = 1'795'000'000'000'000;
  Entry plan{"plan", "plan", "plan.journal", {}, 7, {}, 900};
  plan.journal.fill(0xab);
  plan.hash.fill(0x5c);
  Entry progress{"progress-2", "progress", "progress-2.journal", {}, UINT64_MAX, {}, 1};
  manifest.entries = {plan, progress};
  return manifest;
}

TEST(Manifest, IsReadAsItWasWritten) {
  TempDir directory;
  ASSERT_THAT(WriteManifest(directory.path(), Two()), IsOk());
  EXPECT_THAT(ReadFinishedManifest(directory.path()), IsOkAndHolds(Two()));
  EXPECT_EQ(1, std::distance(std::filesystem::directory_iterator(directory.path()), {})) << "no part is left";
}

TEST(Manifest, EveryFlippedBitAndEveryCutIsFound) {
  const std::string text = EncodeManifest(Two());
  for (size_t at = 0; at < text.size(); ++at) {
    ASSERT_FALSE(DecodeManifest(text.substr(0, at), "m").ok()) << at;
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const auto read = DecodeManifest(flipped, "m");
      ASSERT_FALSE(read.ok()) << "byte " << at << " bit " << bit;
      ASSERT_TRUE(anju::HasReason(read.status(), Reason::DATA_LOSS) || anju::HasReason(read.status(), Reason::SCHEMA_TOO_NEW)) << read.status();
    }
  }
}

TEST(Manifest, RefusesWhatOthersMayHaveWritten) {
  std::string newer = EncodeManifest(Two());
  newer.replace(newer.find("\"format\": 1"), 11, "\"format\": 2");
  EXPECT_THAT(DecodeManifest(newer, "m"), HasReason(Reason::SCHEMA_TOO_NEW));
  const std::string too_long(65, 'p');
  for (const char* name : {"../plan", "", "a/b", "-x", "Plan", "plan.journal", too_long.c_str()}) {
    Manifest manifest = Two();
    manifest.entries[0].name = name;
    manifest.entries[0].file = std::string(name) + ".journal";
    EXPECT_THAT(DecodeManifest(EncodeManifest(manifest), "m"), HasReason(Reason::DATA_LOSS)) << name;
  }
  Manifest elsewhere = Two();
  elsewhere.entries[0].file = "progress-2.journal";
  EXPECT_THAT(DecodeManifest(EncodeManifest(elsewhere), "m"), HasReason(Reason::DATA_LOSS));
  Manifest twice = Two();
  twice.entries[1] = twice.entries[0];
  EXPECT_THAT(DecodeManifest(EncodeManifest(twice), "m"), HasReason(Reason::DATA_LOSS));
  for (const char* text : {"", "{}", "[]", "null", "{\"format\":1,\"services\":[1]}", "{\"format\":1,\"services\":{}}",
                           "{\"format\":\"1\",\"services\":[]}", "{\"format\":1,\"services\":[{\"name\":1,\"journal\":2}]}"}) {
    EXPECT_THAT(DecodeManifest(text, "m"), HasReason(Reason::DATA_LOSS)) << text;
  }
  EXPECT_THAT(DecodeManifest(std::string(100'000, '['), "m"), HasReason(Reason::DATA_LOSS));
  Manifest many = Two();
  while (many.entries.size() < kEntriesMax) {
    many.entries.push_back(many.entries[0]);
    many.entries.back().name = "p" + std::to_string(many.entries.size());
    many.entries.back().file = many.entries.back().name + ".journal";
  }
  EXPECT_THAT(DecodeManifest(EncodeManifest(many), "m"), IsOkAndHolds(many));
  many.entries.push_back(many.entries[0]);
  many.entries.back().name = "one-more", many.entries.back().file = "one-more.journal";
  EXPECT_THAT(DecodeManifest(EncodeManifest(many), "m"), HasReason(Reason::DATA_LOSS));
}

TEST(Manifest, MissingAndUnfinished) {
  TempDir directory;
  EXPECT_THAT(ReadManifest(directory.path()), HasReason(Reason::FILE_NOT_FOUND));
  ASSERT_THAT(WriteManifest(directory.path(), {}), IsOk());
  EXPECT_THAT(ReadManifest(directory.path()), IsOk());
  EXPECT_THAT(ReadFinishedManifest(directory.path()), HasReason(Reason::FILE_NOT_FOUND));
  // What a kill leaves of a replacement is nobody's business.
  ASSERT_THAT(WriteManifest(directory.path(), Two()), IsOk());
  WriteFile(directory / "manifest.json.part", "{\"form");
  EXPECT_THAT(ReadFinishedManifest(directory.path()), IsOk());
  WriteFile(directory / "manifest.json", std::string(kManifestBytesMax + 1, ' '));
  EXPECT_THAT(ReadManifest(directory.path()), HasReason(Reason::DATA_LOSS));
}

}  // namespace
}  // namespace anju::archive
