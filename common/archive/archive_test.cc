// Archives: what is read is what was written, torn tails are cut, and no changed byte goes unnoticed.
#include "common/archive/archive_testing.h"

#include <filesystem>

#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/testing/testing.h"

namespace anju::archive {
namespace {

using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::TempDir;
using anju::testing::WriteFile;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

PaperJournal Small() { return PaperJournal().Add(1, "one").Add(3, "three").Add(2, "two"); }

// Every block of an archive, or why it is refused.
absl::StatusOr<std::vector<std::string>> Blocks(const std::string& directory, const Entry& entry) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, Reader::Open(directory, entry));
  std::vector<std::string> blocks;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next());
    if (!more) return blocks;
    blocks.emplace_back(reader->bytes());
  }
}

TEST(Archive, HoldsTheBytesOfTheJournal) {
  TempDir directory;
  const PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory.path(), journal));
  EXPECT_EQ(6u, entry.sequence);
  EXPECT_EQ(std::filesystem::file_size(directory / "plan.journal"), entry.bytes);
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> blocks, Blocks(directory.path(), entry));
  EXPECT_THAT(blocks, ElementsAreArray(journal.blocks));
}

// Computed by hand from the picture in archive.h: the format is frozen.
TEST(Archive, BeginsAsItAlwaysWill) {
  TempDir directory;
  const PaperJournal journal;
  ASSERT_THAT(Archive(directory.path(), journal), IsOk());
  const std::string identity = journal.lineage.encoded()[0];
  ASSERT_EQ(100u, identity.size());
  const std::string bytes = ReadFile(directory / "plan.journal");
  EXPECT_EQ(std::string("ANJUARCH\x01\0\0\0\0\0\0\0\x64\0\0\0", 20), bytes.substr(0, 20));
  EXPECT_EQ(identity, bytes.substr(24));
}

TEST(Archive, GrowsByWhatIsNew) {
  TempDir directory;
  PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry first, Archive(directory.path(), journal));
  const std::string before = ReadFile(directory / "plan.journal");
  journal.Add(4, "four");
  ASSERT_OK_AND_ASSIGN(const Entry second, Archive(directory.path(), journal, &first));
  EXPECT_EQ(before, ReadFile(directory / "plan.journal").substr(0, before.size()));
  EXPECT_EQ(before.size() + 8 + journal.blocks.back().size(), second.bytes);
  EXPECT_THAT(Blocks(directory.path(), first), IsOk());
  EXPECT_THAT(Blocks(directory.path(), second), IsOk());
}

// A killed backup may stop anywhere in what it was writing; the next one goes on from the last whole record.
TEST(Archive, CutsATornTailAtEveryByte) {
  TempDir directory;
  PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry first, Archive(directory.path(), journal));
  journal.Add(2, "later").Add(1, "last");
  ASSERT_OK_AND_ASSIGN(const Entry second, Archive(directory.path(), journal, &first));
  const std::string whole = ReadFile(directory / "plan.journal");
  for (size_t size = first.bytes; size < second.bytes; ++size) {
    WriteFile(directory / "plan.journal", whole.substr(0, size));
    ASSERT_THAT(VerifyArchive(directory.path(), first), IsOk()) << size;
    ASSERT_THAT(VerifyArchive(directory.path(), second), HasReason(Reason::DATA_LOSS)) << size;
    ASSERT_OK_AND_ASSIGN(const Entry again, Archive(directory.path(), journal, &first));
    ASSERT_EQ(second, again) << size;
    ASSERT_EQ(whole, ReadFile(directory / "plan.journal")) << size;
  }
}

// The same for the very first backup, which nothing vouches for yet.
TEST(Archive, AFirstBackupMayTearAnywhere) {
  TempDir directory;
  const PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory.path(), journal));
  const std::string whole = ReadFile(directory / "plan.journal");
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteFile(directory / "plan.journal", whole.substr(0, size));
    ASSERT_OK_AND_ASSIGN(const Entry again, Archive(directory.path(), journal));
    ASSERT_EQ(entry, again) << size;
    ASSERT_EQ(whole, ReadFile(directory / "plan.journal")) << size;
  }
}

