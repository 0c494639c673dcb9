// The national demonstration: regions, documents, reports, and the table that the ranking service gives of them.
#include "services/cli/national.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "common/client/client.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stop_signal.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/demo_dates.h"
#include "services/cli/differences.h"
#include "services/cli/import.h"
#include "services/cli/national_check.h"
#include "services/cli/national_feed.h"
#include "services/cli/national_plan.h"
#include "services/cli/national_table.h"
#include "services/cli/screen.h"
#include "services/cli/suite.h"
#include "services/cli/temporary_directory.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kSeed = 20240101;
constexpr int kRedrawMs = 500;
constexpr int kPrintMs = 5'000;             // where there is no terminal to redraw
constexpr int kSignalLookMs = 50;
constexpr int kLoadMs = 60'000;             // for one answer while everything is loaded, also on a machine that does other things
constexpr int kLiveAnswerMs = 1'500;        // for one answer of the live form: who asks to stop does not wait longer
constexpr int kBelowMs = 4'000;             // how long one province's regions are shown
constexpr int kAwayMsMax = 30'000;          // a service that was lost is looked for so long
constexpr uint64_t kUpdatesMax = 5'000'000; // of the live form: the journal lies in a temporary directory
constexpr int kDaysBetweenReports = 10;

// national/regions.csv beside bin/, as deploy/national writes it.
std::string FindRegions() {
  std::error_code error;
  fs::path at = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int up = 0; up < 6 && !at.empty(); ++up, at = at.parent_path()) {
    for (const char* place : {"national", "build/national"}) {
      if (fs::exists(at / place / "regions.csv", error)) return at / place / "regions.csv";
    }
    if (at == at.root_path()) break;
  }
  return "build/national/regions.csv";
}

int64_t ElapsedMs(SteadyClock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - since).count();
}

// "0.37 s", exactly as long as it took.
std::string Seconds(int64_t ms) {
  const std::string hundredths = std::to_string(ms % 1000 / 10);
  return std::to_string(ms / 1000) + "." + (hundredths.size() == 1 ? "0" : "") + hundredths;
}

class NationalRun {
 public:
  NationalRun(Context context, const NationalOptions& options, const Suite& suite, SteadyClock::time_point started)
      : context_(std::move(context)), live_(context_), options_(options), suite_(suite), started_(started) {
    live_.deadline_ms = kLiveAnswerMs;
  }

  absl::StatusOr<int> Run() {
    Heading(context_, "全国示例：真实区划，示例计划与进度", "The country: real regions, made-up plans and progress");
    RETURN_IF_ERROR(LoadRegions());
    RETURN_IF_ERROR(LoadDocuments());
    if (options_.once) return RunOnce();
    return RunLive();
  }

  // The file that an error of Run is about; empty for none.
  const std::string& file() const { return file_; }

 private:
  void Step(const std::string& chinese, const std::string& english, SteadyClock::time_point since) const {
    std::printf("  %s %s s\n", std::string(context_.Say(chinese, english)).c_str(), Seconds(ElapsedMs(since)).c_str());
    std::fflush(stdout);
  }

  absl::Status LoadRegions() {
    file_ = options_.regions.empty() ? FindRegions() : options_.regions;
    ASSIGN_OR_RETURN(const auto response, SendRegions(context_, {.file = file_}));
    ASSIGN_OR_RETURN(names_, FetchNames(context_));
    ASSIGN_OR_RETURN(plan_, NationalPlan::Make(names_.regions, kSeed));
    file_.clear();
    const std::string count = std::to_string(response.changed() + response.unchanged());
    Step("启动服务并导入地区 " + count + " 个", "started, " + count + " regions imported", started_);
    return absl::OkStatus();
  }

  absl::Status LoadDocuments() {
    const auto since = SteadyClock::now();
    const client::PlanClient client(context_.endpoints.plan);
    size_t documents = 0, rows = 0;
    for (const plan::v1::ImportDocumentRequest& request : plan_->Documents()) {
      ASSIGN_OR_RETURN(const auto response, client.ImportDocument(request, {.deadline_ms = context_.deadline_ms}));
      plan_token_ = response.basis().token();
      ++documents;
      rows += response.rows();
    }
    Step("下达计划 " + std::to_string(documents) + " 份 " + std::to_string(rows) + " 行", std::to_string(documents) + " plan documents, " + std::to_string(rows) + " rows", since);
    return absl::OkStatus();
  }

