// A service without any business of its own, for testing how the suite starts, watches and stops its children. If the file
// "exit_code" is in its data directory, it ends at once with the number in it; with "exit_codes", it ends so often with the next of them. With `up DATA PROGRAMS` it is `anju up` instead.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/rpc/rpc.h"
#include "services/cli/up.h"

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "up") return anju::cli::RunUp({.suite = {.data = argv[2], .ports = {0, 0, 0, 0}, .programs = argv[3]}});
  anju::rpc::BlockSignals();
  std::string data, listen, flags;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--data") data = argv[i + 1];
    if (flag == "--listen") listen = argv[i + 1];
    flags += flag + " " + argv[i + 1] + "\n";
  }
  std::filesystem::create_directories(data);
  std::ofstream(data + "/flags") << flags;
  if (int code = 0; std::ifstream(data + "/exit_code") >> code) {
    std::fprintf(stderr, "told to end with %d\n", code);
    return code;
  }
  if (std::ifstream codes(data + "/exit_codes"); codes) {
    std::string rest;
    int code = 0;
    if (codes >> code) {
      std::getline(codes, rest);
      std::ofstream(data + "/exit_codes") << rest;
      return code;
    }
  }
  auto server = anju::rpc::Server::Start({.service = std::filesystem::path(data).filename(), .listen = listen}, {}, nullptr);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
    return 6;
  }
  (*server)->SetServing(true);
  anju::rpc::Announce((*server)->address());
  anju::rpc::WaitForSignal();
  std::ofstream(data + "/stopped") << "in order\n";
  return 0;
}