TEST(Archive, WhatWasVouchedForMayNotBeShorter) {
  TempDir directory;
  const PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory.path(), journal));
  const std::string whole = ReadFile(directory / "plan.journal");
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteFile(directory / "plan.journal", whole.substr(0, size));
    ASSERT_THAT(Blocks(directory.path(), entry), HasReason(Reason::DATA_LOSS)) << size;
    ASSERT_THAT(Archive(directory.path(), journal, &entry), HasReason(Reason::DATA_LOSS)) << size;
    ASSERT_EQ(whole.substr(0, size), ReadFile(directory / "plan.journal")) << "a refused backup changes nothing";
  }
}

TEST(Archive, EveryFlippedBitIsRefused) {
  TempDir directory;
  PaperJournal journal = Small().Restored(2).Add(2, "after the restore");
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory.path(), journal));
  const std::string whole = ReadFile(directory / "plan.journal");
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      WriteFile(directory / "plan.journal", flipped);
      const auto read = Blocks(directory.path(), entry);
      ASSERT_FALSE(read.ok()) << "byte " << at << " bit " << bit;
      const bool refused = anju::HasReason(read.status(), Reason::DATA_LOSS) || anju::HasReason(read.status(), Reason::SCHEMA_TOO_NEW);
      ASSERT_TRUE(refused) << read.status();
      ASSERT_THAT(ErrorsOf(read.status())[0].value, HasSubstr(directory / "plan.journal"));
      ASSERT_FALSE(Archive(directory.path(), journal, &entry).ok());
      ASSERT_EQ(flipped, ReadFile(directory / "plan.journal"));
    }
  }
}

// With checksums made to fit, the hashes still tell, and name the sequences.
TEST(Archive, HashesTellWhatChecksumsDoNot) {
  TempDir directory;
  PaperJournal journal = Small();
  journal.blocks[1][journal::kPrefixBytes + 6] ^= 1;
  PaperJournal other = Small();
  ASSERT_OK_AND_ASSIGN(Entry entry, Archive(directory.path(), other));
  std::string bytes = ReadFile(directory / "plan.journal");
  const size_t at = bytes.find(other.blocks[1]);
  bytes.replace(at, other.blocks[1].size(), journal.blocks[1]);
  const uint32_t crc = Crc32c(journal.blocks[1]);
  for (int i = 0; i < 4; ++i) bytes[at - 4 + i] = static_cast<char>(crc >> (8 * i));
  WriteFile(directory / "plan.journal", bytes);
  const auto read = Blocks(directory.path(), entry);
  ASSERT_THAT(read, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ((directory / "plan.journal") + " 2", ErrorsOf(read.status())[0].value);

  // A block that is whole, but not the one that belongs there.
  PaperJournal foreign = PaperJournal().Add(1, "one").Add(3, "THREE").Add(2, "two");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Writer> writer, Writer::Open(directory / "other.journal", nullptr));
  ASSERT_THAT(writer->SetLineage(other.lineage), IsOk());
  ASSERT_THAT(writer->Append(other.blocks[0]), IsOk());
  ASSERT_THAT(writer->Append(foreign.blocks[1]), IsOk()) << "it names the block before it";
  const absl::Status unchained = writer->Append(other.blocks[2]);
  ASSERT_THAT(unchained, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ("5..6", ErrorsOf(unchained)[0].value);
  EXPECT_THAT(writer->Append(other.blocks[0]), HasReason(Reason::DATA_LOSS)) << "a block comes once";
}

TEST(Archive, ARestoredJournalGoesOnInTheSameArchive) {
  TempDir directory;
  PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry old, Archive(directory.path(), journal));
  PaperJournal restored = journal.Restored(2);
  ASSERT_OK_AND_ASSIGN(const Entry at_once, Archive(directory.path(), restored, &old));
  EXPECT_EQ(old.sequence, at_once.sequence);
  EXPECT_EQ(IdOf(2), at_once.journal);
  EXPECT_THAT(VerifyArchive(directory.path(), at_once), IsOk());
  restored.Add(2, "own");
  ASSERT_OK_AND_ASSIGN(const Entry later, Archive(directory.path(), restored, &at_once));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> blocks, Blocks(directory.path(), later));
  EXPECT_THAT(blocks, ElementsAreArray(restored.blocks));
  // The old journal knows nothing of what came after the restore.
  EXPECT_THAT(Archive(directory.path(), journal, &later), HasReason(Reason::NOT_EMPTY));
}

