// The findings of a checked table in words: a reader understands them without the ids of the check file.
#pragma once

#include <string>

#include "common/check_file/judge.h"
#include "services/cli/messages.h"

namespace anju::cli {

// A file that was checked.
struct CheckedFile {
  std::string name;
  CheckFile file;
  CheckReport report;
};

// error, rounding, not_additive, note: the words of JSON and CSV.
std::string_view VerdictWord(Verdict verdict);

// "各项之和：廉租住房（1220）＋经济适用住房（1303）": operands by their places, as far as these differ from the row's own, with what is printed there.
std::string RelationInWords(const CheckFile& file, const CheckCell& cell, const Relation& relation, Lang lang);

// "印作 13640 套，应为 12134 套，差 1506".
std::string FindingInWords(const CheckFile& file, const JudgedRelation& judged, Lang lang);

// What was checked and what came out, in one or two sentences.
std::string SummaryInWords(const CheckCounts& counts, Lang lang);

// Everything for people: the summary, then wrong cells, roundings, notes and what could not be judged.
std::string ReportInWords(const CheckedFile& checked, Lang lang);

}  // namespace anju::cli
