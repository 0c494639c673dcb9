// Draws questions where something happened: days of change and their neighbours, positions inside blocks.
#include "tests/property/questions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anju::worlds {
namespace {

Date AnyDay(const World& world, Random& random) {
  const Date day = random.OneOf(world.days);
  return random.Percent(60) ? day : Date{day.days + static_cast<int>(random.Between(-3, 3))};
}

}  // namespace

Known KnownAfter(const World& world, size_t blocks) {
  Known known{.plan = 0, .progress = std::vector<uint64_t>(world.progress.size())};
  for (size_t i = 0; i < blocks; ++i) {
    const Block& block = world.blocks[i];
    (block.journal == 0 ? known.plan : known.progress[block.journal - 1]) = block.last();
  }
  return known;
}

Known AnyKnown(const World& world, const Known& limit, Random& random) {
  Known known{.plan = 2, .progress = {}};
  for (const uint64_t sequence : limit.progress) known.progress.push_back(random.Percent(25) ? sequence : random.Below(sequence + 1));
  for (const Block& block : world.blocks) {
    if (block.journal == 0 || block.first > known.progress[block.journal - 1]) continue;
    known.plan = std::max(known.plan, block.plan_needed);
  }
  known.plan = static_cast<uint64_t>(random.Between(static_cast<int64_t>(known.plan), static_cast<int64_t>(limit.plan)));
  return known;
}

Question AnyQuestion(const World& world, const Known& limit, Random& random) {
  Question question;
  if (random.Percent(65)) question.as_of = AnyDay(world, random);
  if (random.Percent(35)) question.tree = AnyDay(world, random);
  question.known = random.Percent(50) ? limit : AnyKnown(world, limit, random);
  question.review = random.Percent(60) ? Filter::kAll : random.Percent(70) ? Filter::kReviewed : Filter::kConfirmed;
  return question;
}

std::vector<Key> AllKeys(const World& world, const Model& model) {
  std::vector<Key> keys;
  for (const auto& [region, rows] : model.regions()) {
    for (const auto& [programme, of] : model.programmes()) {
      for (const auto& [indicator, what] : model.indicators()) {
        for (const Period period : world.periods) keys.push_back({region, programme, indicator, period});
        if (what.stock) keys.push_back({region, programme, indicator, {}});
      }
    }
  }
  return keys;
}

std::string Describe(const Question& question) {
  return absl::StrCat("as of ", question.as_of ? FormatDate(*question.as_of) : "-", ", tree ", question.tree ? FormatDate(*question.tree) : "-",
                      ", known plan ", question.known.plan, " progress ", absl::StrJoin(question.known.progress, ","), ", review filter ",
                      static_cast<int>(question.review));
}

}  // namespace anju::worlds
