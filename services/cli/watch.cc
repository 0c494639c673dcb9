// Watching a league table over the client library's resuming stream.
#include "services/cli/watch.h"

#include <cstdio>

#include "common/client/client.h"
#include "common/client/watch_stream.h"
#include "common/csv/csv.h"
#include "common/rpc/rpc.h"
#include "common/rpc/stop_signal.h"
#include "common/status/macros.h"
#include "services/cli/definition.h"
#include "services/cli/differences.h"
#include "services/cli/words.h"

namespace anju::cli {
namespace {

using ranking::v1::RowChange;
using ranking::v1::RowState;
using ranking::v1::WatchEvent;

absl::StatusOr<ranking::v1::WatchRequest> MakeRequest(const WatchOptions& options) {
  ranking::v1::WatchRequest request;
  request.set_region(options.table.region);
  ASSIGN_OR_RETURN(*request.mutable_definition(), MakeDefinition(options.table));
  ASSIGN_OR_RETURN(const auto review, ParseReviewFilter(options.table.view.review));
  request.set_review(review);
  request.set_from(options.from);
  if (!options.standing.empty()) {
    request.set_subject(ranking::v1::SUBJECT_STANDING);
    request.set_region_watched(options.standing);
  } else if (options.top > 0 || options.bottom > 0) {
    request.set_subject(options.top > 0 ? ranking::v1::SUBJECT_TOP : ranking::v1::SUBJECT_BOTTOM);
    request.set_border(options.top > 0 ? options.top : options.bottom);
  } else if (!options.threshold.empty()) {
    request.set_subject(ranking::v1::SUBJECT_THRESHOLD);
    request.set_threshold(options.threshold);
  } else if (options.milestones) {
    request.set_subject(ranking::v1::SUBJECT_MILESTONE);
  }
  return request;
}

Json StateJson(const RowState& state) {
  return {{"rank", state.rank() > 0 ? Json(state.rank()) : Json(nullptr)},
          {"key", OrNull(state.has_key(), state.key())},
          {"value", OrNull(state.has_value(), state.value())},
          {"reason", state.reason()},
          {"inside", state.inside()}};
}

// Positions only: a transition reads the same whenever it is told.
Json PositionsJson(const types::v1::Basis& basis) {
  types::v1::BasisStamp stamp;
  *stamp.mutable_basis() = basis;
  const Json json = BasisJson(stamp);
  return {{"plan", json["plan"]}, {"progress", json["progress"]}};
}

class Watcher {
 public:
  Watcher(const Context& context, const Registry& names, const ranking::v1::WatchRequest& request, uint64_t count)
      : context_(context), names_(names), request_(request), count_(count), token_(request.from()) {}

  // False ends the watch.
  bool OnEvent(const WatchEvent& event) {
    lost_ = false;
    token_ = event.to().token();
    if (event.changes_size() > 0) {
      ++transitions_;
      Print(event);
      std::fflush(stdout);
    }
    return !rpc::StopSignalWithin(0).has_value() && (count_ == 0 || transitions_ < count_);
  }

  bool OnLost(const absl::Status& problem) {
    if (!lost_) Talk(context_, std::string(context_.Say("连接中断，正在重连：", "Lost the service, looking for it again: ")) + std::string(problem.message()));
    lost_ = true;  // said once, however often it is looked for
    return !rpc::StopSignalWithin(0).has_value();
  }

  void Header() const {
    if (context_.output == Output::kCsv) {
      std::printf("%s\n", csv::FormatRow({"cause", "cause_region", "as_of", "amount", "kind", "explanation", "region", "name", "rank_from", "rank_to", "key_from", "key_to",
                                          "value_from", "value_to", "reason_from", "reason_to", "inside_from", "inside_to", "token"}).c_str());
      std::fflush(stdout);
    }
  }

  void End() const {
    if (context_.output == Output::kJson) {
      std::printf("%s\n", Json{{"end", true}, {"transitions", transitions_}, {"token", token_}}.dump().c_str());
      return;
    }
    const std::string count = std::to_string(transitions_);
    Talk(context_, context_.lang == Lang::kChinese ? "共 " + count + " 次变化；用 --from 接着跟踪：" : count + " changes; go on with --from:");
    PrintToken(context_, token_);
  }

  const std::string& token() const { return token_; }

 private:
  std::string AmountText(const aggregator::v1::UpdateCause& update) const {
    const auto number = names_.catalogue.ResolveIndicator(update.indicator());
    return number.ok() ? FormatAmount(*names_.catalogue.FindIndicator(*number), update.amount()) : std::to_string(update.amount());
  }

  std::string NameOf(const std::string& code) const {
    const Region* row = names_.regions.Nearest(names_.regions.FindCode(code), Date{kDistantFuture.days - 1});
    return row == nullptr ? code : row->name;
  }

  Json CauseJson(const aggregator::v1::Cause& cause) const {
    Json json = {{"kind", cause.kind()}, {"journal", cause.journal_id()}, {"sequence", cause.sequence()}};
    if (!cause.document().empty()) json["document"] = cause.document();
    if (cause.has_update()) {
      const auto& update = cause.update();
      json["update"] = {{"region", update.region()},       {"programme", update.programme()}, {"indicator", update.indicator()},
                        {"as_of", update.as_of()},         {"value", AmountText(update)},     {"kind", std::string(KindWord(update.kind()))},
                        {"explanation", update.explanation()}};
    }
    return json;
  }

