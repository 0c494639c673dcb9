// What a feed proves of its journal: positions with tree heads, inclusion and consistency, and what it says when it cannot.
#include "common/feed/feed_testing.h"

#include <algorithm>

#include "anju/feed/v1/feed.grpc.pb.h"
#include "common/feed/proofs.h"
#include "common/journal/hash.h"
#include "common/proof/merkle.h"
#include "common/thread/mutex.h"

namespace anju::feed {
namespace {

using proof::Hash;
using testing::HasReason;
using testing::HasReasonAt;
using testing::IsOk;

Hash HashOf(std::string_view bytes) {
  Hash hash{};
  CHECK(bytes.size() == hash.size());
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(hash.data()));
  return hash;
}

std::vector<Hash> PathOf(const google::protobuf::RepeatedPtrField<std::string>& nodes) {
  std::vector<Hash> path;
  for (const std::string& node : nodes) path.push_back(HashOf(node));
  return path;
}

class Client {
 public:
  explicit Client(const std::string& address) : stub_(v1::FeedService::NewStub(rpc::Connect(address))) {}
  absl::StatusOr<types::v1::Position> Position(uint64_t sequence) {
    v1::GetPositionRequest request;
    request.set_sequence(sequence);
    auto response = Call<v1::GetPositionResponse>(&v1::FeedService::Stub::GetPosition, request);
    if (!response.ok()) return response.status();
    return response->position();
  }
  absl::StatusOr<v1::GetInclusionProofResponse> Include(uint64_t sequence, uint64_t at) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_at_sequence(at);
    return Call<v1::GetInclusionProofResponse>(&v1::FeedService::Stub::GetInclusionProof, request);
  }
  absl::StatusOr<v1::GetConsistencyProofResponse> Extend(uint64_t from, uint64_t to) {
    v1::GetConsistencyProofRequest request;
    request.set_from_sequence(from);
    request.set_to_sequence(to);
    return Call<v1::GetConsistencyProofResponse>(&v1::FeedService::Stub::GetConsistencyProof, request);
  }

 private:
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(grpc::Status (v1::FeedService::Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  std::unique_ptr<v1::FeedService::Stub> stub_;
};

TEST(ProofsTest, ProvesEveryEventAtEveryHead) {
  Upstream upstream;
  std::vector<journal::Position> ends;
  for (int block = 0; block < 7; ++block) {
    std::vector<std::string> events;
    for (int i = 0; i <= block % 3; ++i) events.push_back("event " + std::to_string(block) + "." + std::to_string(i));
    ends.push_back(upstream.Append(events));
  }
  Client client(upstream.address());
  for (size_t block = 0; block < ends.size(); ++block) {
    const auto at = client.Position(ends[block].sequence);
    ASSERT_THAT(at, IsOk());
    EXPECT_EQ(at->tree_size(), block + 1);
    EXPECT_EQ(at->block_hash(), rpc::ToProto(ends[block]).block_hash());
    for (uint64_t sequence = 1; sequence <= ends[block].sequence; ++sequence) {
      const auto proof = client.Include(sequence, ends[block].sequence);
      ASSERT_THAT(proof, IsOk());
      EXPECT_EQ(proof->position().SerializeAsString(), at->SerializeAsString());
      const auto root = proof::RootOfAuditPath(proof::LeafHash(proof->event()), proof->index(), proof->count(), PathOf(proof->event_path()));
      ASSERT_TRUE(root.has_value());
      const auto header = journal::DecodeBlockHeader(proof->block_header(), HashOf(proof->previous_hash()), *root);
      ASSERT_THAT(header, IsOk());
      EXPECT_EQ(header->header.first_sequence + proof->index(), sequence);
      const Hash leaf = proof::LeafHash({reinterpret_cast<const char*>(header->hash.data()), header->hash.size()});
      EXPECT_EQ(proof::RootOfAuditPath(leaf, proof->block_index(), at->tree_size(), PathOf(proof->block_path())), HashOf(at->tree_root()));
    }
    const auto later = client.Extend(ends[block].sequence, ends.back().sequence);
    ASSERT_THAT(later, IsOk());
    EXPECT_TRUE(proof::IsConsistent(later->from().tree_size(), HashOf(at->tree_root()), later->to().tree_size(), HashOf(later->to().tree_root()), PathOf(later->path())));
  }
}

TEST(ProofsTest, SaysWhyNot) {
  Upstream upstream;
  upstream.Append({"1", "2"});
  upstream.Append({"3"});
  Client client(upstream.address());
  const auto inside = client.Position(1);
  ASSERT_THAT(inside, IsOk());
  EXPECT_EQ(inside->tree_size(), 0u);
  EXPECT_EQ(inside->block_hash() + inside->tree_root(), "");
  EXPECT_NE(inside->journal_id(), "");
  EXPECT_THAT(client.Position(4), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(client.Include(1, 4), HasReasonAt(Reason::UNKNOWN_BASIS, "at_sequence"));
  EXPECT_THAT(client.Include(4, 3), HasReasonAt(Reason::UNKNOWN_BASIS, "sequence"));
  EXPECT_THAT(client.Include(3, 2), HasReasonAt(Reason::BAD_VALUE, "at_sequence"));
  EXPECT_THAT(client.Include(1, 1), HasReasonAt(Reason::BAD_VALUE, "at_sequence"));
  EXPECT_THAT(client.Include(0, 3), HasReasonAt(Reason::BAD_VALUE, "sequence"));
  EXPECT_THAT(client.Extend(3, 2), HasReasonAt(Reason::BAD_VALUE, "from_sequence"));
  EXPECT_THAT(client.Extend(1, 3), HasReasonAt(Reason::BAD_VALUE, "from_sequence"));
  EXPECT_THAT(client.Extend(2, 4), HasReasonAt(Reason::UNKNOWN_BASIS, "to_sequence"));
}

// More questions than may wait: those beyond are refused, and those that wait are answered when the service stops.
TEST(ProofsTest, RefusesWhatItCannotHold) {
  Upstream upstream;
  const uint64_t end = upstream.Append({"1"}).sequence;
  Mutex mutex;
  ConditionVariable changed;
  bool held = true;
  size_t answered = 0, stopped = 0, overloaded = 0, begun = 0;
  const auto count = [&](const absl::StatusOr<v1::GetPositionResponse>& response) {
    MutexLock lock(mutex);
    ++(response.ok() ? answered : ::anju::HasReason(response.status(), Reason::OVERLOADED) ? overloaded : stopped);
    changed.notify_all();
  };
  auto prover = std::make_unique<Prover>(upstream.journal());
  prover->GetPosition(end, [&](const absl::StatusOr<v1::GetPositionResponse>& response) {
    count(response);
    MutexLock lock(mutex);
    ++begun;
    changed.notify_all();
    changed.wait(lock, [&] { return !held; });
  });
  {
    MutexLock lock(mutex);
    changed.wait(lock, [&] { return begun == 1; });
  }
  for (size_t i = 0; i < kLookupsMax + 3; ++i) prover->GetPosition(end, count);
  {
    MutexLock lock(mutex);
    EXPECT_EQ(overloaded, 3u);
  }
  prover->End();
  prover->GetPosition(end, count);
  {
    MutexLock lock(mutex);
    held = false;
  }
  changed.notify_all();
  prover = nullptr;
  EXPECT_EQ(answered, 1u);
  EXPECT_EQ(stopped, kLookupsMax + 1);
}

}  // namespace
}  // namespace anju::feed
