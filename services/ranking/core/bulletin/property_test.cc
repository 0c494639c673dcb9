// Random countries and templates: every rule of every content gives exactly what is printed, lists hold whom they should, and the bytes are always the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "common/bulletin/render.h"
#include "common/catalogue/embedded.h"
#include "common/check_file/judge.h"
#include "services/ranking/core/bulletin/fixture.h"

namespace anju::ranking {
namespace {

constexpr int kRounds = 400;

class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename... T>
  std::string Pick(T... words) {
    const std::vector<std::string> all = {words...};
    return all[static_cast<size_t>(Below(static_cast<int>(all.size())))];
  }

  Country MakeCountry() {
    Country country;
    const int children = 1 + Below(9);
    std::map<IndicatorNumber, std::pair<int64_t, int64_t>> sums;  // reported, demanded
    for (int i = 0; i < children; ++i) {
      const std::string code = (Chance(20) ? "5334-" : "53340") + std::to_string(i);
      country.AddChild(code, "县" + std::string(1, static_cast<char>('A' + i)), static_cast<uint32_t>(i + 1), Chance(20) ? RegionKind::kOwnLevel : RegionKind::kAdministrative);
      for (const IndicatorNumber indicator : {kStarts, kBuilt, kAllotted, kEntries, kExits, kInvestment}) {
        if (Chance(80)) {
          const int64_t amount = Chance(20) ? 0 : Chance(30) ? 50 : Below(indicator == kInvestment ? 900'000 : 300);
          country.Report(code, indicator, amount);
          sums[indicator].first += amount;
        }
        if (Chance(80)) {
          const int64_t amount = Chance(10) ? 0 : Chance(30) ? 100 : 1 + Below(250);
          country.SetTarget(code, indicator, Layer::kCity, amount);
          sums[indicator].second += amount;
        } else if (Chance(50)) {
          country.SetMissing(code, indicator, Layer::kCity, Chance(30) ? Missing::kNoTask : Chance(50) ? Missing::kBlank : Missing::kNotPublished);
        }
      }
    }
    for (const auto& [indicator, sum] : sums) {
      if (Chance(90)) country.Report("533400", indicator, sum.first + (Chance(10) ? 7 : 0));
      if (Chance(90)) country.SetTarget("533400", indicator, Layer::kCity, sum.second + (Chance(10) ? 3 : 0));
    }
    return country;
  }

  std::string MakeTable(const std::string& name, std::string* rounding) {
    const std::string indicator = Pick("starts", "allotted_total", "investment");
    const std::string by = Pick("rate", "value", "net_new");
    const bool since = Chance(50);
    std::string rank = "{programme: all, indicator: " + indicator + ", year: \"{year}\", by: " + by + ", digits: " + std::to_string(Below(4)) +
                       ", total_digits: " + std::to_string(Below(4)) + ", rounding: " + *rounding + ", trim: " + Pick("yes", "no") + ", rank_zero: " + Pick("yes", "no") +
                       ", direction: " + Pick("ascending", "descending") + ", columns: [allotment_entries, \"target:built\", rate.city, investment]";
    const std::string ties = Pick("competition", "modified", "dense", "ordinal");
    rank += ", ties: " + ties + ", then_by: " + (ties == "ordinal" ? "order" : Pick("rate", "target", "investment"));
    if (indicator == "allotted_total" && Chance(70)) rank += ", of: built";
    std::string text = "  " + name + ":\n    annex: " + Pick("yes", "no", "yes") + "\n    title: 表\n    rank: " + rank + "}\n";
    if (since) text += "    since: month\n";
    text += "    columns:\n      - {heading: 县, cell: name}\n";
    std::vector<std::string> cells = {"rank", "numerator", "denominator", "value", "allotment_entries", "\"target:built\"", "rate.city", "investment"};
    if (by != "rate") cells.push_back("key");
    if (since) cells.insert(cells.end(), {"previous_rank", "previous_value", "value_change", "rank_change"});
    int heading = 0;
    for (const std::string& cell : cells) {
      if (Chance(35)) continue;
      const bool amount = cell == "numerator" || cell == "investment" || cell == "key";
      text += "      - {heading: 列" + std::string(1, static_cast<char>('A' + heading++)) + ", cell: " + cell;
      if (amount && Chance(25)) text += ", format: {digits: 1}";
      if (Chance(25)) text += ", words: {zero: " + Pick("\"0\"", "无", "\"\"") + ", full: 满}";
      text += "}\n";
    }
    text += "      - {heading: 合, parts: [{cell: allotment_entries, before: 增, nonzero: yes}, {cell: numerator, nonzero: yes}], nothing: \"0\"}\n";
    text += "    total: " + Pick("合计", "\"\"") + "\n";
    return text;
  }

  std::string MakeTemplate(const std::string& rounding) {
    std::string text = "template: t-1\nregion: 甲\nissuer: 办\nnumber: \"{year}{n}\"\ntitle: 通报\nwords: {" + Pick("", "zero: \"0\", ", "zero: 无, ", "full: 全部, ") +
                       "NO_TASK: 无任务}\ntables:\n";
    std::string same = rounding;
    text += MakeTable("a", &same) + MakeTable("b", &same);
    text += "lists:\n  all: {table: a, item: \"{name}{value}{rate.city}\", unranked: " + Pick("yes", "no") + "}\n  low: {table: b, below: \"50\", item: \"{name}\", cell: rate.city, unranked: yes}\n";
    text += "body:\n  - text: 共{a.total.numerator}、{a.total.value}、{b.total.denominator}、{b.total.rate.city}；{all}；{low}；{low.count}；{a.ranked}\n";
    return text;
  }

 private:
  std::mt19937 random_;
};

// Which regions have starts, investment … against the city's target below 50 %, by whole numbers.
std::string Below50(const Template& source, const TableAnswer& answer) {
  std::string names;
  std::vector<const Row*> rows;
  for (const Row& row : answer.table.rows) rows.push_back(&row);
  for (const Row& row : answer.table.unranked) rows.push_back(&row);
  for (const Row* row : rows) {
    const ExactColumn& rate = row->exact.columns[2];
    if (!row->exact.numerator || !rate.target || rate.target->numerator == 0) continue;
    // n/d < 1/2 of both in display units: n.num · d.den · 2 < d.num · n.den.
    if (row->exact.numerator->numerator * rate.target->denominator * 2 >= rate.target->numerator * row->exact.numerator->denominator) continue;
    names += (names.empty() ? "" : "、") + row->name;
  }
  return names.empty() ? "无" : names;
}

// What `anju check` finds in the bulletin's CSV: "" when every relation can be judged and is exact. Rates cut off may be called rounded.
std::string Findings(const bulletin::Content& content, const Vocabulary& vocabulary, bool cut_off, size_t* checked) {
  const std::string csv = bulletin::RenderCsv(content);
  auto file = ReadCheckFile(csv, vocabulary);
  if (!file.ok()) return std::string(file.status().message()) + "\n" + csv;
  auto report = JudgeCheckFile(*file, vocabulary);
  if (!report.ok()) return std::string(report.status().message());
  *checked += report->counts.checked;
  std::string findings;
  for (const JudgedRelation& judged : report->relations) {
    if (judged.unjudged == Unjudged::kNo && (judged.verdict == Verdict::kExact || (cut_off && judged.verdict == Verdict::kRounding))) continue;
    const CheckCell& cell = file->cells[judged.cell];
    findings += cell.id + " " + cell.printed + " " + cell.relations[judged.relation].text + " computed " + FormatComputed(cell, judged.computed) + "\n";
  }
  return findings;
}

TEST(BulletinProperty, EveryRuleOfEveryBulletinGivesExactlyThePrintedFigure) {
  const char* given = std::getenv("ANJU_SEED");
  const uint32_t first = given ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : 20170630;
  const auto vocabulary = Vocabulary::Read(EmbeddedCatalogue());
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  size_t checked = 0;
  size_t judged = 0, composed = 0, figures = 0, ranks = 0, sums = 0, quotients = 0;
  for (uint32_t seed = first; seed < first + kRounds; ++seed) {
    SCOPED_TRACE("ANJU_SEED=" + std::to_string(seed));
    World world(seed);
    const Country country = world.MakeCountry(), before = world.MakeCountry();
    const std::string rounding = world.Chance(70) ? "half_up" : "truncate";
    const std::string yaml = world.MakeTemplate(rounding);
    auto source = ParseTemplate(yaml);
    ASSERT_TRUE(source.ok()) << source.status() << "\n" << yaml;
    auto content = ComposeFor(yaml, country, {}, &before);
    if (!content.ok()) continue;  // TIE_NOT_BROKEN, NO_FIGURES: no table, so no bulletin
    ++composed;
    ASSERT_EQ(Misfits(*content, rounding == "half_up" ? Rounding::kHalfUp : Rounding::kTruncate, &judged), "") << yaml;
    ASSERT_EQ(Findings(*content, *vocabulary, rounding != "half_up", &checked), "") << yaml;
    for (const bulletin::PlacedFigure& placed : bulletin::FiguresOf(*content)) {
      const bulletin::Figure& figure = *placed.figure;
      ++figures;
      ranks += figure.rule.starts_with("rank(");
      sums += figure.rule.starts_with("sum(");
      quotients += figure.rule.find('/') != std::string::npos;
      // Nothing is printed that does not come from the country.
      if (figure.cell == "numerator" && figure.rule.empty() && !figure.printed.empty()) {
        const Indicator& indicator = *country.catalogue().FindIndicator(*country.catalogue().ResolveIndicator(figure.indicator));
        Country copy = country;
        EXPECT_EQ(figure.exact, FormatFraction(MakeFraction(copy.Cell(figure.region, indicator.number).actual.value(), PowerOfTen(indicator.scale)))) << figure.id;
      }
    }
    auto input = AnswersOf(*source, country, kJune, &before);
    ASSERT_TRUE(input.ok());
    const std::string text = bulletin::PlainText(content->body[0].runs);
    EXPECT_NE(text.find("；" + Below50(*source, input->tables[1]) + "；"), std::string::npos) << text << "\n" << Below50(*source, input->tables[1]);
    const std::string bytes = bulletin::Canonical(*content);
    EXPECT_EQ(bulletin::Canonical(*ComposeFor(yaml, country, {}, &before)), bytes);
    auto parsed = bulletin::ParseCanonical(bytes);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, *content);
    EXPECT_TRUE(bulletin::Compare(*content, *parsed).empty());
  }
  EXPECT_GT(composed, kRounds * 3u / 4);
  EXPECT_GT(ranks, 500u);
  EXPECT_GT(sums, 200u);
  EXPECT_GT(quotients, 2000u);
  EXPECT_GT(checked, 10'000u);
  std::printf("%zu bulletins, %zu figures, %zu rules judged (%zu ranks, %zu sums, %zu quotients), %zu by the check rule\n", composed, figures, judged, ranks, sums,
              quotients, checked);
}

}  // namespace
}  // namespace anju::ranking
