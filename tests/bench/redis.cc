// The server, the script and the clients of redis.h.
#include "tests/bench/redis.h"

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include <hiredis/hiredis.h>
#include <unistd.h>

#include "common/status/macros.h"
#include "common/status/status.h"
#include "common/testing/subprocess.h"
#include "common/testing/testing.h"
#include "tests/bench/readers.h"

namespace anju::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<redisContext, void (*)(redisContext*)>;
using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

constexpr const char* kProgram = "/usr/bin/redis-server";

// A message: ARGV is source, number of its first item, then for each item series, day, "i" for an increment, amount, cells (−1: none), target (0: unranked).
// It answers the last number that the source has told, which for a repeat is what it was before. A figure is kept as "day amount".
constexpr const char* kScript = R"(
local call = redis.call
local last = tonumber(call('HGET', 'sources', ARGV[1]) or '0')
local first = tonumber(ARGV[2])
if first ~= last + 1 then return last end
local items = 0
for i = 3, #ARGV, 7 do
  items = items + 1
  local series, day, amount = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3])
  local before_day, before = -1, 0
  local kept = call('HGET', 'figures', series)
  if kept then
    local space = string.find(kept, ' ', 1, true)
    before_day, before = tonumber(string.sub(kept, 1, space - 1)), tonumber(string.sub(kept, space + 1))
  end
  if ARGV[i + 2] == 'i' then
    amount, day = before + amount, math.max(day, before_day)
  end
  if day >= before_day then
    call('HSET', 'figures', series, string.format('%d %d', day, amount))
    local change = string.format('%d', amount - before)
    if ARGV[i + 4] ~= '-1' then call('HINCRBY', 'cells', ARGV[i + 4], change) end
    call('HINCRBY', 'cells', ARGV[i + 5], change)
    if ARGV[i + 6] ~= '0' then call('ZADD', 'league', string.format('%.17g', amount / tonumber(ARGV[i + 6])), series) end
  end
end
last = last + items
call('HSET', 'sources', ARGV[1], last)
return last
)";

Connection ConnectTo(const std::string& socket) { return Connection(redisConnectUnix(socket.c_str()), redisFree); }

absl::Status Broken(const std::string& why) { return MakeError(Reason::INTERNAL, "redis", "", why); }

// The next answer of a pipeline (or of one command).
absl::StatusOr<Reply> Take(redisContext* connection) {
  void* answer = nullptr;
  if (redisGetReply(connection, &answer) != REDIS_OK) return Broken(connection->errstr);
  Reply reply(static_cast<redisReply*>(answer), freeReplyObject);
  if (reply->type == REDIS_REPLY_ERROR) return Broken(reply->str);
  return reply;
}

void Append(redisContext* connection, const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const std::string& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(connection, static_cast<int>(words.size()), words.data(), sizes.data());
}

absl::StatusOr<Reply> Ask(redisContext* connection, const std::vector<std::string>& command) {
  Append(connection, command);
  return Take(connection);
}

std::vector<std::string> Message(const std::string& script, const std::string& source, const Share& share, uint64_t first, int count) {
  std::vector<std::string> command = {"EVALSHA", script, "0", source, std::to_string(first)};
  command.reserve(5 + 7 * static_cast<size_t>(count));
  for (uint64_t sequence = first; sequence < first + count; ++sequence) {
    const Figure figure = share.At(sequence);
    const SeriesKey& key = share.key(figure.index);
    const bool ranked = key.place >= kCounties && key.indicator == kRankedIndicator;
    command.push_back(std::to_string(SeriesNumber(key)));
    command.push_back(std::to_string(figure.as_of_days));
    command.push_back(figure.increment ? "i" : "c");
    command.push_back(std::to_string(figure.amount));
    command.push_back(std::to_string(CityCell(key)));
    command.push_back(std::to_string(ProvinceCell(key)));
    command.push_back(ranked ? std::to_string(TargetOf(key.place)) : "0");
  }
  return command;
}

std::string LeagueMember(int unit) { return std::to_string(SeriesNumber({kCounties + unit, kRankedProgramme, kRankedIndicator})); }

