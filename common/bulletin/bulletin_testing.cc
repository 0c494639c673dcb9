// Contents for tests.
#include "common/bulletin/bulletin_testing.h"

#include <utility>

namespace anju::bulletin {
namespace {

Runs Text(std::string text) { return {{std::move(text), std::nullopt}}; }

Figure Number(std::string id, std::string printed, std::string unit, std::string label, std::string rule = "", std::string exact = "") {
  Figure figure;
  figure.id = std::move(id);
  figure.exact = exact.empty() ? printed : std::move(exact);
  figure.printed = std::move(printed);
  figure.unit = std::move(unit);
  figure.label = std::move(label);
  figure.rule = std::move(rule);
  figure.region = "533400";
  figure.programme = "shantytown.urban";
  figure.indicator = figure.label;
  figure.plan_year = "2017";
  figure.cell = figure.id.substr(figure.id.rfind('.') + 1);
  return figure;
}

Runs Cell(Figure figure, const std::string& before = "", const std::string& after = "") {
  std::string text = before + figure.printed + after;
  return {{std::move(text), std::move(figure)}};
}

void Append(Runs& runs, Runs more) {
  for (Run& run : more) runs.push_back(std::move(run));
}

Content Frame(const std::string& number) {
  Content content;
  content.template_code = "diqing-monthly";
  content.template_version = 1;
  content.template_sha256 = Sha256Hex("template");
  content.number = number;
  content.date = number.empty() ? "" : "2017-07-05";
  content.region = "533400";
  content.region_name = "迪庆州";
  content.as_of = "2017-06-30";
  content.review = "all";
  content.basis = {{"plan", "0123456789abcdef0123456789abcdef", 12, Sha256Hex("plan")}, {"progress", "fedcba9876543210fedcba9876543210", 345, Sha256Hex("progress")}};
  content.basis_token = "token";
  content.letterhead = "迪庆州保障性安居工程协调领导小组办公室文件";
  content.issuer = content.signature = "迪庆州保障性安居工程协调领导小组办公室";
  return content;
}

struct StartsRow {
  const char *code, *name, *target, *starts, *rate, *exact, *rank;
};

Annex StartsAnnex() {
  Annex annex;
  annex.name = "starts";
  annex.title = Text("2017年各县市区城镇棚户区开工率排序表");
  annex.subtitle = Text("（1月1日——6月30日）");
  annex.unit_note = Text("单位：套/户");
  annex.columns = {{"", "县（市、区）", false}, {"总任务", "目标任务数", true}, {"总任务", "开工数", true}, {"总任务", "开工率", true}, {"总任务", "开工率排序", true}};
  const StartsRow rows[] = {{"533401", "香格里拉市", "2000", "1241", "62.05", "1241/20", "1"},
                            {"533422", "德钦县", "250", "153", "61.20", "306/5", "2"},
                            {"533423", "维西县", "1475", "900", "61.02", "3600/59", "3"}};
  std::string others[3];
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) others[i] += std::string(" starts.") + rows[(i + k) % 3].code + ".value";
  }
  for (size_t i = 0; i < 3; ++i) {
    const StartsRow& row = rows[i];
    const std::string id = std::string("starts.") + row.code + ".";
    annex.rows.push_back({row.code, row.name, "",
                          {Text(row.name), Cell(Number(id + "denominator", row.target, "套", "starts")), Cell(Number(id + "numerator", row.starts, "套", "starts")),
                           Cell(Number(id + "value", row.rate, "%", "value", id + "numerator/" + id + "denominator", row.exact), "", "%"),
                           Cell(Number(id + "rank", row.rank, "名次", "rank", "rank(desc" + others[i] + ")"))}});
  }
  annex.total = Row{"533400", "迪庆州", "",
                    {Text("合　计"),
                     Cell(Number("starts.total.denominator", "3725", "套", "starts", "sum(starts.533401.denominator starts.533422.denominator starts.533423.denominator)")),
                     Cell(Number("starts.total.numerator", "2294", "套", "starts", "sum(starts.533401.numerator starts.533422.numerator starts.533423.numerator)")),
                     Cell(Number("starts.total.value", "61.58", "%", "value", "starts.total.numerator/starts.total.denominator", "9176/149"), "", "%"), {}}};
  annex.as_of = "2017-06-30";
  annex.reported = annex.expected = 3;
  annex.definition = {{"by", "rate"}, {"indicator", "starts"}, {"programme", "shantytown.urban"}};
  return annex;
}

