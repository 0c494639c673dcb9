// Directories, files, polling and servers for tests.
#include "common/testing/testing.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/rpc/rpc.h"
#include "common/status/macros.h"

namespace anju::testing {
namespace {

std::string Environment(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::string(value) : std::string(otherwise);
}

}  // namespace

TempDir::TempDir() {
  path_ = Environment("TMPDIR", "/tmp") + "/anju-test-XXXXXX";
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TempDir::~TempDir() {
  std::error_code ignored;  // a directory that cannot be removed is not what the test is about
  std::filesystem::remove_all(path_, ignored);
}

std::string SourceDir() { return Environment("ANJU_SOURCE_DIR", ANJU_TESTING_SOURCE_DIR); }
std::string BinDir() { return Environment("ANJU_BIN_DIR", ANJU_TESTING_BIN_DIR); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    ADD_FAILURE() << "cannot read " << path;
    return "";
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) ADD_FAILURE() << "cannot write " << path;
}

bool WaitUntil(const std::function<bool()>& reached, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!reached()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

ServerFixture::ServerFixture(const std::vector<grpc::Service*>& services, std::string name, std::string listen) {
  auto server = rpc::Server::Start({.service = std::move(name), .listen = std::move(listen)}, services, nullptr);
  CHECK_OK(server.status());
  server_ = *std::move(server);
  server_->SetServing(true);
  address_ = server_->address();
}

ServerFixture::~ServerFixture() = default;

const std::string& ServerFixture::address() const { return address_; }

void ServerFixture::Stop() { server_.reset(); }

}  // namespace anju::testing
