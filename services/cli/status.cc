// Collecting the status of the four services.
#include "services/cli/status.h"

#include <array>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/client/client.h"

namespace anju::cli {
namespace {

// journal-id/sequence; empty for "nothing applied".
std::string Print(const types::v1::Position& position) {
  return position.journal_id().empty() ? "" : absl::StrCat(position.journal_id(), "/", position.sequence());
}

std::string PositionOf(const status::v1::GetStatusResponse& response) {
  if (response.has_position()) return Print(response.position());
  std::string out = Print(response.basis().basis().plan());
  for (const types::v1::Position& position : response.basis().basis().progress()) {
    absl::StrAppend(&out, out.empty() ? "" : " ", Print(position));
  }
  return out;
}

ServiceStatus Ask(const std::string& name, const std::string& address, int deadline_ms) {
  ServiceStatus out{.name = name, .address = address};
  const auto response = client::StatusClient(address).GetStatus({}, {.deadline_ms = deadline_ms});
  if (!response.ok()) {
    out.problem = std::string(response.status().message());
    return out;
  }
  out.pid = response->pid();
  out.position = PositionOf(*response);
  out.resident_bytes = response->resident_bytes();
  out.healthy = response->serving();
  if (!response->serving()) out.problem = "not serving yet";
  if (response->name() != name) {
    out.healthy = false;
    out.problem = absl::StrCat("anju-", response->name(), " answers at this address");
  }
  for (const status::v1::Followed& feed : response->following()) {
    if (feed.name() == "disk") {  // said only while there is too little room on it
      out.healthy = false;
      out.problem = feed.problem();
      continue;
    }
    out.lag += feed.lag();
    if (feed.connected()) {
      if (!feed.problem().empty()) out.problem = absl::StrCat(feed.name(), " at ", feed.address(), ": ", feed.problem());
      continue;
    }
    // Also a service that can still answer from what it has is not well while it cannot hear of anything new.
    out.healthy = false;
    out.problem = absl::StrCat("not connected to ", feed.name(), " at ", feed.address(), feed.problem().empty() ? "" : ": ", feed.problem());
  }
  return out;
}

}  // namespace

std::vector<ServiceStatus> CollectStatus(const Endpoints& endpoints, int deadline_ms) {
  const std::array<std::pair<const char*, const std::string*>, 4> services = {{{"plan", &endpoints.plan},
                                                                               {"progress", &endpoints.progress},
                                                                               {"aggregator", &endpoints.aggregator},
                                                                               {"ranking", &endpoints.ranking}}};
  std::vector<ServiceStatus> out(services.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < services.size(); ++i) {
    threads.emplace_back([&, i] { out[i] = Ask(services[i].first, *services[i].second, deadline_ms); });
  }
  for (std::thread& thread : threads) thread.join();
  return out;
}

Json StatusJson(const std::vector<ServiceStatus>& services) {
  Json list = Json::array();
  for (const ServiceStatus& service : services) {
    list.push_back({{"name", service.name},
                    {"address", service.address},
                    {"pid", service.pid},
                    {"healthy", service.healthy},
                    {"position", service.position},
                    {"lag", service.lag},
                    {"resident_bytes", service.resident_bytes},
                    {"problem", service.problem}});
  }
  return {{"services", std::move(list)}};
}

}  // namespace anju::cli