// The cell of a province and those of its cities, as one rollup read of the others gives them.
std::vector<std::string> RollupQuestion(int province) {
  const int cell = kRankedProgramme * kIndicators + kRankedIndicator;
  std::vector<std::string> command = {"HMGET", "cells", std::to_string(province * kCellsOfRegion + cell)};
  for (int city = 0; city < kCities; ++city) {
    if (ProvinceOfCity(city) == province) command.push_back(std::to_string(kProvinceCells + city * kCellsOfRegion + cell));
  }
  return command;
}

}  // namespace

struct Redis::Impl {
  std::unique_ptr<testing::Subprocess> server;
  std::string socket, script;
};

absl::StatusOr<std::unique_ptr<Redis>> Redis::Start(const std::string& directory) {
  if (access(kProgram, X_OK) != 0) return MakeError(Reason::UNAVAILABLE, "redis", kProgram, "Redis is not installed");
  std::unique_ptr<Redis> redis(new Redis());
  redis->impl_ = std::make_unique<Impl>();
  Impl& impl = *redis->impl_;
  if (testing::RunCommand({"mkdir", "-p", directory}).exit_code != 0) return Broken("cannot make " + directory);
  impl.socket = directory + "/redis.sock";
  // Every command is in the log on the disk before it is answered; snapshots and rewriting of the log would only cost it time.
  ASSIGN_OR_RETURN(impl.server, testing::Subprocess::Start({.args = {kProgram, "--port", "0", "--unixsocket", impl.socket, "--dir", directory, "--appendonly", "yes",
                                                                     "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0"},
                                                            .output_prefix = directory + "/redis"}));
  Connection connection(nullptr, redisFree);
  const bool started = testing::WaitUntil([&] {
    connection = ConnectTo(impl.socket);
    return (connection != nullptr && connection->err == 0) || !impl.server->IsRunning();
  }, std::chrono::seconds(20));
  if (!started || !impl.server->IsRunning()) return Broken("it does not start: " + impl.server->out());
  ASSIGN_OR_RETURN(const Reply loaded, Ask(connection.get(), {"SCRIPT", "LOAD", kScript}));
  impl.script.assign(loaded->str, loaded->len);
  return redis;
}

Redis::~Redis() {
  if (impl_ == nullptr || impl_->server == nullptr) return;
  impl_->server->Kill(SIGKILL);  // what it has acknowledged is synced; nobody reads it again
  impl_->server->Wait(std::chrono::seconds(20));
}

std::string Redis::version() const {
  const Connection connection = ConnectTo(impl_->socket);
  const auto info = Ask(connection.get(), {"INFO", "server"});
  if (!info.ok()) return "Redis";
  const std::string text((*info)->str, (*info)->len);
  const size_t at = text.find("redis_version:");
  return at == std::string::npos ? "Redis" : "Redis " + text.substr(at + 14, text.find('\r', at) - at - 14);
}

