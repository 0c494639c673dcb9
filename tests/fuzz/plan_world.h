// A plan service in memory, small: what messages of clients are tried on, and what the worlds of the other services are planned with.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "anju/plan/v1/plan.pb.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/plan/handlers.h"

namespace anju::fuzz {

// The caller that every service has without TLS: may do everything.
const rpc::Caller& Local();

// What must hold of every refusal: it has at least one reason that a client can act on.
inline void CheckRefusal(const absl::Status& status) { CHECK(status.ok() || !ErrorsOf(status).empty()); }

// 某省 99 ─ 某市 9901 ─ 甲县 990101, 乙县 990102, 丙区 990103; a few programmes and indicators of the built-in catalogue; two documents, the second
// an amendment of the first, with milestones; a county that was renamed; a rule of soft checks.
class PlanWorld final : public journal::Recorder {
 public:
  PlanWorld();

  // True until something was recorded that it did not begin with.
  bool untouched() const { return events_.size() == first_; }
  const std::vector<std::string>& events() const { return events_; }
  // The rows behind them.
  const storage::Batch& stored() const { return rows_; }
  // Everything its lists answer, as bytes.
  std::string Answers() { return AnswersOf(model_); }
  // The same of a model that is given the events again, and of one that reads the rows behind them.
  std::string ReplayedAnswers();
  std::string LoadedAnswers();

  uint64_t Record(std::string_view event) override;
  storage::Batch& rows() override { return rows_; }
  uint64_t last_sequence() const override { return events_.size(); }
  int64_t time_us() const override { return int64_t{MakeDate(2017, 7, 1).days} * 86'400'000'000; }

  // One call, decided as the pipeline would.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const Request& request, absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
    return AskOf(model_, request, handler);
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> AskOf(plan::PlanModel& model, const Request& request,
                                 absl::StatusOr<Response> (*handler)(const rpc::Caller&, const Request&, plan::Desk&)) {
    plan::Desk desk(model, *this);
    return handler(Local(), request, desk);
  }
  std::string AnswersOf(plan::PlanModel& model);

  plan::PlanModel model_;
  storage::Batch rows_;
  std::vector<std::string> events_;
  size_t first_ = 0;
};

}  // namespace anju::fuzz
