// Diqing's bulletin for tests, and the evaluator of rules.
#include "services/ranking/core/bulletin/fixture.h"

#include <set>
#include <tuple>

#include "common/status/macros.h"
#include "services/ranking/core/movement.h"

namespace anju::ranking {
namespace {

// Reads rules again from their text: the smallest grammar that check files have.
class Evaluator {
 public:
  Evaluator(const bulletin::Content& content, Rounding rounding) : rounding_(rounding) {
    for (const bulletin::PlacedFigure& placed : bulletin::FiguresOf(content)) {
      if (!figures_.emplace(placed.figure->id, placed.figure).second) misfits_ += placed.figure->id + " stands twice\n";
      order_.push_back(placed.figure);
    }
  }

  std::string Run(size_t* judged) {
    for (const bulletin::Figure* figure : order_) {
      if (figure->rule.empty()) continue;
      Judge(*figure);
      if (judged) ++*judged;
    }
    return misfits_;
  }

 private:
  void Miss(const bulletin::Figure& figure, const std::string& why) { misfits_ += figure.id + " [" + figure.printed + "] " + figure.rule + ": " + why + "\n"; }

  static std::optional<Fraction> Number(const std::string& text) {
    const auto decimal = ParseDecimal(text);
    return decimal.ok() ? std::optional(ToFraction(*decimal)) : std::nullopt;
  }

  std::optional<Fraction> Value(const std::string& operand) {
    if (std::optional<Fraction> constant = Number(operand)) return constant;
    auto found = figures_.find(operand);
    if (found == figures_.end()) return std::nullopt;
    if (!found->second->printed.empty()) return Number(found->second->printed);
    if (!open_.insert(operand).second) return std::nullopt;  // a cycle
    std::optional<Fraction> value = Computed(*found->second);
    open_.erase(operand);
    return value;
  }

  static std::vector<std::string> Words(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
      if (c != ' ') words.back() += c;
      if (c == ' ' && !words.back().empty()) words.emplace_back();
    }
    return words;
  }

  // Of all rules but ranks.
  std::optional<Fraction> Computed(const bulletin::Figure& figure) {
    const std::string& rule = figure.rule;
    if (rule.starts_with("sum(")) {
      Fraction sum;
      for (const std::string& word : Words(std::string_view(rule).substr(4, rule.size() - 5))) {
        const std::optional<Fraction> part = Value(word);
        if (!part) return std::nullopt;
        sum = Add(sum, *part);
      }
      return sum;
    }
    if (rule.starts_with("=")) return Value(rule.substr(1));
    const size_t sign = rule.find_first_of("/-");
    if (sign == std::string::npos) return std::nullopt;
    const std::optional<Fraction> left = Value(rule.substr(0, sign)), right = Value(rule.substr(sign + 1));
    if (!left || !right) return std::nullopt;
    if (rule[sign] == '-') return Subtract(*left, *right);
    const std::optional<Fraction> quotient = Divide(*left, *right);
    return quotient && figure.unit == "%" ? std::optional(Multiply(*quotient, Fraction{100, 1})) : quotient;
  }

  void Judge(const bulletin::Figure& figure) {
    if (figure.rule.starts_with("rank(")) return JudgeRank(figure);
    const std::optional<Fraction> computed = Computed(figure);
    if (!computed) return Miss(figure, "cannot be computed");
    if (figure.printed.empty()) return;
    const std::optional<Fraction> printed = Number(figure.printed);
    if (!printed) return Miss(figure, "prints no number");
    const size_t point = figure.printed.find('.');
    const int digits = point == std::string::npos ? 0 : static_cast<int>(figure.printed.size() - point - 1);
    const bool rounds = figure.rule.find('/') != std::string::npos || figure.rule[0] == '=';
    // A repetition of an amount is half-up, a rate as its table says.
    const Rounding rounding = figure.rule[0] == '=' && figure.unit != "%" ? Rounding::kHalfUp : rounding_;
    const Fraction expected = rounds ? ToFraction(Round(*computed, digits, rounding)) : *computed;
    // With trailing zeros dropped the printed digits tell less: what is dropped must then have been zero.
    if (!(expected == *printed) && !(rounds && ToFraction(Round(*computed, kScaleMax, rounding)) == *printed)) Miss(figure, "gives " + FormatFraction(*computed));
  }

  void JudgeRank(const bulletin::Figure& figure) {
    std::vector<std::string> words = Words(std::string_view(figure.rule).substr(5, figure.rule.size() - 6));
    const bool descending = words[0] == "desc";
    const std::optional<Fraction> own = words.size() < 3 ? std::nullopt : Value(words[1]);
    const std::optional<Fraction> place = Number(figure.printed);
    if (!own || !place) return Miss(figure, "no own figure");
    int better = 0, equal = 0;
    for (size_t i = 2; i < words.size(); ++i) {
      const std::optional<Fraction> other = Value(words[i]);
      if (!other) return Miss(figure, words[i] + " is unknown");
      const auto order = Compare(*other, *own);
      better += descending ? order > 0 : order < 0;
      equal += order == 0;
    }
    if (Compare(*place, Fraction{better + 1, 1}) < 0 || Compare(*place, Fraction{better + equal + 1, 1}) > 0) Miss(figure, "is place " + std::to_string(better + 1));
  }

