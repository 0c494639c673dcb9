// Gathers what a bulletin is made of from the aggregator, all at one basis, and has the core compose it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/bulletin/content.h"
#include "common/rpc/rpc.h"
#include "services/ranking/columns.h"
#include "services/ranking/core/bulletin/compose.h"
#include "services/ranking/core/bulletin/template.h"
#include "services/ranking/store/store.h"

namespace anju::ranking {

// What is to be composed. The content is a function of these and of the figures at the basis, and of nothing else.
struct Composition {
  rpc::Caller caller;
  std::shared_ptr<const Template> source;
  std::string template_sha256;              // of its YAML, hex
  uint32_t template_version = 0;
  Date as_of;
  std::optional<Date> tree;
  std::string region;                       // code to ask about in place of the template's name; empty: that of the corrected bulletin, else the template's
  types::v1::View view;                     // review, and at which basis: known_on or at; nothing: the newest
  std::string at_least;
  std::optional<types::v1::Basis> basis;    // a basis to compose at again, instead of the view's: the content repeats its hashes
  std::string number, date;                 // of an issued one
  std::shared_ptr<const bulletin::Content> corrected;  // the bulletin that this one corrects
  std::chrono::system_clock::time_point deadline;
};

struct Composed {
  bulletin::Content content;
  types::v1::BasisStamp basis;
  bool corrects = false;  // something of the corrected bulletin reads otherwise; else the content is an ordinary one
};

// Safe for concurrent use; never blocks but in End.
class Composer {
 public:
  using Finish = std::function<void(absl::StatusOr<Composed>)>;

  // The store must outlive this.
  Composer(const Store& store, std::unique_ptr<Columns> columns) : store_(store), columns_(std::move(columns)) {}

  // `finish` runs once, on any thread. NOT_READY, BEHIND, errors of the template with their lines, NOT_ALLOWED (every region named is read),
  // UNAVAILABLE without the aggregator.
  void Compose(Composition asked, Finish finish);
  // The registry and catalogue of at least this basis, for what needs no figures.
  using Read = std::shared_ptr<const Contents>;
  void Await(const types::v1::Basis& want, std::chrono::system_clock::time_point deadline, std::function<void(absl::StatusOr<Read>)> ready);

  void Wake() { room_.Wake(); }
  // From now on nothing is begun; what is under way ends soon. May be called again.
  void Cancel();

 private:
  struct Gathering;
  void AskTable(std::shared_ptr<Gathering> gathering);
  void AskRegion(std::shared_ptr<Gathering> gathering);
  void AskHeads(std::shared_ptr<Gathering> gathering);
  void AskMilestone(std::shared_ptr<Gathering> gathering);

  const Store& store_;
  const std::unique_ptr<Columns> columns_;
  std::atomic<bool> ending_ = false;
  rpc::WaitingRoom room_;
};

// What a basis is called in a content: plan first, then progress by journal.
std::vector<bulletin::JournalHead> HeadsOf(const types::v1::Basis& basis);

}  // namespace anju::ranking