  // Every series once, on date `wave`, with what is corrected at once; the basis after it.
  absl::StatusOr<types::v1::BasisStamp> SendWave(NationalFeed& feed, NationalProgress& progress, size_t wave) const {
    const auto since = SteadyClock::now();
    const uint64_t before = feed.sent();
    const std::string date = FormatDate(progress.date());
    RETURN_IF_ERROR(feed.Open(plan_token_));
    while (progress.InWave(wave)) RETURN_IF_ERROR(feed.Send(progress.Next()));
    ASSIGN_OR_RETURN(const types::v1::BasisStamp basis, feed.Finish());
    const std::string count = std::to_string(feed.sent() - before);
    Step("报送截至 " + date + " 的进度 " + count + " 条", count + " updates as of " + date, since);
    return basis;
  }

  absl::StatusOr<NationalView> Fetch(const Context& context, const NationalFeed& feed, const std::string& at_least) const {
    NationalView view;
    ASSIGN_OR_RETURN(view.table, FetchProvinces(context, *plan_, since_token_, at_least));
    view.since_words = since_words_;
    view.updates = feed.answered();
    view.now_us = RealClock().NowMicros();
    return view;
  }

  absl::StatusOr<int> RunOnce() {
    NationalFeed feed(context_.endpoints.progress, *plan_);
    NationalProgress progress(*plan_, kSeed, {MakeDate(kNationalYear, 5, 31), MakeDate(kNationalYear, 6, 30)});
    ASSIGN_OR_RETURN(const types::v1::BasisStamp first, SendWave(feed, progress, 0));
    since_token_ = first.token();
    since_words_ = std::string(context_.Say("上一轮（截至 2024-05-31）", "the round before (as of 2024-05-31)"));
    ASSIGN_OR_RETURN(const types::v1::BasisStamp last, SendWave(feed, progress, 1));
    ASSIGN_OR_RETURN(NationalView view, Fetch(context_, feed, last.token()));
    // The regions below the first and the last province.
    const auto& rows = view.table.rows();
    for (const auto* row : {rows.empty() ? nullptr : &*rows.begin(), rows.size() < 2 ? nullptr : &*rows.rbegin()}) {
      if (row == nullptr) continue;
      ASSIGN_OR_RETURN(auto below, FetchBelow(context_, row->region(), last.token()));
      view.below.push_back(std::move(below));
    }
    view.now_us = RealClock().NowMicros();
    std::printf("\n");
    const Screen::Size unlimited{1 << 20, 1 << 20};
    for (const std::string& line : NationalLines(context_, view, unlimited.columns, unlimited.rows)) std::printf("%s\n", line.c_str());
    return Conserve(progress, last.token());
  }

  absl::StatusOr<int> Conserve(const NationalProgress& progress, const std::string& token) const {
    ASSIGN_OR_RETURN(const NationalConservation found, CheckConservation(context_, *plan_, progress.in_force(), token));
    const std::string provinces = std::to_string(plan_->provinces().size()), indicators = std::to_string(found.indicators);
    for (const std::string& line : found.violations) std::fprintf(stderr, "%s\n", line.c_str());
    if (!found.violations.empty()) {
      std::printf("%s\n", std::string(context_.Say("不守恒：各省之和、全国汇总与所报不一致", "NOT CONSERVED: the provinces, the country and what was sent differ")).c_str());
      return kRefused;
    }
    std::printf("%s\n", context_.lang == Lang::kChinese
                            ? ("守恒：" + indicators + " 项指标都是 " + provinces + " 省之和 = 全国汇总 = 所报之和（新开工 " + found.starts + " 套）；全程 " + Seconds(ElapsedMs(started_)) + " 秒").c_str()
                            : ("conserved: for all " + indicators + " figures the " + provinces + " provinces sum to the country, which is what was sent (starts " + found.starts + "); " +
                               Seconds(ElapsedMs(started_)) + " s in all").c_str());
    std::fflush(stdout);
    return kOk;
  }

  absl::StatusOr<int> RunLive() {
    NationalFeed feed(context_.endpoints.progress, *plan_);
    std::vector<Date> dates;
    for (Date day = MakeDate(kNationalYear, 3, 31); day < MakeDate(kNationalYear, 12, 31); day.days += kDaysBetweenReports) dates.push_back(day);
    dates.push_back(MakeDate(kNationalYear, 12, 31));
    NationalProgress progress(*plan_, kSeed, std::move(dates));
    ASSIGN_OR_RETURN(const types::v1::BasisStamp start, SendWave(feed, progress, 0));
    since_token_ = start.token();
    since_words_ = std::string(context_.Say("开始时", "the start"));
    RETURN_IF_ERROR(feed.Open(plan_token_));
    NationalPump pump(feed, progress, options_.rate, kUpdatesMax);
    Screen screen;
    const absl::Status shown = Show(screen, feed, pump, start.token());
    screen.Restore();
    pump.Stop();
    feed.Drop();
    RETURN_IF_ERROR(shown);
    // What was on the screen went with it: the last table stays to be read.
    if (screen.is_terminal() && last_view_.has_value()) {
      for (const std::string& line : NationalLines(context_, *last_view_, screen.size().columns, 1 << 20)) std::printf("%s\n", line.c_str());
    }
    return kOk;
  }

