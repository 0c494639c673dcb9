// Reading pages of the journal and filtering them.
#include "services/progress/listing.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "services/progress/convert.h"
#include "services/progress/errors.h"
#include "services/progress/journal_scan.h"
#include "services/progress/limits.h"

namespace anju::progress {
namespace {

bool HasFilter(const v1::ListUpdatesRequest& request) {
  return !request.region().empty() || !request.programme().empty() || !request.indicator().empty() || !request.source().empty();
}

// The filter, resolved. 0 is "any".
struct Filter {
  RegionNumber region = 0;
  ProgrammeNumber programme = 0;
  IndicatorNumber indicator = 0;
  SourceNumber source = 0;
};

absl::StatusOr<Filter> ResolveFilter(const Model& model, const v1::ListUpdatesRequest& request, Date today) {
  Filter filter;
  if (!request.region().empty()) {
    const RegionTree& regions = model.registry().regions;
    absl::StatusOr<RegionNumber> region = regions.Resolve(request.region(), 0, today);
    // What a closed region once reported is still there to be listed, by its code.
    if (!region.ok() && regions.FindCode(request.region()) != 0) region = regions.FindCode(request.region());
    RETURN_IF_ERROR(region.status());
    filter.region = *region;
  }
  if (!request.programme().empty()) { ASSIGN_OR_RETURN(filter.programme, model.registry().catalogue.ResolveProgramme(request.programme())); }
  if (!request.indicator().empty()) { ASSIGN_OR_RETURN(filter.indicator, model.registry().catalogue.ResolveIndicator(request.indicator())); }
  if (!request.source().empty()) {
    filter.source = model.sources().Find(request.source());
    if (filter.source == 0) return UnknownSource(request.source());
  }
  return filter;
}

// Filters and names what was scanned, where the tables are.
class PageRequest final : public journal::Request {
 public:
  PageRequest(Desk& desk, rpc::Caller caller, v1::ListUpdatesRequest request, int64_t page_size, Scan scan,
              rpc::Finish<v1::ListUpdatesResponse> finish)
      : desk_(desk), caller_(std::move(caller)), request_(std::move(request)), page_size_(page_size), scan_(std::move(scan)), finish_(std::move(finish)) {}

  void Decide(journal::Recorder& recorder) override {
    ground_ = GroundOf(desk_, recorder);
    today_ = Clock::DateOfMicros(recorder.time_us());
    status_ = Fill();
  }

  bool Records() const override { return false; }

  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (!status.ok()) return finish_(status);
    if (!status_.ok()) return finish_(status_);
    *response_.mutable_basis() = StampOf(ground_, durable);
    finish_(std::move(response_));
  }

 private:
  absl::Status Fill() {
    const Model& model = desk_.model;
    ASSIGN_OR_RETURN(const Filter filter, ResolveFilter(model, request_, today_));
    if (filter.region != 0) RETURN_IF_ERROR(rpc::Authorize(caller_, rpc::Action::kRead, filter.region, &model.registry().regions, today_));
    for (const Candidate& candidate : scan_.candidates) {
      if (!Belongs(candidate, filter)) continue;
      if (response_.updates_size() == page_size_) {
        response_.set_next_page_token(std::to_string(response_.updates(response_.updates_size() - 1).sequence()));
        return absl::OkStatus();
      }
      if (candidate.refusal) {
        FillListed(model, candidate.sequence, candidate.time_us, *candidate.refusal, response_.add_updates());
      } else {
        FillListed(model, candidate.sequence, candidate.time_us, candidate.update, UINT64_MAX, response_.add_updates());
      }
    }
    if (!scan_.at_end) response_.set_next_page_token(std::to_string(scan_.last));
    return absl::OkStatus();
  }

  // A refusal is of no series that could be filtered for, or shown to somebody who may see one subtree only.
  bool Belongs(const Candidate& candidate, const Filter& filter) const {
    if (filter.source != 0 && filter.source != (candidate.refusal ? candidate.refusal->source() : candidate.update.source)) return false;
    if (candidate.refusal) return filter.region == 0 && filter.programme == 0 && filter.indicator == 0 && caller_.everywhere;
    const SeriesKey& key = desk_.model.series().KeyOf(candidate.update.series);
    if (filter.region != 0 && filter.region != key.region) return false;
    if (filter.programme != 0 && filter.programme != key.programme) return false;
    if (filter.indicator != 0 && filter.indicator != key.indicator) return false;
    return caller_.everywhere || rpc::Authorize(caller_, rpc::Action::kRead, key.region, &desk_.model.registry().regions, today_).ok();
  }

