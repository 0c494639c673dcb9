// Copies fields of rules.
#include "common/checks/records.h"

namespace anju {

plan::v1::CheckRule ToProto(const CheckRule& rule) {
  plan::v1::CheckRule record;
  record.set_name(rule.name);
  record.set_check(static_cast<plan::v1::SoftCheck>(rule.check));
  record.set_programme(rule.programme);
  record.set_indicator(rule.indicator);
  record.set_other(rule.other);
  record.set_limit(rule.limit);
  record.set_at_least(rule.at_least);
  record.set_action(static_cast<plan::v1::CheckAction>(rule.action));
  return record;
}

CheckRule FromProto(const plan::v1::CheckRule& record) {
  CheckRule rule{.name = record.name(), .check = static_cast<SoftCheck>(record.check()), .programme = record.programme(),
                 .indicator = record.indicator(), .other = record.other(), .limit = record.limit(), .at_least = record.at_least(),
                 .action = static_cast<CheckAction>(record.action())};
  if (rule.action != CheckAction::kNone) return rule;
  for (const DefaultCheckRule& built_in : kDefaultCheckRules) {
    if (built_in.check == rule.check) rule.action = built_in.action;
  }
  return rule;
}

}  // namespace anju
