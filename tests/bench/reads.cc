// Unary reads beside raw unary calls of the same bytes, and beside the same questions put to PostgreSQL and Redis.
#include <string>
#include <vector>

#include "anju/aggregator/v1/aggregator.grpc.pb.h"
#include "anju/ranking/v1/ranking.grpc.pb.h"
#include "common/rpc/rpc.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "tests/bench/unary.h"
#include "tests/bench/world.h"

namespace anju::bench {
namespace {

constexpr double kSecondsQuick = 0.7, kSecondsFull = 2;
constexpr int kRedisPipeline = 16;
constexpr int kTop = 20;

ranking::v1::Definition RankedDefinition() {
  ranking::v1::Definition definition;
  definition.set_programme(ProgrammeCode(kRankedProgramme));
  definition.set_indicator(IndicatorCode(kRankedIndicator));
  definition.set_year(std::to_string(kYear));
  return definition;
}

// A province's figure with those of its cities.
aggregator::v1::GetRollupRequest RollupQuestion(uint64_t n) {
  aggregator::v1::GetRollupRequest request;
  request.set_region(ProvinceCode(static_cast<int>(n % kProvinces)));
  request.set_year(std::to_string(kYear));
  request.set_programme(ProgrammeCode(kRankedProgramme));
  request.set_indicator(IndicatorCode(kRankedIndicator));
  return request;
}

ranking::v1::GetStandingRequest StandingQuestion(uint64_t n) {
  ranking::v1::GetStandingRequest request;
  request.set_region(PlaceCode(kCounties + static_cast<int>(n * 7 % kDirectUnits)));
  *request.mutable_definition() = RankedDefinition();
  return request;
}

ranking::v1::GetLeagueTableRequest TableQuestion(uint64_t) {
  ranking::v1::GetLeagueTableRequest request;
  request.set_region(kDirectRegion);
  *request.mutable_definition() = RankedDefinition();
  return request;
}

ranking::v1::GetLeagueTableRequest TopQuestion(uint64_t n) {
  ranking::v1::GetLeagueTableRequest request = TableQuestion(n);
  request.set_limit(kTop);
  return request;
}

template <typename Service, typename Request, typename Response>
using Method = grpc::Status (Service::Stub::*)(grpc::ClientContext*, const Request&, Response*);

template <typename Service, typename Request, typename Response>
Ask Asking(Method<Service, Request, Response> method, Request (*question)(uint64_t)) {
  return [=](const std::shared_ptr<grpc::Channel>& channel, uint64_t n) -> absl::Status {
    thread_local std::shared_ptr<grpc::Channel> connected;  // a stub a thread and channel, not one a call
    thread_local std::unique_ptr<typename Service::Stub> stub;
    if (connected != channel) {
      stub = Service::NewStub(channel);
      connected = channel;
    }
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    Response response;
    return rpc::FromGrpc(((*stub).*method)(&context, question(n), &response));
  };
}

struct Kind {
  const char* name;
  const char* work;
  PeerRead peer;
  const char* service;  // plain name of the service that answers
  const char* method;
  Ask ask;
  std::string answer;   // what the floor sends
};

template <typename Service, typename Request, typename Response>
absl::StatusOr<Response> OneAnswer(const std::string& address, Method<Service, Request, Response> method, const Request& request) {
  const auto stub = Service::NewStub(rpc::Connect(address));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  Response response;
  RETURN_IF_ERROR(rpc::FromGrpc(((*stub).*method)(&context, request, &response)));
  return response;
}

absl::Status MeasureKind(World& world, const Kind& kind, bool has_floor) {
  const std::string address = world.suite.address(kind.service);
  const double seconds = world.options.quick ? kSecondsQuick : kSecondsFull;
  Rounds ours, floor, postgres, redis;
  if (has_floor) RETURN_IF_ERROR(Teach(world.echo_address, kind.method, kind.answer));
  for (int round = 0; round < world.rounds(); ++round) {
    for (const bool floor_now : {round % 2 == 0, round % 2 != 0}) {
      if (floor_now && !has_floor) continue;
      ASSIGN_OR_RETURN(const double rate, ReadRate(floor_now ? world.echo_address : address, seconds, kind.ask));
      (floor_now ? floor : ours).Add(rate);
    }
    if (world.postgres != nullptr) {
      ASSIGN_OR_RETURN(const double rate, world.postgres->Read(kind.peer, kReaders, seconds));
      postgres.Add(rate);
    }
    if (world.redis != nullptr) {
      ASSIGN_OR_RETURN(const double rate, world.redis->Read(kind.peer, kReaders, kind.peer == PeerRead::kTable ? 1 : kRedisPipeline, seconds));
      redis.Add(rate);
    }
  }
  const std::string work = std::string("read ") + kind.name;
  world.report.Add(Measured{work, "anju", "reads/s", ours});
  if (has_floor) world.report.Add(Measured{work, "raw unary, same bytes", "reads/s", floor});
  if (world.postgres != nullptr) world.report.Add(Measured{work, "PostgreSQL, prepared, indexed", "reads/s", postgres});
  if (world.redis != nullptr) world.report.Add(Measured{work, "Redis, pipelines of 16", "reads/s", redis});
  if (has_floor) {
    world.report.Add(Ratio{.name = std::string("read_") + kind.name, .work = std::string(kind.work) + " (unary)", .unit = "reads/s", .ours = ours.median(), .peer_name = "raw unary",
                           .peer = floor.median(), .ratio = MedianRatio(ours, floor), .bar = 0.80, .stretch = 0.90, .note = std::to_string(kind.answer.size()) + " B an answer"});
  }
  if (world.postgres != nullptr && kind.peer != PeerRead::kRollup) {
    world.report.Add(Ratio{.name = std::string("postgres_") + kind.name, .work = std::string(kind.work) + " beside PostgreSQL", .unit = "reads/s", .ours = ours.median(),
                           .peer_name = "PostgreSQL", .peer = postgres.median(), .ratio = MedianRatio(ours, postgres), .bar = 100, .stretch = 200});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureReads(World& world) {
  using Aggregator = aggregator::v1::AggregatorService;
  using Ranking = ranking::v1::RankingService;
  const std::string aggregator = world.suite.address("aggregator"), ranking = world.suite.address("ranking");
  ASSIGN_OR_RETURN(const auto rollup, (OneAnswer<Aggregator>(aggregator, &Aggregator::Stub::GetRollup, RollupQuestion(0))));
  ASSIGN_OR_RETURN(const auto standing, (OneAnswer<Ranking>(ranking, &Ranking::Stub::GetStanding, StandingQuestion(0))));
  ASSIGN_OR_RETURN(const auto table, (OneAnswer<Ranking>(ranking, &Ranking::Stub::GetLeagueTable, TableQuestion(0))));
  ASSIGN_OR_RETURN(const auto top, (OneAnswer<Ranking>(ranking, &Ranking::Stub::GetLeagueTable, TopQuestion(0))));
  if (top.rows_size() != kTop || top.ranked_total() + top.unranked_total() != kDirectUnits) {
    return MakeError(Reason::INTERNAL, "ranking", std::to_string(top.rows_size()), "a top 20 without its rows");
  }
  const Kind kinds[] = {
      {"rollup", "rollup of a province and its cities", PeerRead::kRollup, "aggregator", "/anju.aggregator.v1.AggregatorService/GetRollup",
       Asking<Aggregator>(&Aggregator::Stub::GetRollup, RollupQuestion), rollup.SerializeAsString()},
      {"standing", "standing of one region among 3,000", PeerRead::kStanding, "ranking", "/anju.ranking.v1.RankingService/GetStanding",
       Asking<Ranking>(&Ranking::Stub::GetStanding, StandingQuestion), standing.SerializeAsString()},
      {"top20", "top 20 of 3,000", PeerRead::kTop, "ranking", "/anju.ranking.v1.RankingService/GetLeagueTable",
       Asking<Ranking>(&Ranking::Stub::GetLeagueTable, TopQuestion), top.SerializeAsString()},
      {"table", "whole table of 3,000", PeerRead::kTable, "ranking", "/anju.ranking.v1.RankingService/GetLeagueTable",
       Asking<Ranking>(&Ranking::Stub::GetLeagueTable, TableQuestion), table.SerializeAsString()}};
  for (const Kind& kind : kinds) RETURN_IF_ERROR(MeasureKind(world, kind, true));
  return absl::OkStatus();
}

}  // namespace anju::bench
