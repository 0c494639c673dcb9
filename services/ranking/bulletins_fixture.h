// What tests of bulletins share: a ranking server over a small real aggregator, a template, and the calls of a clerk.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/bulletin/content.h"
#include "common/client/client.h"
#include "services/ranking/server_fixture.h"

namespace anju::ranking {

inline constexpr char kMonthly[] = R"(template: starts-monthly
region: 迪庆藏族自治州
issuer: 迪庆州办公室
number: 迪安居通〔{year}〕{n}号
title: 关于{year}年{month}月开工情况的通报
addressees: 各县：
milestones:
  june: {programme: all, indicator: starts, year: "{year}", by: "{year}-06-30"}
tables:
  starts:
    annex: yes
    title: "{year}年开工率排序表"
    rank: {programme: all, indicator: starts, year: "{year}", by: rate, digits: 2}
    columns:
      - {heading: 县, cell: name}
      - {heading: 目标, cell: denominator}
      - {heading: 开工数, cell: numerator}
      - {heading: 开工率, cell: value}
      - {heading: 排序, cell: rank}
    total: 合计
  moved:
    rank: {programme: all, indicator: starts, year: "{year}", by: value}
    since: month
lists:
  behind: {table: starts, cell: value, below: june, item: "{name}（{value}%）", nothing: 无}
body:
  - text: 截止{year}年{month}月底，全州开工{starts.total.numerator}套，开工率为{starts.total.value}%。
  - text: 未到要求的是：{behind}。
)";

class BulletinsServer : public RankingServer {
 protected:
  BulletinsServer() {
    aggregator_.Edit([](World& world) {
      aggregator::v1::MilestoneStatus status;
      status.mutable_milestone()->set_region(kDiqing);
      status.mutable_milestone()->set_by_days(MakeDate(2017, 6, 30).days);
      status.mutable_milestone()->set_share_digits(61'50);
      status.mutable_milestone()->set_share_scale(2);
      world.milestones.push_back(status);
      return 0;
    });
    EXPECT_THAT(RankNow(), testing::IsOk());  // the registry is here
  }

  client::BulletinClient Client() const { return client::BulletinClient(ranking_->address()); }
  // A new process over the same directory.
  void Restart() {
    ranking_.reset();
    StartRanking();
  }

  absl::StatusOr<v1::DefineTemplateResponse> Define(const std::string& source = kMonthly, const std::string& request_id = "", bool dry_run = false) {
    v1::DefineTemplateRequest request;
    request.set_source(source);
    request.set_request_id(request_id);
    request.set_dry_run(dry_run);
    return Client().DefineTemplate(request);
  }
  static v1::DraftBulletinRequest DraftRequest(const std::string& as_of = "2017-06-30") {
    v1::DraftBulletinRequest request;
    request.set_template_code("starts-monthly");
    request.set_as_of(as_of);
    return request;
  }
  absl::StatusOr<v1::BulletinRecord> Draft(const v1::DraftBulletinRequest& request = DraftRequest()) {
    auto response = Client().DraftBulletin(request);
    if (!response.ok()) return response.status();
    return response->draft();
  }
  static v1::IssueBulletinRequest IssueRequest(uint64_t draft, const std::string& date = "2017-07-04", const std::string& number = "") {
    v1::IssueBulletinRequest request;
    request.set_draft(draft);
    request.set_date(date);
    request.set_number(number);
    return request;
  }
  absl::StatusOr<v1::BulletinRecord> Issue(const v1::IssueBulletinRequest& request) {
    auto response = Client().IssueBulletin(request);
    if (!response.ok()) return response.status();
    return response->bulletin();
  }
  absl::StatusOr<v1::BulletinRecord> DraftAndIssue(const std::string& date = "2017-07-04", const std::string& number = "") {
    auto draft = Draft();
    if (!draft.ok()) return draft.status();
    return Issue(IssueRequest(draft->draft(), date, number));
  }
  absl::StatusOr<v1::BulletinRecord> Get(const std::string& number, uint64_t draft = 0) {
    v1::GetBulletinRequest request;
    request.set_number(number);
    request.set_draft(draft);
    auto response = Client().GetBulletin(request);
    if (!response.ok()) return response.status();
    return response->bulletin();
  }
  absl::StatusOr<v1::BulletinRecord> Correct(const std::string& number, const std::string& request_id = "") {
    v1::DraftCorrectionRequest request;
    request.set_number(number);
    request.set_request_id(request_id);
    auto response = Client().DraftCorrection(request);
    if (!response.ok()) return response.status();
    return response->draft();
  }
  // The aggregator goes on by one event; the basis before stays known.
  void SetStarts(uint32_t region, int64_t starts) {
    aggregator_.SetWorldAt(Token(), aggregator_.Edit([](World& world) { return world; }));
    aggregator_.Edit([&](World& world) {
      world.Cell(region, kStarts, 2017).set_actual(starts);
      ++world.progress_sequence;
      return 0;
    });
  }
  std::string Token() {
    return aggregator_.Edit([](World& world) { return world.Stamp().token(); });
  }
};

// "table.rows" of the first annex as printed: 香格里拉市 2000 1241 62.05 1|…
inline std::string Printed(const bulletin::Annex& annex) {
  std::string text;
  for (const bulletin::Row& row : annex.rows) {
    for (const bulletin::Runs& cell : row.cells) text += PlainText(cell) + " ";
    text.back() = '|';
  }
  return text;
}

}  // namespace anju::ranking