Annex CompletionsAnnex() {
  Annex annex;
  annex.name = "completions";
  annex.title = Text("2017年各县市区城镇保障性安居工程基本建成套数排序及投资完成情况表");
  annex.subtitle = Text("（1月1日——6月30日）");
  annex.unit_note = Text("单位：套/户、万元");
  for (const char* heading : {"县（市、区）", "下达年内基本建成套数", "已基本建成套数", "基本建成套数占比（%）", "基本建成套数占比率排序", "完成投资"}) {
    annex.columns.push_back({"", heading, annex.columns.size() > 0});
  }
  const char* rows[][6] = {{"533401", "香格里拉市", "2000", "0", "0", "10135"}, {"533423", "维西县", "1475", "0", "0", "4160"},
                           {"533422", "德钦县", "250", "0", "0", "1260"}, {"533400-KFQ", "开发区", "", "172", "", "712.62"}};
  for (const auto& row : rows) {
    std::string id = std::string("completions.") + row[0] + ".";
    for (char& c : id) c = c == '-' ? '_' : c;
    const Runs none;
    annex.rows.push_back({row[0], row[1], *row[2] == 0 ? "NO_TARGET" : "",
                          {Text(row[1]), *row[2] == 0 ? none : Cell(Number(id + "denominator", row[2], "套", "completions")),
                           Cell(Number(id + "numerator", row[3], "套", "completions")),
                           *row[4] == 0 ? none : Cell(Number(id + "value", row[4], "%", "value", id + "numerator/" + id + "denominator")), none,
                           Cell(Number(id + "investment", row[5], "万元", "investment"))}});
  }
  annex.total = Row{"533400", "迪庆州", "",
                    {Text("合　计"), Cell(Number("completions.total.denominator", "3725", "套", "completions")), Cell(Number("completions.total.numerator", "172", "套", "completions")),
                     Cell(Number("completions.total.value", "4.6", "%", "value", "completions.total.numerator/completions.total.denominator", "688/149")), {},
                     Cell(Number("completions.total.investment", "16267.62", "万元", "investment"))}};
  annex.as_of = "2017-06-30";
  annex.reported = 4;
  annex.expected = 3;
  return annex;
}

Annex AllotmentAnnex() {
  Annex annex;
  annex.name = "allotment";
  annex.title = Text("2017年各县市区公共租赁住房分配入住情况表");
  for (const char* heading : {"排序", "县（市、区）", "指标任务", "实际建设", "2017年新增分配入住套数", "累计分配入住套数", "分配入住比例（%）", "备注"}) {
    annex.columns.push_back({"", heading, heading != std::string("县（市、区）") && heading != std::string("备注")});
  }
  const char* rows[][8] = {{"533423", "维西县", "4026", "4030", "40", "", "3552", "88.14"}, {"533422", "德钦县", "2385", "2180", "34", "", "2074", "95.14"},
                           {"533401", "香格里拉市", "4242", "4242", "", "", "2226", "52.48"}, {"533400-KFQ", "开发区", "640", "644", "", "", "200", "31.06"},
                           {"533400-BJ", "州本级", "3558", "3584", "40", "95", "1332", "37.17"}};
  int place = 0;
  for (const auto& row : rows) {
    std::string id = std::string("allotment.") + row[0] + ".";
    for (char& c : id) c = c == '-' ? '_' : c;
    Runs change;
    if (*row[4] != 0) Append(change, Cell(Number(id + "entries", row[4], "套", "allotment_entries"), "新增", "套"));
    if (*row[5] != 0) Append(change, Cell(Number(id + "exits", row[5], "套", "allotment_exits"), "退出", "套"));
    if (change.empty()) change = Text("0");
    annex.rows.push_back({row[0], row[1], "",
                          {Cell(Number(id + "rank", std::to_string(++place), "名次", "rank")), Text(row[1]), Cell(Number(id + "target", row[2], "套", "built")),
                           Cell(Number(id + "built", row[3], "套", "built")), std::move(change), Cell(Number(id + "numerator", row[6], "套", "allotted_total")),
                           Cell(Number(id + "value", row[7], "%", "value", id + "numerator/" + id + "built")), {}}});
  }
  annex.total = Row{"533400", "迪庆州", "",
                    {Text("合　计"), {}, Cell(Number("allotment.total.target", "14851", "套", "built")), Cell(Number("allotment.total.built", "14680", "套", "built")),
                     Cell(Number("allotment.total.key", "19", "套", "net"), "净增", "套"), Cell(Number("allotment.total.numerator", "9384", "套", "allotted_total")),
                     Cell(Number("allotment.total.value", "63.9", "%", "value", "allotment.total.numerator/allotment.total.built")), {}}};
  annex.as_of = "2017-06-30";
  annex.reported = annex.expected = 5;
  return annex;
}

}  // namespace

