// What every command needs to know: where the services are, how to print, in which language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "services/cli/exit_codes.h"
#include "services/cli/messages.h"

namespace anju::cli {

using Json = nlohmann::ordered_json;  // keys keep the order of the contract

enum class Output { kTable, kJson, kCsv };

struct Endpoints {
  std::string plan = "127.0.0.1:7401";
  std::string progress = "127.0.0.1:7402";
  std::string aggregator = "127.0.0.1:7403";
  std::string ranking = "127.0.0.1:7404";
};

struct Context {
  Endpoints endpoints;
  Output output = Output::kTable;
  Lang lang = Lang::kChinese;
  int deadline_ms = 10'000;

  std::string_view Say(std::string_view chinese, std::string_view english) const { return cli::Say(lang, chinese, english); }
};

// One table for all three outputs. `json` is printed for -o json; header and rows for the others. Numbers are right-aligned.
struct Sheet {
  std::vector<std::string> header;             // contract names; translated for -o table
  std::vector<bool> right;                     // right-aligned columns; may be shorter than the header
  std::vector<std::vector<std::string>> rows;
};

void PrintSheet(const Context& context, const Sheet& sheet);
void PrintJson(const Json& json);
// To standard error, unless the output is read by a program.
void Talk(const Context& context, std::string_view text);

// Prints every error of `status` to standard error (as {"errors":[…]} with -o json) and returns the exit code.
int Fail(const Context& context, const absl::Status& status, std::string_view file = "");
// The same for several files at once, in one list; the exit code is that of the first.
struct FileStatus {
  std::string file;
  absl::Status status;
};
int FailFiles(const Context& context, const std::vector<FileStatus>& failed);
// The same for a question: what it names and nobody knows is "not found", where a file that names it is not valid.
int FailQuestion(const Context& context, const absl::Status& status);

// The basis to go on with: the last line of a table, a line of talk beside CSV; JSON carries it itself.
void PrintToken(const Context& context, const std::string& token);

// A progress bar on a terminal's standard error; silent elsewhere.
class Progress {
 public:
  Progress(std::string label, size_t total);
  ~Progress();
  void Set(size_t done);

 private:
  std::string label_;
  size_t total_;
  int shown_percent_ = -1;
  bool visible_;
};

}  // namespace anju::cli