  const Rounding rounding_;
  std::map<std::string, const bulletin::Figure*, std::less<>> figures_;
  std::vector<const bulletin::Figure*> order_;
  std::set<std::string> open_;
  std::string misfits_;
};

const bulletin::Figure* Find(const bulletin::Content& content, std::string_view id) {
  for (const bulletin::PlacedFigure& placed : bulletin::FiguresOf(content)) {
    if (placed.figure->id == id) return placed.figure;
  }
  return nullptr;
}

}  // namespace

Country DiqingCountry() {
  Country diqing;
  diqing.SetRegion("533400", "迪庆州", RegionLevel::kCity);
  diqing.AddChild("533400-BJ", "州本级", 0, RegionKind::kOwnLevel);
  diqing.AddChild("533400-KFQ", "开发区", 0, RegionKind::kZone);
  diqing.AddChild("533401", "香格里拉市");
  diqing.AddChild("533422", "德钦县");
  diqing.AddChild("533423", "维西县");
  for (auto [code, target, starts, investment] : {std::tuple{"533401", 2000, 1241, 1'013'500}, {"533422", 250, 153, 126'000}, {"533423", 1475, 900, 416'000},
                                                  {"533400", 3725, 2294, 1'626'762}}) {
    diqing.SetTarget(code, kStarts, Layer::kCity, target);
    diqing.Report(code, kStarts, starts);
    diqing.SetTarget(code, kCompletions, Layer::kCity, target);
    diqing.Report(code, kCompletions, 0);
    diqing.Report(code, kInvestment, investment);
  }
  diqing.SetMissing("533400-KFQ", kCompletions, Layer::kCity, Missing::kBlank);
  diqing.Report("533400-KFQ", kCompletions, 172);
  diqing.Report("533400", kCompletions, 172);
  diqing.Report("533400-KFQ", kInvestment, 71'262);
  for (auto [code, target, built, entries, allotted] : {std::tuple{"533423", 4026, 4030, 40, 3552}, {"533422", 2385, 2180, 34, 2074}, {"533401", 4242, 4242, 0, 2226},
                                                        {"533400-KFQ", 640, 644, 0, 200}, {"533400-BJ", 3558, 3584, 40, 1332}, {"533400", 14851, 14680, 114, 9384}}) {
    diqing.SetTarget(code, kBuilt, Layer::kCity, target);
    diqing.Report(code, kBuilt, built);
    diqing.Report(code, kEntries, entries);
    diqing.Report(code, kAllotted, allotted);
  }
  diqing.Report("533400-BJ", kExits, 95);
  diqing.Report("533400", kExits, 95);
  return diqing;
}

std::string DiqingTemplate() {
  return R"(template: diqing-monthly
region: 迪庆州
issuer: 迪庆州保障性安居工程协调领导小组办公室
number: 迪安居通〔{year}〕{n}号
title: 关于{year}年{month}月全州城镇保障性安居工程推进情况的通报
addressees: 各县（市、区）人民政府、管委会：
copies: 杨正义副州长
words: {zero: "0", NO_TASK: 无任务, NOT_PUBLISHED: 暂未公布, NOT_REPORTED: 未报, UNKNOWN: ""}
milestones:
  june: {programme: all, indicator: starts, year: "{year}", by: "{year}-06-30"}
tables:
  starts:
    annex: true
    title: "{year}年各县市区城镇棚户区开工率排序表"
    subtitle: "（{'1月1日'}——{month}月{day}日）"
    unit_note: 单位：套/户
    rank: {programme: all, indicator: starts, year: "{year}", by: rate, digits: 2}
    columns:
      - {heading: 县（市、区）, cell: name}
      - {group: 总任务, heading: 目标任务数, cell: denominator}
      - {group: 总任务, heading: 开工数, cell: numerator}
      - {group: 总任务, heading: 开工率, cell: value, format: {suffix: "%"}, words: {full: 全部开工}}
      - {group: 总任务, heading: 开工率排序, cell: rank}
    total: "合  计"
    notes: ["应报{starts.expected}个，已报{starts.reported}个。"]
  completions:
    annex: true
    title: "{year}年基本建成套数排序及投资完成情况"
    rank: {programme: all, indicator: completions, year: "{year}", by: rate, then_by: target, ties: ordinal, digits: 1, trim: yes, columns: [investment]}
    columns:
      - {heading: 县（市、区）, cell: name}
      - {heading: 下达, cell: denominator}
      - {heading: 已建成, cell: numerator}
      - {heading: 占比（%）, cell: value}
      - {heading: 排序, cell: rank, words: {zero: ""}}
      - {heading: 完成投资, cell: investment}
      - {heading: 备注, cell: reason}
    total: "合  计"
  allotment:
    annex: true
    title: "{year}年各县市区公共租赁住房分配入住情况表"
    rank: {programme: all, indicator: allotted_total, year: "{year}", by: net_new, of: built, then_by: rate, ties: ordinal, total_digits: 1,
           columns: ["target:built", allotment_entries, allotment_exits]}
    columns:
      - {heading: 排序, cell: rank}
      - {heading: 县（市、区）, cell: name}
      - {heading: 指标任务, cell: "target:built"}
      - {heading: 实际建设, cell: denominator}
      - heading: "{year}年新增分配入住套数"
        parts: [{cell: allotment_entries, before: 新增, after: 套, nonzero: yes}, {cell: allotment_exits, before: 退出, after: 套, nonzero: yes}]
        nothing: "0"
        total_parts: [{cell: key, before: 净增, after: 套}]
      - {heading: 累计分配入住套数, cell: numerator}
      - {heading: 分配入住比例（%）, cell: value}
    total: "合  计"
  spent:
    rank: {programme: all, indicator: investment, year: "{year}", by: value}
lists:
  by_starts: {table: starts, order: numerator, item: "{name}开工{numerator}套"}
  reached: {table: starts, at_least: june, item: "{name}（{value}%）"}
  behind: {table: starts, below: "61.2", item: "{name}（{value}%）"}
  slow: {table: allotment, at_most: "31.05590062", item: "{name}", nothing: 没有}
  top: {table: allotment, order: value, limit: 2, item: "{name}第{rank}"}
body:
  - heading: 一、棚户区改造
  - text: 开工{starts.total.numerator}套，开工率为{starts.total.value}%，建成{completions.total.numerator}套，占{completions.total.denominator}套的{completions.total.value}%；投资{spent.total.value}万元，其中{spent.开发区.numerator}万元；累计分配{allotment.total.numerator}套。
  - text: 其中：{by_starts}。{june.month}月底前达到{june.share}%的{reached.count}个：{reached}；落后：{behind}；{slow}；{top}。德钦县{starts.533422.value}%，开发区{completions.开发区.value}、{completions.开发区.rank}。
)";
}