  Desk& desk_;
  const rpc::Caller caller_;
  const v1::ListUpdatesRequest request_;
  const int64_t page_size_;
  const Scan scan_;
  const rpc::Finish<v1::ListUpdatesResponse> finish_;
  Ground ground_;
  Date today_;
  absl::Status status_;
  v1::ListUpdatesResponse response_;
};

// Names what was read, where the tables are.
class NamedRequest final : public journal::Request {
 public:
  NamedRequest(Desk& desk, rpc::Caller caller, uint64_t known, Scan scan, rpc::Finish<v1::GetUpdatesResponse> finish)
      : desk_(desk), caller_(std::move(caller)), known_(known == 0 ? UINT64_MAX : known), scan_(std::move(scan)), finish_(std::move(finish)) {}

  void Decide(journal::Recorder& recorder) override {
    const Model& model = desk_.model;
    const Date today = Clock::DateOfMicros(recorder.time_us());
    ground_ = GroundOf(desk_, recorder);
    for (const Candidate& candidate : scan_.candidates) {
      const RegionNumber region = model.series().KeyOf(candidate.update.series).region;
      if (!caller_.everywhere && !rpc::Authorize(caller_, rpc::Action::kRead, region, &model.registry().regions, today).ok()) continue;
      FillListed(model, candidate.sequence, candidate.time_us, candidate.update, known_, response_.add_updates());
    }
  }

  bool Records() const override { return false; }

  void Done(const absl::Status& status, const journal::Position& durable) override {
    if (!status.ok()) return finish_(status);
    *response_.mutable_basis() = StampOf(ground_, durable);
    finish_(std::move(response_));
  }

 private:
  Desk& desk_;
  const rpc::Caller caller_;
  const uint64_t known_;
  const Scan scan_;
  const rpc::Finish<v1::GetUpdatesResponse> finish_;
  Ground ground_;
  v1::GetUpdatesResponse response_;
};

}  // namespace

Listing::Listing(Desk& desk, journal::Pipeline& pipeline) : desk_(desk), pipeline_(pipeline), thread_([this] { RunAll(); }) {}

Listing::~Listing() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Listing::RunAll() {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

void Listing::List(const rpc::Caller& caller, const v1::ListUpdatesRequest& request, rpc::Finish<v1::ListUpdatesResponse> finish) {
  if (request.page_size() < 0 || request.page_size() > kPageSizeMax) return finish(BadPageSize(request.page_size()));
  const int64_t page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  uint64_t after = request.after_sequence();
  if (const std::string& token = request.page_token(); !token.empty()) {
    uint64_t from = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), from);
    if (error != std::errc() || end != token.data() + token.size()) return finish(BadPageToken(token));
    after = std::max(after, from);
  }
  auto work = [this, caller, request, page_size, after, finish] {
    // Unfiltered, every candidate is on the page; one more tells whether there is a next one.
    const size_t wanted = HasFilter(request) || !caller.everywhere ? kScanEventsMax : static_cast<size_t>(page_size) + 1;
    absl::StatusOr<Scan> scan = ScanJournal(pipeline_.journal(), after, wanted, request.refusals());
    if (!scan.ok()) return finish(scan.status());
    const absl::Status submitted =
        pipeline_.Submit(std::make_unique<PageRequest>(desk_, caller, request, page_size, *std::move(scan), finish));
    if (!submitted.ok()) finish(submitted);
  };
  if (const absl::Status taken = Run(std::move(work)); !taken.ok()) finish(taken);
}

void Listing::Get(const rpc::Caller& caller, const v1::GetUpdatesRequest& request, rpc::Finish<v1::GetUpdatesResponse> finish) {
  if (request.sequences_size() == 0) return finish(NoSequences());
  if (request.sequences_size() > kPageSizeMax) return finish(TooManySequences(request.sequences_size()));
  auto work = [this, caller, sequences = Ascending(request.sequences()), known = request.known_sequence(), finish] {
    absl::StatusOr<Scan> scan = ReadUpdates(pipeline_.journal(), sequences);
    if (!scan.ok()) return finish(scan.status());
    const absl::Status submitted = pipeline_.Submit(std::make_unique<NamedRequest>(desk_, caller, known, *std::move(scan), finish));
    if (!submitted.ok()) finish(submitted);
  };
  if (const absl::Status taken = Run(std::move(work)); !taken.ok()) finish(taken);
}

absl::Status Listing::Run(std::function<void()> work) {
  const MutexLock lock(mutex_);
  if (waiting_.size() >= kListsWaitingMax) return TooManyLists(kListsWaitingMax);
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return absl::OkStatus();
}

}  // namespace anju::progress
