// The template that ships with the documents is one that the service takes, and asks for what the catalogue has.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "services/ranking/core/bulletin/template.h"

namespace anju::ranking {
namespace {

TEST(DiqingTemplate, IsReadWithEverythingThatItsBulletinNeeds) {
  const char* top = std::getenv("ANJU_SOURCE_DIR");
  ASSERT_NE(top, nullptr);
  std::ifstream file(std::string(top) + "/deploy/data/diqing_monthly.bulletin.yaml");
  std::stringstream text;
  text << file.rdbuf();
  auto parsed = ParseTemplate(text.str());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->code, "diqing-monthly");
  EXPECT_EQ(MakeNumber(parsed->number, MakeDate(2017, 7, 5), 6), "迪安居通〔2017〕6号");
  size_t annexes = 0;
  for (const TemplateTable& table : parsed->tables) annexes += table.annex;
  EXPECT_EQ(annexes, 3u);
  EXPECT_FALSE(parsed->copies.empty());
  EXPECT_FALSE(parsed->addressees.empty());
  EXPECT_GE(parsed->lists.size(), 3u);
}

}  // namespace
}  // namespace anju::ranking