TEST(Archive, RefusesOtherJournalsAndOnesThatWereRolledBack) {
  TempDir directory;
  PaperJournal journal = Small();
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory.path(), journal));
  const std::string whole = ReadFile(directory / "plan.journal");
  EXPECT_THAT(Archive(directory.path(), PaperJournal("plan", 9).Add(20, "other"), &entry), HasReason(Reason::NOT_EMPTY));

  const PaperJournal shorter = PaperJournal().Add(1, "one").Add(3, "three");
  const auto rolled_back = Archive(directory.path(), shorter, &entry);
  ASSERT_THAT(rolled_back, HasReason(Reason::ROLLED_BACK));
  EXPECT_THAT(ErrorsOf(rolled_back.status())[0].message, HasSubstr("01/6"));
  EXPECT_THAT(ErrorsOf(rolled_back.status())[0].message, HasSubstr("01/4"));
  // Restored from an older backup than this one: longer by now, but without what this one has.
  EXPECT_THAT(Archive(directory.path(), shorter.Restored(3).Add(20, "new"), &entry), HasReason(Reason::ROLLED_BACK));
  EXPECT_EQ(whole, ReadFile(directory / "plan.journal"));
}

TEST(Archive, NamesWhatTheFileIsNot) {
  TempDir directory;
  ASSERT_OK_AND_ASSIGN(Entry entry, Archive(directory.path(), Small()));
  Entry progress = entry;
  progress.service = "progress";
  const absl::Status other_service = VerifyArchive(directory.path(), progress);
  ASSERT_THAT(other_service, HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(ErrorsOf(other_service)[0].message, HasSubstr("another service: plan, not progress"));
  Entry longer = entry;
  longer.bytes += 1;
  EXPECT_THAT(VerifyArchive(directory.path(), longer), HasReason(Reason::DATA_LOSS));
  for (Entry changed : {[&] { Entry e = entry; e.sequence += 1; return e; }(), [&] { Entry e = entry; e.hash[5] ^= 1; return e; }(),
                        [&] { Entry e = entry; e.journal[0] ^= 1; return e; }()}) {
    EXPECT_THAT(VerifyArchive(directory.path(), changed), HasReason(Reason::DATA_LOSS));
  }
  std::string bytes = ReadFile(directory / "plan.journal");
  bytes[8] = 2;
  WriteFile(directory / "plan.journal", bytes);
  EXPECT_THAT(VerifyArchive(directory.path(), entry), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(Writer::Open(directory / "plan.journal", nullptr), HasReason(Reason::SCHEMA_TOO_NEW)) << "a newer archive is never cut";
  WriteFile(directory / "plan.journal", "a letter to the office, not an archive");
  EXPECT_THAT(VerifyArchive(directory.path(), entry), HasReason(Reason::DATA_LOSS));
  EXPECT_THAT(Writer::Open(directory / "plan.journal", nullptr), HasReason(Reason::DATA_LOSS));
  std::filesystem::remove(directory / "plan.journal");
  EXPECT_THAT(VerifyArchive(directory.path(), entry), HasReason(Reason::FILE_NOT_FOUND));
}

}  // namespace
}  // namespace anju::archive
