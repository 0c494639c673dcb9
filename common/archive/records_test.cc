// Archives whose records are each as they were written, with checksums that fit, and wrong together; and what a writer refuses to add. Every such archive is
// refused with words that say what is wrong, and a writer goes on from the last record that belongs there.
#include <filesystem>

#include "common/archive/archive_testing.h"
#include "common/checksum/crc32c.h"
#include "common/journal/hash.h"
#include "common/testing/testing.h"

namespace anju::archive {
namespace {

namespace fs = std::filesystem;
using anju::testing::HasReason;
using anju::testing::IsOk;
using anju::testing::ReadFile;
using anju::testing::TempDir;
using anju::testing::WriteFile;
using ::testing::HasSubstr;

std::string Little32(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

// An archive of these records, whatever they are.
std::string FileOf(const std::vector<std::string>& records) {
  std::string file = std::string(kArchiveMagic) + static_cast<char>(kArchiveFormat) + std::string(7, '\0');
  for (const std::string& record : records) file += Little32(static_cast<uint32_t>(record.size())) + Little32(Crc32c(record)) + record;
  return file;
}

class RecordsTest : public ::testing::Test {
 protected:
  // Reads all of the file.
  absl::Status Read(const std::string& file) {
    WriteFile(path_, file);
    ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, Reader::Open(path_));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, reader->Next());
      if (!more) return absl::OkStatus();
      EXPECT_EQ(reader->position().sequence, reader->block().header.last_sequence());
    }
  }
  void Refuses(const std::vector<std::string>& records, std::string_view why) {
    const absl::Status status = Read(FileOf(records));
    ASSERT_THAT(status, HasReason(Reason::DATA_LOSS)) << why;
    EXPECT_THAT(ErrorsOf(status)[0].message, HasSubstr(std::string(why)));
    EXPECT_THAT(ErrorsOf(status)[0].value, HasSubstr(path_));
  }
  // The archive as an entry sees it that vouches for this end of it.
  absl::Status Verify(const std::string& file, const PaperJournal& journal) {
    WriteFile(path_, file);
    return VerifyArchive(directory_.path(), {"plan", "plan", "plan.journal", journal.lineage.current().id, journal.end.sequence, journal.end.block_hash, file.size()});
  }

  TempDir directory_;
  const std::string path_ = directory_ / "plan.journal";
  const PaperJournal whole_ = PaperJournal().Add(1, "one").Add(3, "three").Add(2, "two");
  const std::string identity_ = whole_.lineage.encoded()[0];
  const std::vector<std::string>& blocks_ = whole_.blocks;
};

TEST_F(RecordsTest, BlocksFollowEachOtherBehindAnIdentity) {
  EXPECT_THAT(Read(FileOf({identity_, blocks_[0], blocks_[1], blocks_[2]})), IsOk());
  Refuses({blocks_[0], blocks_[1]}, "does not begin with a journal's identity");
  Refuses({identity_, blocks_[0], blocks_[2]}, "leaves out or repeats events");
  Refuses({identity_, blocks_[0], blocks_[0]}, "leaves out or repeats events");
  Refuses({identity_, PaperJournal("plan", 9).Add(1, "one").blocks[0]}, "not the one that was chained");
  Refuses({identity_, blocks_[0], PaperJournal().Add(1, "ONE").Add(3, "three").blocks[1]}, "not the one that was chained");
  Refuses({identity_, blocks_[0], "what is this"}, "ANJB");
  std::string newer = blocks_[1];
  newer[4] = 99;
  EXPECT_THAT(Read(FileOf({identity_, blocks_[0], newer})), HasReason(Reason::SCHEMA_TOO_NEW));
  newer = identity_;
  newer[8] = 99;
  EXPECT_THAT(Read(FileOf({newer})), HasReason(Reason::SCHEMA_TOO_NEW));
}