absl::StatusOr<ComposeInput> AnswersOf(const Template& source, const Country& country, Date as_of, const Country* before) {
  ComposeInput input{.as_of = as_of, .tables = {}, .milestones = std::vector<std::optional<MilestoneAnswer>>(source.milestones.size())};
  for (const TemplateTable& table : source.tables) {
    TableAnswer answer;
    ASSIGN_OR_RETURN(answer.definition, DefinitionOf(table, as_of, country.catalogue()));
    ASSIGN_OR_RETURN(answer.plan, MakePlan(answer.definition, country.catalogue()));
    const Input cut = country.Cut(answer.plan, as_of);
    ASSIGN_OR_RETURN(answer.table, ComputeTable(answer.definition, answer.plan, cut));
    if (before != nullptr && !table.since.empty()) {
      ASSIGN_OR_RETURN(const Table old, ComputeTable(answer.definition, answer.plan, before->Cut(answer.plan, *SinceOf(table, as_of))));
      AddMovement(answer.definition, old, answer.table);
    }
    answer.region = cut.region.code;
    answer.region_name = cut.region.name;
    answer.definition_words = DefinitionWords(answer.definition, answer.table.layer, country.catalogue());
    input.tables.push_back(std::move(answer));
  }
  return input;
}

absl::StatusOr<bulletin::Content> ComposeFor(std::string_view yaml, const Country& country, const std::map<std::string, MilestoneAnswer>& milestones,
                                             const Country* before) {
  ASSIGN_OR_RETURN(const Template source, ParseTemplate(yaml));
  ASSIGN_OR_RETURN(ComposeInput input, AnswersOf(source, country, kJune, before));
  for (size_t i = 0; i < source.milestones.size(); ++i) {
    auto found = milestones.find(source.milestones[i].name);
    if (found != milestones.end()) input.milestones[i] = found->second;
  }
  return Compose(source, input, country.catalogue());
}

std::string CellsOf(const bulletin::Row& row) {
  std::string cells;
  for (const bulletin::Runs& runs : row.cells) cells += (cells.empty() && &runs == &row.cells.front() ? "" : "|") + bulletin::PlainText(runs);
  return cells;
}

std::string RuleOf(const bulletin::Content& content, std::string_view id) {
  const bulletin::Figure* figure = Find(content, id);
  return figure == nullptr ? "none" : figure->rule;
}

std::string PrintedOf(const bulletin::Content& content, std::string_view id) {
  const bulletin::Figure* figure = Find(content, id);
  return figure == nullptr ? "none" : figure->printed;
}

std::string Misfits(const bulletin::Content& content, Rounding rounding, size_t* judged) { return Evaluator(content, rounding).Run(judged); }

}  // namespace anju::ranking
