// The sentences. Every reason of reasons.inc has one entry; messages_test.cc checks that none is missing.
#include "services/cli/messages.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "common/status/remedies.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

// "{value}" and "{field}" are replaced; a sentence without {value} gets none.
struct Entry {
  Reason reason;
  std::string_view chinese, english, remedy_chinese, remedy_english;
};

constexpr Entry kEntries[] = {
    {Reason::MISSING_FIELD, "“{field}”没有填写", "{field} is empty", "补填后再送", "Fill it in and send again."},
    {Reason::BAD_NUMBER, "“{value}”不是数字", "\"{value}\" is not a plain number", "只写数字和小数点，不要千分位、文字或全角字符", "Write digits and a decimal point only; no separators, text or full-width characters."},
    {Reason::NUMBER_TOO_LARGE, "“{value}”超出允许的范围", "{value} is beyond what one figure may be", "核对单位和数值", "Check the unit and the number."},
    {Reason::NUMBER_TOO_FINE, "“{value}”的小数位数多于该指标允许的位数", "{value} has more decimals than this indicator keeps", "按指标规定的小数位填写，或改用更小的单位", "Use the indicator's precision."},
    {Reason::NEGATIVE_NUMBER, "“{value}”为负数，该指标不允许", "{value} is below zero, which this indicator does not allow", "减少请用“核减”并附说明", "Use a reduction with an explanation to take off."},
    {Reason::BAD_DATE, "“{value}”不是有效日期", "\"{value}\" is not a date", "日期写作 YYYY-MM-DD，如 2017-06-30", "Write YYYY-MM-DD, e.g. 2017-06-30."},
    {Reason::BAD_PERIOD, "“{value}”不是该指标可用的计划年度", "\"{value}\" is not a plan year that fits this indicator", "写作 YYYY 或 YYYY-YYYY；累计类指标留空", "Write YYYY or YYYY-YYYY; leave it empty for a stock."},
    {Reason::BAD_CODE, "“{value}”的格式不对", "\"{value}\" has the wrong form", "核对代码、文号或来源名称", "Check the code, document number or source name."},
    {Reason::BAD_VALUE, "“{value}”不是这里可用的值", "\"{value}\" is not allowed here", "改用列出的取值", "Use one of the values listed."},
    {Reason::BAD_HEADER, "表头不对：{value}", "the header is off: {value}", "按模板的列名填写表头", "Use the column names of the contract."},
    {Reason::BAD_ENCODING, "文件既不是 UTF-8 也不是 GB18030 编码", "the bytes are neither UTF-8 nor GB18030", "在 Excel 中另存为“CSV UTF-8”", "Save as CSV UTF-8."},
    {Reason::BAD_CSV, "CSV 格式有误：{value}", "broken CSV: {value}", "检查引号和列数", "Check quotes and the number of columns."},
    {Reason::DUPLICATE_ROW, "同一数据出现两次：{value}", "the same row twice: {value}", "只保留一行", "Keep one of them."},
    {Reason::TOO_MANY_ROWS, "行数超过上限：{value}", "too many rows: {value}", "拆成几个文件", "Split the file."},
    {Reason::EMPTY_REQUEST, "没有任何数据行", "there are no rows", "检查文件内容", "Check the file."},
    {Reason::UNKNOWN_REGION, "没有名为“{value}”的地区", "no region \"{value}\"", "核对名称或代码，或先导入地区", "Check the name or code, or import the region first."},
    {Reason::AMBIGUOUS_REGION, "“{value}”不止一个地区", "\"{value}\" names several regions", "改用代码", "Use the code."},
    {Reason::UNKNOWN_PROGRAMME, "没有名为“{value}”的保障类别", "no programme \"{value}\"", "核对目录中的代码", "Check the catalogue."},
    {Reason::UNKNOWN_INDICATOR, "没有名为“{value}”的指标", "no indicator \"{value}\"", "核对目录中的代码", "Check the catalogue."},
    {Reason::UNKNOWN_UNIT, "单位“{value}”不适用于该指标", "unit \"{value}\" does not fit this indicator", "改用目录列出的单位", "Use a unit of the catalogue."},
    {Reason::REGION_CLOSED, "地区“{value}”在该日期不存在", "region \"{value}\" does not exist on that date", "改用当时的地区", "Use the region of that time."},
    {Reason::BROKEN_TREE, "地区隶属关系有误：{value}", "the region tree is broken: {value}", "检查上级、启用和停用日期", "Check parents and dates."},
    {Reason::BROKEN_CATALOGUE, "目录有误：{value}", "the catalogue is broken: {value}", "检查上级、单位换算和其中关系", "Check parents, factors and of-which links."},
    {Reason::IMMUTABLE, "“{value}”已有数据，不能这样修改", "{value} cannot change: stored figures use it", "另立新代码；区划调整不能早于已有数据和已有的调整", "Use a new code; a boundary change cannot be earlier than stored figures and changes of its regions."},
    {Reason::UNBALANCED, "合计与分项不符：{value}", "a total and its parts differ: {value}", "更正后再导入；确认原文如此可加 --accept-differences", "Correct it, or keep it as printed with --accept-differences."},
    {Reason::NOT_ADDITIVE, "不可相加的指标被相加：{value}", "an indicator that does not add was added: {value}", "删去该合计；确认原文如此可加 --accept-differences", "Drop the total, or keep it as printed with --accept-differences."},
    {Reason::AREA_OVERLAP, "片区与其成员重复填报：{value}", "the same figure for an area and its member: {value}", "二者只报其一", "Report one of the two."},
    {Reason::BEFORE_PLAN_YEAR, "数据日期“{value}”早于计划年度", "{value} is before the plan year", "核对日期和计划年度", "Check the date and the plan year."},
    {Reason::FUTURE_DATE, "日期“{value}”晚于今天", "{value} is in the future", "核对日期", "Check the date."},
    {Reason::EXPLANATION_REQUIRED, "须附书面说明", "a written explanation is needed", "在“说明”列写明原因", "Give the reason in the explanation column."},
    {Reason::NOTHING_TO_CORRECT, "没有可更正或核减的数据", "there is no figure to correct or reduce", "先报送该数据，或核对日期和更正对象", "Report the figure first, or check the date and what it corrects."},
    {Reason::BELOW_ZERO, "“{value}”会使累计数小于零", "{value} would leave less than nothing", "核对数值", "Check the amount."},
    {Reason::SOURCE_REQUIRED, "增量和核减须用 --source 指定来源", "increments and reductions need --source", "加 --source 名称，避免改动文件后重复计数", "Add --source NAME, so that an edited file is not counted twice."},
    {Reason::TIE_NOT_BROKEN, "名次相同，无法逐一排序", "nothing tells these rows apart: {value}", "换一个 --then-by，或改用并列名次", "Choose another --then-by or tie style."},
    {Reason::MIXED_UNITS, "单位不同，不能相除、相加、相比或排序：{value}", "different units cannot be divided, added, compared or ranked: {value}", "核对单位，或换一个分母指标", "Check the units, or choose another denominator."},
    {Reason::UNKNOWN_ID, "没有编号为“{value}”的行", "no row has the id \"{value}\"", "核对关系式中的编号", "Check the ids of the relation."},
    {Reason::BAD_RELATION, "关系式“{value}”写法不对", "\"{value}\" is not a relation", "写作 sum(a b c)、a/b、a-b、a*0.5、=a、<=a 或 rank(desc a b c)", "Write sum(a b c), a/b, a-b, a*0.5, =a, <=a or rank(desc a b c)."},
    {Reason::RELATION_CYCLE, "“{value}”的计算绕回自身", "\"{value}\" is computed from itself", "其中一格须有印出的数", "One of these cells must have a printed figure."},
    {Reason::BAD_TEMPLATE, "通报模板有误：{value}", "the bulletin template is off: {value}", "按模板说明改正该行", "Mend that line."},
    {Reason::UNBOUND_NUMBER, "文字中的数字“{value}”没有绑定数据", "the number \"{value}\" in the text is bound to no cell", "改用 {表.行.列}；引文写作 {'…'}", "Write {table.row.cell}; a quotation is {'…'}."},
    {Reason::UNKNOWN_CELL, "没有“{value}”这一格", "there is no cell \"{value}\"", "核对表名、地区和列名", "Check the table, region and column."},
    {Reason::BULLETIN_CONFLICT, "“{value}”已经印发", "{value} has been issued already", "印发后不可改写：用 bulletin correct 发更正通报", "Bulletins are never edited: issue a correction (bulletin correct)."},
    {Reason::DRAFT_OUTDATED, "草稿之后数据有变动：{value}", "figures have changed since the draft: {value}", "重新起草，或加 --as-drafted 按草稿时点印发", "Draft again, or issue it --as-drafted."},
    {Reason::TAMPERED, "与印发的通报不一致：{value}", "this is not what was issued: {value}", "以服务中保存的通报为准：anju bulletin show", "The stored bulletin holds: anju bulletin show."},
    {Reason::UNKNOWN_TEMPLATE, "没有名为“{value}”的通报模板", "no bulletin template \"{value}\"", "用 anju bulletin templates 查看，或先 bulletin define", "See anju bulletin templates, or define it first."},
    {Reason::UNKNOWN_BULLETIN, "没有“{value}”这份通报或草稿", "no bulletin or draft \"{value}\"", "用 anju bulletin list 查看", "See anju bulletin list."},
    {Reason::PDF_UNAVAILABLE, "无法生成 PDF：{value}", "no PDF can be made: {value}", "安装 chromium，或用 --form html 后打印", "Install chromium, or print the HTML."},
    {Reason::DOCUMENT_CONFLICT, "文号“{value}”已有内容不同的文件", "document {value} is stored with other content", "文件下达后不可改写：用 plan amend 发修订文件", "Documents are never edited: issue an amendment (plan amend)."},
    {Reason::TARGET_CONFLICT, "另一文件已对该任务另有规定：{value}", "another document in force sets this target otherwise: {value}", "核对两份文件", "Compare the two documents."},
    {Reason::SEQUENCE_CONFLICT, "来源中的同一序号已报送过不同内容：{value}", "this number of the source was used with other content: {value}", "更正请用新的序号", "Use a new number for a correction."},
    {Reason::SEQUENCE_GAP, "序号不连续：{value}", "a gap in the source's numbers: {value}", "从所示序号继续", "Go on from the number named."},
    {Reason::STREAM_REPLACED, "同一来源另开了一个连接", "another stream of this source took over", "同一来源只用一个连接", "Use one stream per source."},
    {Reason::REQUEST_CONFLICT, "请求号“{value}”用于过不同内容", "request id {value} was used with other content", "换一个请求号", "Use a new request id."},
    {Reason::BAD_EFFECTIVE, "生效日期“{value}”不合规定", "{value} cannot be the first day of this amendment", "生效日期须在各行的计划年度内，且不早于所修订文件的生效日期", "It lies inside every row's plan period and not before the amended document's first day."},
    {Reason::BAD_SHARES, "拆分的各部分不等于整体：{value}", "the parts of the split are not the whole: {value}", "各份额之和须为 1；或把全部下级单位各列一次", "Shares sum to exactly 1; or every child region is listed once."},
    {Reason::NOT_CONSERVED, "这样调整会使数据丢失或重复：{value}", "figures would be lost or counted twice: {value}", "去向地区自己报数时，先为它设立“本级”下级单位", "Where the receiving region reports for itself, give it an own_level child first."},
    {Reason::SUPERSEDED, "文件“{value}”已被修订", "document {value} has been amended already", "修订最新的一份", "Amend the newest of its line."},
    {Reason::BOUNDARY_CONFLICT, "该地区当日已有另一项调整，或已经撤并：{value}", "another boundary change of this region is recorded for that day, or it has ended: {value}", "用 anju boundaries list 核对已有的调整", "See anju boundaries list."},
    {Reason::BAD_REVIEW, "不能这样审核：{value}", "this review step is not possible: {value}", "已报→退回或已审，已审→已确认，已确认不再改；须由上级地区办理", "Reported goes to returned or reviewed, reviewed to confirmed; the office is above the figures' regions."},
    {Reason::UNKNOWN_BASIS, "没有过这个依据：{value}", "no such basis: {value}", "原样使用答案里给出的标记", "Pass a token of this suite's answers unchanged."},
    {Reason::BEFORE_FIRST_RECORD, "“{value}”时还没有任何记录", "nothing had been recorded by {value}", "换一个较晚的日期", "Ask for a later day."},
    {Reason::UNKNOWN_UPDATE, "没有日志序号为“{value}”的报送", "no update has journal sequence {value}", "用 anju updates 查序号", "See anju updates."},
    {Reason::STALE, "在期限内没有取得足够新的数据", "not fresh enough within the deadline", "稍后再试，或放宽 --fresh-within", "Try again, or allow more with --fresh-within."},
    {Reason::UNKNOWN_DOCUMENT, "没有文号为“{value}”的文件", "no document {value}", "先导入该文件", "Import the document first."},
    {Reason::UNKNOWN_SOURCE, "没有名为“{value}”的来源", "no source {value}", "核对来源名称", "Check the name."},
    {Reason::FILE_NOT_FOUND, "打不开文件“{value}”", "cannot read {value}", "核对路径", "Check the path."},
    {Reason::NO_FIGURES, "没有所查的数据：{value}", "nothing is known for this: {value}", "核对地区、年度和指标", "Check region, year and indicator."},
    {Reason::NOT_ALLOWED, "无权操作“{value}”", "not allowed: {value}", "请有权限的人员办理", "Ask somebody who may."},
    {Reason::STREAM_NOT_OPENED, "连接尚未声明来源", "the stream was not opened", "先发送 Open", "Send Open first."},
    {Reason::UNKNOWN_SERIES, "未定义的数据项“{value}”", "series index {value} was never defined", "先定义再使用", "Define it first."},
    {Reason::BAD_TOKEN, "“{value}”不是有效的依据标记", "\"{value}\" is not a token of this suite", "原样使用 report 或 plan import 给出的标记", "Pass the token of report or plan import unchanged."},
    {Reason::UNAVAILABLE, "服务没有应答：{value}", "no answer from the service: {value}", "确认服务已启动（anju status），稍后再试；已确认的数据不会丢失", "See that it runs (anju status) and try again; nothing acknowledged is lost."},
    {Reason::NOT_READY, "服务尚未取得计划数据", "the service has not seen the plan yet", "稍后再试", "Try again in a moment."},
    {Reason::BEHIND, "在期限内还没有处理到所要求的位置", "not caught up within the deadline", "稍后再试，或加长 --deadline-ms", "Try again, or raise --deadline-ms."},
    {Reason::OVERLOADED, "服务繁忙：{value}", "overloaded: {value}", "稍后再试", "Try again in a moment."},
    {Reason::DISK_FULL, "磁盘空间不足，暂停记录：{value}", "the disk is nearly full, nothing is recorded: {value}", "腾出空间，服务会自行恢复；查询照常", "Free some space; recording goes on by itself, and reads never stopped."},
    {Reason::MESSAGE_TOO_LARGE, "消息过大：{value}", "the message is too large: {value}", "拆成几次发送", "Send it in parts."},
    {Reason::DATA_LOSS, "存储数据已损坏：{value}", "the store is damaged: {value}", kDataLossRemedy.chinese, kDataLossRemedy.english},
    {Reason::ROLLED_BACK, "服务的日志比它已确认的要短：{value}", "the service's journal ends before what it acknowledged: {value}", "恢复较新的备份；已从备份恢复的，按提示补报缺失部分", "Restore a newer backup; where there is none, send again what is missing, as told."},
    {Reason::PROOF_FAILED, "证明不成立：{value}", "the proof does not hold: {value}", "核对证明文件与通报是否为同一份，或重新取得证明", "Check that proof and bulletin belong together, or ask for a new proof."},
    {Reason::NOT_EMPTY, "目录里已有别的内容：{value}", "the directory holds something else: {value}", kNotEmptyRemedy.chinese, kNotEmptyRemedy.english},
    {Reason::DIRECTORY_IN_USE, "目录正被另一个进程使用：{value}", "another process uses the directory: {value}", kDirectoryInUseRemedy.chinese, kDirectoryInUseRemedy.english},
    {Reason::SCHEMA_TOO_NEW, "数据由更新的版本写成：{value}", "written by a newer version: {value}", kSchemaTooNewRemedy.chinese, kSchemaTooNewRemedy.english},
    {Reason::STORAGE_FAILED, "写入失败：{value}", "a write failed: {value}", "检查磁盘后重新启动；已确认的数据不会丢失", "Check the disk and restart; nothing acknowledged is lost."},
    {Reason::INTERNAL, "程序内部错误：{value}", "internal error: {value}", "请报告此问题", "Please report this."},
    {Reason::USAGE, "命令写法不对：{value}", "wrong usage: {value}", "见 anju --help", "See anju --help."},
};

