// The commands about the suite itself.
#include "services/cli/suite_commands.h"

#include "services/cli/status.h"
#include "services/cli/up.h"

namespace anju::cli {

int Up(const Context& context, const UpCommandOptions& options) {
  UpOptions up;
  up.suite.data = options.data;
  for (size_t i = 0; i < kServices; ++i) up.suite.ports[i] = options.port_base == 0 ? 0 : options.port_base + static_cast<int>(i);
  up.suite.reserve_mib = options.reserve_mib;
  up.quiet = context.output != Output::kTable;
  return RunUp(up);
}

int Status(const Context& context) {
  const std::vector<ServiceStatus> services = CollectStatus(context.endpoints, std::min(context.deadline_ms, 3'000));
  bool all_healthy = true;
  for (const ServiceStatus& service : services) all_healthy = all_healthy && service.healthy;
  if (context.output == Output::kJson) {
    PrintJson(StatusJson(services));
  } else {
    Sheet sheet{{"service", "address", "pid", "healthy", "position", "lag", "resident_mib", "problem"}, {false, false, true, false, false, true, true, false}, {}};
    for (const ServiceStatus& service : services) {
      sheet.rows.push_back({service.name, service.address, std::to_string(service.pid),
                            context.output == Output::kCsv ? (service.healthy ? "true" : "false") : std::string(service.healthy ? context.Say("正常", "yes") : context.Say("异常", "no")),
                            service.position, std::to_string(service.lag), std::to_string(service.resident_bytes >> 20), service.problem});
    }
    PrintSheet(context, sheet);
  }
  return all_healthy ? kOk : kUnavailable;
}

}  // namespace anju::cli
