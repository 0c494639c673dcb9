// What can be seen in a report file before it is sent: numbers, dates, periods, unknown names, contradicting rows. The service
// makes the same checks again; these only come earlier and refuse the whole file.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/csv/csv.h"
#include "common/registry/registry.h"

namespace anju::cli {

// `names` is nullptr when the plan service does not answer: then names and units are left to the service.
// `named_source` tells whether the writer numbers its rows (--source).
absl::Status CheckReport(const csv::Table& table, const Registry* names, bool named_source);

}  // namespace anju::cli