Content DiqingContent(const std::string& number) {
  Content content = Frame(number);
  content.title = Text("迪庆州保障性安居工程协调领导小组办公室关于2017年6月全州城镇保障性安居工程推进情况的通报");
  content.addressees = Text("各县（市、区）人民政府、管委会：");
  const auto paragraph = [&](Runs runs) { content.body.push_back({BlockKind::kParagraph, std::move(runs)}); };
  paragraph(Text("2017年，上级下达迪庆州3725套城市棚户区改造任务（其中：货币化安置比例达50%以上），基本建成3725套。今年城镇保障性安居工程建设任务重、难度大，"
                 "各县（市、区）政府（管委会）要拓展思路，创新方法，扎实工作；要抓紧前期工作，早开工、早见效；要加强工程质量安全，加快完善配套基础设施，提升城市品位和环境，"
                 "让人民群众放心、安心、舒心；要完善机制，加强资金管理，加快项目推进，提高资金使用效率。各县（市、区）要按照“保质量、保进度、保廉洁、保安全、保公平”的要求，"
                 "加强统筹协调，狠抓项目进度管理、质量安全监管和分配管理，确保项目顺利推进。"));
  Runs runs = Text("为督促各县（市、区）做好城镇保障性安居工程建设工作，现将截止2017年6月底全州城镇保障性安居工程推进情况进行通报。截止2017年6月底，全州城镇保障性安居工程开工");
  Append(runs, Cell(Number("x1", "2294", "套", "starts", "=starts.total.numerator"), "", "套"));
  Append(runs, Text("，开工率为"));
  Append(runs, Cell(Number("x2", "61.58", "%", "value", "=starts.total.value", "9176/149"), "", "%"));
  Append(runs, Text("；全州城镇保障性安居工程基本建成"));
  Append(runs, Cell(Number("x3", "172", "套", "completions", "=completions.total.numerator"), "", "套"));
  Append(runs, Text("；累计分配保障性住房"));
  Append(runs, Cell(Number("x4", "9384", "套", "allotted_total", "=allotment.total.numerator"), "", "套"));
  Append(runs, Text("。"));
  paragraph(std::move(runs));
  content.body.push_back({BlockKind::kHeading, Text("棚户区改造工作")});
  paragraph(Text("各县（市、区）要高度重视，切实找准影响项目开工的主要原因和工作难点，下功夫破解难题、推进工作，确保棚改项目实现6月底前60%、10月底前100%开工的目标。为此，"
                 "根据省厅级迪庆州保障性安居工程协调领导小组的要求，各县（市、区）：一要狠抓开工进度。要按照《关于建立完善棚户区改造项目审批绿色通道的指导意见》"
                 "（云建保[2016]505号）文件要求，进一步完善“绿色通道”，简化审批程序，提高审批效率，加快项目前期工作，建立月工作目标制度，将工作目标细化到月，采取挂图作战、"
                 "倒逼工期等办法，加快项目开工，并可能多地完成投资；二要加快融资工作。各县（市、区）要积极学习研究政策，依法依规做好各项工作，积极向银行争取贷款支持；"
                 "三要加大巡查问责力度。"));
  content.body.push_back({BlockKind::kHeading, Text("公租房分配工作")});
  content.body.push_back({BlockKind::kSubheading, Text("目标任务")});
  paragraph(Text("2017年，将政府投资建设的公租房纳入年度目标责任考核。制定出尽快分配的可行方案，力增年底完成上级下达的目标任务。"));
  content.annexes = {StartsAnnex(), CompletionsAnnex(), AllotmentAnnex()};
  content.operands.push_back({"附件2 开发区 上报数（未印）", Number("reported.total", "", "套", "completions", "=completions.533400_KFQ.numerator", "172")});
  content.copies = Text("杨正义副州长，州委督查室，州政府督查室，第三纪工委，本局正、副局长，各县（市、区）政府。");
  return content;
}

