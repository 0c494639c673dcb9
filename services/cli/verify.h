// `anju verify DIR`: the offline audit of a suite's data, of one service's, or of a backup. A line for each step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/audit/suite.h"
#include "services/cli/context.h"

namespace anju::cli {

struct VerifyDirectoryOptions {
  std::string directory;
  std::string dump;    // compare the figures of this file, as `anju dump` writes them, instead of those of a private aggregator
  bool quick = false;  // without private services
};
// The exit code of what failed worst: 70 for bytes that are not what was recorded, 2 for contents that cannot be right.
int VerifyDirectory(const Context& context, const VerifyDirectoryOptions& options);

// One line of the answer. Both texts say what was looked at; `wrong` what is off, in English.
struct VerifyStep {
  std::string step;     // journal, facts, caches, figures, margins, rollups, bulletin, recompute
  std::string subject;  // the journal's directory, or the bulletin's number
  std::string chinese, english;
  absl::Status status;  // DATA_LOSS, TAMPERED, or why it could not be done
  std::string note;     // worth knowing, harmless
  Json detail = Json::object();
};

// The steps that need services of our own (verify_services.cc): the current figures compared, every bulletin composed again.
// REQUIRES: audit.has_figures().
void VerifyWithServices(const Context& context, const audit::SuiteAudit& audit, const std::vector<std::string>& model, std::vector<VerifyStep>* steps);
// The figures step against the lines of a dump (all kinds of lines; cells are compared).
VerifyStep CompareWithDump(const Context& context, audit::Figures& figures, const std::vector<audit::Key>& cells, const std::vector<std::string>& model, const std::string& dump, std::vector<VerifyStep>* margins);

// Prints all steps (verify_print.cc) and returns the exit code.
int PrintVerifySteps(const Context& context, const VerifyDirectoryOptions& options, const std::vector<VerifyStep>& steps);
// What is wrong, in the reader's language.
std::string VerifyWords(Lang lang, const std::string& english);

}  // namespace anju::cli
