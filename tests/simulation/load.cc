// What people do, and what they make of the answers.
#include "tests/simulation/load.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "anju/aggregator/v1/aggregator.pb.h"
#include "anju/plan/v1/plan.pb.h"
#include "anju/progress/v1/progress.pb.h"
#include "anju/ranking/v1/bulletin.pb.h"
#include "anju/ranking/v1/ranking.pb.h"
#include "common/status/status.h"
#include "common/time/date.h"

namespace anju::simulation {
namespace {

constexpr const char* kProgrammes[] = {"shantytown.urban", "shantytown.mine", "public_rental"};
constexpr const char* kIndicators[] = {"starts", "completions"};
constexpr size_t kItemsMax = 400;          // of one source
constexpr size_t kInFlightMax = 4;         // messages sent and not yet answered, of one source

Reason ReasonOf(const absl::Status& status) {
  const auto errors = ErrorsOf(status);
  return errors.empty() ? Reason::UNAVAILABLE : errors.front().reason;
}
// Nobody can tell what became of it: ask again.
bool IsUnanswered(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  return ErrorsOf(status).empty() || reason == Reason::UNAVAILABLE || reason == Reason::STORAGE_FAILED || reason == Reason::OVERLOADED ||
         reason == Reason::NOT_READY || reason == Reason::BEHIND || reason == Reason::DISK_FULL || reason == Reason::STREAM_REPLACED || reason == Reason::DATA_LOSS;
}

std::string DayText(int days) { return FormatDate(Date{days}); }
int FirstDay2017() { return MakeDate(2017, 1, 1).days; }

template <typename Response>
std::string WithoutTimes(Response response) {
  response.clear_basis();
  return response.SerializeAsString();
}

// Sends one request until it has an answer, now and then once more after that, and once in a while under the same id with another content.
class Planner final : public Clerk {
 public:
  Planner(Context& context, Oracle& oracle, Node& plan, std::function<void()> on_ready)
      : Clerk(context, oracle, "planner"), plan_(plan), on_ready_(std::move(on_ready)) {}
  bool Done() const override { return !waiting_ && pending_ == nullptr; }

 protected:
  void Act() override {
    if (waiting_) return;
    if (pending_ != nullptr) return Send();
    if (finishing()) return;
    if (step_ == 0) return Begin(Regions());
    if (step_ == 1) return Begin(Document());
    if (step_ == 2) {
      ++step_;
      on_ready_();
    }
    if (amendments_ + moves_ > 40) return;
    if (random().OneIn(3)) {
      Begin(Move());
    } else {
      Begin(Amendment());
    }
  }

 private:
  // A request with its method: sent again from here.
  struct Pending {
    virtual ~Pending() = default;
    virtual void Send() = 0;
  };
  template <typename Request, typename Response>
  struct Sending final : Pending {
    Planner* clerk;
    std::string method;
    Request request;
    bool repeated = false;
    void Send() override {
      clerk->waiting_ = true;
      clerk->Call<Request, Response>(clerk->plan_, method, request, [clerk = clerk, this](absl::StatusOr<Response> response) {
        clerk->waiting_ = false;
        if (!response.ok() && IsUnanswered(response.status())) return;
        if (response.ok()) {
          clerk->oracle_.HeardBasis("plan", response->basis().basis());
          clerk->oracle_.HeardRequest(kPlan, request.request_id(), true, WithoutTimes(*response));
          clerk->Accepted(request);
          if (!repeated && clerk->random().OneIn(3)) {
            repeated = true;  // once more: it must be answered as before
            return;
          }
        } else {
          ++clerk->context_.counts["plans refused: " + method + " " + std::string(ReasonName(ReasonOf(response.status())))];
        }
        clerk->pending_ = nullptr;
        if (clerk->step_ < 2) ++clerk->step_;
      });
    }
  };
  void Accepted(const plan::v1::ImportDocumentRequest& request) { newest_document_ = request.document(); }
  template <typename Request>
  void Accepted(const Request&) {}
  void Send() { pending_->Send(); }
  void Begin(std::shared_ptr<Pending> pending) {
    pending_ = std::move(pending);
    Send();
  }
  template <typename Response, typename Request>
  std::shared_ptr<Pending> Make(const std::string& method, Request request) {
    auto sending = std::make_shared<Sending<Request, Response>>();
    request.set_request_id("plan-" + std::to_string(++requests_));
    sending->clerk = this;
    sending->method = method;
    sending->request = std::move(request);
    return sending;
  }