const Entry& EntryOf(Reason reason) {
  for (const Entry& entry : kEntries) {
    if (entry.reason == reason) return entry;
  }
  CHECK(false && "every reason has an entry");
  return kEntries[0];
}

void ReplaceAll(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::vector<std::pair<std::string_view, std::string_view>> LongestFirst(std::vector<std::pair<std::string_view, std::string_view>> phrases) {
  std::stable_sort(phrases.begin(), phrases.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return phrases;
}

// Reasons whose sentence says too little without what the service found.
bool NeedsDetail(Reason reason) {
  switch (reason) {
    case Reason::UNBALANCED:
    case Reason::NOT_ADDITIVE:
    case Reason::BROKEN_TREE:
    case Reason::IMMUTABLE:
    case Reason::BROKEN_CATALOGUE:
    case Reason::AREA_OVERLAP:
    case Reason::TARGET_CONFLICT:
    case Reason::DUPLICATE_ROW:
    case Reason::BAD_VALUE:
    case Reason::BAD_HEADER:
    case Reason::BAD_TEMPLATE:
      return true;
    default:
      return false;
  }
}

}  // namespace

Lang ChooseLang(std::string_view flag) {
  if (flag == "en") return Lang::kEnglish;
  if (flag == "zh") return Lang::kChinese;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value).substr(0, 2) == "en" ? Lang::kEnglish : Lang::kChinese;
  }
  return Lang::kChinese;
}

