// Chromium without a window, in a directory that goes afterwards, without network. Scripts are forbidden by the page itself: a Chromium that is told to
// run none does not print either.
#include "services/cli/pdf.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "common/status/status.h"
#include "services/cli/child.h"
#include "services/cli/temporary_directory.h"

namespace anju::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Unavailable(std::string_view what) { return MakeError(Reason::PDF_UNAVAILABLE, "form", what, ""); }

absl::StatusOr<std::string> FindChromium() {
  if (const char* named = std::getenv("ANJU_CHROMIUM"); named != nullptr && *named != '\0') return std::string(named);
  const char* path = std::getenv("PATH");
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    for (const absl::string_view directory : absl::StrSplit(path == nullptr ? "/usr/bin" : path, ':', absl::SkipEmpty())) {
      const std::string program = absl::StrCat(directory, "/", name);
      if (access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return Unavailable("no chromium, chromium-browser or google-chrome in PATH");
}

// Chromium is a family of processes; its group ends whole.
absl::Status RunToEnd(Child& child) {
  const pid_t group = child.pid();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPdfMsMax);
  std::optional<int> code;
  while (!(code = child.Reap())) {
    child.ReadOutput();
    if (std::chrono::steady_clock::now() >= deadline) {
      kill(-group, SIGKILL);
      child.WaitOrKill(1'000);
      return Unavailable(absl::StrCat("chromium did not end within ", kPdfMsMax / 1000, " s"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(-group, SIGKILL);
  return *code == 0 ? absl::OkStatus() : Unavailable(absl::StrCat("chromium ended with exit code ", *code, ": ", child.LastWords()));
}

}  // namespace

absl::Status RenderPdf(std::string_view html, const std::string& out) {
  ASSIGN_OR_RETURN(const std::string chromium, FindChromium());
  TemporaryDirectory directory("pdf");
  const std::string page = directory.path() + "/page.html", pdf = directory.path() + "/page.pdf";
  std::ofstream file(page, std::ios::binary);
  file << html;
  file.close();
  if (directory.path().empty() || !file) return MakeError(Reason::STORAGE_FAILED, "data", "TMPDIR", "cannot write into the temporary directory");
  std::vector<std::string> command = {chromium, "--headless", "--disable-gpu", "--disable-extensions", "--disable-dev-shm-usage", "--no-first-run",
                                      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-crash-reporter",
                                      "--proxy-server=127.0.0.1:9",  // a page of ours asks for nothing; another one gets nothing
                                      "--user-data-dir=" + directory.path() + "/profile", "--no-pdf-header-footer", "--print-to-pdf=" + pdf,
                                      "file://" + page};
  if (geteuid() == 0) command.insert(command.begin() + 1, "--no-sandbox");  // its sandbox refuses to be root's
  Child child("chromium", directory.path() + "/chromium.log");
  if (const absl::Status spawned = child.Spawn(std::move(command)); !spawned.ok()) return Unavailable(ErrorsOf(spawned).front().message);
  RETURN_IF_ERROR(RunToEnd(child));
  std::ifstream made(pdf, std::ios::binary);
  std::string magic(5, '\0');
  if (!made.read(magic.data(), 5) || magic != "%PDF-") return Unavailable("chromium wrote no PDF");
  // Beside its place first: a full disk leaves no half a bulletin, and an old one stays until the new one is whole.
  const std::string partial = absl::StrCat(out, ".", getpid(), ".partial");
  std::error_code error;
  fs::copy_file(pdf, partial, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(partial, out, error);
  if (!error) return absl::OkStatus();
  std::error_code ignored;
  fs::remove(partial, ignored);
  return MakeError(Reason::FILE_NOT_FOUND, "out", out, "cannot be written");
}

}  // namespace anju::cli
