// Unary calls as fast as some clients get their answers, of a service or of the floor that was taught the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anju::bench {

inline constexpr int kReaders = 4;  // clients at once, each with a connection of its own

// One call on this channel; `n` says which of the questions.
using Ask = std::function<absl::Status(const std::shared_ptr<grpc::Channel>& channel, uint64_t n)>;

// Answers a second, of kReaders clients that each ask again when they have their answer.
absl::StatusOr<double> ReadRate(const std::string& address, double seconds, const Ask& ask);

// Makes the echo server answer a method ("/anju.ranking.v1.RankingService/GetStanding") with these bytes.
absl::Status Teach(const std::string& echo_address, const std::string& method, const std::string& answer);

}  // namespace anju::bench