Content LargeContent(size_t rows, size_t columns, size_t changes) {
  Content content = DiqingContent();
  content.title = Text("关于更正迪安居通〔2017〕6号的通报");
  Annex annex;
  annex.name = "large";
  annex.title = Text("各县市区保障性安居工程开工建成分配投资情况一览表");
  annex.unit_note = Text("单位：套、万元、%");
  annex.columns.push_back({"", "县（市、区）", false});
  for (size_t k = 1; k < columns; ++k) annex.columns.push_back({k <= 2 ? "年度任务" : "", "第" + std::to_string(k) + "项累计完成数及其占年度目标任务的比例", true});
  for (size_t i = 0; i <= rows; ++i) {
    Row row{"r" + std::to_string(i), i == rows ? "合　计" : "第" + std::to_string(i + 1) + (i % 7 == 0 ? "国家级经济技术开发区管理委员会综合保税区" : "县"), "", {}};
    row.cells.push_back(Text(row.name));
    for (size_t k = 1; k < columns; ++k) {
      row.cells.push_back(Cell(Number("large." + row.region + ".c" + std::to_string(k), std::to_string(1'000'000 + i * 997 + k) + ".25", "万元", "investment")));
    }
    if (i == rows) {
      annex.total = std::move(row);
    } else {
      annex.rows.push_back(std::move(row));
    }
  }
  annex.as_of = "2017-06-30";
  content.annexes.push_back(std::move(annex));
  Correction correction{"迪安居通〔2017〕5号", "2017-06-30", Sha256Hex("before"), {}};
  for (size_t i = 0; i < changes; ++i) {
    correction.changes.push_back({"large.r" + std::to_string(i) + ".c1", "附件4 第" + std::to_string(i + 1) + "国家级经济技术开发区管理委员会综合保税区 第1项累计完成数", std::to_string(999'000 + i) + ".25",
                                  i % 9 == 0 ? "" : std::to_string(1'000'000 + i) + ".25"});
  }
  content.corrects = std::move(correction);
  return content;
}

Content HostileContent() {
  Content content = DiqingContent("<b>\"号\" & '6'</b>");
  content.region_name = "<script>alert(1)</script>";
  content.title = Text("</title><script>alert('t')</script>");
  content.letterhead = "<img src=x onerror=alert(1)>";
  content.issuer = content.signature = "\"><script src=//evil/x.js></script>";
  content.addressees = Text("a\x01" "b\x7F\xC2\x85各县：");
  content.copies = Text("&lt;&amp;<style>*{display:none}</style>");
  content.template_code = "--><script>";
  Runs runs = Text("שלום\xE2\x80\xAE" "1241\xE2\x80\xAC مرحبا ");
  Figure figure = Number("x9", "62.05", "%\" onmouseover=\"alert(1)", "<i>", "=<script>", "1241/20");
  figure.region = "\"><u>";
  Append(runs, {{"62.05%<wbr>", figure}});
  content.body.push_back({BlockKind::kParagraph, runs});
  content.annexes[0].rows[0].name = "<td onclick=x>";
  content.annexes[0].rows[0].cells[0] = Text("<td onclick=x>\xE2\x80\xAE" + std::string(600, 'W'));
  content.annexes[0].columns[1].heading = "</th></table>" + std::string(300, 'H');
  content.annexes[0].columns[1].group = content.annexes[0].columns[2].group = "<g>&";
  content.annexes[0].notes.push_back(Text("<!-- note"));
  content.annexes[0].definition.push_back({"\"q", "'<v>"});
  return content;
}

}  // namespace anju::bulletin
