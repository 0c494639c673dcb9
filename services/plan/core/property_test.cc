// Random balanced documents: they are exact, their targets are conserved on every margin, and one wrong cell names its relations.
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/plan/core/core_fixture.h"

namespace anju::plan {
namespace {

constexpr uint64_t kSeeds = 40;

// A random tree of regions, all open always: 1 is the issuer, a city.
RegionTree RandomTree(std::mt19937_64& random, std::map<RegionNumber, std::vector<RegionNumber>>* children) {
  RegionTree tree;
  const RegionNumber count = 4 + random() % 20;
  for (RegionNumber number = 1; number <= count; ++number) {
    const RegionNumber parent = number == 1 ? 0 : 1 + random() % (number - 1);
    tree.Put({{.number = number, .code = absl::StrCat("R", number), .name = absl::StrCat("地区", number), .parent = parent,
               .level = number == 1 ? RegionLevel::kCity : RegionLevel::kCounty}});
    if (parent != 0) (*children)[parent].push_back(number);
  }
  return tree;
}

// Which cells a document prints, each with the sum it must be.
class Balanced {
 public:
  explicit Balanced(uint64_t seed) : random_(seed), catalogue_(SmallCatalogue()), tree_(RandomTree(random_, &children_)) {
    decimals_ = random_() % 2 == 0;
    for (const RegionNumber region : tree_.Numbers()) {
      for (const ProgrammeNumber programme : {6u, 7u, 5u, 3u, 4u, 8u, 1u}) {
        for (const Period period : {Period{2011, 2011}, Period{2012, 2012}, Period{2011, 2012}}) Print(region, programme, period);
      }
    }
    std::shuffle(text_.begin(), text_.end(), random_);
  }

  // The amount of a cell of starts in smallest units: leaf figures are random, all others sums of leaves.
  int64_t Amount(RegionNumber region, ProgrammeNumber programme, Period period) {
    if (const auto it = children_.find(region); it != children_.end()) {
      int64_t sum = 0;
      for (const RegionNumber child : it->second) sum += Amount(child, programme, period);
      return sum;
    }
    static const std::map<ProgrammeNumber, std::vector<ProgrammeNumber>> kParts = {{1, {3, 4, 5}}, {5, {6, 7}}, {8, {3, 4}}};
    if (const auto it = kParts.find(programme); it != kParts.end()) {
      int64_t sum = 0;
      for (const ProgrammeNumber part : it->second) sum += Amount(region, part, period);
      return sum;
    }
    if (period.first != period.last) {
      return Amount(region, programme, {period.first, period.first}) + Amount(region, programme, {period.last, period.last});
    }
    const auto [it, added] = leaves_.try_emplace({region, programme, period.first}, 0);
    if (added) it->second = static_cast<int64_t>(random_() % 10'000);
    return it->second;
  }

  // A new figure for a leaf cell of one year, or none; what is above it follows.
  void SetLeaf(RegionNumber region, ProgrammeNumber programme, int32_t year, int64_t amount) { leaves_[{region, programme, year}] = amount; }
  bool IsLeaf(RegionNumber region) const { return !children_.contains(region); }
  const RegionTree& tree() const { return tree_; }
  const Catalogue& catalogue() const { return catalogue_; }
  PlanRowText Row(RegionNumber region, ProgrammeNumber programme, int32_t year, int64_t amount) const {
    return {.line = 2, .region = absl::StrCat("R", region), .programme = catalogue_.FindProgramme(programme)->code,
            .indicator = decimals_ ? "investment" : "starts", .plan_year = absl::StrCat(year),
            .value = decimals_ ? FormatDecimal({amount, 2}) : absl::StrCat(amount), .unit = decimals_ ? "万元" : "套"};
  }

  RegionNumber ParentOf(RegionNumber region) const { return tree_.ParentAt(region, MakeDate(2012, 1, 1)); }
  std::vector<PlanRowText>& text() { return text_; }
  std::mt19937_64& random() { return random_; }
  const std::map<RegionNumber, std::vector<RegionNumber>>& children() const { return children_; }

  absl::StatusOr<Evaluation> Evaluate() const {
    DocumentText text{.number = "随机", .issuer = "R1", .issued = "2012-01-01", .rows = text_};
    Document document;
    document.header = *ReadHeader(text, tree_);
    absl::StatusOr<std::vector<PrintedRow>> rows = ReadRows(text.rows, document.header, tree_, catalogue_);
    if (!rows.ok()) return rows.status();
    document.rows = *std::move(rows);
    return plan::Evaluate(document, tree_, catalogue_, {});
  }

 private:
  // Investment with two decimals when the document prints decimals, else whole units.
  void Print(RegionNumber region, ProgrammeNumber programme, Period period) {
    const int64_t amount = Amount(region, programme, period);
    text_.push_back({.line = static_cast<uint32_t>(text_.size() + 2), .region = absl::StrCat("R", region),
                     .programme = catalogue_.FindProgramme(programme)->code, .indicator = decimals_ ? "investment" : "starts",
                     .plan_year = FormatPeriod(period), .value = decimals_ ? FormatDecimal({amount, 2}) : absl::StrCat(amount),
                     .unit = decimals_ ? "万元" : "套"});
  }

  std::mt19937_64 random_;
  Catalogue catalogue_;
  std::map<RegionNumber, std::vector<RegionNumber>> children_;
  RegionTree tree_;
  bool decimals_ = false;
  std::map<std::tuple<RegionNumber, ProgrammeNumber, int32_t>, int64_t> leaves_;
  std::vector<PlanRowText> text_;
};

TEST(PlanPropertyTest, ABalancedDocumentIsExactAndConservedOnEveryMargin) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Balanced balanced(seed);
    const absl::StatusOr<Evaluation> evaluation = balanced.Evaluate();
    ASSERT_TRUE(evaluation.ok()) << evaluation.status();
    EXPECT_THAT(Words(evaluation->differences), ::testing::IsEmpty());
    EXPECT_GT(evaluation->relations, 0u);

