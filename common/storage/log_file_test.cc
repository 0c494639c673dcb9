// Logs that RocksDB wrote and logs made by hand: whole, with any one byte changed, cut anywhere, and any bytes at all.
#include "common/storage/log_file.h"

#include <filesystem>
#include <map>
#include <random>

#include "common/status/macros.h"
#include "common/storage/storage.h"
#include "common/testing/testing.h"

namespace anju::storage {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

// CRC-32C bit by bit, masked as RocksDB does.
uint32_t Checksum(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> 8 * i));
  return text;
}

std::string Fragment(uint8_t type, std::string_view payload) {
  std::string covered(1, static_cast<char>(type));
  if (type > 4) covered += Little(4711, 4);
  covered += payload;
  return Little(Checksum(covered), 4) + Little(payload.size(), 2) + covered;
}

// Short keys and values.
std::string Record(uint64_t sequence, const std::vector<std::pair<std::string, std::optional<std::string>>>& entries) {
  std::string record = Little(sequence, 8) + Little(entries.size(), 4);
  for (const auto& [key, value] : entries) {
    record += std::string(1, value ? '\1' : '\0') + Little(key.size(), 1) + key;
    if (value) record += Little(value->size(), 1) + *value;
  }
  return record;
}

// Its log, after the store was closed. Values of these sizes under key0, key1 …
std::string Written(const std::vector<size_t>& sizes) {
  TempDir directory;
  {
    auto disk = OpenRocksDisk(directory.path());
    CHECK_OK(disk.status());
    auto store = (*disk)->OpenStore("journal", StoreKind::kJournal);
    CHECK_OK(store.status());
    std::mt19937_64 random(7);
    for (size_t i = 0; i < sizes.size(); ++i) {
      Batch batch;
      std::string value(sizes[i], '\0');
      for (char& byte : value) byte = static_cast<char>(random());
      batch.Put("key" + std::to_string(i), value);
      CHECK_OK((*store)->Write(batch));
    }
  }
  for (const auto& entry : fs::directory_iterator(directory / "journal")) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) return testing::ReadFile(entry.path());
  }
  CHECK(false);
  return "";
}

// Every value stands where it says.
void ExpectPlaced(const LogContents& contents, std::string_view bytes) {
  for (const LogRow& row : contents.rows) {
    for (size_t i = 0; row.value && i < row.value->size(); ++i) ASSERT_EQ((*row.value)[i], bytes[row.OffsetOf(i)]) << row.key << " " << i;
  }
}

std::map<std::string, std::string> Rows(const LogContents& contents) {
  std::map<std::string, std::string> rows;
  for (const LogRow& row : contents.rows) rows[row.key] = row.value.value_or("(deleted)");
  return rows;
}

