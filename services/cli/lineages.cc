// Asks the owners of the journals.
#include "services/cli/lineages.h"

#include <string>

#include "common/client/client.h"

namespace anju::cli {

rpc::Lineages LineagesOf(const Context& context) {
  rpc::Lineages lineages;
  for (const std::string& address : {context.endpoints.plan, context.endpoints.progress}) {
    const auto told = client::FeedClient(address).GetJournal({}, {.deadline_ms = context.deadline_ms});
    if (!told.ok()) continue;
    const auto lineage = journal::Lineage::FromIdentities({told->identities().begin(), told->identities().end()});
    if (lineage.ok()) lineages.Add(*lineage);
  }
  return lineages;
}

}  // namespace anju::cli