TEST_F(RecordsTest, AJournalContinuesAnotherWhereTheArchiveIs) {
  const std::string second = whole_.Restored(2).lineage.encoded()[1];
  EXPECT_THAT(Read(FileOf({identity_, blocks_[0], blocks_[1], blocks_[2], second})), IsOk());
  EXPECT_THAT(Read(FileOf({identity_, second, blocks_[0], blocks_[1], blocks_[2]})), IsOk()) << "identities may come first";
  Refuses({second, blocks_[0]}, "continues one that is not there");
  Refuses({identity_, identity_}, "continues itself");
  // It continues an earlier end than the archive has by now, or one with another block there.
  const PaperJournal shorter = PaperJournal().Add(1, "one").Add(3, "three"), other = PaperJournal().Add(1, "one").Add(3, "three").Add(2, "TWO");
  for (const PaperJournal* old : {&shorter, &other}) {
    Refuses({identity_, blocks_[0], blocks_[1], blocks_[2], old->Restored(2).lineage.encoded()[1]}, "before the end of what the archive has");
  }
}

TEST_F(RecordsTest, AnEntryNamesTheEnd) {
  const std::string file = FileOf({identity_, blocks_[0], blocks_[1], blocks_[2]});
  EXPECT_THAT(Verify(file, whole_), IsOk());
  const auto refuses = [&](const std::string& bytes, const PaperJournal& journal, std::string_view why) {
    const absl::Status status = Verify(bytes, journal);
    ASSERT_THAT(status, HasReason(Reason::DATA_LOSS)) << why;
    EXPECT_THAT(ErrorsOf(status)[0].message, HasSubstr(std::string(why)));
  };
  refuses(FileOf({}), whole_, "does not begin with a journal's identity");
  refuses("", whole_, "cut short");
  refuses(file.substr(0, kArchiveHeaderBytes - 1), whole_, "cut short");
  refuses(file.substr(0, kArchiveHeaderBytes + 7), whole_, "within a record");
  refuses(FileOf({identity_, blocks_[0]}), whole_, "ends at sequence 1, the manifest says 6");
  // A journal that continues sequence 6 in an archive that ends at 4: whoever wrote such a manifest did not know.
  PaperJournal restored = whole_.Restored(2);
  const PaperJournal before = PaperJournal().Add(1, "one").Add(3, "three");
  restored.end = before.end;
  refuses(FileOf({identity_, restored.lineage.encoded()[1], blocks_[0], blocks_[1]}), restored, "ends before the position that its journal continues");
}

TEST_F(RecordsTest, WhatIsNoFileIsNoArchive) {
  fs::create_directory(path_);
  EXPECT_THAT(Reader::Open(path_), HasReason(Reason::FILE_NOT_FOUND));
  WriteFile(directory_ / "file", "x");
  EXPECT_THAT(Reader::Open(directory_ / "file/plan.journal"), HasReason(Reason::FILE_NOT_FOUND));
}

