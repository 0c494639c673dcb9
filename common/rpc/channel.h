// Settings that both ends of a connection share.
#pragma once

namespace anju::rpc {

// Errors travel in trailing metadata: 100 of them, each with its candidates, stay well below this. The library's default is 8 KiB.
inline constexpr int kMetadataBytesMax = 1 << 20;
inline constexpr int kKeepaliveTimeoutMs = 10'000;
inline constexpr int kReconnectMsMin = 50;
inline constexpr int kReconnectMsMax = 1'000;

// Silences the library's own log lines for this process, unless GRPC_VERBOSITY is set. Called by Start and Connect.
void QuietLibrary();

}  // namespace anju::rpc