TEST(LogFile, ReadsWhatRocksDbWrote) {
  const std::vector<size_t> sizes = {10, 0, 40'000, 300, 100'000, 1, 32'700, 5};
  const std::string bytes = Written(sizes);
  const LogContents contents = ReadLog(bytes);
  EXPECT_TRUE(contents.damages.empty());
  EXPECT_FALSE(contents.cut_at.has_value());
  ASSERT_EQ(contents.rows.size(), sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(contents.rows[i].key, "key" + std::to_string(i));
    EXPECT_EQ(contents.rows[i].value->size(), sizes[i]);
    EXPECT_EQ(contents.rows[i].record, i);
  }
  EXPECT_GT(contents.rows[4].pieces.size(), 3u);
  ExpectPlaced(contents, bytes);
}

// One byte changed: the rows are all there under their keys, as they stand, and the byte and what it was are told.
void Change(const std::string& good, size_t at, uint8_t flip) {
  const LogContents before = ReadLog(good);
  std::string bytes = good;
  bytes[at] = static_cast<char>(bytes[at] ^ flip);
  const LogContents contents = ReadLog(bytes);
  ASSERT_EQ(contents.rows.size(), before.rows.size()) << at;
  ASSERT_EQ(contents.damages.size(), 1u) << at;
  const LogDamage& damage = contents.damages.front();
  EXPECT_TRUE(damage.read) << at;
  ASSERT_TRUE(damage.change.has_value()) << at;
  EXPECT_EQ(damage.change->offset, at);
  EXPECT_EQ(damage.change->was, static_cast<uint8_t>(good[at])) << at;
  EXPECT_EQ(damage.change->is, static_cast<uint8_t>(bytes[at])) << at;
  EXPECT_LE(damage.begin, at);
  EXPECT_GT(damage.end, at);
  for (size_t i = 0; i < before.rows.size(); ++i) {
    ASSERT_EQ(contents.rows[i].key, before.rows[i].key) << at;
    ASSERT_EQ(contents.rows[i].value->size(), before.rows[i].value->size()) << at;
  }
  ExpectPlaced(contents, bytes);
}

TEST(LogFile, AnyByteChangedIsFound) {
  const std::string small = Written({40, 7, 200, 90});
  for (size_t at = 0; at < small.size(); ++at) {
    for (const int flip : {1, 0x80, 0x5A}) Change(small, at, static_cast<uint8_t>(flip));
  }
  const std::string large = Written({40'000, 300, 70'000, 12});
  std::mt19937_64 random(20170708);
  for (int i = 0; i < 60; ++i) Change(large, random() % large.size(), static_cast<uint8_t>(1 + random() % 255));
  // The headers at the beginning of a block, and lengths that then claim more than there is.
  for (size_t at = kLogBlockBytes; at < kLogBlockBytes + 7; ++at) Change(large, at, 0x10);
}

TEST(LogFile, ADestroyedRecordTakesNoOtherWithIt) {
  const std::string bytes = Written({40, 200, 90, 30});
  const LogContents good = ReadLog(bytes);
  const size_t second = good.rows[1].OffsetOf(0), third = good.rows[2].OffsetOf(0);
  // Its value alone: it is still framed.
  std::string changed = bytes;
  changed.replace(second + 10, 50, 50, 'x');
  LogContents contents = ReadLog(changed);
  ASSERT_EQ(contents.rows.size(), 4u);
  EXPECT_FALSE(contents.damages.front().change.has_value());
  EXPECT_TRUE(contents.damages.front().read);
  // From its header on, headers of others included.
  for (const size_t end : {second + 30, third + 3}) {
    changed = bytes;
    for (size_t at = second - 27; at < end; ++at) changed[at] = static_cast<char>(0xEE);
    contents = ReadLog(changed);
    EXPECT_EQ(Rows(contents).count("key0"), 1u);
    EXPECT_EQ(Rows(contents).count("key1"), 0u);
    EXPECT_EQ(Rows(contents).count("key2"), end == third + 3 ? 0u : 1u);
    EXPECT_EQ(Rows(contents).count("key3"), 1u);
    ASSERT_EQ(contents.damages.size(), 1u);
    EXPECT_FALSE(contents.damages.front().read);
    EXPECT_EQ(contents.damages.front().record, 1u);
    EXPECT_LE(contents.damages.front().begin, second - 27);
    EXPECT_GE(contents.damages.front().end, second + 30);
  }
}

TEST(LogFile, DamageAcrossTwoRecordsLosesOnlyTheOneWithoutAHeader) {
  const std::string bytes = Written({40, 200, 90, 30});
  const LogContents good = ReadLog(bytes);
  std::string changed = bytes;
  const size_t third = good.rows[2].OffsetOf(0), second_end = good.rows[1].OffsetOf(199) + 1;
  for (size_t at = second_end - 20; at < third; ++at) changed[at] = static_cast<char>(0xEE);
  const LogContents contents = ReadLog(changed);
  EXPECT_EQ(contents.rows.size(), 3u);
  EXPECT_EQ(Rows(contents).count("key1"), 1u);
  EXPECT_EQ(Rows(contents).count("key2"), 0u);
  ASSERT_EQ(contents.damages.size(), 2u);
  EXPECT_TRUE(contents.damages[0].read);
  EXPECT_FALSE(contents.damages[1].read);
  EXPECT_EQ(contents.damages[1].begin, second_end);
}

TEST(LogFile, AFragmentLostCostsItsRecordAlone) {
  const std::string bytes = Written({10, 100'000, 20});
  std::string changed = bytes;
  std::fill_n(changed.begin() + kLogBlockBytes, kLogBlockBytes, '\xEE');
  const LogContents contents = ReadLog(changed);
  EXPECT_EQ(Rows(contents).size(), 3u);  // damaged, and as long as it was
  std::fill_n(changed.begin(), kLogBlockBytes, '\xEE');
  const LogContents headless = ReadLog(changed);
  EXPECT_EQ(Rows(headless).count("key1"), 0u);
  EXPECT_EQ(Rows(headless).count("key2"), 1u);
  EXPECT_FALSE(headless.damages.empty());
}

TEST(LogFile, CutAnywhereItEndsWithAWholeRecord) {
  const std::string bytes = Written({40, 33'000, 90, 30});
  const LogContents good = ReadLog(bytes);
  std::vector<size_t> ends;
  for (const LogRow& row : good.rows) ends.push_back(row.OffsetOf(row.value->size() - 1) + 1);
  for (size_t size = 0; size < bytes.size(); size += size < 200 || size > 32'700 ? 1 : 97) {
    const LogContents contents = ReadLog(bytes.substr(0, size));
    const size_t whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin());
    ASSERT_EQ(contents.rows.size(), whole) << size;
    ASSERT_TRUE(contents.damages.empty()) << size;
    const size_t begins = whole == 0 ? 0 : ends[whole - 1];
    ASSERT_EQ(contents.cut_at, size == begins ? std::nullopt : std::optional<uint64_t>(begins)) << size;
  }
}

TEST(LogFile, DeletesAndLogsUsedAgain) {
  const std::string record = Record(9, {{"a", "one"}, {"b", "two"}, {"a", std::nullopt}});
  for (const int again : {0, 4}) {
    const std::string bytes = Fragment(static_cast<uint8_t>(2 + again), record.substr(0, 20)) + Fragment(static_cast<uint8_t>(3 + again), record.substr(20, 3)) +
                              Fragment(static_cast<uint8_t>(4 + again), record.substr(23)) + Fragment(static_cast<uint8_t>(1 + again), Record(12, {{"c", "three"}}));
    const LogContents contents = ReadLog(bytes);
    EXPECT_TRUE(contents.damages.empty());
    EXPECT_EQ(Rows(contents), (std::map<std::string, std::string>{{"a", "(deleted)"}, {"b", "two"}, {"c", "three"}}));
    ExpectPlaced(contents, bytes);
    for (size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x40);
      EXPECT_EQ(ReadLog(changed).rows.size(), 4u) << at;
    }
  }
  // Room taken ahead is no record.
  EXPECT_EQ(ReadLog(Fragment(1, record) + std::string(500, '\0')).rows.size(), 3u);
  // A record whose checksum holds and that is none.
  const LogContents none = ReadLog(Fragment(1, "neither a sequence nor entries"));
  EXPECT_TRUE(none.rows.empty());
  ASSERT_EQ(none.damages.size(), 1u);
  EXPECT_FALSE(none.damages.front().read);
}

TEST(LogFile, AnyBytesAreRead) {
  std::mt19937_64 random(20170709);
  for (int i = 0; i < 300; ++i) {
    std::string bytes(random() % 3000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % (i % 2 == 0 ? 256 : 9));
    ExpectPlaced(ReadLog(bytes), bytes);
  }
  // What costs most: garbage in front of each of many fragments that hold.
  std::string bytes;
  while (bytes.size() < 20 * kLogBlockBytes) {
    while (kLogBlockBytes - bytes.size() % kLogBlockBytes < 16) bytes.push_back('\1');
    bytes += "\xFF" + Fragment(1, "");
  }
  EXPECT_TRUE(ReadLog(bytes).rows.empty());
}

}  // namespace
}  // namespace anju::storage
