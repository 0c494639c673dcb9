// The C library's names, defined here: the program's own definitions come before those of the library.
#include "common/testing/system_calls.h"

#include <cerrno>
#include <cstdarg>
#include <optional>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Fault {
  uint64_t nth = 0;
  int error = 0;
  std::string only;
  uint64_t calls = 0;
  std::string failed;
};
struct Shortened {
  size_t bytes = 0;
  bool interrupt_read = true, interrupt_write = true;
};
thread_local Fault* fault = nullptr;
thread_local Shortened* shortened = nullptr;

std::string NameOf(int fd) {
  char name[4096];
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof(name));
  return size < 0 ? std::to_string(fd) : std::string(name, static_cast<size_t>(size));
}

// The error that a call has to fail with, if it is the one.
std::optional<int> Begin(const char* call, const std::string& name) {
  if (fault == nullptr || (!fault->only.empty() && fault->only != call) || ++fault->calls != fault->nth) return std::nullopt;
  fault->failed = std::string(call) + " " + name;
  return fault->error;
}
std::optional<int> Begin(const char* call, int fd) {
  return fault == nullptr ? std::nullopt : Begin(call, fd < 3 ? std::to_string(fd) : NameOf(fd));
}

int Fail(int error) {
  errno = error;
  return -1;
}

bool Interrupts(bool& once) {
  if (!once) return false;
  once = false;
  return true;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (const auto error = Begin("open", path)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
ssize_t read(int fd, void* bytes, size_t size) {
  if (const auto error = Begin("read", fd)) return Fail(*error);
  if (shortened != nullptr) {
    if (Interrupts(shortened->interrupt_read)) return Fail(EINTR);
    size = size < shortened->bytes ? size : shortened->bytes;
  }
  return ::syscall(SYS_read, fd, bytes, size);
}
ssize_t write(int fd, const void* bytes, size_t size) {
  if (const auto error = Begin("write", fd)) return Fail(*error);
  if (shortened != nullptr) {
    if (Interrupts(shortened->interrupt_write)) return Fail(EINTR);
    size = size < shortened->bytes ? size : shortened->bytes;
  }
  return ::syscall(SYS_write, fd, bytes, size);
}
ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  if (const auto error = Begin("pread", fd)) return Fail(*error);
  return ::syscall(SYS_pread64, fd, bytes, size, offset);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  if (const auto error = Begin("pwrite", fd)) return Fail(*error);
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}
int fsync(int fd) {
  if (const auto error = Begin("fsync", fd)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  if (const auto error = Begin("fdatasync", fd)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
int rename(const char* from, const char* to) noexcept {
  if (const auto error = Begin("rename", to)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int unlink(const char* path) noexcept {
  if (const auto error = Begin("unlink", path)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_unlink, path));
}
int stat(const char* path, struct stat* found) noexcept {
  if (const auto error = Begin("stat", path)) return Fail(*error);
  return ::fstatat(AT_FDCWD, path, found, 0);
}
int fstat(int fd, struct stat* found) noexcept {
  if (const auto error = Begin("fstat", fd)) return Fail(*error);
  return ::fstatat(fd, "", found, AT_EMPTY_PATH);
}
int mkdir(const char* path, mode_t mode) noexcept {
  if (const auto error = Begin("mkdir", path)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
int flock(int fd, int operation) noexcept {
  if (const auto error = Begin("flock", fd)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}
int ftruncate(int fd, off_t size) noexcept {
  if (const auto error = Begin("ftruncate", fd)) return Fail(*error);
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
off_t lseek(int fd, off_t offset, int from) noexcept {
  if (const auto error = Begin("lseek", fd)) return Fail(*error);
  return ::syscall(SYS_lseek, fd, offset, from);
}
// Of OpenSSL.
int RAND_bytes(unsigned char* bytes, int size) {
  if (Begin("RAND_bytes", "")) return 0;
  return ::getrandom(bytes, static_cast<size_t>(size), 0) == size ? 1 : 0;
}
int statvfs(const char* path, struct statvfs* space) noexcept {
  if (const auto error = Begin("statvfs", path)) return Fail(*error);
  static auto* const real = reinterpret_cast<int (*)(const char*, struct statvfs*)>(::dlsym(RTLD_NEXT, "statvfs"));
  return real(path, space);
}

}  // extern "C"

namespace anju::testing {

FailingCall::FailingCall(uint64_t nth, int error, std::string only) { fault = new Fault{.nth = nth, .error = error, .only = std::move(only), .calls = 0, .failed = ""}; }
FailingCall::~FailingCall() {
  delete fault;
  fault = nullptr;
}
const std::string& FailingCall::failed() const { return fault->failed; }

ShortCalls::ShortCalls(size_t bytes) { shortened = new Shortened{.bytes = bytes}; }
ShortCalls::~ShortCalls() {
  delete shortened;
  shortened = nullptr;
}

uint64_t FailEachSystemCall(int error, const std::function<void()>& work, const std::function<void(const std::string& failed)>& judge, uint64_t stride) {
  for (uint64_t nth = 1, count = 0;; nth += stride, ++count) {
    std::string failed;
    {
      const FailingCall failing(nth, error);
      work();
      failed = failing.failed();
    }
    judge(failed);
    if (failed.empty()) return count;
  }
}

}  // namespace anju::testing