std::string MessageOf(const ErrorDetail& detail, Lang lang) {
  const Entry& entry = EntryOf(detail.reason);
  std::string text(Say(lang, entry.chinese, entry.english));
  // A detail without a value says what it is about in its own message.
  ReplaceAll(text, "{value}", detail.value.empty() ? RuleWords(detail.message, lang) : detail.value);
  ReplaceAll(text, "{field}", FieldWords(detail.field, lang));
  // The services' sentences begin with the field, which readers know by the word in the header.
  std::string message = detail.message;
  if (lang == Lang::kChinese && !detail.field.empty() && message.starts_with(detail.field + " ")) {
    message.replace(0, detail.field.size(), FieldWords(detail.field, lang));
  }
  if (!detail.message.empty() && !detail.value.empty()) {
    if (lang == Lang::kEnglish) text += " (" + detail.message + ")";
    if (lang == Lang::kChinese && (NeedsDetail(detail.reason) || detail.field == "should_be" || detail.field == "backup" || detail.field == "path" || (detail.reason == Reason::UNKNOWN_BULLETIN && detail.field == "file")) && detail.candidates.empty()) text += "（" + RuleWords(message, lang) + "）";
  }
  // A soft check that wants an explanation is named by its rule.
  if (detail.reason == Reason::EXPLANATION_REQUIRED && !detail.value.empty()) text += std::string(Say(lang, "：", ": ")) + Reading(detail.value, lang);
  if (!detail.candidates.empty()) {
    text += detail.reason == Reason::TIE_NOT_BROKEN ? Say(lang, "；并列：", "; tied: ") : Say(lang, "；可用：", "; candidates: ");
    for (size_t i = 0; i < detail.candidates.size(); ++i) {
      if (i > 0) text += Say(lang, "、", ", ");
      text += detail.candidates[i];
    }
  }
  return text;
}