    std::map<CellKey, int64_t> targets;
    for (const TargetCell& cell : evaluation->cells) targets[cell.key] = cell.target.value();
    for (const auto& [key, target] : targets) {
      EXPECT_EQ(target, balanced.Amount(key.region, key.programme, key.period));
      const auto children = balanced.children().find(key.region);
      if (children == balanced.children().end()) continue;
      int64_t sum = 0;
      for (const RegionNumber child : children->second) {
        CellKey part = key;
        part.region = child;
        sum += targets.at(part);
      }
      EXPECT_EQ(target, sum);
    }
  }
}

TEST(PlanPropertyTest, OneWrongCellIsNamedByItsRelationsAndTargetsStayConserved) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Balanced balanced(seed);
    PlanRowText& row = balanced.text()[balanced.random()() % balanced.text().size()];
    const absl::StatusOr<Decimal> value = ParseDecimal(row.value);
    ASSERT_TRUE(value.ok());
    // More than any sum of rounded figures could hide.
    const int64_t wrong = value->digits + 1'000'000 + static_cast<int64_t>(balanced.random()() % 1000);
    row.value = FormatDecimal({wrong, value->scale});
    const absl::StatusOr<Evaluation> evaluation = balanced.Evaluate();
    ASSERT_TRUE(evaluation.ok()) << evaluation.status();
    ASSERT_TRUE(evaluation->has_errors());

    // Every error is about the wrong cell: it is the judged one, or one step below the judged one in the direction named.
    const CellKey cell = evaluation->cells[static_cast<size_t>(&row - balanced.text().data())].key;
    bool as_whole = false;
    for (const Difference& difference : evaluation->differences) {
      EXPECT_EQ(difference.verdict, Verdict::kError);
      const CellKey& judged = difference.cell;
      if (judged == cell) {
        as_whole = true;
      } else if (difference.relation == "children") {
        EXPECT_EQ(balanced.ParentOf(cell.region), judged.region);
        EXPECT_TRUE(judged.programme == cell.programme && judged.period == cell.period);
      } else if (difference.relation == "programmes") {
        EXPECT_TRUE(judged.region == cell.region && judged.programme != cell.programme && judged.period == cell.period);
      } else {
        EXPECT_EQ(difference.relation, "years");
        EXPECT_TRUE(judged.region == cell.region && judged.programme == cell.programme && judged.period.Contains(cell.period));
      }
    }
    // A cell that has parts is named itself; every other one is a part of something.
    const bool has_parts = row.plan_year == "2011-2012" || row.programme == "all" || row.programme == "town" || row.programme == "policy" ||
                           balanced.children().contains(cell.region);
    EXPECT_EQ(as_whole, has_parts);

