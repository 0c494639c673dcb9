// The check value of the catalogue of CRCs, and what RFC 3720 (B.4) gives.
#include "common/checksum/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace anju {
namespace {

TEST(Crc32c, IsCastagnoli) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(Crc32c(""), 0u);
}

}  // namespace
}  // namespace anju
