// The prover's thread, and its answers as messages.
#include "common/feed/proofs.h"

#include <string>
#include <utility>

#include "common/feed/feed.h"
#include "common/status/macros.h"
#include "common/status/status.h"

namespace anju::feed {
namespace {

std::string Bytes(const journal::Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

types::v1::Position ToProto(const journal::TreeHead& head) {
  types::v1::Position position = rpc::ToProto(head.position);
  position.set_tree_size(head.size);
  position.set_tree_root(Bytes(head.root));
  return position;
}

absl::Status Stopping() { return MakeError(Reason::UNAVAILABLE, "", "", "the service is stopping"); }

}  // namespace

Prover::~Prover() {
  End();
  if (thread_.joinable()) thread_.join();
}

void Prover::End() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

template <typename Response>
void Prover::Ask(rpc::Finish<Response> finish, std::function<absl::StatusOr<Response>()> answer) {
  absl::Status refused;
  {
    const MutexLock lock(mutex_);
    if (ending_) {
      refused = Stopping();
    } else if (waiting_.size() >= kLookupsMax) {
      refused = MakeError(Reason::OVERLOADED, "", "", "more than " + std::to_string(kLookupsMax) + " lookups at once");
    } else {
      waiting_.push_back([finish, answer = std::move(answer)](const absl::Status& status) { finish(status.ok() ? answer() : absl::StatusOr<Response>(status)); });
      if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    }
  }
  if (!refused.ok()) return finish(refused);
  changed_.notify_all();
}

void Prover::Run() {
  while (true) {
    Question question;
    bool ending = false;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      question = std::move(waiting_.front());
      waiting_.pop_front();
      ending = ending_;
    }
    question(ending ? Stopping() : absl::OkStatus());
  }
}

void Prover::GetPosition(uint64_t sequence, rpc::Finish<v1::GetPositionResponse> finish) {
  Ask<v1::GetPositionResponse>(std::move(finish), [this, sequence] { return Position(sequence); });
}

void Prover::GetInclusionProof(const v1::GetInclusionProofRequest& request, rpc::Finish<v1::GetInclusionProofResponse> finish) {
  Ask<v1::GetInclusionProofResponse>(std::move(finish), [this, sequence = request.sequence(), at = request.at_sequence()] { return Inclusion(sequence, at); });
}

void Prover::GetConsistencyProof(const v1::GetConsistencyProofRequest& request, rpc::Finish<v1::GetConsistencyProofResponse> finish) {
  Ask<v1::GetConsistencyProofResponse>(std::move(finish), [this, from = request.from_sequence(), to = request.to_sequence()] { return Consistency(from, to); });
}

absl::StatusOr<v1::GetPositionResponse> Prover::Position(uint64_t sequence) {
  v1::GetPositionResponse response;
  const absl::StatusOr<journal::TreeHead> head = tree_.HeadAt(sequence);
  if (HasReason(head.status(), Reason::BAD_VALUE)) {
    // Inside a block: it has a name, and nothing that proves it.
    *response.mutable_position() = rpc::ToProto(journal::Position{journal_.lineage().OwnerOf(sequence), sequence, {}});
    return response;
  }
  RETURN_IF_ERROR(head.status());
  *response.mutable_position() = ToProto(*head);
  return response;
}

absl::StatusOr<v1::GetInclusionProofResponse> Prover::Inclusion(uint64_t sequence, uint64_t at) {
  ASSIGN_OR_RETURN(journal::InclusionPath path, tree_.Include(sequence, at));
  v1::GetInclusionProofResponse response;
  response.set_event(std::move(path.event));
  response.set_index(path.index);
  response.set_count(path.count);
  for (const journal::Hash& hash : path.event_path) response.add_event_path(Bytes(hash));
  response.set_block_header(std::move(path.block_header));
  response.set_previous_hash(Bytes(path.previous_hash));
  response.set_block_index(path.block_index);
  for (const journal::Hash& hash : path.block_path) response.add_block_path(Bytes(hash));
  *response.mutable_position() = ToProto(path.head);
  return response;
}

absl::StatusOr<v1::GetConsistencyProofResponse> Prover::Consistency(uint64_t from, uint64_t to) {
  ASSIGN_OR_RETURN(const journal::ConsistencyPath path, tree_.Extend(from, to));
  v1::GetConsistencyProofResponse response;
  *response.mutable_from() = ToProto(path.from);
  *response.mutable_to() = ToProto(path.to);
  for (const journal::Hash& hash : path.path) response.add_path(Bytes(hash));
  return response;
}

}  // namespace anju::feed
