// The people of a simulation: clerks who report and send again, offices that plan and amend, reviewers, readers, and who issues bulletins. They tell the
// oracle what they sent and what they heard.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/network.h"
#include "tests/simulation/node.h"
#include "tests/simulation/oracle.h"

namespace anju::simulation {

class Clerk : public Machine {
 public:
  Clerk(Context& context, Oracle& oracle, std::string name) : Machine(std::move(name)), context_(context), oracle_(oracle) {}
  // Acts now and then from now on.
  void Begin(int64_t pause_us_max);
  // Begins nothing new: what was begun is brought to its end.
  void Finish() { finishing_ = true; }
  // A progress service was restored from a backup: what it lost has to be sent again.
  virtual void Restored(size_t journal) {}
  // Everything begun has its answer.
  virtual bool Done() const = 0;

 protected:
  virtual void Act() = 0;
  template <typename Request, typename Response>
  void Call(Node& server, const std::string& method, const Request& request, std::function<void(absl::StatusOr<Response>)> done) {
    context_.network.Call(*this, server, method, request.SerializeAsString(), kCallUs, [done, this](absl::StatusOr<std::string> bytes) {
      Response response;
      if (!bytes.ok()) return done(bytes.status());
      if (!response.ParseFromString(*bytes)) return context_.Violated("an answer did not arrive as it was sent");
      done(std::move(response));
    });
  }
  Random& random() { return context_.scheduler.random; }
  bool finishing() const { return finishing_; }

  static constexpr int64_t kCallUs = 3'000'000;
  Context& context_;
  Oracle& oracle_;

 private:
  bool finishing_ = false;
};

// The plan service must have answered its first imports before the others begin.
std::unique_ptr<Clerk> NewPlanner(Context& context, Oracle& oracle, Node& plan, std::function<void()> on_ready);
// One source with a number of its own for each item; `journal` is the oracle's number of the progress service.
std::unique_ptr<Clerk> NewReporter(Context& context, Oracle& oracle, Node& progress, size_t journal, const std::string& source, std::vector<std::string> counties);
std::unique_ptr<Clerk> NewReviewer(Context& context, Oracle& oracle, Node& progress, size_t journal, std::vector<std::string> counties);
std::unique_ptr<Clerk> NewReader(Context& context, Oracle& oracle, Node& aggregator, Node& ranking);
std::unique_ptr<Clerk> NewIssuer(Context& context, Oracle& oracle, Node& ranking);

// The regions of the world: a province, two cities, four counties in each.
inline constexpr const char* kProvince = "99";
inline constexpr const char* kCities[] = {"9901", "9902"};
std::vector<std::string> CountiesOf(int city);

}  // namespace anju::simulation