std::string_view RemedyOf(Reason reason, Lang lang) {
  const Entry& entry = EntryOf(reason);
  return Say(lang, entry.remedy_chinese, entry.remedy_english);
}

std::string_view UnrankedWords(std::string_view reason, Lang lang) {
  static const std::map<std::string_view, std::pair<std::string_view, std::string_view>> kWords = {
      {"NO_TARGET", {"无任务数", "no target"}},          {"ZERO_TARGET", {"任务为零", "target is zero"}},
      {"NO_TASK", {"无任务", "no task"}},                {"NOT_REPORTED", {"未报送", "not reported"}},
      {"NOT_PUBLISHED", {"暂未公布", "not published"}}, {"ZERO_VALUE", {"尚未开展", "zero"}},
      {"BELOW_MINIMUM", {"数据不足", "too little data"}},
  };
  auto it = kWords.find(reason);
  return it == kWords.end() ? reason : Say(lang, it->second.first, it->second.second);
}

std::string RuleWords(std::string_view rule, Lang lang) {
  std::string text(rule);
  if (lang != Lang::kChinese) return text;
  // Phrases of the services' sentences; the longest go first, so that a short one does not eat into them.
  static const std::vector<std::pair<std::string_view, std::string_view>> kPhrases = LongestFirst({
      {"sum so far of ", "已列分项之和："}, {"sum of ", "合计："},          {" and the reserve", "及预留"}, {" child regions", " 个下级地区"},
      {" child region", " 个下级地区"},     {" programmes", " 个保障类别"},  {" programme", " 个保障类别"}, {" periods", " 个年度"},
      {" period", " 个年度"},               {" of-which parts", " 个其中项"}, {" of-which part", " 个其中项"},     {" is printed, the ", "（原文）；"},
      {"figure printed at ", "原文另见 "},  {"children: ", "下级地区："},    {"programmes: ", "保障类别："}, {"years: ", "年度："},
      {"parts: ", "其中："},                {"expected ", "应为 "},          {" is the ", " 是"},           {", but ", "，但 "},
      {" does not add", " 不可相加"},       {" is in the area ", " 属于片区 "},
      {", which has a figure for the same cell in ", "，后者已有同一数据："},
      {" sets this cell to ", " 定为 "},    {" and is in force; amend it with `plan amend`", "，现行有效"},
      {" gives another figure for the same date", " 行在同一日期另有数值"},
      {" says the same already", " 行已有同样内容"},
      {" is not the code of a region", " 不是已有地区的代码"},
      {" is not in the catalogue", " 不在目录中"}, {" is not a group", " 不是类组"},
      {"an addition needs a target of an upper layer for the same cell to be added to", "追加须以上级对同一项的任务为基数"},
      {" lies inside a period that is given only whole: ", " 只有整段的数：整段为 "},
      {"nothing is known of ", ""},         {" and its children in ", " 及其下级，"},
      {" and its children", " 及其下级"},
      {"The file has no header; the columns are ", "没有表头；各列为 "}, {"; the columns are ", "；各列为 "},
      {"The header lacks the column ", "缺少列 "}, {"The header has an unknown column ", "多出不认识的列 "},
      {"The header has the column ", "重复的列 "}, {" twice.", ""},
      {"subset: ", "其中："},               {"most it can be, the figure of ", "上限 "},
      {" has a quote that never closes.", " 行的引号没有闭合"}, {" has a field that is longer than ", " 行有一栏长于 "}, {" bytes.", " 字节"},
      {" has a quote inside a field that is not doubled, or text after a closing quote", " 行的引号没有成对，或引号后面还有文字"}, {" (found on line ", "（发现于文件行号 "},
      {" holds a NUL byte.", " 行含有空字符（NUL）"}, {"Line ", "第 "}, {" fields where the header has ", " 个字段，表头却有 "},
      {"The row on line ", "第 "},          {" has ", " 行有 "},               {" is longer than ", " 长于 "}, {" is not ", " 不是 "},
      {" itself, or below it", " 本身或其下级"}, {"the parent of ", "所属上级有误："}, {", does not exist on ", " 不存在于 "},
      {" is not empty: a ", " 须留空："},   {" row has none", " 行不用此列"},  {" cannot change to ", " 不能改为 "},
      {": a document names ", "：已有文件列有 "}, {": a document has figures of ", "：已有文件列有 "}, {": a boundary change of ", "：已记录的区划调整 "},
      {" is recorded that made it otherwise", " 使它如此"},
      {"A question is asked as known on a day or at a basis, not both.", "--known-on 与 --at 只能用一个"},
      {"figures are named by their sequences or by what they are, not by both", "既有 --updates 又有地区等条件"},
      {"an empty relation beside a semicolon", "分号旁边没有关系式"}, {"is none of the forms", "不是所列的任何一种"}, {"lacks an operand", "缺少一项"},
      {" is neither an id nor a number", " 既不是编号也不是数字"}, {"names no id", "没有编号"}, {"divides by zero", "除以零"},
      {"a sum needs an id at least", "合计至少要有一个编号"}, {"a rank needs two ids at least", "排序至少要有两个编号"},
      {"a rank begins with desc or asc", "排序以 desc 或 asc 开头"}, {"a place is counted among ids, not among numbers", "名次只能在编号之间排"},
      {"a blank cell is computed by one sum, difference, quotient, product or =id", "空格只能由一个和、差、比、积或 =编号 算出"},
      {"these blank cells are computed from each other", "这些空格互相计算"}, {" names its own row", " 引用了本行"}, {", its row in ", "，本行为 "},
      {"a bare number", "无单位"}, {"named by ", "见于 "}, {"leads beyond exact 128-bit arithmetic", "超出精确运算的范围"}, {"a place is printed in 名次 or without a unit", "名次的单位写“名次”或留空"}, {" is counted in ", " 的单位为 "},
      {"a template is UTF-8 text without control characters", "模板须为 UTF-8 文字，不含控制字符"}, {"not YAML: ", "不是 YAML："},
      {"end of map flow not found", "花括号没有闭合，或其中有全角逗号、冒号"}, {"end of map not found", "缩进有误，或含 { } 的文字没有加引号"},
      {"illegal map value", "冒号用错：冒号用半角，后面空一格"}, {"aliases are not allowed in a template", "模板不用 YAML 别名"},
      {"anchors are not allowed in a template", "模板不用 YAML 锚点"}, {"tags are not allowed in a template", "模板不用 YAML 标签"},
      {"a text holds a control or format character", "文字里有控制字符或格式字符"}, {"the key ", "键 "}, {" stands twice", " 出现两次"}, {"there is no key ", "没有这个键："},
      {"a template is one document", "一个文件只写一个模板"}, {"nested deeper than 8 levels", "嵌套超过 8 层"}, {"a key is one word", "键须为一个词"},
      {" is one word", " 须为一个词"}, {" is required", " 不能缺"}, {" is a number from 0 to ", " 须为整数，0 至 "}, {" is a list", " 须为列表"}, {" is a map of names", " 须按名称逐项列出"},
      {" is a map of keys", " 须写成“键: 值”"}, {"a template has at least one table", "模板至少有一个表"}, {"a template's code is 2 to 40 of a-z, 0-9 and -, a letter first", "模板代码为 2 至 40 个小写字母、数字或 -，以字母开头"},
      {"a template", "模板"}, {"the name ", "名称 "}, {" is taken: ", " 已经用过："}, {" must mean one thing", " 只能指一样"}, {"digits of ", ""}, {" are those of the table's rank", " 的小数位由该表的 rank 定"},
      {" is no number that could be zero", " 不是数，谈不上是否为零"}, {" is no number", " 不是数"}, {"a column has a cell or parts", "一栏写 cell 或 parts 之一"},
      {"a composed cell has at least one part", "组合栏至少有一部分"}, {"an annex has at least one column", "附件表至少有一栏"}, {"a list has one threshold", "名单只有一个界限"},
      {" is a pattern with {year} and {n} of at most 80 bytes, as in ", " 须含 {year} 和 {n}，至多 80 字节，如 "}, {"a block is one of heading, subheading, text", "每段写 heading、subheading、text 之一"},
      {"a name is printed, so it cannot be empty", "名称要印出，不能为空"}, {"a name here is at most 32 of a-z, 0-9 and _, a letter first", "名称至多 32 个小写字母、数字或 _，以字母开头"},
      {"a } without {; a printed brace is }}", "} 前面没有 {；要印出花括号写 }}"}, {"{' without '}", "{' 后面没有 '}"}, {"a { without }; a printed brace is {{", "{ 后面没有 }；要印出花括号写 {{"},
      {"a binding is words joined by points, without blanks: {table.row.cell}", "绑定写作 {表.行.列}，中间不留空格"}, {" is a text of at most 8,192 bytes", " 是至多 8,192 字节的文字"},
      {"no binding is allowed here", "此处不能绑定数据"}, {"a full-width brace; bindings stand between { and }", "全角花括号；绑定写在半角 { } 之间"},
      {"a threshold", "界限"}, {"a decimal number or a milestone's name", "小数或节点名称"}, {"a number of 1 to ", "1 至 "},
      {" bytes without control characters or outer blanks", " 字节的文号，不含控制字符，首尾不留空格"},
      {"the number of a bulletin: D and digits name a draft, and no number begins with -", "文号：D 加数字指草稿，文号也不以 - 开头"},
      {"a draft, which nobody has issued", "这是草稿，尚未印发"},
      {"the file does not say which bulletin it is: its marks are missing or have been changed", "文件没有写明是哪份通报：标记缺失或已被改动"},
      {"the text, HTML, CSV or JSON form: a browser writes no PDF twice the same, so verify the number printed on it", "text、HTML、CSV、JSON 形式的通报；PDF 每次打印都不同，请按印在上面的文号验证"},
      {" stands twice in it", " 出现两次"}, {"more operands than ", "项数超过 "}, {"more operands in the file than ", "全文件的项数超过 "}, {"more relations in a row than ", "一行的关系式超过 "},
      {"a longer chain of computed cells than ", "连环计算的空格超过 "},
      // Of backups.
      {"the archive is missing or cannot be read", "文件缺失或无法读取"}, {"the archive has a damaged header", "文件开头已损坏"}, {"the archive has ", "文件有 "}, {" bytes, its manifest names ", " 字节，清单记为 "},
      {"the archive is cut short", "文件被截断"}, {"this is not an archive of a journal", "这不是备份文件"}, {"the archive ends within a record, or its length is damaged", "文件在一条记录中间断开，或其长度已损坏"},
      {"the archive ends within a record", "文件在一条记录中间断开"}, {"the record is not what was written (checksum)", "记录与写入时不同（校验码）"}, {"this is a backup of another service: ", "这是另一个服务的备份："},
      {", not ", "，不是 "}, {"the archive does not begin with a journal's identity", "文件开头没有日志标识"}, {"the archive leaves out or repeats events", "记录有遗漏或重复"},
      {"this block or the one before it is not the one that was chained", "该块或其前一块不是原来相连的那一块"}, {"this is the archive of journal ", "这是日志 "}, {", the manifest names ", " 的备份，清单记为 "},
      {"the archive ends at sequence ", "文件止于 "}, {", the manifest says ", "，清单记为 "}, {" with another hash", "，哈希不同"}, {"the archive was written by a newer version", "文件由更新的版本写成"},
      {"the manifest was written by a newer version", "清单由更新的版本写成"}, {"the manifest is not JSON", "清单不是 JSON"}, {"the manifest is not what was written", "清单与写入时不同"}, {"the manifest lists no services", "清单没有列出服务"},
      {"the manifest has a broken id or hash", "清单中的标识或哈希有误"}, {"the manifest has a broken name", "清单中的名称有误"},
      {"there is no manifest: this is not a backup, or it has lost the file that vouches for it", "没有清单：这不是备份，或备份丢失了为其作证的文件"},
      {"the first backup into this directory has not finished: run it again", "第一次备份没有完成：请再运行一次"}, {"this is a backup of another journal: ", "这里是另一个日志的备份："}, {", the service has ", "，服务的日志为 "},
      {", no service named has it", "，所列服务都没有它"}, {"the backup reaches ", "备份已到 "}, {", the service only ", "，服务只到 "}, {", the service reaches ", "，服务到 "}, {" with another history", "，但历史不同"},
      {"another backup has ", "另一次备份正在使用 "}, {"`anju up` or another restore has ", "anju up 或另一次恢复正在使用 "}, {"there is something in this directory already", "该目录已有内容"},
      {"another restore into this directory has not finished: run that one again", "到该目录的另一次恢复没有完成：请先再运行那一次"}, {"the journal here is damaged: ", "这里的日志已损坏："},
      {"it is the journal of another service: ", "这是另一个服务的日志："}, {"it ends at sequence ", "止于 "}, {" but its witness remembers ", "，见证却记得 "}, {"it has no identity", "没有日志标识"},
      {"something came into the directory meanwhile", "其间有别的内容写入该目录"}, {"a restore into this directory has not finished: run it again", "到该目录的恢复没有完成：请再运行一次 anju restore"},
      {"document ", "文件"},                {"parent ", "上级 "},              {"line ", "第 "},               {" is ", " 为 "},
      {" or ", " 或 "},                       {" on ", " 于 "}});
  for (const auto& [english, chinese] : kPhrases) ReplaceAll(text, english, chinese);
  return text;
}

