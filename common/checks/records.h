// Rules of soft checks to and from their records in journals.
#pragma once

#include "anju/plan/v1/event.pb.h"
#include "common/checks/default_rules.h"

namespace anju {

plan::v1::CheckRule ToProto(const CheckRule& rule);
// An action that is not stated becomes that of the built-in rule of the check.
CheckRule FromProto(const plan::v1::CheckRule& record);

}  // namespace anju