  std::string CauseText(const aggregator::v1::Cause& cause) const {
    if (!cause.has_update()) return cause.kind() + (cause.document().empty() ? "" : " " + cause.document());
    const auto& update = cause.update();
    return NameOf(update.region()) + " " + update.programme() + " " + update.indicator() + " " + update.as_of() + " " + Reading(KindWord(update.kind()), context_.lang) + " " +
           AmountText(update) + (update.explanation().empty() ? "" : (context_.lang == Lang::kChinese ? "（" + update.explanation() + "）" : " (" + update.explanation() + ")"));
  }

  std::string StateText(const RowState& state) const {
    if (state.rank() > 0) return std::to_string(state.rank());
    return state.reason() == "ABSENT" ? std::string(context_.Say("不在表内", "absent")) : std::string(UnrankedWords(state.reason(), context_.lang));
  }

  // What a border was crossed to; "" where there is none.
  std::string BorderText(const RowChange& change) const {
    if (change.from().inside() == change.to().inside()) return "";
    const bool in = change.to().inside();
    const std::string border = std::to_string(request_.border());
    switch (request_.subject()) {
      case ranking::v1::SUBJECT_TOP: return " " + std::string(in ? context_.Say("进入前 ", "into the first ") : context_.Say("退出前 ", "out of the first ")) + border;
      case ranking::v1::SUBJECT_BOTTOM: return " " + std::string(in ? context_.Say("落入后 ", "into the last ") : context_.Say("脱离后 ", "out of the last ")) + border;
      case ranking::v1::SUBJECT_THRESHOLD: return " " + std::string(in ? context_.Say("达到 ", "reached ") : context_.Say("低于 ", "fell below ")) + request_.threshold();
      case ranking::v1::SUBJECT_MILESTONE:
        return " " + std::string(in ? context_.Say("达到节点 ", "met the milestone of ") : context_.Say("未达到节点 ", "missed the milestone of ")) +
               FormatDate(Date{change.milestone().milestone().by_days()});
      default: return "";
    }
  }

  void Print(const WatchEvent& event) const {
    if (context_.output == Output::kJson) {
      Json changes = Json::array();
      for (const RowChange& change : event.changes()) {
        Json json = {{"region", change.region()}, {"name", change.name()}, {"from", StateJson(change.from())}, {"to", StateJson(change.to())}};
        if (change.has_milestone()) json["milestone"] = MilestoneJson(names_, change.milestone());
        changes.push_back(std::move(json));
      }
      const Json line = {{"token", event.to().token()},
                         {"from", PositionsJson(event.from())},
                         {"to", PositionsJson(event.to().basis())},
                         {"changes", std::move(changes)},
                         {"cause", CauseJson(event.cause())}};
      std::printf("%s\n", line.dump().c_str());
      return;
    }
    if (context_.output == Output::kCsv) {
      const auto& update = event.cause().update();
      for (const RowChange& change : event.changes()) {
        auto rank = [](const RowState& state) { return state.rank() > 0 ? std::to_string(state.rank()) : std::string(); };
        std::printf("%s\n", csv::FormatRow({event.cause().kind(), update.region(), update.as_of(),
                                            event.cause().has_update() ? AmountText(update) : "", event.cause().has_update() ? std::string(KindWord(update.kind())) : "",
                                            update.explanation(), change.region(), change.name(), rank(change.from()), rank(change.to()), change.from().key(), change.to().key(),
                                            change.from().value(), change.to().value(), change.from().reason(), change.to().reason(), change.from().inside() ? "yes" : "no",
                                            change.to().inside() ? "yes" : "no", event.to().token()}).c_str());
      }
      return;
    }
    std::string text = CauseText(event.cause()) + " | ";
    for (int i = 0; i < event.changes_size(); ++i) {
      const RowChange& change = event.changes(i);
      text += (i == 0 ? "" : std::string(context_.Say("；", "; "))) + change.name() + " " + StateText(change.from()) + "→" + StateText(change.to());
      if (change.from().value() != change.to().value()) text += " (" + change.from().value() + "→" + change.to().value() + ")";
      text += BorderText(change);
    }
    std::printf("%s\n", text.c_str());
  }

  const Context& context_;
  const Registry& names_;
  const ranking::v1::WatchRequest& request_;
  const uint64_t count_;
  uint64_t transitions_ = 0;
  std::string token_;
  bool lost_ = false;
};

}  // namespace

int Watch(const Context& context, const WatchOptions& options) {
  rpc::BlockSignals();  // Ctrl-C ends it in order, with the token to go on from
  const auto request = MakeRequest(options);
  if (!request.ok()) return Fail(context, request.status());
  client::WatchOptions stream;
  if (!options.duration.empty()) {
    const auto ms = ParseDuration("for", options.duration);
    if (!ms.ok()) return Fail(context, ms.status());
    stream.watch_ms = static_cast<int>(*ms);
  }
  // Names and scales as they are now; a watch goes on without them while the plan service is away.
  const auto fetched = FetchNames(context);
  const Registry names = fetched.ok() ? *fetched : Registry{};
  Watcher watcher(context, names, *request, options.count);
  watcher.Header();
  const client::RankingClient ranking(context.endpoints.ranking);
  const absl::Status status = client::WatchResuming(ranking, *request,
                                                    {.on_event = [&](const WatchEvent& event) { return watcher.OnEvent(event); },
                                                     .on_lost = [&](const absl::Status& problem) { return watcher.OnLost(problem); }},
                                                    stream);
  if (!watcher.token().empty()) watcher.End();
  return status.ok() ? kOk : FailQuestion(context, status);
}

}  // namespace anju::cli
