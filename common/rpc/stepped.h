// For a process that simulates whole services on one thread.
#pragma once

namespace anju::rpc {

// Waiting rooms made from now on have no thread: Wake looks at everybody on the caller's, and deadlines pass only then.
void UseSteppedWaitingRooms();

}  // namespace anju::rpc