    std::map<CellKey, int64_t> targets;
    for (const TargetCell& cell : evaluation->cells) targets[cell.key] = cell.target.value();
    for (const auto& [key, target] : targets) {
      const auto children = balanced.children().find(key.region);
      if (children == balanced.children().end()) continue;
      int64_t sum = 0;
      for (const RegionNumber child : children->second) {
        CellKey part = key;
        part.region = child;
        sum += targets.at(part);
      }
      EXPECT_EQ(target, sum);
    }
  }
}

// Leaves are restated, or taken back, and now and then a total with them: whatever is above them stays their sum, cell by cell what a
// document with these leaves would say.
TEST(PlanPropertyTest, AmendedTargetsStayConserved) {
  static const std::map<ProgrammeNumber, std::vector<ProgrammeNumber>> kParts = {{1, {3, 4, 5}}, {5, {6, 7}}, {8, {3, 4}}};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Balanced balanced(seed);
    Line line(balanced.tree(), balanced.catalogue(), "R1", "2011-01-01");
    ASSERT_TRUE(line.Issue(balanced.text()).ok());
    std::vector<RegionNumber> leaves;
    for (const RegionNumber region : balanced.tree().Numbers()) {
      if (balanced.IsLeaf(region)) leaves.push_back(region);
    }
    for (int step = 0; step < 6; ++step) {
      const int32_t year = step < 3 ? 2011 : 2012;
      std::map<std::pair<RegionNumber, ProgrammeNumber>, PlanRowText> rows;
      for (size_t i = 0; i < 1 + balanced.random()() % 5; ++i) {
        const RegionNumber region = leaves[balanced.random()() % leaves.size()];
        const ProgrammeNumber programme = std::vector<ProgrammeNumber>{3, 4, 6, 7}[balanced.random()() % 4];
        const bool taken_back = seed % 2 == 0 && balanced.random()() % 4 == 0;
        const int64_t amount = taken_back ? 0 : static_cast<int64_t>(balanced.random()() % 10'000);
        PlanRowText row = balanced.Row(region, programme, year, amount);
        if (taken_back) row.value = "", row.role = "withdrawn";
        rows[{region, programme}] = row;
        balanced.SetLeaf(region, programme, year, amount);
      }
      if (balanced.random()() % 2 == 0) rows[{1, 1}] = balanced.Row(1, 1, year, balanced.Amount(1, 1, {year, year}));
      std::vector<PlanRowText> texts;
      for (auto& [key, row] : rows) texts.push_back(row);
      const absl::StatusOr<Evaluation> evaluation = line.Issue(texts, absl::StrCat(year, "-0", 1 + step, "-15"));
      ASSERT_TRUE(evaluation.ok()) << evaluation.status();
      // A total is restated as the sum of its leaves: that a whole branch was taken back, and stays as it was, is the only difference.
      if (seed % 2 == 1) {
        EXPECT_THAT(Words(evaluation->differences), ::testing::IsEmpty());
      }

      const auto figure = [&](RegionNumber region, ProgrammeNumber programme) {
        return line.in_force().at({region, programme, line.in_force().begin()->first.indicator, {year, year}, Layer::kCity}).target;
      };
      // Sums of what has a figure; a relation without any is not complete and moves nothing.
      const auto sum = [&](const auto& parts, const auto& of) {
        std::optional<int64_t> total;
        for (const auto part : parts) {
          if (const std::optional<int64_t> amount = of(part)) total = total.value_or(0) + *amount;
        }
        return total;
      };
      for (const RegionNumber region : balanced.tree().Numbers()) {
        for (const ProgrammeNumber programme : {1u, 3u, 4u, 5u, 6u, 7u, 8u}) {
          const auto children = balanced.children().find(region);
          if (children != balanced.children().end()) {
            const auto total = sum(children->second, [&](RegionNumber child) { return figure(child, programme); });
            EXPECT_EQ(figure(region, programme), total.value_or(figure(region, programme).value())) << "region " << region << " programme " << programme;
          } else if (kParts.contains(programme)) {
            const auto total = sum(kParts.at(programme), [&](ProgrammeNumber part) { return figure(region, part); });
            EXPECT_EQ(figure(region, programme), total.value_or(figure(region, programme).value())) << "region " << region << " programme " << programme;
          }
          if (seed % 2 == 1) {
            EXPECT_EQ(figure(region, programme), balanced.Amount(region, programme, {year, year}));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace anju::plan