// A file that loses its end while it is read, which nothing but its size at opening had promised.
TEST_F(RecordsTest, AnArchiveThatIsCutWhileItIsReadIsDamaged) {
  PaperJournal large;
  for (int i = 0; i < 3; ++i) large.Add(1, std::string(700'000, static_cast<char>('a' + i)));  // more than the reader takes at once
  const std::string file = FileOf({large.lineage.encoded()[0], large.blocks[0], large.blocks[1], large.blocks[2]});
  const size_t third = file.size() - large.blocks[2].size();
  for (const size_t left : {third + 1, third - 1, third - kRecordPrefixBytes}) {
    WriteFile(path_, file);
    ASSERT_OK_AND_ASSIGN(const auto reader, Reader::Open(path_));
    ASSERT_OK_AND_ASSIGN(bool more, reader->Next());
    ASSERT_TRUE(more);
    fs::resize_file(path_, left);
    absl::Status ended;
    while (ended.ok() && more) {
      const auto next = reader->Next();
      ended = next.status();
      more = next.ok() && *next;
    }
    EXPECT_THAT(ended, HasReason(Reason::DATA_LOSS)) << left;
    EXPECT_EQ(reader->position().sequence, 2u) << left;
  }
}

TEST_F(RecordsTest, AWriterGoesOnFromTheLastRecordThatBelongsThere) {
  WriteFile(path_, FileOf({identity_, blocks_[0], blocks_[2]}));
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory_.path(), whole_));
  EXPECT_EQ(entry.sequence, 6u);
  EXPECT_EQ(ReadFile(path_), FileOf({identity_, blocks_[0], blocks_[1], blocks_[2]}));
  // A later version's records are not torn: nothing is cut.
  std::string newer = blocks_[1];
  newer[4] = 99;
  const std::string file = FileOf({identity_, blocks_[0], newer});
  WriteFile(path_, file);
  EXPECT_THAT(Writer::Open(path_, nullptr), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_EQ(ReadFile(path_), file);
  // Nor is what is no archive at all, however short.
  WriteFile(path_, "a letter");
  EXPECT_THAT(Writer::Open(path_, nullptr), HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(ReadFile(path_), "a letter");
}

TEST_F(RecordsTest, AWriterTakesTheNextBlockOnly) {
  ASSERT_OK_AND_ASSIGN(const auto writer, Writer::Open(path_, nullptr));
  ASSERT_THAT(writer->SetLineage(whole_.lineage), IsOk());
  const absl::Status garbage = writer->Append("what is this");
  ASSERT_THAT(garbage, HasReason(Reason::DATA_LOSS));
  EXPECT_EQ(ErrorsOf(garbage)[0].field, "journal");
  EXPECT_EQ(ErrorsOf(garbage)[0].value, "1");
  std::string newer = blocks_[0];
  newer[4] = 99;
  EXPECT_THAT(writer->Append(newer), HasReason(Reason::SCHEMA_TOO_NEW));
  EXPECT_THAT(writer->Append(blocks_[1]), HasReason(Reason::DATA_LOSS));
  ASSERT_THAT(writer->Append(blocks_[0]), IsOk());
  EXPECT_THAT(writer->Append(std::string(kRecordBytesMax + 1, 'x')), HasReason(Reason::DATA_LOSS));
  ASSERT_THAT(writer->Append(blocks_[1]), IsOk());
  ASSERT_THAT(writer->Sync(), IsOk());
  EXPECT_EQ(ReadFile(path_), FileOf({identity_, blocks_[0], blocks_[1]})) << "what was refused left nothing";
  EXPECT_EQ(writer->position().sequence, 4u);
}

TEST_F(RecordsTest, MoreThanAWriteTakesIsWrittenPieceByPiece) {
  PaperJournal large;
  for (int i = 0; i < 4; ++i) large.Add(1, std::string(600'000, static_cast<char>('a' + i)));
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory_.path(), large));
  EXPECT_EQ(fs::file_size(path_), entry.bytes);
  EXPECT_THAT(VerifyArchive(directory_.path(), entry), IsOk());
}

// The archive knows a journal that the other side does not, though both began as the same one.
TEST_F(RecordsTest, AnArchiveOfARestoredJournalIsNotTheOldOnesNorItsSiblings) {
  const PaperJournal restored = whole_.Restored(2);
  ASSERT_OK_AND_ASSIGN(const Entry entry, Archive(directory_.path(), restored));
  ASSERT_OK_AND_ASSIGN(const auto writer, Writer::Open(path_, &entry));
  EXPECT_THAT(writer->Continues(restored.lineage, restored.end), IsOk());
  EXPECT_THAT(writer->Continues(whole_.lineage, whole_.end), HasReason(Reason::NOT_EMPTY));
  EXPECT_THAT(writer->Continues(whole_.Restored(3).lineage, whole_.end), HasReason(Reason::NOT_EMPTY));
  // It bears the same name with another beginning: the ids are equal, the identities are not.
  journal::Identity changed = whole_.lineage.current();
  changed.created_us += 1;
  journal::Identity own = restored.lineage.current();
  const auto renamed = journal::Lineage::FromIdentities({journal::EncodeIdentity(changed), journal::EncodeIdentity(own)});
  ASSERT_THAT(renamed, IsOk());
  EXPECT_THAT(writer->Continues(*renamed, whole_.end), HasReason(Reason::NOT_EMPTY));
  // And with fewer journals before it than the archive has.
  own.continues = {};
  const auto alone = journal::Lineage::FromIdentities({journal::EncodeIdentity(own)});
  ASSERT_THAT(alone, IsOk());
  EXPECT_THAT(writer->Continues(*alone, whole_.end), HasReason(Reason::NOT_EMPTY));
}

}  // namespace
}  // namespace anju::archive
