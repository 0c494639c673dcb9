// What the simulation links in place of the empty functions that we ship.
#include "tests/simulation/faults_simulated.h"

namespace anju::simulation {

std::function<void(std::string_view)> on_reach;
std::set<faults::Protection> disabled;

}  // namespace anju::simulation

namespace anju::faults {

void Reach(std::string_view place) {
  if (simulation::on_reach) simulation::on_reach(place);
}
bool IsDisabled(Protection protection) { return !simulation::disabled.empty() && simulation::disabled.contains(protection); }

}  // namespace anju::faults