absl::StatusOr<LoadResult> Redis::Load(const Turn& turn) {
  const Fleet& fleet = *turn.fleet;
  std::vector<Connection> connections;
  std::vector<Share> shares;
  for (int i = 0; i < fleet.streams; ++i) {
    connections.push_back(ConnectTo(impl_->socket));
    if (connections.back() == nullptr || connections.back()->err != 0) return Broken("no connection");
    shares.emplace_back(fleet, i, turn.year);
  }
  std::vector<absl::Status> statuses(fleet.streams);
  std::vector<std::thread> threads;
  const auto started = Clock::now();
  for (int i = 0; i < fleet.streams; ++i) {
    threads.emplace_back([&, i] {
      const auto run = [&]() -> absl::Status {
        redisContext* const connection = connections[i].get();
        const std::string source = SourceName(fleet, i, turn.year);
        uint64_t next = turn.first, answered = turn.first - 1;
        const uint64_t end = turn.first + turn.items_of_stream();
        const uint64_t window = static_cast<uint64_t>(fleet.in_flight) * fleet.items_per_message;
        while (answered + 1 < end) {
          for (; next < end && next + fleet.items_per_message <= answered + 1 + window; next += fleet.items_per_message) {
            Append(connection, Message(impl_->script, source, shares[i], next, fleet.items_per_message));
          }
          ASSIGN_OR_RETURN(const Reply reply, Take(connection));
          if (static_cast<uint64_t>(reply->integer) != answered + fleet.items_per_message) return Broken("a message was not counted");
          answered = reply->integer;
        }
        return absl::OkStatus();
      };
      statuses[i] = run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
  return LoadResult{.items = turn.items(), .seconds = seconds};
}

absl::Status Redis::CheckRepeats(const Turn& turn) {
  const Connection connection = ConnectTo(impl_->socket);
  const std::string source = SourceName(*turn.fleet, 0, turn.year);
  const Share share(*turn.fleet, 0, turn.year);
  ASSIGN_OR_RETURN(const Reply before, Ask(connection.get(), {"HGET", "sources", source}));
  ASSIGN_OR_RETURN(const Reply reply, Ask(connection.get(), Message(impl_->script, source, share, turn.first, turn.fleet->items_per_message)));
  return std::to_string(reply->integer) == before->str ? absl::OkStatus() : Broken("a message that came again was counted");
}

absl::StatusOr<Published> Redis::Publish() {
  const Connection connection = ConnectTo(impl_->socket);
  Published published;
  ASSIGN_OR_RETURN(const Reply cells, Ask(connection.get(), {"HGETALL", "cells"}));
  for (size_t i = 0; i + 1 < cells->elements; i += 2) published.cells.at(std::stoul(cells->element[i]->str)) = std::stoll(cells->element[i + 1]->str);
  for (int unit = 0; unit < kDirectUnits; ++unit) {
    ASSIGN_OR_RETURN(const Reply score, Ask(connection.get(), {"ZSCORE", "league", LeagueMember(unit)}));
    if (score->type != REDIS_REPLY_STRING) continue;
    // Sorted sets know no shared places: one more than how many stand strictly before it.
    ASSIGN_OR_RETURN(const Reply better, Ask(connection.get(), {"ZCOUNT", "league", "(" + std::string(score->str), "+inf"}));
    ASSIGN_OR_RETURN(const Reply figure, Ask(connection.get(), {"HGET", "figures", LeagueMember(unit)}));
    const std::string kept = figure->str;
    published.ranks[unit] = better->integer + 1;
    published.figures[unit] = std::stoll(kept.substr(kept.find(' ') + 1));
  }
  return published;
}

absl::StatusOr<double> Redis::Read(PeerRead read, int connections, int pipeline, double seconds) {
  std::vector<std::vector<std::string>> rollups;
  for (int province = 0; province < kProvinces; ++province) rollups.push_back(RollupQuestion(province));
  return AnswersPerSecond(connections, seconds, [&](int i, Clock::time_point end, uint64_t* answers) -> absl::Status {
    const Connection connection = ConnectTo(impl_->socket);
    for (uint64_t n = i; Clock::now() < end;) {
      for (int asked = 0; asked < pipeline; ++asked, n += connections) {
        switch (read) {
          case PeerRead::kRollup: Append(connection.get(), rollups[n % kProvinces]); break;
          case PeerRead::kStanding: Append(connection.get(), {"ZREVRANK", "league", LeagueMember(static_cast<int>(n * 7 % kDirectUnits))}); break;
          case PeerRead::kTop: Append(connection.get(), {"ZREVRANGE", "league", "0", "19", "WITHSCORES"}); break;
          case PeerRead::kTable: Append(connection.get(), {"ZREVRANGE", "league", "0", "-1", "WITHSCORES"}); break;
        }
      }
      for (int asked = 0; asked < pipeline; ++asked) {
        ASSIGN_OR_RETURN(const Reply reply, Take(connection.get()));
        if (reply->type == REDIS_REPLY_NIL) return Broken("an answer with nothing in it");
        ++*answers;
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace anju::bench