  std::shared_ptr<Pending> Regions() {
    plan::v1::ImportRegionsRequest request;
    const auto add = [&](const std::string& code, const std::string& parent, const std::string& level) {
      plan::v1::RegionRow* row = request.add_rows();
      row->set_line(static_cast<uint32_t>(request.rows_size()));
      row->set_code(code);
      row->set_name("R" + code);
      row->set_parent(parent);
      row->set_level(level);
      row->set_kind("administrative");
      row->set_valid_from("1990");
      row->set_order(std::to_string(request.rows_size()));
    };
    add(kProvince, "", "province");
    for (int city = 0; city < 2; ++city) {
      add(kCities[city], kProvince, "city");
      for (const std::string& county : CountiesOf(city)) add(county, kCities[city], "county");
    }
    return Make<plan::v1::ImportRegionsResponse>("ImportRegions", std::move(request));
  }
  void AddTarget(plan::v1::ImportDocumentRequest* request, const std::string& county, const std::string& programme) {
    plan::v1::PlanRow* row = request->add_rows();
    row->set_line(static_cast<uint32_t>(request->rows_size()));
    row->set_region(county);
    row->set_programme(programme);
    row->set_indicator("starts");
    row->set_plan_year("2017");
    row->set_value(std::to_string(random().Between(1, 5'000)));
    row->set_unit("套");
  }
  std::shared_ptr<Pending> Document() {
    plan::v1::ImportDocumentRequest request;
    request.set_document("D1");
    request.set_issuer(kProvince);
    request.set_issued("2017-01-10");
    for (int city = 0; city < 2; ++city) {
      for (const std::string& county : CountiesOf(city)) {
        for (const char* programme : kProgrammes) AddTarget(&request, county, programme);
      }
    }
    return Make<plan::v1::ImportDocumentResponse>("ImportDocument", std::move(request));
  }
  std::shared_ptr<Pending> Amendment() {
    plan::v1::ImportDocumentRequest request;
    request.set_document("D1-" + std::to_string(++amendments_));
    request.set_amends(newest_document_);
    request.set_issuer(kProvince);
    request.set_issued("2017-03-01");
    request.set_effective(DayText(FirstDay2017() + 60 + amendments_));
    const auto counties = CountiesOf(static_cast<int>(random().Below(2)));
    AddTarget(&request, counties[random().Below(counties.size())], kProgrammes[random().Below(3)]);
    return Make<plan::v1::ImportDocumentResponse>("ImportDocument", std::move(request));
  }
  // A county goes to the other city; its figures go along.
  std::shared_ptr<Pending> Move() {
    const auto counties = CountiesOf(static_cast<int>(random().Below(2)));
    plan::v1::ImportBoundariesRequest request;
    plan::v1::BoundaryRow* row = request.add_rows();
    row->set_line(1);
    row->set_date(DayText(FirstDay2017() + 20 + 3 * ++moves_));
    row->set_event("move");
    row->set_region(counties[random().Below(counties.size())]);
    row->set_into(kCities[random().Below(2)]);
    return Make<plan::v1::ImportBoundariesResponse>("ImportBoundaries", std::move(request));
  }

  Node& plan_;
  const std::function<void()> on_ready_;
  std::shared_ptr<Pending> pending_;
  bool waiting_ = false;
  int step_ = 0;
  int amendments_ = 0, moves_ = 0;
  uint64_t requests_ = 0;
  std::string newest_document_;
};

// One source. Its items and how far they are answered are kept as an outbox keeps them; connections come and go, from two places.
class Reporter final : public Clerk {
 public:
  Reporter(Context& context, Oracle& oracle, Node& progress, size_t journal, const std::string& source, std::vector<std::string> counties)
      : Clerk(context, oracle, source), progress_(progress), journal_(journal), counties_(std::move(counties)) {}
  bool Done() const override { return acked_ == items_.size(); }
  void Restored(size_t journal) override {
    if (journal != journal_) return;
    for (size_t place : {0, 1}) Hang(place);
    acked_ = 0;  // the service knows how far it has come
  }

 protected:
  void Act() override {
    const size_t place = finishing() ? 0 : random().Below(8) == 0;  // the second place is seldom used
    if (finishing() && places_[1].connection != nullptr) Hang(1);
    switch (finishing() ? 8 : random().Below(24)) {
      case 0: return Hang(place);
      case 1: return SendAgain(/*changed=*/false);
      case 2: return SendAgain(/*changed=*/true);
      case 3: return Skip();
      case 4: case 5: return SendBatch();
      default: return Stream(place);
    }
  }

 private:
  struct Place {
    std::shared_ptr<Connection> connection;
    bool opened = false;
    uint64_t sent = 0;      // up to here in this connection
    // Messages that are not answered yet, oldest first: first and last number.
    std::deque<std::pair<uint64_t, uint64_t>> unanswered;
    // The newest answer. It counts when the next one comes: the last one before an error may speak of numbers that others have sent.
    std::optional<std::pair<std::pair<uint64_t, uint64_t>, progress::v1::ReportResponse>> newest;
    int silent = 0;         // how often there was nothing to do but wait
  };

  Content NewContent() {
    Content content;
    content.region = counties_[random().Below(counties_.size())];
    content.programme = kProgrammes[random().Below(3)];
    content.indicator = kIndicators[random().Below(4) == 0];
    // Some days before, some after the services' today.
    content.as_of_days = FirstDay2017() + static_cast<int>(random().Between(100, 176));
    const uint64_t roll = random().Below(100);
    content.kind = roll < 60 ? 0 : roll < 80 ? 1 : roll < 92 ? 2 : 3;
    content.amount = random().Between(0, content.kind == 0 || content.kind == 2 ? 3'000 : 200);
    return content;
  }
  const Content& ItemAt(uint64_t number) {
    while (items_.size() < number) {
      const auto ahead = ahead_.find(items_.size() + 1);
      items_.push_back(ahead == ahead_.end() ? NewContent() : ahead->second);
    }
    return items_[number - 1];
  }
  // Items from `first` on, as a message with the definitions that it needs.
  progress::v1::Items Message(uint64_t first, const std::vector<Content>& contents) {
    progress::v1::Items message;
    message.set_first_sequence(first);
    std::map<std::tuple<std::string, std::string, std::string>, uint32_t> indexes;
    for (const Content& content : contents) {
      const auto [it, is_new] = indexes.try_emplace({content.region, content.programme, content.indicator}, static_cast<uint32_t>(indexes.size()));
      if (is_new) {
        progress::v1::SeriesDefinition* definition = message.add_definitions();
        definition->set_index(it->second);
        definition->set_region(content.region);
        definition->set_programme(content.programme);
        definition->set_indicator(content.indicator);
        definition->set_plan_year("2017");
        definition->set_unit("套");
      }
      progress::v1::Item* item = message.add_items();
      item->set_series(it->second);
      item->set_as_of_days(content.as_of_days);
      item->set_amount(content.amount);
      item->set_kind(static_cast<progress::v1::UpdateKind>(content.kind));
      if (content.kind == 3) item->set_explanation("counted twice");
    }
    for (size_t i = 0; i < contents.size(); ++i) oracle_.Sent(journal_, name, first + i, contents[i]);
    return message;
  }
  std::vector<Content> Range(uint64_t first, uint64_t last) {
    std::vector<Content> contents;
    for (uint64_t number = first; number <= last; ++number) contents.push_back(ItemAt(number));
    return contents;
  }

  // Verdicts of the numbers from `first` to `acked`; who is not named is accepted.
  void Hear(uint64_t first, uint64_t last, const google::protobuf::RepeatedPtrField<progress::v1::Verdict>& verdicts,
            const std::function<const Content&(uint64_t)>& content) {
    std::map<uint64_t, Told> told;
    for (const progress::v1::Verdict& verdict : verdicts) {
      Told& said = told[verdict.source_sequence()];
      switch (verdict.verdict()) {
        case progress::v1::ITEM_VERDICT_UNCHANGED: said.verdict = Told::Verdict::kUnchanged; break;
        case progress::v1::ITEM_VERDICT_REFUSED: said.verdict = Told::Verdict::kRefused; break;
        case progress::v1::ITEM_VERDICT_ALREADY_RECORDED: said.verdict = Told::Verdict::kAlready; break;
        case progress::v1::ITEM_VERDICT_CONFLICT: said.verdict = Told::Verdict::kConflict; break;
        default: break;
      }
      if (said.verdict == Told::Verdict::kRefused) said.reason = verdict.error().reason();
    }
    for (uint64_t number = first; number <= last; ++number) {
      const auto found = told.find(number);
      oracle_.Heard(journal_, name, number, content(number), found == told.end() ? Told{} : found->second);
      ++context_.counts["verdicts heard"];
    }
  }
  void Acked(uint64_t acked, const types::v1::BasisStamp& basis) {
    oracle_.HeardAcked(journal_, name, acked);
    oracle_.HeardBasis(name, basis.basis());
    // One that was sent ahead may have arrived so late that it was the next.
    while (acked > items_.size() && ahead_.contains(items_.size() + 1)) ItemAt(items_.size() + 1);
    if (acked > items_.size()) return context_.Violated(name + " was told of numbers that it never sent");
    acked_ = std::max(acked_, acked);
  }

  void Hang(size_t place) {
    if (places_[place].connection != nullptr) places_[place].connection->Drop();
    places_[place] = {};
  }

  void Stream(size_t index) {
    Place& place = places_[index];
    if (place.connection == nullptr || !place.connection->open()) {
      place = {};
      place.connection = context_.network.Open(*this, progress_, "Report");
      auto* raw = place.connection.get();
      place.connection->on_answer = [this, index, raw](const std::string& bytes) {
        progress::v1::ReportResponse response;
        if (places_[index].connection.get() != raw || !response.ParseFromString(bytes)) return;
        OnAnswer(places_[index], response);
      };
      place.connection->on_end = [this, index, raw](const absl::Status& status) {
        if (places_[index].connection.get() == raw) places_[index] = {};
        ++context_.counts["streams ended: " + (ErrorsOf(status).empty() ? std::string(status.message()) : std::string(ReasonName(ReasonOf(status))))];
        if (HasReason(status, Reason::SEQUENCE_GAP)) ++context_.counts["gaps refused"];
        if (HasReason(status, Reason::STREAM_REPLACED)) ++context_.counts["streams replaced"];
      };
      progress::v1::ReportRequest request;
      request.mutable_open()->set_source(name);
      place.connection->Send(request.SerializeAsString());
      return;
    }
    if (!place.opened) return Wait(index);
    const uint64_t next = place.sent + 1;
    const uint64_t last = finishing() ? items_.size() : std::min<uint64_t>(place.sent + 1 + random().Below(8), kItemsMax);
    if (last < next || place.unanswered.size() >= kInFlightMax) return Wait(index);
    place.silent = 0;
    progress::v1::ReportRequest request;
    place.sent = std::min<uint64_t>(last, next + 15);
    place.unanswered.push_back({next, place.sent});
    *request.mutable_items() = Message(next, Range(next, place.sent));
    place.connection->Send(request.SerializeAsString());
  }
  // A connection that says nothing for long is given up.
  void Wait(size_t index) {
    if (++places_[index].silent > 60 && !(Done() && finishing())) Hang(index);
  }
  void OnAnswer(Place& place, const progress::v1::ReportResponse& response) {
    place.silent = 0;
    if (!place.opened) {
      place.opened = true;
      place.sent = response.acked_sequence();
    } else if (place.unanswered.empty()) {
      context_.Violated(name + " got an answer to nothing");
    } else {
      HearNewest(place);
      place.newest = {place.unanswered.front(), response};
      place.unanswered.pop_front();
    }
    Acked(response.acked_sequence(), response.basis());
  }

  void HearNewest(Place& place) {
    if (!place.newest) return;
    const auto& [range, response] = *place.newest;
    Hear(range.first, std::min(range.second, response.acked_sequence()), response.verdicts(), [this](uint64_t number) -> const Content& { return ItemAt(number); });
    place.newest.reset();
  }

  // One call with a whole message, of the next items or of old ones, perhaps with one of them changed.
  void SendOnce(uint64_t first, std::vector<Content> contents) {
    progress::v1::ReportBatchRequest request;
    request.mutable_open()->set_source(name);
    *request.mutable_items() = Message(first, contents);
    Call<progress::v1::ReportBatchRequest, progress::v1::ReportBatchResponse>(
        progress_, "ReportBatch", request, [this, first, contents](absl::StatusOr<progress::v1::ReportBatchResponse> response) {
          if (!response.ok()) {
            if (HasReason(response.status(), Reason::SEQUENCE_GAP)) ++context_.counts["gaps refused"];
            return;
          }
          Hear(first, first + contents.size() - 1, response->verdicts(), [&](uint64_t number) -> const Content& { return contents[number - first]; });
          Acked(response->acked_sequence(), response->basis());
        });
  }
  void SendBatch() {
    if (acked_ >= kItemsMax) return;
    const uint64_t first = acked_ + 1;
    SendOnce(first, Range(first, std::min<uint64_t>(kItemsMax, first + random().Below(6))));
  }
  void SendAgain(bool changed) {
    if (acked_ == 0) return;
    const uint64_t first = 1 + random().Below(acked_);
    std::vector<Content> contents = Range(first, std::min<uint64_t>(acked_, first + random().Below(5)));
    if (changed) contents[random().Below(contents.size())].amount += random().Between(1, 9);
    ++context_.counts[changed ? "items sent with another content" : "items sent again"];
    SendOnce(first, std::move(contents));
  }
  // Numbers that nobody has seen are left out: nothing of it may be recorded.
  void Skip() {
    if (items_.size() + 12 > kItemsMax) return;
    progress::v1::ReportBatchRequest request;
    request.mutable_open()->set_source(name);
    const uint64_t number = items_.size() + 10;
    *request.mutable_items() = Message(number, {ahead_.try_emplace(number, NewContent()).first->second});
    ++context_.counts["numbers left out"];
    Call<progress::v1::ReportBatchRequest, progress::v1::ReportBatchResponse>(progress_, "ReportBatch", request, [this, number](const auto& response) {
      if (response.ok() && items_.size() + 1 < number) context_.Violated(name + " left numbers out and was not refused");
    });
  }

  Node& progress_;
  const size_t journal_;
  const std::vector<std::string> counties_;
  std::vector<Content> items_;         // by number, from 1
  std::map<uint64_t, Content> ahead_;  // what was sent under numbers that were not due
  uint64_t acked_ = 0;
  Place places_[2];
};

class Reviewer final : public Clerk {
 public:
  Reviewer(Context& context, Oracle& oracle, Node& progress, size_t journal, std::vector<std::string> counties)
      : Clerk(context, oracle, "reviewer " + std::to_string(journal)), progress_(progress), journal_(journal), counties_(std::move(counties)) {}
  bool Done() const override { return !waiting_ && request_.request_id().empty(); }

 protected:
  void Act() override {
    if (waiting_ || (finishing() && request_.request_id().empty())) return;
    if (request_.request_id().empty()) {
      request_.set_region(counties_[random().Below(counties_.size())]);
      request_.set_programme(kProgrammes[random().Below(3)]);
      request_.set_indicator("starts");
      request_.set_plan_year("2017");
      request_.set_state(!random().OneIn(3) ? types::v1::REVIEW_STATE_RETURNED : types::v1::REVIEW_STATE_REVIEWED);
      request_.set_remark("seen");
      request_.set_office(kProvince);
      request_.set_request_id(name + "/" + std::to_string(++requests_));
      repeat_ = random().OneIn(3);
    }
    waiting_ = true;
    Call<progress::v1::ReviewFiguresRequest, progress::v1::ReviewFiguresResponse>(progress_, "ReviewFigures", request_, [this](absl::StatusOr<progress::v1::ReviewFiguresResponse> response) {
      waiting_ = false;
      if (!response.ok() && IsUnanswered(response.status())) return;
      if (response.ok()) {
        oracle_.HeardBasis(name, response->basis().basis());
        // What changed nothing was not recorded, and may change something when it is sent again.
        if (response->changed() > 0) oracle_.HeardRequest(journal_, request_.request_id(), true, WithoutTimes(*response));
        ++context_.counts[response->changed() > 0 ? "reviews" : "reviews of nothing"];
        if (std::exchange(repeat_, false) && response->changed() > 0) return;
      } else {
        ++context_.counts["reviews refused: " + std::string(ReasonName(ReasonOf(response.status())))];
      }
      request_.Clear();
    });
  }

 private:
  Node& progress_;
  const size_t journal_;
  const std::vector<std::string> counties_;
  progress::v1::ReviewFiguresRequest request_;
  bool waiting_ = false, repeat_ = false;
  uint64_t requests_ = 0;
};

class Reader final : public Clerk {
 public:
  Reader(Context& context, Oracle& oracle, Node& aggregator, Node& ranking) : Clerk(context, oracle, "reader"), aggregator_(aggregator), ranking_(ranking) {}
  bool Done() const override { return true; }

 protected:
  void Act() override {
    if (finishing()) return;
    const char* regions[] = {kProvince, kCities[0], kCities[1]};
    const std::string region = regions[random().Below(3)];
    const std::string programme = random().OneIn(2) ? "all" : kProgrammes[random().Below(3)];
    if (random().OneIn(2)) {
      aggregator::v1::GetRollupRequest request;
      request.set_region(region);
      request.set_year("2017");
      request.set_programme(programme);
      request.set_indicator(kIndicators[random().Below(2)]);
      if (random().OneIn(2)) request.set_at_least(token_);
      Call<aggregator::v1::GetRollupRequest, aggregator::v1::GetRollupResponse>(aggregator_, "GetRollup", request, [this](auto response) {
        if (!response.ok()) return;
        ++context_.counts["rollups read"];
        token_ = response->basis().token();
        oracle_.HeardRollup(*response);
      });
      return;
    }
    ranking::v1::GetLeagueTableRequest request;
    request.set_region(region);
    request.mutable_definition()->set_programme(programme);
    request.mutable_definition()->set_indicator("starts");
    request.mutable_definition()->set_year("2017");
    if (random().OneIn(4)) request.set_at_least(token_);
    Call<ranking::v1::GetLeagueTableRequest, ranking::v1::GetLeagueTableResponse>(ranking_, "GetLeagueTable", request, [this, programme](auto response) {
      if (!response.ok()) return;
      ++context_.counts["tables read"];
      oracle_.HeardTable(programme, *response);
    });
  }

 private:
  Node& aggregator_;
  Node& ranking_;
  std::string token_;
};

constexpr char kTemplate[] = R"(template: monthly
region: "99"
issuer: 某省办公室
number: 安通〔{year}〕{n}号
title: 关于{year}年{month}月开工情况的通报
addressees: 各市：
tables:
  starts:
    annex: yes
    title: "{year}年开工率排序表"
    rank: {programme: all, indicator: starts, year: "{year}", by: rate, digits: 2}
    columns:
      - {heading: 市, cell: name}
      - {heading: 目标, cell: denominator}
      - {heading: 开工数, cell: numerator}
      - {heading: 开工率, cell: value}
    total: 合计
body:
  - text: 截止{year}年{month}月底，全省开工{starts.total.numerator}套。
)";

// Defines a template, then drafts, issues and shows, one after the other.
class Issuer final : public Clerk {
 public:
  Issuer(Context& context, Oracle& oracle, Node& ranking) : Clerk(context, oracle, "issuer"), ranking_(ranking) {}
  bool Done() const override { return !waiting_ && !begun_; }

 protected:
  void Act() override {
    if (waiting_ || (finishing() && !begun_)) return;
    if (!begun_) {
      begun_ = true;
      id_ = "bulletin-" + std::to_string(++requests_);
    }
    if (!defined_) {
      ranking::v1::DefineTemplateRequest request;
      request.set_source(kTemplate);
      request.set_request_id(id_ + "-t");
      return Ask<ranking::v1::DefineTemplateRequest, ranking::v1::DefineTemplateResponse>("DefineTemplate", request, [this](const auto& response) {
        defined_ = response.ok();
        begun_ = false;
      });
    }
    if (draft_ == 0 && number_.empty()) {
      ranking::v1::DraftBulletinRequest request;
      request.set_template_code("monthly");
      request.set_as_of("2017-06-15");
      request.set_request_id(id_ + "-d");
      return Ask<ranking::v1::DraftBulletinRequest, ranking::v1::DraftBulletinResponse>("DraftBulletin", request, [this](const auto& response) {
        begun_ = response.ok();
        if (!response.ok()) return;
        draft_ = response->draft().draft();
        oracle_.HeardRequest(kRanking, id_ + "-d", true, std::to_string(draft_));
        oracle_.HeardBasis("a draft", response->draft().basis().basis());
        ++context_.counts["drafts"];
      });
    }
    if (number_.empty()) {
      ranking::v1::IssueBulletinRequest request;
      request.set_draft(draft_);
      request.set_date("2017-06-1" + std::to_string(6 + requests_ % 4));
      request.set_as_drafted(true);
      request.set_request_id(id_ + "-i");
      return Ask<ranking::v1::IssueBulletinRequest, ranking::v1::IssueBulletinResponse>("IssueBulletin", request, [this](const auto& response) {
        begun_ = response.ok();
        draft_ = 0;
        if (!response.ok()) return;
        number_ = response->bulletin().number();
        oracle_.HeardRequest(kRanking, id_ + "-i", true, number_);
        ++context_.counts["bulletins"];
      });
    }
    ranking::v1::GetBulletinRequest request;
    request.set_number(number_);
    Ask<ranking::v1::GetBulletinRequest, ranking::v1::GetBulletinResponse>("GetBulletin", request, [this](const auto& response) {
      begun_ = false;
      if (!response.ok()) return context_.Violated("bulletin " + number_ + " cannot be shown: " + std::string(response.status().message()));
      oracle_.HeardBulletin(number_, response->bulletin().sha256(), response->bulletin().content());
      number_.clear();
    });
  }

 private:
  template <typename Request, typename Response>
  void Ask(const std::string& method, const Request& request, std::function<void(const absl::StatusOr<Response>&)> done) {
    waiting_ = true;
    Call<Request, Response>(ranking_, method, request, [this, done, method](absl::StatusOr<Response> response) {
      waiting_ = false;
      if (!response.ok() && IsUnanswered(response.status())) {
        ++context_.counts["bulletin steps asked again"];
        return;
      }
      if (!response.ok()) ++context_.counts["bulletin steps refused: " + method + " " + std::string(ReasonName(ReasonOf(response.status())))];
      done(response);
    });
  }

  Node& ranking_;
  bool waiting_ = false, begun_ = false, defined_ = false;
  uint64_t requests_ = 0;
  std::string id_;
  uint64_t draft_ = 0;
  std::string number_;
};

}  // namespace

void Clerk::Begin(int64_t pause_us_max) {
  context_.scheduler.After(context_.scheduler.random.Between(pause_us_max / 4, pause_us_max), [this, pause_us_max] {
    Act();
    Begin(pause_us_max);
  });
}

std::vector<std::string> CountiesOf(int city) {
  std::vector<std::string> counties;
  for (int i = 1; i <= 4; ++i) counties.push_back(std::string(kCities[city]) + "0" + std::to_string(i));
  return counties;
}

std::unique_ptr<Clerk> NewPlanner(Context& context, Oracle& oracle, Node& plan, std::function<void()> on_ready) {
  return std::make_unique<Planner>(context, oracle, plan, std::move(on_ready));
}
std::unique_ptr<Clerk> NewReporter(Context& context, Oracle& oracle, Node& progress, size_t journal, const std::string& source, std::vector<std::string> counties) {
  return std::make_unique<Reporter>(context, oracle, progress, journal, source, std::move(counties));
}
std::unique_ptr<Clerk> NewReviewer(Context& context, Oracle& oracle, Node& progress, size_t journal, std::vector<std::string> counties) {
  return std::make_unique<Reviewer>(context, oracle, progress, journal, std::move(counties));
}
std::unique_ptr<Clerk> NewReader(Context& context, Oracle& oracle, Node& aggregator, Node& ranking) {
  return std::make_unique<Reader>(context, oracle, aggregator, ranking);
}
std::unique_ptr<Clerk> NewIssuer(Context& context, Oracle& oracle, Node& ranking) { return std::make_unique<Issuer>(context, oracle, ranking); }

}  // namespace anju::simulation