std::string FieldWords(std::string_view field, Lang lang) {
  static const std::map<std::string_view, std::string_view> kWords = {
      {"region", "地区"},         {"programme", "保障类别"}, {"indicator", "指标"},  {"plan_year", "计划年度"}, {"value", "数值"},
      {"unit", "单位"},           {"note", "备注"},          {"role", "性质"},       {"layer", "层级"},         {"place", "出处"},
      {"as_of", "数据日期"},      {"kind", "报送类型"},      {"explanation", "说明"}, {"corrects", "更正"},      {"published", "发布日期"},
      {"sequence", "序号"},       {"code", "代码"},          {"name", "名称"},       {"parent", "上级"},        {"level", "级别"},
      {"valid_from", "启用"},     {"valid_to", "停用"},      {"aliases", "别名"},    {"gb_code", "国标代码"},   {"order", "次序"},
      {"document", "文号"},       {"issuer", "下达单位"},    {"issued", "下达日期"}, {"by", "期限"},            {"share", "比例"},
      {"line", "行"},             {"verdict", "结论"},       {"printed", "原文"},        {"should_be", "应为"},     {"id", "编号"},            {"label", "指标"},    {"computed", "计算"},      {"rule", "关系"},
      {"reason", "原因"},         {"target", "任务"},        {"declared_target", "原文合计"}, {"actual", "完成"}, {"declared", "上报合计"},
      {"changed", "变化"},        {"unchanged", "无变化"},   {"token", "标记"},      {"service", "服务"},       {"address", "地址"},
      {"healthy", "状态"},        {"position", "位置"},      {"lag", "待处理"},      {"problem", "问题"},       {"upper_layer", "上级层级"},
      {"upper", "上级任务"},      {"allocated", "本级下达"}, {"over", "超出(+)/缺口(−)"}, {"rows", "行数"},      {"errors", "错误"},
      {"roundings", "尾差"},      {"notes", "提示"},         {"cohort", "开工年份"}, {"strength", "要求"},      {"of", "基数"},
      {"type", "类型"},           {"scale", "小数位"},       {"over_regions", "地区汇总"}, {"over_time", "时间汇总"}, {"part_of", "所属"},
      {"part_kind", "其中关系"},  {"actor", "报送人"},       {"source_sequence", "来源序号"}, {"journal_sequence", "日志序号"},
      {"resident_mib", "内存MiB"}, {"pid", "进程"},          {"source", "来源"},     {"total_of", "合计范围"},  {"members", "成员"},    {"year", "年度"},
      {"target_gap", "任务差额"}, {"gap", "上报差额"},        {"missing", "未列原因"}, {"units_accepted", "可用单位"}, {"entries", "增加指标"},
      {"amends", "修订"},         {"effective", "生效日期"}, {"recorded", "记录时间"},  {"event", "事项"},     {"into", "去向"},
      {"into_name", "去向名称"},  {"units", "单位名单"},     {"new_name", "新名称"},    {"check", "核对"},     {"other", "对比指标"},
      {"limit", "限值"},          {"at_least", "起点"},      {"action", "处理"},        {"rule_name", "规则"}, {"checks", "疑点"},
      {"review", "审核"},         {"review_remark", "审核意见"}, {"review_office", "审核单位"}, {"review_actor", "审核人"}, {"counted", "计入"},
      {"amount", "序列数"},       {"boundaries", "区划调整"}, {"in_force", "现行"},      {"required", "应达"},  {"difference", "差额"},
      {"days_left", "剩余天数"},  {"daily_pace", "日均需"},  {"state", "状态"},         {"date", "日期"},      {"office", "审核单位"},
      {"known_on", "已知日期"},   {"at", "依据"},            {"tree", "隶属日期"},      {"fresh_within", "新鲜度"}, {"updates", "日志序号"},
      {"remark", "意见"},         {"since", "起算日期"},     {"since_at", "起算依据"},  {"threshold", "界线"}, {"border", "名次界线"},
      {"number", "发文字号"},     {"draft", "草稿"},         {"title", "标题"},         {"template", "模板"},  {"version", "版本"},    {"tables", "表"},
      {"table", "表"},            {"corrected_by", "被更正"}, {"file", "文件"},         {"out", "输出文件"},   {"as_issued", "印发时"}, {"now", "现为"},
      {"journal", "日志"},        {"content", "内容"},         {"backup", "备份"},        {"blocks", "块数"},      {"bytes", "字节"},      {"added_events", "新增记录"},
      {"added_bytes", "新增字节"}, {"ancestors", "前身"},        {"directory", "目录"},     {"continues", "接续"},
      {"exits", "减少指标"},      {"negative", "可为负"}, {"first_sequence", "序号"}, {"then_by", "次序依据"},
  };
  auto it = kWords.find(field);
  return lang == Lang::kChinese && it != kWords.end() ? std::string(it->second) : std::string(field);
}

}  // namespace anju::cli
