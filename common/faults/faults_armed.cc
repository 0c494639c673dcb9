// What torture tests run: the environment says where the process dies and which protection is missing.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/faults/faults.h"

namespace anju::faults {
namespace {

struct Orders {
  std::string place;
  std::atomic<int64_t> left = 0;  // times until the end; 0: never
  std::string disabled;           // ",dedupe,sync,"
};

const char* Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Orders& Read() {
  static Orders* orders = [] {
    auto* read = new Orders;
    const std::string kill = Environment("ANJU_FAULT_KILL");
    if (const size_t colon = kill.rfind(':'); colon != std::string::npos) {
      read->place = kill.substr(0, colon);
      read->left = std::atoll(kill.c_str() + colon + 1);
    }
    read->disabled = "," + std::string(Environment("ANJU_FAULT_DISABLE")) + ",";
    return read;
  }();
  return *orders;
}

constexpr const char* NameOf(Protection protection) {
  switch (protection) {
    case Protection::kDedupe: return ",dedupe,";
    case Protection::kWitness: return ",witness,";
    case Protection::kPositionCheck: return ",position_check,";
    case Protection::kSync: return ",sync,";
  }
  return "";
}

}  // namespace

void Reach(std::string_view place) {
  Orders& orders = Read();
  if (orders.left <= 0 || place != orders.place) return;
  if (--orders.left == 0) {
    ::kill(::getpid(), SIGKILL);
    ::pause();  // until it arrives
  }
}

bool IsDisabled(Protection protection) {
  static const std::string* disabled = &Read().disabled;
  return disabled->size() > 2 && disabled->find(NameOf(protection)) != std::string::npos;
}

}  // namespace anju::faults