  // Draws until it is asked to stop or nobody reads it any more. Services that are away for a while are waited for: the suite starts them again.
  absl::Status Show(Screen& screen, const NationalFeed& feed, const NationalPump& pump, std::string at_least) {
    auto drawn = SteadyClock::now() - std::chrono::milliseconds(kPrintMs), answered_at = SteadyClock::now(), rate_since = answered_at;
    uint64_t rate_from = feed.answered(), per_second = 0;
    while (!rpc::StopSignalWithin(kSignalLookMs)) {
      if (ElapsedMs(drawn) < (screen.is_terminal() ? kRedrawMs : kPrintMs)) continue;
      drawn = SteadyClock::now();
      RETURN_IF_ERROR(suite_.health());
      RETURN_IF_ERROR(pump.status());
      absl::StatusOr<NationalView> view = Fetch(live_, feed, at_least);
      if (view.ok() && !view->table.rows().empty()) AddBelow(&*view);
      if (!view.ok()) {
        if (ElapsedMs(answered_at) > kAwayMsMax) return view.status();
        continue;
      }
      at_least.clear();  // only for the first: what was loaded is in it
      answered_at = SteadyClock::now();
      if (const int64_t ms = ElapsedMs(rate_since); ms >= 1'000) {
        per_second = (view->updates - rate_from) * 1'000 / static_cast<uint64_t>(ms);
        rate_from = view->updates;
        rate_since = SteadyClock::now();
      }
      view->per_second = per_second;
      view->date = pump.ended() ? "" : FormatDate(pump.date());
      const auto [columns, rows] = screen.size();
      if (!screen.Draw(NationalLines(context_, *view, columns, rows))) return absl::OkStatus();
      last_view_ = std::move(*view);
    }
    return absl::OkStatus();
  }

  // The regions below the leading province, and below one after the other of the rest.
  void AddBelow(NationalView* view) const {
    const auto turn = static_cast<int>(ElapsedMs(started_) / kBelowMs);
    const int rows = view->table.rows_size();
    for (const int index : {0, rows > 1 ? 1 + turn % (rows - 1) : 0}) {
      auto below = FetchBelow(live_, view->table.rows(index).region(), "");
      if (below.ok() && (view->below.empty() || index != 0)) view->below.push_back(*std::move(below));
    }
  }

  const Context context_;
  Context live_;  // the same with less patience
  const NationalOptions& options_;
  const Suite& suite_;
  const SteadyClock::time_point started_;
  std::string file_;
  Registry names_;                    // the plan points into it
  std::optional<NationalPlan> plan_;
  std::string plan_token_, since_token_, since_words_;
  std::optional<NationalView> last_view_;
};

}  // namespace

int NationalDemo(const Context& context, const NationalOptions& options) {
  rpc::BlockSignals();
  const auto started = SteadyClock::now();
  const std::string file = options.regions.empty() ? FindRegions() : options.regions;
  if (std::error_code error; !fs::exists(file, error)) {
    const int code = Fail(context, MakeError(Reason::FILE_NOT_FOUND, "regions", file, "cannot open " + file));
    Talk(context, context.Say("先运行 ./deploy/national 取得全国区划，或用 --regions 指定文件。", "Run ./deploy/national first, which fetches the country's regions, or name a file with --regions."));
    return code;
  }
  Context inner = context;
  inner.output = Output::kTable;
  inner.deadline_ms = std::max(inner.deadline_ms, kLoadMs);
  TemporaryDirectory directory;
  if (directory.path().empty()) return Fail(context, MakeError(Reason::STORAGE_FAILED, "data", "TMPDIR", "no temporary directory"));
  auto suite = Suite::Start({.data = directory.path(), .ports = {0, 0, 0, 0}, .programs = {}});
  if (!suite.ok()) return Fail(context, suite.status());
  inner.endpoints = (*suite)->endpoints();
  NationalRun run(inner, options, **suite, started);
  const absl::StatusOr<int> code = run.Run();
  return code.ok() ? *code : Fail(context, code.status(), run.file());
}

}  // namespace anju::cli
